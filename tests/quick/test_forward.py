"""The pass without padding against the library's, and when it steps back; cores side by side."""
import functools
import multiprocessing
import os
import pathlib
import pickle
import platform
import subprocess
import sys
import threading
import time
import warnings

import numpy as np
import pytest
import torch
from tiny import build_bge
from transformers import BertConfig, BertModel, DistilBertConfig, DistilBertModel

from helpers import Encoder, model_dir
from helpers.encoder import cores, layers
from helpers.encoder.cores import side_by_side
from helpers.encoder.encoder import batches
from helpers.encoder.forward import Packed, Padded, attend, fill_up, find_spans
from helpers.models.files import ModelFolderError, read_json
from helpers.models.folder import linked_copy

TEXTS = ["hello world!", "", " ", "a", "one two three", "four five six", "你好，世界！",
         "word " * 40, "x = mask.sum(dim=1)"] * 3


@pytest.fixture(scope="module", params=["embedded", "bge"])
def folder(request, tiny_bge):
    return model_dir("all-MiniLM-L6-v2") if request.param == "embedded" else str(tiny_bge)


@functools.cache
def both(folder):
    """The two passes on one folder: an Encoder of each kind."""
    packed = Encoder(folder)
    return packed, Encoder(folder, model=packed.model)


def test_an_encoder_packs_unless_it_is_given_a_model(folder):
    packed, padded = both(folder)
    assert isinstance(packed.transformer, Packed) and isinstance(padded.transformer, Padded)
    right = padded.encode(TEXTS)
    for size in (1, 4, None):
        vectors = packed.encode(TEXTS, batch_size=size)
        np.testing.assert_allclose(vectors, right, atol=2e-6, rtol=0)


@pytest.mark.parametrize("size", [1, 4, 100])
def test_every_pooling_of_packed_is_that_of_padded(folder, size):
    """All of them at once, in an order that is no alphabet's, on batches of several sizes."""
    packed, padded = (encoder.transformer for encoder in both(folder))
    order = ("mean", "last", "cls", "max")
    rows = [np.array(row) for row in both(folder)[0].token_ids(TEXTS)]
    rows.sort(key=len, reverse=True)
    for batch in batches(range(len(rows)), rows, None, size):
        some = [rows[i] for i in batch]
        mine, theirs = packed.pooled(some, order), padded.pooled(some, order)
        assert mine.shape == (len(some), 4 * packed.hidden_size) and mine.dtype == torch.float32
        torch.testing.assert_close(mine, theirs, atol=1e-5, rtol=0)
        alone = torch.cat([packed.pooled(some, (name,)) for name in order], dim=1)
        torch.testing.assert_close(mine, alone, atol=0, rtol=0)


@pytest.mark.parametrize("tokens, share", [(0, 128), (300, 150), (10**6, 1024)])
def test_a_batch_has_its_share_of_the_tokens(folder, monkeypatch, tokens, share):
    """Not so little that starting it costs more, not so much that it leaves the cache."""
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    assert both(folder)[0].transformer.share(tokens) == (2, share)


def test_the_epsilon_of_the_config_counts(tmp_path):
    """A large one: of a usual one no vector tells."""
    packed = Encoder(build_bge(tmp_path / "model", layer_norm_eps=0.1))
    padded = Encoder(packed.folder, model=packed.model)
    assert isinstance(packed.transformer, Packed)
    np.testing.assert_allclose(packed.encode(TEXTS), padded.encode(TEXTS), atol=2e-6, rtol=0)


def test_a_layer_prints_its_steps(folder):
    layer = both(folder)[0].transformer.layers[0]
    D = both(folder)[0].transformer.hidden_size
    names = [name for name, _ in layer.named_children()]
    assert names == ["qkv", "out", "norm1", "up", "down", "norm2"]
    assert f"(qkv): Linear(in_features={D}, out_features={3 * D}, bias=True)" in str(layer)


def test_a_text_sees_no_other_text():
    """Attention over groups of equal length, against one text at a time."""
    torch.manual_seed(0)
    rows = [np.zeros(n) for n in (5, 5, 5, 3, 1, 1)]
    qkv = torch.randn(sum(map(len, rows)), 3 * 8)
    assert find_spans(rows) == [(5, 3), (3, 1), (1, 2)]
    parts = qkv.split([len(row) for row in rows])
    alone = torch.cat([attend(part, [(len(part), 1)], 2) for part in parts])
    torch.testing.assert_close(attend(qkv, find_spans(rows), 2), alone, atol=1e-6, rtol=0)


