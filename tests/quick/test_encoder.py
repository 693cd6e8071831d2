"""Encoder against sentence-transformers: the embedded model, and a random one like bge-m3."""
import contextlib
import pathlib
import threading
import warnings
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from langchain_core.vectorstores import InMemoryVectorStore
from pairs import NASTY, SHORT, Pair
from tiny import build_bge
from tokenizers import processors
from tqdm import tqdm

from helpers import Encoder, EncoderEmbeddings, model_dir, normalize
from helpers.encoder import checks, forward
from helpers.encoder.encoder import batches
from helpers.models.files import ModelFolderError, read_json
from helpers.models.folder import linked_copy, read_recipe
from helpers.pooling import POOLINGS

pytest_plugins = ["pairs"]              # the fixture `pair`


def test_one_endless_word(pair):
    pair.compare(["x" * 3000])


def test_short_text_is_equal_to_a_millionth(pair):
    mine, theirs = pair.ours.encode(["hello world!"])[0], pair.black_box.embed_query("hello world!")
    np.testing.assert_allclose(mine, theirs, atol=1e-6)


def test_ids_are_the_black_boxs(pair):
    tokenizer, limit = pair.black_box._client.tokenizer, pair.ours.max_length
    theirs = tokenizer(NASTY, truncation=True, max_length=limit)["input_ids"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert pair.ours.token_ids(NASTY) == theirs


def test_order_is_restored_and_company_does_not_matter(pair):
    texts = [f"{'very ' * (i * 7 % 23)}long {i}" for i in range(40)]
    together = pair.ours.encode(texts)
    alone = np.concatenate([pair.ours.encode([text]) for text in texts])
    np.testing.assert_allclose(together, alone, atol=2e-6, rtol=0)
    np.testing.assert_allclose(pair.ours.encode(texts[::-1])[::-1], together, atol=2e-6, rtol=0)


def test_every_index_is_in_one_batch():
    rows = [[0] * n for n in (9000, 4096, 4096, 700, 5, 5, 2)]
    for size in (None, 1, 2, 3, 100):
        cut = list(batches(list(range(len(rows))), rows, 4096, size))
        assert sum(cut, []) == list(range(len(rows)))
        small = [len(batch) * len(rows[batch[0]]) <= 4096 or len(batch) == 1 for batch in cut]
        assert all(small) or size


@pytest.mark.parametrize("pooling", ["cls", "mean", "max", "last"])
@pytest.mark.parametrize("normalize", [True, False])
def test_settings_over_the_files(tiny_bge, pooling, normalize):
    mode = {"last": "lasttoken"}.get(pooling, pooling)
    changes = {"1_Pooling/config.json": {"word_embedding_dimension": 64, "pooling_mode": mode}}
    if not normalize:
        changes["modules.json"] = MODULES[:2]
    other = linked_copy(tiny_bge, changes=changes)
    assert read_recipe(other)[:2] == ((pooling,), normalize)
    expected = Pair(other)
    expected.compare(NASTY[:8])
    asked = Encoder(tiny_bge, pooling=pooling, normalize=normalize)
    np.testing.assert_array_equal(asked.encode(NASTY[:8]), expected.ours.encode(NASTY[:8]))


MODULES = [{"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
           for i, (path, kind) in enumerate([("", "Transformer"), ("1_Pooling", "Pooling"),
                                             ("2_Normalize", "Normalize")])]


def test_several_poolings_side_by_side(tiny_bge):
    flags = {f"pooling_mode_{name}": True for name in ("mean_tokens", "cls_token", "max_tokens")}
    pooling = {"word_embedding_dimension": 64, **flags}
    pair = Pair(linked_copy(tiny_bge, changes={"1_Pooling/config.json": pooling}))
    assert pair.ours.pooling == ("cls", "max", "mean") and pair.ours.dimension == 192
    pair.compare(NASTY[:8])


def test_lower_case_and_default_prompt(tiny_bge):
    pair = Pair(linked_copy(tiny_bge, changes={
        "sentence_bert_config.json": {"max_seq_length": 64, "do_lower_case": True},
        "config_sentence_transformers.json": {"prompts": {"query": "search: "},
                                              "default_prompt_name": "query"}}))
    assert pair.ours.max_length == 64 and pair.ours.prompt == "search: "
    pair.compare(["Hello WORLD", "hello world", "", "ÄÖÜ " * 100])


def test_left_padding_does_not_move_the_positions_of_bert(encoder):
    source = model_dir("all-MiniLM-L6-v2")
    config = {**read_json(f"{source}/tokenizer_config.json"), "padding_side": "left"}
    folder = linked_copy(source, changes={"tokenizer_config.json": config})
    for left in (Encoder(folder), Encoder(folder, model=encoder.model)):
        vectors = left.encode(NASTY[:8])
        np.testing.assert_allclose(vectors, encoder.encode(NASTY[:8]), atol=1e-5, rtol=0)


def test_a_model_handed_over_must_be_the_folders_and_not_training(encoder, tiny_bge):
    with pytest.raises(ValueError, match="the model has model_type bert, the one in .* xlm-robert"):
        Encoder(tiny_bge, model=encoder.model)
    config = read_json(tiny_bge / "config.json")
    for name in ("vocab_size", "hidden_size"):
        other = linked_copy(tiny_bge, changes={"config.json": {**config, name: config[name] + 4}})
        with pytest.raises(ValueError, match=f"the model has {name} {config[name]}, the one in "
                                             f".* {config[name] + 4}: hand over"):
            Encoder(other, model=Encoder(tiny_bge).model)
    training = Encoder(model_dir("all-MiniLM-L6-v2")).model.train()
    with pytest.raises(ValueError, match="training mode"):
        Encoder(model_dir("all-MiniLM-L6-v2"), model=training)


@pytest.mark.parametrize("normalize", [True, False])
def test_nan_from_the_model_names_the_first_text(normalize, monkeypatch):
    """By its number in the whole list, in whatever block it is."""
    broken = Encoder(model_dir("all-MiniLM-L6-v2"), normalize=normalize)
    broken.transformer.words[broken.tokenizer.token_to_id("poison")] = torch.nan
    with pytest.raises(ValueError, match=r"NaN or infinity for texts\[2\]"):
        broken.encode(["a rather long text to be sorted first", "b", "poison", "c", "poison too"])
    texts = [*"abcdefg", "poison", "h", "poison"]
    with pytest.raises(ValueError, match=r"NaN or infinity for texts\[7\]"):
        list(broken.encode_iter(texts, block=5))
    monkeypatch.setattr("helpers.encoder.encoder.BLOCK", 3)
    with pytest.raises(ValueError, match=r"NaN or infinity for texts\[7\]"):
        broken.encode(texts)


def test_a_text_without_tokens_is_named(encoder, monkeypatch):
    """A tokenizer that adds no special tokens makes nothing of an empty text."""
    bare = Encoder(model_dir("all-MiniLM-L6-v2"))
    bare.tokenizer.post_processor = processors.Sequence([])
    with pytest.raises(ValueError, match=r"texts\[1\] has no tokens"):
        bare.encode(["a", "", ""])
    with pytest.raises(ValueError, match=r"texts\[4\] has no tokens"):
        list(bare.encode_iter(["a", "b", "c", "d", "", "e"], block=2))
    with pytest.raises(ValueError, match=r"texts\[0\] has no tokens"):
        bare.hidden_states("")


def test_any_sequence_of_str(encoder):
    expected = encoder.encode(["a", "b"])
    for texts in (("a", "b"), np.array(["a", "b"]), np.array(["a", "b"], dtype=object)):
        np.testing.assert_array_equal(encoder.encode(texts), expected)
    one_by_one = encoder.encode(["a", "b"], batch_size=1)
    with_numpy = encoder.encode(["a", "b"], batch_size=np.int64(1))
    np.testing.assert_array_equal(with_numpy, one_by_one)
    assert encoder.encode(np.array([])).shape == (0, 384)


def test_texts_that_can_be_read_once():
    """tqdm over a generator has a length, and gives its texts a single time."""
    encoder = Encoder(model_dir("all-MiniLM-L6-v2"))
    once = tqdm((text for text in ("a", "b", "c")), total=3, disable=True)
    np.testing.assert_array_equal(encoder.encode(once), encoder.encode(["a", "b", "c"]))
    with pytest.raises(TypeError, match="not .*generator; encode_iter takes any iterable"):
        encoder.encode(text for text in "abc")


def test_nothing_stays_running_after_a_silent_encode(encoder):
    before = threading.active_count()
    encoder.encode(["a b c " * n for n in range(40)])
    assert threading.active_count() <= before


def test_long_company_costs_no_memory(tiny_bge, monkeypatch):
    """999 short texts and a long one in one batch: were they padded, 600 MB in place of 3."""
    encoder = Encoder(tiny_bge)
    ones, masks = torch.ones, []
    monkeypatch.setattr(torch, "ones", lambda *shape: masks.append(shape) or ones(*shape))
    encoder.encode(["a"] * 999 + ["hello " * 700], batch_size=1000)
    assert max(T for _, T in masks) > 2000 and sum(B * T for B, T in masks) < 2500 + 999 * 4


def test_another_activation(tiny_bge, tmp_path):
    Pair(build_bge(tmp_path / "relu", hidden_act="relu")).compare(NASTY[:8])


@pytest.mark.parametrize("changes, word", [
    ({"modules.json": MODULES[:1]}, "lists Transformer: supported"),
    ({"modules.json": [MODULES[0], MODULES[2], MODULES[1]]}, "lists Transformer, Norm"),
    ({"modules.json": [{**MODULES[0], "type": "elsewhere.Transformer"}, MODULES[1]]},
     "lists elsewhere.Transformer"),
    ({"config_sentence_transformers.json": []}, "holds list, not dict"),
])
def test_what_is_not_supported_is_said(tiny_bge, changes, word):
    with pytest.raises(ModelFolderError, match=word):
        Encoder(linked_copy(tiny_bge, changes=changes))


def test_a_shared_model_is_not_loaded_again(pair):
    loaded = pair.black_box._client[0].auto_model
    shared = Encoder(pair.folder, model=loaded)
    assert shared.model is loaded
    vectors = shared.encode(NASTY[:8])
    np.testing.assert_allclose(vectors, pair.ours.encode(NASTY[:8]), atol=2e-6, rtol=0)


@pytest.mark.parametrize("dtype, tolerance", [("float16", 5e-3), ("bfloat16", 3e-2)])
def test_half_precision_is_close_and_comes_back_as_float32(dtype, tolerance):
    exact = Encoder(model_dir("all-MiniLM-L6-v2")).encode(NASTY[:8])
    half = Encoder(model_dir("all-MiniLM-L6-v2"), dtype=dtype).encode(NASTY[:8])
    assert half.dtype == np.float32
    off = np.abs(half - exact).max()
    assert 0 < off < tolerance
    np.testing.assert_allclose(np.linalg.norm(half, axis=1), 1, atol=1e-6)


def test_no_texts():
    for unit in (True, False):
        assert Encoder(model_dir(), normalize=unit).encode([]).shape == (0, 384)
    assert Encoder(model_dir()).encode([]).dtype == np.float32
    assert list(Encoder(model_dir()).encode_iter(iter([]))) == []


@pytest.fixture(scope="module")
def encoder():
    return Encoder(model_dir("all-MiniLM-L6-v2"))


@pytest.mark.parametrize("texts, error, word", [
    ("hello", TypeError, "must be a list of str, not str"),
    (b"hello", TypeError, "not bytes"),
    (None, TypeError, "not NoneType"),
    (5, TypeError, "not int"),
    ({"a", "b"}, TypeError, "not set"),
    ({"a": 1}, TypeError, "not dict"),
    (["a", None], TypeError, r"texts\[1\] is NoneType"),
    (["a", "b", 3], TypeError, r"texts\[2\] is int"),
    ([b"a"], TypeError, r"texts\[0\] is bytes"),
    (["a", ["b"]], TypeError, r"texts\[1\] is list"),
    (["a", "b\ud800c"], ValueError, r"texts\[1\] holds a lone surrogate at character 1"),
])
def test_bad_texts_are_named(encoder, texts, error, word):
    with pytest.raises(error, match=word):
        encoder.encode(texts)


@pytest.mark.parametrize("size", [0, -1, 1.5, "8", True])
def test_bad_batch_size(encoder, size):
    with pytest.raises(ValueError, match="batch_size must be a whole number from 1 up"):
        encoder.encode(["a"], batch_size=size)


@pytest.mark.parametrize("settings, word", [
    ({"pooling": "average"}, "cls, mean, max, last, not 'average'"),
    ({"pooling": ["cls", "mean"]}, "cls, mean, max, last, not"),
    ({"normalize": "no"}, "normalize must be one of True, False, None, not 'no'"),
    ({"dtype": "int8"}, "float32, float16, bfloat16, not 'int8'"),
    ({"device": "tpu"}, "'tpu' is not on this machine; there is cpu"),
    ({"device": "cuda:99"}, "'cuda:99' is not on this machine"),
    ({"max_length": 513}, "from 3 to 512"),
    ({"max_length": 2}, "from 3 to 512"),
])
def test_bad_settings_name_the_choices(settings, word):
    with pytest.raises(ValueError, match=word):
        Encoder(model_dir("all-MiniLM-L6-v2"), **settings)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_cuda_asked_for_and_absent():
    with pytest.raises(ValueError, match="'cuda' is not on this machine; there is cpu"):
        Encoder(model_dir("all-MiniLM-L6-v2"), device="cuda")


@pytest.mark.parametrize("mps, gpus, here", [
    (False, 0, ["cpu"]), (True, 0, ["cpu", "mps"]),
    (False, 2, ["cpu", "cuda", "cuda:0", "cuda:1"])])
def test_every_device_that_is_here_is_taken_and_named(monkeypatch, mps, gpus, here):
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
    assert [checks.check_device(name) for name in here] == [torch.device(name) for name in here]
    for name in {"cpu", "mps"} & set(here):         # as model.device prints it
        assert checks.check_device(f"{name}:0") == torch.device(name)
    for name in ("gpu", "cpu:1", "CPU:0", "cuda:2", *{"mps", "cuda"} - set(here)):
        with pytest.raises(ValueError) as caught:
            checks.check_device(name)
        assert str(caught.value) == (
            f"device {name!r} is not on this machine; there is {', '.join(here)}")


def test_a_model_is_compared_by_what_both_configurations_have():
    said = SimpleNamespace(model_type="t5", vocab_size=9)
    model = SimpleNamespace(training=False, config=SimpleNamespace(model_type="t5", vocab_size=9))
    checks.check_loaded(model, said, "a folder")                    # neither has a hidden_size
    for config, both in (({"vocab_size": 9}, "model_type None, the one in a folder t5"),
                         ({"model_type": "t5", "vocab_size": 9, "hidden_size": 8},
                          "hidden_size 8, the one in a folder None")):
        model.config = SimpleNamespace(**config)
        with pytest.raises(ValueError, match=f"the model has {both}"):
            checks.check_loaded(model, said, "a folder")


def test_no_texts_are_no_reason_to_warn(encoder, recwarn):
    assert encoder.encode([]).shape == (0, 384) and list(encoder.encode_iter([])) == []
    assert not recwarn.list


def test_truncation_warns_once_and_counts(encoder):
    texts = ["short", "word " * 300, "word " * 256]
    with pytest.warns(UserWarning) as caught:
        encoder.encode(texts)
    assert [str(w.message) for w in caught] == [
        "2 of 3 texts are longer than 256 tokens: 48 tokens were cut off, up to 46 from one text"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Encoder(model_dir("all-MiniLM-L6-v2"), max_length=512).encode(texts)


def test_the_warning_counts_equal_texts(encoder, capfd):
    texts = ["short", "word " * 300, "word " * 300]
    said = "^2 of 3 texts are longer than 256 tokens: 92 .* up to 46 from"
    with pytest.warns(UserWarning, match=said):
        assert [len(row) for row in encoder.token_ids(texts)] == [3, 256, 256]
    with pytest.warns(UserWarning, match=said):
        list(encoder.encode_iter(texts))
    assert capfd.readouterr().err == "", "a bar that nobody asked for"


@pytest.mark.parametrize("use", ["encode", "token_ids", "encode_iter"])
def test_the_warning_names_the_callers_file(encoder, use):
    with pytest.warns(UserWarning) as caught:
        list(getattr(encoder, use)(["word " * 300]))
    assert caught[0].filename == __file__


@pytest.mark.parametrize("limit", [3, 256, 512])
def test_the_limit_itself_is_allowed(limit):
    """A text of just so many tokens is whole, one more is cut; the last position is used."""
    encoder = Encoder(model_dir("all-MiniLM-L6-v2"), max_length=limit)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        whole = encoder.encode(["word " * (limit - 2)])
    with pytest.warns(UserWarning, match="1 tokens were cut off"):
        longer = encoder.encode(["word " * (limit - 1)])
    np.testing.assert_array_equal(whole, longer)


def test_a_very_long_text(encoder):
    text = "hello world " * 8_400                                           # 100,000 characters
    with pytest.warns(UserWarning, match="^1 of 1 texts"):
        np.testing.assert_array_equal(encoder.encode([text]), encoder.encode([text[:6000]]))


def test_progress_is_shown_only_when_asked(encoder, capsys):
    encoder.encode(["a"])
    assert capsys.readouterr().err == ""
    encoder.encode(["a", "b"], show_progress=True)
    assert "2/2" in capsys.readouterr().err


def test_blocks_are_the_same_vectors_and_take_no_more_texts_than_they_need(encoder):
    texts = [f"{'very ' * (i % 7)}long {i}" for i in range(25)]
    taken = []
    stream = encoder.encode_iter((taken.append(text) or text for text in texts), block=10)
    assert next(stream).shape == (10, 384) and len(taken) == 10
    rest = list(stream)
    assert [len(block) for block in rest] == [10, 5] and rest[0].dtype == np.float32
    together = np.concatenate([*encoder.encode_iter(texts[:10]), *rest])
    np.testing.assert_allclose(together, encoder.encode(texts), atol=2e-6)


def test_blocks_name_the_text_that_is_wrong(encoder):
    with pytest.raises(TypeError, match=r"texts\[12\] is int"):
        list(encoder.encode_iter(iter(["a"] * 12 + [5]), block=5))
    with pytest.raises(TypeError, match="must be a list of str, not str"):
        list(encoder.encode_iter("hello"))
    with pytest.raises(ValueError, match="block must be a whole number from 1 up, not 0"):
        list(encoder.encode_iter(["a"], block=0))
    with pytest.warns(UserWarning, match="2 of 7 texts .* up to 46 from one text"):
        list(encoder.encode_iter(["a"] * 5 + ["word " * 300] * 2, block=3))


def test_missing_weights_in_the_checkpoint_are_named(tiny_bge, tmp_path):
    folder = pathlib.Path(linked_copy(tiny_bge, without=["pytorch_model.bin"]))
    weights = torch.load(pathlib.Path(tiny_bge, "pytorch_model.bin"), weights_only=True)
    missing = "encoder.layer.1.output.dense"
    weights = {name: tensor for name, tensor in weights.items() if missing not in name}
    torch.save(weights, folder / "pytorch_model.bin")
    with pytest.raises(ModelFolderError, match=f"lack 2 tensors, the first is {missing}.bias"):
        Encoder(folder)


def test_weights_of_another_shape_are_named(tiny_bge):
    config = {**read_json(tiny_bge / "config.json"), "intermediate_size": 120}
    with pytest.raises(ModelFolderError, match="have another shape than config.json says"):
        Encoder(linked_copy(tiny_bge, changes={"config.json": config}))


def test_the_hidden_states_are_those_of_the_pass_that_encode_runs(pair):
    """Without padding and in the library's own pass; pooled and normalized they give `encode`."""
    text = "one two three"
    model = Encoder(pair.folder).model
    ids = torch.tensor(pair.ours.token_ids([text]))
    with torch.inference_mode():
        theirs = model(input_ids=ids, output_hidden_states=True).hidden_states
    for encoder in (pair.ours, Encoder(pair.folder, model=model)):
        states = encoder.hidden_states(text)
        assert len(states) == len(theirs)
        for mine, right in zip(states, theirs, strict=True):
            assert mine.shape == right.shape and mine.dtype == torch.float32
            torch.testing.assert_close(mine, right, atol=2e-5, rtol=0)
        pooled = encoder.pooled(text)
        by_hand = POOLINGS[encoder.pooling[0]](states[-1], torch.ones(ids.shape))
        torch.testing.assert_close(pooled, by_hand, atol=2e-6, rtol=0)
        np.testing.assert_array_equal(normalize(pooled).numpy(), encoder.encode([text]))
    with pytest.raises(TypeError, match=r"texts\[0\] is int"):
        pair.ours.hidden_states(5)


def test_a_pass_that_is_replaced_shows_in_the_hidden_states(encoder, monkeypatch):
    right = encoder.hidden_states("hello"), encoder.pooled("hello")
    monkeypatch.setattr(forward, "run_layers", lambda x, layers, spans, H: torch.ones_like(x))
    assert torch.equal(encoder.hidden_states("hello")[0], right[0][0])
    assert all((state == 1).all() for state in encoder.hidden_states("hello")[1:])
    assert (encoder.pooled("hello") == 1).all()


def test_code_in_the_folder_is_not_run(tiny_bge, tmp_path):
    """Of a tokenizer and of a model: a folder may come from anyone."""
    ran = tmp_path / "ran"
    code = (f"open({str(ran)!r}, 'w').close()\n"
            "from transformers import PretrainedConfig, PreTrainedTokenizerFast\n"
            "class Mine(PreTrainedTokenizerFast): pass\n"
            "class Config(PretrainedConfig): model_type = 'mine'\n")
    config = read_json(tiny_bge / "config.json")
    tokenizer = {**read_json(tiny_bge / "tokenizer_config.json"), "tokenizer_class": "Mine"}
    changes = {
        "tokenizer_config.json": {**tokenizer, "auto_map": {"AutoTokenizer": [None, "mine.Mine"]}},
        "config.json": {**config, "model_type": "mine", "auto_map": {"AutoConfig": "mine.Config"}}}
    for name, content in changes.items():
        folder = linked_copy(tiny_bge, changes={name: content})
        pathlib.Path(folder, "mine.py").write_text(code)
        with contextlib.suppress(ModelFolderError):         # refused, or the library's own class
            Encoder(folder)
        assert not ran.exists(), name


def test_in_a_vector_store(pair):
    texts = [text for text in SHORT if text.strip()]
    theirs = InMemoryVectorStore.from_texts(texts, embedding=pair.black_box)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ours = InMemoryVectorStore.from_texts(texts, embedding=EncoderEmbeddings(pair.ours))
    for query in ("hello", "世界", "a\nb"):
        a, b = (store.similarity_search_with_score(query, k=4) for store in (theirs, ours))
        assert [d.page_content for d, _ in a] == [d.page_content for d, _ in b]
        np.testing.assert_allclose([s for _, s in a], [s for _, s in b], atol=1e-5)


def test_embeddings_refuse_a_str(encoder):
    with pytest.raises(TypeError, match="for one text write"):
        EncoderEmbeddings(encoder).embed_documents("hello")
    with pytest.raises(TypeError, match=r"texts\[0\] is NoneType"):
        EncoderEmbeddings(encoder).embed_query(None)
