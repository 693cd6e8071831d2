"""Loading: the same numbers as transformers, mapped, converted piece by piece, and refused where they do not fit."""
import pathlib

import numpy as np
import pytest
import torch
from tiny import build_bge

from helpers import Encoder, model_dir
from helpers.encoder import weights

TEXTS = ["hello world!", "你好，世界！", "x = mask.sum(dim=1)", "a river " * 100]
# max |Δ| of a unit vector against float32's, on the small model and on the embedded one
TOLERANCE = {"float16": 2e-3, "bfloat16": 2e-2}


def stored(folder):
    """The checkpoint as torch reads it."""
    return torch.load(pathlib.Path(folder, "pytorch_model.bin"), weights_only=True)


def test_the_hidden_states_are_those_of_from_pretrained(tiny_bge):
    from transformers import AutoModel
    ids = torch.tensor([[0, 10, 11, 12, 2]])
    with torch.inference_mode():
        theirs = AutoModel.from_pretrained(tiny_bge, dtype=torch.float32).eval()(ids)
        ours = weights.load_model(tiny_bge, "cpu", torch.float32)(ids)
    assert torch.equal(ours.last_hidden_state, theirs.last_hidden_state)
    assert torch.equal(ours.pooler_output, theirs.pooler_output)


@pytest.mark.skipif(not pathlib.Path("/proc/self/maps").exists(), reason="only Linux lists its mappings in a file")
def test_float32_weights_stay_in_their_file(tiny_bge):
    table = weights.load_model(tiny_bge, "cpu", torch.float32).embeddings.word_embeddings.weight
    for line in pathlib.Path("/proc/self/maps").read_text().splitlines():
        start, end = (int(number, 16) for number in line.split()[0].split("-"))
        if start <= table.data_ptr() < end:
            assert line.endswith("pytorch_model.bin")
            return
    raise AssertionError("the word table is in no mapping")


@pytest.mark.parametrize("piece", [10_000, 100_000, 2**27])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_pieces_are_put_together_right(tiny_bge, dtype, piece, monkeypatch):
    monkeypatch.setattr(weights, "PIECE", piece)
    found, right = weights.read_weights(tiny_bge, dtype), stored(tiny_bge)
    assert found.keys() == right.keys()
    for name, tensor in right.items():
        assert torch.equal(found[name], tensor.to(dtype)), name


def test_what_was_read_leaves_memory_with_its_mapping(tiny_bge, monkeypatch):
    """One mapping for each piece: a single one would end up resident as a whole, 2.3 GB for bge-m3."""
    mappings, mapped = [], weights.map_weights
    monkeypatch.setattr(weights, "PIECE", 200_000)
    monkeypatch.setattr(weights, "map_weights", lambda path: mappings.append(path) or mapped(path))
    size = sum(tensor.nbytes for tensor in weights.read_weights(tiny_bge, torch.bfloat16).values()) * 2
    assert len(mappings) > size / 200_000 / 2


def test_numbers_that_are_not_floating_point_are_left_alone(tmp_path):
    folder = build_bge(tmp_path / "model")
    ids = torch.arange(8194).unsqueeze(0)               # bge-m3's own checkpoint, and MiniLM's, hold this one
    torch.save({**stored(folder), "embeddings.position_ids": ids}, folder / "pytorch_model.bin")
    assert torch.equal(weights.read_weights(folder, torch.bfloat16)["embeddings.position_ids"], ids)
    assert Encoder(folder, dtype="bfloat16").encode(TEXTS).shape == (4, 64)


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("name", ["tiny", "all-MiniLM-L6-v2"])
def test_each_precision_keeps_its_tolerance(tiny_bge, name, dtype):
    folder = tiny_bge if name == "tiny" else model_dir(name)
    full, half = Encoder(folder).encode(TEXTS), Encoder(folder, dtype=dtype).encode(TEXTS)
    difference = np.abs(full - half).max()
    print(name, dtype, difference)
    assert half.dtype == np.float32 and 0 < difference <= TOLERANCE[dtype]


