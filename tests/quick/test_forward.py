"""The forward pass without padding against the library's, the tokenizer against transformers', and when they step back."""
import json
import pathlib
import pickle
import platform
import threading
import time
import warnings

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tiny import build_bge
from tokenizers import AddedToken, Tokenizer
from transformers import AutoTokenizer, BertConfig, BertModel, DistilBertConfig, DistilBertModel

from helpers import Encoder, model_dir
from helpers.encoder import layers
from helpers.encoder.cores import side_by_side
from helpers.encoder.forward import Packed, Padded, attend, fill_up, find_spans
from helpers.encoder.tokenizer import load_tokenizer, read_tokenizer
from helpers.models.folder import ModelFolderError, linked_copy, read_json, read_recipe

TEXTS = ["hello world!", "", " ", "a", "one two three", "four five six", "你好，世界！", "word " * 90,
         "x = mask.sum(dim=1)"] * 3
STRANGE = [*TEXTS[:9], " lead", "trail ", "line\n", "\t\n ", "a  b   c", "\u3000wide\u3000", "cafe\u0301", "ＡＢＣ！",
           "[SEP]x[MASK] y", "<s> </s><mask>  <mask>x <pad>", "İstanbul", "ß", "\u200b", "\ufeff", "e\u0301" * 30,
           "🙂🦜", "\x00\x07", "a\r\nb", "▁ ▁a"]


@pytest.fixture(scope="module", params=["embedded", "bge"])
def folder(request, tiny_bge):
    return model_dir("all-MiniLM-L6-v2") if request.param == "embedded" else str(tiny_bge)


@pytest.mark.parametrize("pooling", ["cls", "mean", "max", "last"])
def test_packed_equals_padded(folder, pooling):
    packed = Encoder(folder, pooling=pooling)
    padded = Encoder(folder, pooling=pooling, model=packed.model)
    assert isinstance(packed.transformer, Packed) and isinstance(padded.transformer, Padded)
    for size in (1, 4, None):
        np.testing.assert_allclose(packed.encode(TEXTS, batch_size=size), padded.encode(TEXTS), atol=2e-6, rtol=0)


def test_a_text_sees_no_other_text():
    """Attention over groups of equal length, against one text at a time."""
    torch.manual_seed(0)
    rows = [np.zeros(n) for n in (5, 5, 5, 3, 1, 1)]
    qkv = torch.randn(sum(map(len, rows)), 3 * 8)
    assert find_spans(rows) == [(5, 3), (3, 1), (1, 2)]
    alone = torch.cat([attend(part, [(len(part), 1)], 2) for part in qkv.split([len(row) for row in rows])])
    torch.testing.assert_close(attend(qkv, find_spans(rows), 2), alone, atol=1e-6, rtol=0)


@pytest.mark.parametrize("lengths", [[1], [8], [40, 23], [64], [65], [300, 200, 12], [1024]])
def test_the_number_of_rows_has_few_values(lengths):
    """Every other one makes oneDNN write a program for it and keep that: 50,000 texts would take a gigabyte."""
    filled = fill_up([np.zeros(n, dtype=np.int64) for n in lengths])
    assert [len(row) for row in filled[:len(lengths)]] == lengths and {len(row) for row in filled[len(lengths):]} <= {1}
    N = sum(map(len, filled))
    assert N % (8 if sum(lengths) <= 64 else 32) == 0 and N - sum(lengths) < 32


def test_without_reordered_weights_the_numbers_are_the_same(folder, monkeypatch):
    expected = Encoder(folder).encode(TEXTS)
    monkeypatch.setattr(layers, "can_reorder", lambda dtype: False)
    np.testing.assert_allclose(Encoder(folder).encode(TEXTS), expected, atol=2e-6, rtol=0)


@pytest.mark.parametrize("within", [True, False])
def test_gelu_is_the_exact_one_inside_the_product_and_after_it(folder, monkeypatch, within):
    """A machine has one of the two; here both are run."""
    monkeypatch.setattr(layers, "gelu_within", lambda: within)
    found = Encoder(folder).encode(TEXTS)
    monkeypatch.setattr(layers, "can_reorder", lambda dtype: False)
    np.testing.assert_allclose(found, Encoder(folder).encode(TEXTS), atol=2e-6, rtol=0)