@pytest.mark.parametrize("lengths", [[1], [8], [40, 23], [64], [65], [300, 200, 12], [1024]])
def test_the_number_of_rows_has_few_values(lengths):
    """oneDNN keeps a program for every one: 50,000 texts would take a gigabyte."""
    filled = fill_up([np.zeros(n, dtype=np.int64) for n in lengths])
    added = filled[len(lengths):]
    assert [len(row) for row in filled[:len(lengths)]] == lengths
    assert {len(row) for row in added} <= {1}
    N = sum(map(len, filled))
    assert N % (8 if sum(lengths) <= 64 else 32) == 0 and N - sum(lengths) < 32


def test_without_reordered_weights_the_numbers_are_the_same(folder, monkeypatch):
    expected = Encoder(folder).encode(TEXTS)
    monkeypatch.setattr(layers, "can_reorder", lambda dtype: False)
    np.testing.assert_allclose(Encoder(folder).encode(TEXTS), expected, atol=2e-6, rtol=0)


@pytest.mark.skipif(platform.system() != "Linux" or platform.machine() != "x86_64",
                    reason="elsewhere torch may lack oneDNN")
def test_where_there_is_onednn_it_is_used():
    assert layers.can_reorder(torch.float32)


def test_an_encoder_arrives_in_another_process(folder):
    encoder = Encoder(folder, pooling="max", normalize=False, max_length=9)
    copy = pickle.loads(pickle.dumps(encoder))
    assert len(pickle.dumps(encoder)) < 1000
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        np.testing.assert_array_equal(copy.encode(TEXTS), encoder.encode(TEXTS))


@pytest.mark.parametrize("pad", [1, 4])
def test_a_literal_pad_takes_no_position_in_robertas_family(tmp_path, pad):
    from langchain_huggingface import HuggingFaceEmbeddings
    model = build_bge(tmp_path / "model", pad_token_id=pad)
    texts = ["hello <pad> world", "<pad>", "a<pad><pad>b", "hello world"]
    black_box = HuggingFaceEmbeddings(model_name=str(model), model_kwargs={"device": "cpu"})
    theirs = black_box.embed_documents(texts)
    assert isinstance(Encoder(model).transformer, Packed)
    np.testing.assert_allclose(Encoder(model).encode(texts), theirs, atol=1e-5, rtol=0)


@pytest.mark.parametrize("changes, word", [
    ({"quantization_config": {"quant_method": "x"}}, "quantized"),
    ({"num_attention_heads": 5}, "is no XLMRobertaModel: The hidden size .64. is not a mult"),
    ({"num_attention_heads": 0}, "is no XLMRobertaModel: integer modulo by zero")])
def test_a_configuration_that_cannot_be_is_named(tiny_bge, changes, word):
    config = {**read_json(tiny_bge / "config.json"), **changes}
    with pytest.raises(ModelFolderError, match=word):
        Encoder(linked_copy(tiny_bge, changes={"config.json": config}))


def test_files_that_do_not_belong_together_are_named(tiny_bge, tmp_path):
    with pytest.raises(ModelFolderError, match="no tokenizer can be made of the files in"):
        Encoder(linked_copy(tiny_bge, changes={"tokenizer.json": {"model": {}}}))
    nested = pathlib.Path(linked_copy(tiny_bge, without=["pytorch_model.bin"]))
    state = torch.load(tiny_bge / "pytorch_model.bin")
    torch.save({"state_dict": state}, nested / "pytorch_model.bin")
    with pytest.raises(ModelFolderError, match="something other than a model's tensors"):
        Encoder(nested)
    encoder = Encoder(tiny_bge)
    encoder.transformer.words = encoder.transformer.words[:10]
    with pytest.raises(ModelFolderError, match="vectors for 10 tokens only"):
        encoder.encode(["hello world!"])