def test_too_little_memory_is_said_before_anything_is_read(tiny_bge, monkeypatch):
    monkeypatch.setattr(weights, "free_memory", lambda: 20_000_000)
    monkeypatch.setattr(weights, "read_weights", None)
    with pytest.raises(MemoryError) as caught:
        Encoder(tiny_bge)
    message = str(caught.value)
    assert str(tiny_bge) in message and "needs about 0.1 GB" in message and "0.0 GB is free" in message
    assert "in float32" in message and "the embedded model" in message and "\n" not in message


@pytest.mark.parametrize("able, word", [({"avx512_bf16": True}, 'dtype="bfloat16" (1.5 GB), or'),
                                        ({}, 'dtype="bfloat16" (1.5 GB, several times slower on this processor), or')])
def test_bfloat16_is_offered_where_it_is_smaller(tiny_bge, monkeypatch, able, word):
    monkeypatch.setattr(weights, "free_memory", lambda: 0)
    monkeypatch.setattr(weights, "memory_needed",
                        lambda folder, dtype, packs=False: 2_500_000_000 if dtype == torch.float32 else 1_500_000_000)
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: able)
    with pytest.raises(MemoryError) as caught:
        weights.check_memory(tiny_bge, torch.float32)
    assert word in str(caught.value)


@pytest.mark.parametrize("able, free, chosen", [
    (True, 2_600_000_000, torch.float32), (True, 1_600_000_000, torch.bfloat16), (True, 1_400_000_000, torch.float32),
    (False, 2_600_000_000, torch.float32), (False, 1_600_000_000, torch.float32)])
def test_auto_takes_half_precision_only_where_it_helps(tiny_bge, monkeypatch, able, free, chosen):
    monkeypatch.setattr(weights, "free_memory", lambda: free)
    monkeypatch.setattr(weights, "has_bfloat16", lambda: able)
    monkeypatch.setattr(weights, "memory_needed",
                        lambda folder, dtype, packs=False: 2_500_000_000 if dtype == torch.float32 else 1_500_000_000)
    assert weights.choose_dtype(tiny_bge) == chosen
    assert weights.choose_dtype(tiny_bge, "cuda") == torch.float32, "a GPU's memory is another"
    if free < weights.memory_needed(tiny_bge, chosen):
        with pytest.raises(MemoryError, match="needs about 2.5 GB of memory in float32"):
            Encoder(tiny_bge, dtype="auto")
    else:
        assert Encoder(tiny_bge, dtype="auto").model.dtype == chosen


def test_what_bge_m3_needs_is_what_was_measured(tmp_path):
    """Against benchmarks/memory.py, less the 0.23 GB of Python and torch: through transformers and through encoder.forward"""
    (tmp_path / "config.json").write_text('{"vocab_size": 250002, "hidden_size": 1024, "torch_dtype": "float32"}')
    for file, size in (("pytorch_model.bin", 2_271_145_830), ("tokenizer.json", 17_098_108)):
        with open(tmp_path / file, "wb") as sparse:
            sparse.truncate(size)
    for dtype, packs, measured in ((torch.float32, False, 1.54e9), (torch.bfloat16, False, 1.50e9),
                                   (torch.float32, True, 1.59e9), (torch.bfloat16, True, 0.89e9)):
        assert measured <= weights.memory_needed(tmp_path, dtype, packs) <= 1.1 * measured


def test_a_containers_limit_counts(tmp_path, monkeypatch):
    """Binder and Docker show a process the whole machine's memory, and end it at the container's limit."""
    monkeypatch.setattr(weights, "CONTAINER", tmp_path)
    machine = weights.free_memory()
    (tmp_path / "memory.max").write_text("2000000000\n")
    (tmp_path / "memory.current").write_text("1500000000\n")
    (tmp_path / "memory.stat").write_text("anon 1000000000\nfile 400000000\nkernel 1\n")
    assert machine > 900_000_000 and weights.free_memory() == 900_000_000
    (tmp_path / "memory.max").write_text("max\n")
    assert weights.free_memory() > 900_000_000
