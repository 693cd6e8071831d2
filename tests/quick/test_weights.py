"""Loading: the numbers of transformers, copied or mapped, and refused where they do not fit."""
import ctypes
import pathlib
import pickle

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


def file_of(tensor):
    """The file that a tensor's numbers are mapped from, or ""."""
    for line in pathlib.Path("/proc/self/maps").read_text().splitlines():
        start, end = (int(number, 16) for number in line.split()[0].split("-"))
        if start <= tensor.data_ptr() < end:
            return pathlib.Path(line[line.index("/"):]).name if "/" in line else ""
    raise AssertionError("the tensor is in no mapping")


@pytest.mark.skipif(not pathlib.Path("/proc/self/maps").exists(),
                    reason="only Linux lists its mappings in a file")
@pytest.mark.parametrize("more, file", [(-1, "pytorch_model.bin"), (0, "")])
def test_only_large_weights_stay_in_their_file(tiny_bge, monkeypatch, more, file):
    """For the library's model, and for the word table of the pass without padding."""
    size = (tiny_bge / "pytorch_model.bin").stat().st_size
    monkeypatch.setattr(weights, "SMALL", size + more)
    loaded = weights.load_model(tiny_bge, "cpu", torch.float32)
    assert file_of(loaded.embeddings.word_embeddings.weight) == file
    assert file_of(Encoder(tiny_bge).transformer.words) == file
    assert file_of(Encoder(tiny_bge, dtype="bfloat16").transformer.words) == file


def test_an_encoder_changes_no_setting_of_the_process(tiny_bge, monkeypatch):
    """No mallopt and no malloc_trim: how memory is kept is the user's choice."""
    called, load = [], ctypes.CDLL

    class Library:
        def __init__(self, *names, **options):
            self._library = load(*names, **options)

        def __getattr__(self, name):
            called.append(name)
            return getattr(self._library, name)

    monkeypatch.setattr(ctypes, "CDLL", Library)
    encoder = Encoder(tiny_bge)
    encoder.encode(TEXTS)
    assert encoder.model and not [name for name in called if "mall" in name]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_every_number_is_converted_to_the_nearest_one(tiny_bge, dtype):
    found = weights.load_model(tiny_bge, "cpu", dtype).state_dict()
    right = stored(tiny_bge)
    assert found.keys() == right.keys()
    for name, tensor in right.items():
        assert torch.equal(found[name], tensor.to(dtype)), name


def test_numbers_that_are_not_floating_point_are_left_alone(tmp_path):
    folder = build_bge(tmp_path / "model")
    ids = torch.arange(8194).unsqueeze(0)       # bge-m3's own checkpoint, and MiniLM's, hold it
    torch.save({**stored(folder), "embeddings.position_ids": ids}, folder / "pytorch_model.bin")
    encoder = Encoder(folder, dtype="bfloat16")
    padded = Encoder(folder, model=encoder.model)
    np.testing.assert_allclose(encoder.encode(TEXTS), padded.encode(TEXTS), atol=2e-2)


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
    monkeypatch.setattr(weights, "map_weights", None)
    with pytest.raises(MemoryError) as caught:
        Encoder(tiny_bge)
    message = str(caught.value)
    assert str(tiny_bge) in message and "needs about 0.1 GB" in message
    assert "0.0 GB is free" in message
    assert "in float32" in message and "the embedded model" in message and "\n" not in message


def as_if_large(folder, dtype, packs=False):
    return 2_500_000_000 if dtype == torch.float32 else 1_500_000_000


@pytest.mark.parametrize("able, word", [
    ({"avx512_bf16": True}, 'dtype="bfloat16" (1.5 GB), or'),
    ({}, 'dtype="bfloat16" (1.5 GB, several times slower on this processor), or')])
def test_bfloat16_is_offered_where_it_is_smaller(tiny_bge, monkeypatch, able, word):
    monkeypatch.setattr(weights, "free_memory", lambda: 0)
    monkeypatch.setattr(weights, "memory_needed", as_if_large)
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: able)
    with pytest.raises(MemoryError) as caught:
        weights.check_memory(tiny_bge, torch.float32)
    assert word in str(caught.value)


def test_the_dtype_travels(tiny_bge):
    """Vectors must not be others where an Encoder arrives: nothing there is decided anew."""
    sent = pickle.loads(pickle.dumps(Encoder(tiny_bge, dtype="bfloat16")))
    assert sent.dtype == torch.bfloat16
    np.testing.assert_array_equal(sent.encode(["hello"]),
                                  Encoder(tiny_bge, dtype="bfloat16").encode(["hello"]))


def test_what_bge_m3_needs_is_what_was_measured(tmp_path):
    """Against benchmarks/memory.py, less Python and torch: the library's model and Packed."""
    (tmp_path / "config.json").write_text(
        '{"vocab_size": 250002, "hidden_size": 1024, "torch_dtype": "float32"}')
    for file, size in (("pytorch_model.bin", 2_271_145_830), ("tokenizer.json", 17_098_108)):
        with open(tmp_path / file, "wb") as sparse:
            sparse.truncate(size)
    for dtype, packs, measured in ((torch.float32, False, 1.54e9), (torch.bfloat16, False, 1.38e9),
                                   (torch.float32, True, 1.59e9), (torch.bfloat16, True, 0.89e9)):
        assert measured <= weights.memory_needed(tmp_path, dtype, packs) <= 1.1 * measured


def test_a_containers_limit_counts(tmp_path, monkeypatch):
    """Binder and Docker show a process the machine's memory, and end it at the container's."""
    monkeypatch.setattr(weights, "CONTAINER", tmp_path)
    machine = weights.free_memory()
    (tmp_path / "memory.max").write_text("2000000000\n")
    (tmp_path / "memory.current").write_text("1500000000\n")
    (tmp_path / "memory.stat").write_text("anon 1000000000\nfile 400000000\nkernel 1\n")
    assert machine > 900_000_000 and weights.free_memory() == 900_000_000
    (tmp_path / "memory.max").write_text("max\n")
    assert weights.free_memory() > 900_000_000