@pytest.mark.skipif(platform.system() != "Linux" or platform.machine() != "x86_64", reason="elsewhere torch may lack oneDNN")
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
    theirs = HuggingFaceEmbeddings(model_name=str(model), model_kwargs={"device": "cpu"}).embed_documents(texts)
    assert isinstance(Encoder(model).transformer, Packed)
    np.testing.assert_allclose(Encoder(model).encode(texts), theirs, atol=1e-5, rtol=0)


@pytest.mark.parametrize("changes, word", [
    ({"quantization_config": {"quant_method": "x"}}, "quantized"), ({"num_attention_heads": 5}, "5 heads for 64 numbers"),
    ({"num_attention_heads": 0}, "0 heads")])
def test_a_configuration_that_cannot_be_is_named(tiny_bge, changes, word):
    config = {**read_json(tiny_bge / "config.json"), **changes}
    with pytest.raises(ModelFolderError, match=word):
        Encoder(linked_copy(tiny_bge, changes={"config.json": config}))


def test_files_that_do_not_belong_together_are_named(tiny_bge, tmp_path):
    with pytest.raises(ModelFolderError, match="tokenizer.json is not a tokenizer"):
        Encoder(linked_copy(tiny_bge, changes={"tokenizer.json": {"model": {}}}))
    nested = pathlib.Path(linked_copy(tiny_bge, without=["pytorch_model.bin"]))
    torch.save({"state_dict": torch.load(tiny_bge / "pytorch_model.bin")}, nested / "pytorch_model.bin")
    with pytest.raises(ModelFolderError, match="something other than a model's tensors"):
        Encoder(nested)
    encoder = Encoder(tiny_bge)
    encoder.transformer.words = encoder.transformer.words[:10]
    with pytest.raises(ModelFolderError, match="vectors for 10 tokens only"):
        encoder.encode(["hello world!"])


def test_operators_that_are_gone_or_wrong_are_left_alone(monkeypatch):
    wrong = type("Ops", (), {"_reorder_linear_weight": staticmethod(lambda w: w),
                             "_linear_pointwise": staticmethod(lambda x, w, b, *rest: x @ w.T)})
    for ops in (object(), wrong):
        monkeypatch.setattr(torch.ops, "mkldnn", ops)
        assert layers.can_reorder.__wrapped__(torch.float32) is False


@pytest.mark.parametrize("changes", [{"hidden_act": "gelu_new"}, {"hidden_act": "relu"}, {"is_decoder": True}])
def test_what_packed_does_not_compute_goes_to_the_library(tmp_path, changes):
    assert isinstance(Encoder(build_bge(tmp_path / "model", **changes)).transformer, Padded)


def small_bert(tmp_path, prefix):
    """The embedded model's folder around a small random BERT, its tables named as a task's model names them."""
    source = model_dir("all-MiniLM-L6-v2")
    folder = pathlib.Path(linked_copy(source, without=["model.safetensors", "config.json"]))
    torch.manual_seed(0)
    model = BertModel(BertConfig(vocab_size=30522, hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
                                 intermediate_size=48, type_vocab_size=2, initializer_range=0.2)).eval()
    model.config.save_pretrained(folder)
    torch.save({prefix + name: tensor for name, tensor in model.state_dict().items()}, folder / "pytorch_model.bin")
    return folder


def test_names_with_a_prefix(tmp_path):
    plain, prefixed = (Encoder(small_bert(tmp_path, prefix)) for prefix in ("", "bert."))
    assert isinstance(prefixed.transformer, Packed)
    np.testing.assert_array_equal(plain.encode(TEXTS), prefixed.encode(TEXTS))
    np.testing.assert_allclose(plain.encode(TEXTS), Encoder(prefixed.folder, model=plain.model).encode(TEXTS), atol=2e-6)


def test_another_architecture_gives_what_langchain_gives():
    from langchain_huggingface import HuggingFaceEmbeddings
    source = model_dir("all-MiniLM-L6-v2")
    folder = pathlib.Path(linked_copy(source, without=["model.safetensors", "config.json"]))
    torch.manual_seed(0)
    model = DistilBertModel(DistilBertConfig(vocab_size=30522, dim=32, n_layers=2, n_heads=2, hidden_dim=48))
    model.save_pretrained(folder)
    ours = Encoder(folder)
    assert isinstance(ours.transformer, Padded)
    theirs = HuggingFaceEmbeddings(model_name=str(folder), model_kwargs={"device": "cpu"}).embed_documents(TEXTS)
    np.testing.assert_allclose(ours.encode(TEXTS), theirs, atol=1e-5, rtol=0)