def test_operators_that_are_gone_or_wrong_are_left_alone(monkeypatch):
    wrong = type("Ops", (), {
        "_reorder_linear_weight": staticmethod(lambda weight: weight),
        "_linear_pointwise": staticmethod(lambda x, weight, bias, *rest: x @ weight.T)})
    for ops in (object(), wrong):
        monkeypatch.setattr(torch.ops, "mkldnn", ops)
        assert layers.can_reorder.__wrapped__(torch.float32) is False


@pytest.mark.parametrize("changes", [{"hidden_act": "gelu_new"}, {"hidden_act": "relu"},
                                     {"is_decoder": True}])
def test_what_packed_does_not_compute_goes_to_the_library(tmp_path, changes):
    assert isinstance(Encoder(build_bge(tmp_path / "model", **changes)).transformer, Padded)


def small_bert(tmp_path, prefix):
    """The embedded model's folder around a small random BERT, with names as a task's model has."""
    source = model_dir("all-MiniLM-L6-v2")
    folder = pathlib.Path(linked_copy(source, without=["model.safetensors", "config.json"]))
    torch.manual_seed(0)
    model = BertModel(BertConfig(
        vocab_size=30522, hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=48, type_vocab_size=2, initializer_range=0.2)).eval()
    model.config.save_pretrained(folder)
    state = {prefix + name: tensor for name, tensor in model.state_dict().items()}
    torch.save(state, folder / "pytorch_model.bin")
    return folder


def test_names_with_a_prefix(tmp_path):
    plain, prefixed = (Encoder(small_bert(tmp_path, prefix)) for prefix in ("", "bert."))
    assert isinstance(prefixed.transformer, Packed)
    np.testing.assert_array_equal(plain.encode(TEXTS), prefixed.encode(TEXTS))
    padded = Encoder(prefixed.folder, model=plain.model)
    np.testing.assert_allclose(plain.encode(TEXTS), padded.encode(TEXTS), atol=2e-6)


def test_tables_with_names_of_old(tmp_path):
    """gamma and beta, as the first BERTs call them."""
    folder = small_bert(tmp_path, "")
    expected = Encoder(folder).encode(TEXTS)
    state = torch.load(folder / "pytorch_model.bin", weights_only=True)
    for name in [name for name in state if "LayerNorm" in name]:
        old = name.replace("Norm.weight", "Norm.gamma").replace("Norm.bias", "Norm.beta")
        state[old] = state.pop(name)
    torch.save(state, folder / "pytorch_model.bin")
    np.testing.assert_array_equal(Encoder(folder).encode(TEXTS), expected)


def test_another_architecture_gives_what_langchain_gives():
    from langchain_huggingface import HuggingFaceEmbeddings
    source = model_dir("all-MiniLM-L6-v2")
    folder = pathlib.Path(linked_copy(source, without=["model.safetensors", "config.json"]))
    torch.manual_seed(0)
    model = DistilBertModel(DistilBertConfig(vocab_size=30522, dim=32, n_layers=2, n_heads=2,
                                             hidden_dim=48))
    model.save_pretrained(folder)
    ours = Encoder(folder)
    assert isinstance(ours.transformer, Padded)
    black_box = HuggingFaceEmbeddings(model_name=str(folder), model_kwargs={"device": "cpu"})
    theirs = black_box.embed_documents(TEXTS)
    np.testing.assert_allclose(ours.encode(TEXTS), theirs, atol=1e-5, rtol=0)
    assert len(ours.hidden_states("hello")) == 3


def test_side_by_side_keeps_the_order_and_the_number_of_threads():
    threads, seen = torch.get_num_threads(), set()

    def work(item):
        seen.add(threading.get_ident())
        return item, torch.get_num_threads(), len(torch.randn(200, 200).mm(torch.randn(200, 200)))

    torch.set_num_threads(3)
    try:
        done = list(side_by_side(work, range(20), 3))
        assert done == [(i, 1, 200) for i in range(20)] and len(seen) > 1
        assert torch.get_num_threads() == 3
        fresh = []
        thread = threading.Thread(target=lambda: fresh.append(torch.get_num_threads()))
        thread.start()
        thread.join()
        assert fresh == [3], "threads of other code begin with as many as before"
    finally:
        torch.set_num_threads(threads)