def compare_ids(folder, texts, limit=64):
    mine = read_tokenizer(pathlib.Path(folder), read_recipe(folder), limit)
    theirs = load_tokenizer(folder, read_recipe(folder))(texts, truncation=True, max_length=limit)["input_ids"]
    assert [encoding.ids for encoding in mine.encode_batch_fast(texts)] == theirs


def test_ids_are_transformers_ids(folder):
    compare_ids(folder, STRANGE)
    compare_ids(folder, STRANGE, limit=3)


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(texts=st.lists(st.text(st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from(" \n\t<>/s[]maskSEP▁"))),
                      min_size=1, max_size=8))
def test_ids_of_strange_texts_are_transformers_ids(folder, texts):
    compare_ids(folder, texts)


def test_the_two_families_need_no_transformers(folder, monkeypatch):
    monkeypatch.setattr(AutoTokenizer, "from_pretrained", None)
    assert read_tokenizer(pathlib.Path(folder), read_recipe(folder), 8).encode("hello").ids


SAVED = {"backend": "tokenizers", "is_local": True, "local_files_only": True, "add_prefix_space": True, "max_length": 128,
         "truncation_side": "right", "stride": 0, "pad_token_type_id": 0, "truncation_strategy": "longest_first",
         "pad_to_multiple_of": None, "extra_special_tokens": []}        # what today's sentence-transformers save with a model


def test_a_folder_saved_by_sentence_transformers_needs_no_transformers(folder, monkeypatch):
    saved = linked_copy(folder, changes={"tokenizer_config.json": {**read_json(f"{folder}/tokenizer_config.json"), **SAVED}})
    compare_ids(saved, STRANGE)
    monkeypatch.setattr(AutoTokenizer, "from_pretrained", None)
    assert read_tokenizer(pathlib.Path(saved), read_recipe(saved), 8).encode("hello").ids


@pytest.mark.parametrize("file, changes", [
    ("added_tokens.json", {"<x>": 7}), ("special_tokens_map.json", {"mask_token": "<x>"}),
    ("special_tokens_map.json", {"additional_special_tokens": ["<x>"]})])
def test_files_beside_the_tokenizer_count_as_for_transformers(folder, file, changes):
    old = read_json(f"{folder}/{file}") if pathlib.Path(folder, file).is_file() else {}
    compare_ids(linked_copy(folder, changes={file: {**old, **changes}}), [*STRANGE, "a<x>b"])


UNUSUAL = {
    "no space before": {"add_prefix_space": False},
    "case": {"do_lower_case": False}, "accents": {"strip_accents": True}, "chinese": {"tokenize_chinese_chars": False},
    "class": {"tokenizer_class": "PreTrainedTokenizerFast"}, "side": {"truncation_side": "left"},
    "another special token": {"additional_special_tokens": ["<x>"]}, "split": {"split_special_tokens": True},
    "another mask": {"mask_token": "<x>"}}


@pytest.mark.parametrize("change", UNUSUAL)
def test_an_unusual_configuration_gives_what_transformers_makes_of_it(folder, change):
    config = {**read_json(f"{folder}/tokenizer_config.json"), **UNUSUAL[change]}
    compare_ids(linked_copy(folder, changes={"tokenizer_config.json": config}), [*STRANGE, "a <x> Éa É <mask> [MASK]"])


@pytest.mark.parametrize("token", [AddedToken("<x>", special=True), AddedToken("<x>", special=False),
                                   AddedToken("<mask>", lstrip=True, normalized=True, special=True)], ids=str)
def test_added_tokens_are_as_transformers_takes_them(folder, token):
    tokenizer = Tokenizer.from_file(f"{folder}/tokenizer.json")
    tokenizer.add_special_tokens([token]) if token.special else tokenizer.add_tokens([token])
    changed = linked_copy(folder, changes={"tokenizer.json": json.loads(tokenizer.to_str())})
    compare_ids(changed, [*STRANGE, "a <x> b<x>", "a <mask>b"])


def test_side_by_side_keeps_the_order_and_the_number_of_threads():
    threads, seen = torch.get_num_threads(), set()

    def work(item):
        seen.add(threading.get_ident())
        return item, torch.get_num_threads(), torch.randn(200, 200).mm(torch.randn(200, 200)).shape[0]

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

    begun, go, caller = threading.Event(), threading.Event(), threading.Thread(target=lambda: call())
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


def test_a_worker_that_cannot_start_is_an_error_and_no_wait(monkeypatch):
    started, start = [], threading.Thread.start

    def fails(thread):
        started.append(thread)
        if len(started) == 2:
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