def test_threads_that_start_later_get_what_was_set_for_all():
    """The number for all, not the one that the calling thread had begun with."""
    threads, seen = torch.get_num_threads(), []

    def call():
        torch.get_num_threads()                         # this thread's own number, from now on
        begun.set()
        go.wait()
        list(side_by_side(lambda item: item, range(4), 2))

    begun, go = threading.Event(), threading.Event()
    caller = threading.Thread(target=call)
    caller.start()
    begun.wait()
    try:
        torch.set_num_threads(threads + 3)
        go.set()
        caller.join()
        later = threading.Thread(target=lambda: seen.append(torch.get_num_threads()))
        later.start()
        later.join()
        assert seen == [threads + 3] and torch.get_num_threads() == threads + 3
    finally:
        torch.set_num_threads(threads)


@pytest.mark.parametrize("nth", [1, 2, 3])
def test_a_worker_that_cannot_start_is_an_error_and_no_wait(monkeypatch, nth):
    started, start = [], threading.Thread.start

    def fails(thread):
        started.append(thread)
        if len(started) == nth:
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", fails)
    with pytest.raises(RuntimeError, match="can't start"):
        list(side_by_side(lambda item: item, range(4), 2))


def test_side_by_side_stops_at_an_error():
    begun, threads = [], torch.get_num_threads()

    def work(item):
        begun.append(item)
        time.sleep(0.01 if item else 0)
        return 1 / item

    with pytest.raises(ZeroDivisionError):
        list(side_by_side(work, range(1000), 2))
    assert len(begun) < 1000 and torch.get_num_threads() == threads


STRESS = """
from helpers.encoder.cores import side_by_side
for _ in range(300):
    assert list(side_by_side(lambda i: i, range(2), 2)) == [0, 1]       # as many items as workers
    assert list(side_by_side(lambda i: i, range(2), 4)) == [0, 1]       # fewer
    assert list(side_by_side(lambda i: i, [], 2)) == []
    try:
        list(side_by_side(lambda i: 1 / i, range(5), 2))                # an error in a worker
    except ZeroDivisionError:
        pass
    else:
        raise SystemExit("the error is lost")
    left = side_by_side(lambda i: i, range(9), 2)                       # a loop that is left
    assert next(left) == 0
    left.close()
print("returned")
"""


def test_side_by_side_always_returns():
    """In a process of its own, with its own number of threads; tests/slow does it for longer."""
    environment = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    done = subprocess.run([sys.executable, "-c", STRESS], capture_output=True, text=True,
                          env=environment, timeout=120)
    assert (done.stdout, done.stderr) == ("returned\n", "")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows starts processes by spawn alone")
def test_a_process_that_forks_may_go_on_side_by_side():
    """No pool is left behind that a child would take for a living one."""
    list(side_by_side(str, range(4), 2))
    results = multiprocessing.get_context("fork").SimpleQueue()
    child = multiprocessing.get_context("fork").Process(
        target=lambda: results.put(list(side_by_side(str, range(4), 2))))
    child.start()
    child.join(60)
    child.kill()
    assert child.exitcode == 0 and results.get() == ["0", "1", "2", "3"]


def test_ctrl_c_while_the_workers_start_changes_no_number(monkeypatch):
    """The number for later threads is put back, nothing stays running, the next call works."""
    number, running = cores.run_apart(torch.get_num_threads), threading.active_count()
    with monkeypatch.context() as patched:
        patched.setattr(cores, "wait", lambda workers: wait_and_interrupt(workers))
        with pytest.raises(KeyboardInterrupt):
            list(side_by_side(str, range(4), 2))
    assert cores.run_apart(torch.get_num_threads) == number
    assert threading.active_count() == running
    assert list(side_by_side(str, range(3), 2)) == ["0", "1", "2"]


def wait_and_interrupt(workers):
    """What `wait` does if somebody presses Ctrl-C meanwhile."""
    for worker in workers:
        worker.result()
    raise KeyboardInterrupt


def test_many_threads_may_encode_at_once(folder):
    encoder, results = Encoder(folder), [None] * 4
    expected = encoder.encode(TEXTS)

    def work(i):
        results[i] = encoder.encode(TEXTS)

    workers = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    [worker.start() for worker in workers]
    [worker.join() for worker in workers]
    for result in results:
        np.testing.assert_allclose(result, expected, atol=2e-6, rtol=0)
