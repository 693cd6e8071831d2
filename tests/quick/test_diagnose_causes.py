"""What diagnose finds, each on a vector of a program that does it: the libraries' own code."""
import json
import os
import pathlib
import shutil

import numpy as np
import pytest
import torch
import transformers
from sentence_transformers.util import quantize_embeddings
from small_errors import build_small
from tiny import build_bge
from transformers import AutoModel, AutoTokenizer

try:
    from sentence_transformers.sentence_transformer.modules import Pooling
except ImportError:                                                         # before 6.0
    from sentence_transformers.models import Pooling

from helpers import Encoder, diagnose
from helpers.diagnosis import model as passes
from helpers.diagnosis import search
from helpers.diagnosis.rounding import read_rounding
from helpers.models.files import ModelFolderError
from helpers.models.folder import linked_copy

pytest_plugins = ["other_programs"]      # the fixtures `folder`, `encoder` and `in_bf16`
TEXT = "The bank raised its interest rates."
SIZE = {"vocab_size": 30_522, "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4,
        "intermediate_size": 128, "initializer_range": 0.1, "pad_token_id": 0}
FORMS = {       # a configuration of each architecture
    "bert": lambda: transformers.BertConfig(**SIZE),
    "distilbert": lambda: transformers.DistilBertConfig(
        vocab_size=30_522, dim=64, n_layers=2, n_heads=4, hidden_dim=128, initializer_range=0.1),
    "modernbert": lambda: transformers.ModernBertConfig(
        **SIZE, cls_token_id=101, sep_token_id=102, bos_token_id=101, eos_token_id=102),
    "mpnet": lambda: transformers.MPNetConfig(
        **{**SIZE, "pad_token_id": 1, "max_position_embeddings": 514}),
    "albert": lambda: transformers.AlbertConfig(**SIZE, embedding_size=32),
    "xlnet": lambda: transformers.XLNetConfig(
        vocab_size=30_522, d_model=64, n_layer=2, n_head=4, d_inner=128, initializer_range=0.1),
    "big_bird": lambda: transformers.BigBirdConfig(**SIZE),
    "t5": lambda: transformers.T5Config(
        vocab_size=30_522, d_model=64, num_layers=2, num_heads=4, d_kv=16, d_ff=128),
    "bart": lambda: transformers.BartConfig(
        vocab_size=30_522, d_model=64, encoder_layers=2, decoder_layers=2, pad_token_id=0,
        encoder_attention_heads=4, decoder_attention_heads=4, decoder_start_token_id=102),
    "canine": lambda: transformers.CanineConfig(
        hidden_size=64, num_hidden_layers=2, num_attention_heads=4, intermediate_size=128),
    "qwen3": lambda: transformers.Qwen3Config(**SIZE, num_key_value_heads=2, head_dim=16),
}


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """The folder of a small random model of one architecture, made when first asked for."""
    made = {}
    return lambda form: made.get(form) or made.setdefault(form, str(build_small(
        tmp_path_factory.mktemp(form), FORMS[form]())))


@torch.no_grad()
def program(folder, text=TEXT, pool="mean", given=None, pads=0, sees_pads=False, **settings):
    """The vector (d,) of a program on transformers: pooled over all it has, then normalized.

    `given`: changes what the tokenizer gave. `settings`: of the configuration.
    """
    tokens = AutoTokenizer.from_pretrained(folder)(text, return_tensors="pt")
    tokens = {**tokens, **(given(tokens) if given else {})}
    model = AutoModel.from_pretrained(folder, **settings).eval()
    ids, mask = tokens["input_ids"], torch.ones_like(tokens["input_ids"])
    tokens["input_ids"] = torch.nn.functional.pad(ids, (0, pads), value=model.config.pad_token_id)
    tokens["attention_mask"] = torch.nn.functional.pad(mask, (0, pads), value=int(sees_pads))
    if pads:
        tokens.pop("token_type_ids", None)
    out = model(**tokens)
    if pool == "pooler_output":
        vector = out.pooler_output
    elif pool == "all":
        vector = out.last_hidden_state.mean(dim=1)
    else:
        vector = Pooling(out.last_hidden_state.shape[-1], pooling_mode=pool)({
            "token_embeddings": out.last_hidden_state[:, :ids.shape[1]],
            "attention_mask": mask})["sentence_embedding"]
    return torch.nn.functional.normalize(vector, dim=-1)[0].double().numpy()


def causes(vector, folder, text=TEXT):
    answer = diagnose(vector, text, folder)
    assert answer.certain == answer.found
    assert str(answer).count("what to do") == len(answer.causes)
    return answer.causes if answer.found else "not found"


@pytest.mark.parametrize("form, key", [
    ("bert", "hidden_act"), ("distilbert", "activation"), ("modernbert", "hidden_activation")])
def test_tanh_gelu_under_every_name_of_the_activation(small, form, key):
    vector = program(small(form), **{key: "gelu_pytorch_tanh"})
    assert causes(vector, small(form)) == ("gelu:tanh",)


def test_mpnets_pads_are_not_alike(small):
    vector = program(small("mpnet"), pool="all", pads=3)
    assert causes(vector, small("mpnet")) == ("pooling:unmasked_mean",)


@pytest.mark.parametrize("said, given", [
    ("find: ", "find: "), ("find: ", "find:"), ("find:", "find: "), ("Look up\n", "Look up\n")])
def test_prompts_of_the_models_own_file(tiny_bge, said, given):
    own = linked_copy(tiny_bge, changes={"config_sentence_transformers.json": {
        "prompts": {"query": said, "none": None, "document": ""}}})
    vector = program(own, given + TEXT, pool="cls")
    assert causes(vector, own) == (f"text:prefix={given}",)


@pytest.mark.parametrize("size", [384, 256, 128])
def test_nomics_recipe(folder, size):
    hidden = torch.tensor(Encoder(folder, normalize=False).encode([TEXT]))              # (1, D)
    cut = torch.nn.functional.layer_norm(hidden, hidden.shape[1:])[:, :size]
    vector = torch.nn.functional.normalize(cut, dim=-1)[0]
    dims = (f"dims:{size}",) if size < 384 else ()
    assert causes(vector, folder) == (*dims, "layer_norm:on")


def without_end(tokens):
    return {name: row[:, :-1] for name, row in tokens.items()}


def twice(tokens):
    return {name: torch.cat([row[:, :1], row, row[:, -1:]], dim=1) for name, row in tokens.items()}


@pytest.mark.parametrize("given, cause", [
    (without_end, "tokens:no_end"), (twice, "tokens:special_twice"),
    (lambda tokens: {"token_type_ids": torch.ones_like(tokens["input_ids"])}, "segments:1")])
def test_other_tokens(folder, given, cause):
    assert causes(program(folder, given=given), folder) == (cause,)


def test_a_causal_mask_and_none(small):
    assert causes(program(small("bert"), is_decoder=True), small("bert")) == ("attention:causal",)
    own, free = small("qwen3"), AutoModel.from_pretrained(small("qwen3")).eval()
    ids = torch.tensor([AutoTokenizer.from_pretrained(own)(TEXT)["input_ids"]])
    assert causes(program(own), own) == ()
    for part in free.modules():
        if hasattr(part, "is_causal"):
            part.is_causal = False
    everything = torch.ones(1, 1, ids.shape[1], ids.shape[1], dtype=torch.bool)
    with torch.no_grad():
        hidden = free(input_ids=ids, attention_mask=everything).last_hidden_state
    vector = torch.nn.functional.normalize(hidden.mean(dim=1), dim=-1)[0]
    assert causes(vector, own) == ("attention:bidirectional",)


@pytest.mark.parametrize("pads", [1, 5, 16, 64 - 9])
def test_pads_that_attention_sees(folder, pads):
    seen = program(folder, pads=pads, sees_pads=True)
    assert causes(seen, folder) == ("attention:pads",)
    unmasked = program(folder, pool="all", pads=pads, sees_pads=True)
    assert causes(unmasked, folder) == ("attention:pads", "pooling:unmasked_mean")


@pytest.mark.parametrize("limit", [256, 128])
def test_cut_on_the_left(small, limit):
    text = " ".join(f"Sentence {i} about a river." for i in range(80))
    tokenizer = AutoTokenizer.from_pretrained(small("bert"), truncation_side="left")
    ids = tokenizer(text, truncation=True, max_length=limit, return_tensors="pt")
    vector = program(small("bert"), given=lambda tokens: dict(ids))
    assert causes(vector, small("bert"), text) == (f"truncate:left={limit}",)


def test_a_weighted_mean(folder):
    assert causes(program(folder, pool="weightedmean"), folder) == ("pooling:weighted_mean",)


def test_the_sum_over_the_root_of_the_length(tmp_path):
    """Normalized it is the mean; else it is named among what was not tried."""
    folder = build_bge(tmp_path, normalize=False)
    unit = program(folder, pool="mean_sqrt_len_tokens")
    assert causes(unit, folder) == ("normalize:on", "pooling:mean")
    mean = Encoder(folder, pooling="mean").encode([TEXT])[0]
    answer = diagnose(mean * 7 ** 0.5, TEXT, folder)
    assert not answer.found and "the sum over the root of a text's length" in str(answer)


@pytest.mark.parametrize("precision", ["binary", "ubinary"])
def test_one_bit_for_each_number_is_named_among_what_was_not_tried(folder, encoder, precision):
    bits = quantize_embeddings(encoder.encode([TEXT]), precision)[0]
    for vector in (bits, np.unpackbits(bits.astype(np.uint8)) if precision == "ubinary" else bits):
        assert causes(vector, folder) == "not found"
        assert "one bit for each number" in str(diagnose(vector, TEXT, folder))


def test_nothing_found_is_not_certain_and_names_what_was_not_tried(folder):
    answer = diagnose(np.random.default_rng(0).normal(size=384), TEXT, folder)
    assert not answer.found and not answer.certain
    assert "int8 with a scale for each number" in str(answer)
    refused = diagnose(np.ones(1024), TEXT, folder)
    assert not refused.certain and "not tried" not in str(refused)


def test_small_numbers_are_no_decimals():
    dice = np.random.default_rng(0)
    assert read_rounding(dice.uniform(-9e-4, 9e-4, size=384)).kind == "full precision"
    mixed = dice.uniform(-9e-4, 9e-4, size=384)
    mixed[3] = 0.1
    assert read_rounding(mixed).kind == "full precision"
    assert read_rounding(np.round(mixed, 4)).kind == "4 decimals"


@pytest.mark.parametrize("form", ["albert", "xlnet", "big_bird", "t5"])
def test_other_architectures_have_an_answer(small, form):
    own = Encoder(small(form)).encode([TEXT])[0]
    assert causes(own, small(form)) == ()
    first = Encoder(small(form), pooling="cls").encode([TEXT])[0]
    assert causes(first, small(form)) == ("pooling:cls",)
    assert causes(np.random.default_rng(0).normal(size=64), small(form)) == "not found"


@pytest.mark.parametrize("form", ["albert", "big_bird"])
def test_a_pooler_without_its_activation(small, form):
    vector = program(small(form), pool="pooler_output")
    assert causes(vector, small(form)) == ("pooling:pooler_output",)


@pytest.mark.parametrize("form, words", [
    ("bart", "does not have as an encoder"), ("canine", "not give a vector for each id")])
def test_an_architecture_that_does_not_run_is_one_sentence(small, form, words):
    with pytest.raises(ModelFolderError, match=words) as caught:
        diagnose(np.ones(64), TEXT, small(form))
    said = str(caught.value)
    assert form in said and "\n" not in said and len(said) < 400


@pytest.mark.parametrize("changes, words", [
    ({"1_Pooling/config.json": {"pooling_mode": "mean", "include_prompt": False},
      "config_sentence_transformers.json": {
          "prompts": {"query": "query: "}, "default_prompt_name": "query"}}, "modules"),
    ({"config_sentence_transformers.json": {"truncate_dim": 32}}, "truncate_dim"),
    ({"modules.json": [
        *({"idx": i, "name": f"{i}", "path": path, "type": f"sentence_transformers.models.{kind}"}
          for i, (path, kind) in enumerate([("", "Transformer"), ("1_Pooling", "Pooling"), (
              "2_Dense", "Dense")]))],
      "2_Dense/config.json": {"in_features": 64, "out_features": 32, "bias": True}}, "modules")])
def test_a_recipe_that_asks_for_more_is_refused_by_name(tiny_bge, changes, words):
    with pytest.raises(ModelFolderError, match=f"asks for .*{words}"):
        diagnose(np.ones(64), TEXT, linked_copy(tiny_bge, changes=changes))


def test_a_transformer_in_a_folder_of_its_own(tmp_path):
    """As sentence-transformers once saved it."""
    folder = build_bge(tmp_path)
    own = Encoder(folder).encode([TEXT])[0]
    (folder / "0_Transformer").mkdir()
    for path in folder.glob("*"):
        if path.is_file() and path.stem not in ("modules", "config_sentence_transformers"):
            path.rename(folder / "0_Transformer" / path.name)
    modules = json.loads((folder / "modules.json").read_text("utf-8"))
    modules[0]["path"] = "0_Transformer"
    (folder / "modules.json").write_text(json.dumps(modules), "utf-8")
    assert causes(own, folder) == ()


def test_a_vocabulary_without_tokenizer_json(small):
    folder = linked_copy(small("bert"), without=("tokenizer.json",))
    own = Encoder(folder).encode([TEXT])[0]
    assert causes(own, folder) == ()


def test_numbers_too_large_for_16_bits_are_no_answer_and_no_warning(tmp_path, recwarn):
    """fp16 ends at 65,504: a pass in it gives NaN, and is left out."""
    folder = build_bge(tmp_path, initializer_range=0.2)
    state = torch.load(folder / "pytorch_model.bin", weights_only=True)
    name = next(name for name in state if name.endswith("layer.0.output.dense.weight"))
    state[name] *= 1e6
    torch.save(state, folder / "pytorch_model.bin")
    own = Encoder(folder).encode([TEXT])[0]
    noise = np.random.default_rng(0).normal(size=64)
    assert causes(own + 1e-4 * noise, folder) == "not found"
    assert not recwarn.list


def test_a_file_replaced_by_an_older_one_is_seen(tmp_path):
    """Its time is before every other's, its size the same: the newest time of all stays."""
    one, two = build_bge(tmp_path / "one"), build_bge(tmp_path / "two", seed=1)
    vectors = [Encoder(folder).encode([TEXT])[0] for folder in (one, two)]
    assert causes(vectors[0], one) == ()
    shutil.copyfile(two / "pytorch_model.bin", one / "new.bin")
    os.utime(one / "new.bin", (1, 1))
    os.replace(one / "new.bin", one / "pytorch_model.bin")
    assert causes(vectors[1], one) == ()
    assert causes(vectors[0], one) == "not found"


def test_a_link_that_leads_nowhere_is_no_traceback(tmp_path):
    folder = build_bge(tmp_path)
    os.symlink(tmp_path / "gone", tmp_path / "README.md")
    assert causes(Encoder(folder).encode([TEXT])[0], folder) == ()


def test_a_long_text_takes_few_passes_and_no_layers(tiny_bge, monkeypatch, capsys):
    text, ran, run = "a river " * 4000, [], passes.Model.run
    monkeypatch.setattr("helpers.diagnosis.search.PATIENCE", 0)
    monkeypatch.setattr(passes.Model, "run", lambda model, ids, reduce, *rest, **options: (
        ran.append((len(ids), options.get("every"))) or run(model, ids, reduce, *rest, **options)))
    with pytest.warns(UserWarning, match="cut off"):
        vector = Encoder(tiny_bge, pooling="mean", max_length=512).encode(["a river " * 600])[0]
    assert causes(vector, tiny_bge, text) == ("pooling:mean", "truncate:512")
    said = capsys.readouterr().err
    assert "diagnose" in said and "pass" in said and not said.endswith("\n")    # a bar that goes
    long = [every for tokens, every in ran if tokens > 1024]
    assert len(long) <= 16 and not any(long)


def test_of_a_long_text_pads_are_tried_after_its_own_ids_alone(tiny_bge, monkeypatch):
    text, ran, run = "a river " * 400, [], passes.Model.run
    monkeypatch.setattr(passes.Model, "run", lambda model, ids, reduce, *rest, **options: (
        ran.append((ids, options["padded"])) or run(model, ids, reduce, *rest, **options)))
    own, noise = Encoder(tiny_bge).encode([text])[0], np.random.default_rng(0).normal(size=64)
    assert causes(own + 0.05 * noise, tiny_bge, text) == "not found"
    assert len(ran[0][0]) > 1024 and len(ran) > 5
    assert {ids for ids, padded in ran if padded} == {ran[0][0]}


@torch.no_grad()
def test_pads_counted_in_16_bits_are_reproduced(folder):
    half = AutoModel.from_pretrained(folder, dtype=torch.bfloat16).eval()
    tokens = AutoTokenizer.from_pretrained(folder)(
        TEXT, return_tensors="pt", padding="max_length", max_length=128)
    hidden = half(**tokens).last_hidden_state[:, :20].double().mean(dim=1)      # 11 pads counted
    answer = diagnose(torch.nn.functional.normalize(hidden, dim=-1)[0], TEXT, folder)
    assert answer.causes == ("pooling:unmasked_mean", "precision:bf16") and answer.certain


@pytest.mark.parametrize("d, decimals, told", [(8, 1, False), (12, 1, False), (8, 6, True),
                                               (64, 2, True)])
def test_numbers_that_tell_too_little_name_no_cause(folder, encoder, d, decimals, told):
    """Of another text: among thousands of explanations one would fit eight coarse numbers."""
    for text in ("the river", "Stock prices fell", "def f(x): return x"):
        other = np.round(encoder.encode([text])[0][:d].astype(float), decimals)
        answer = diagnose(other, TEXT, folder)
        assert not answer.found and ("tell too little" in str(answer)) != told


def test_the_key_of_what_is_kept_names_every_file(folder, monkeypatch):
    """So that a file that takes another's place, as old and as large, is seen."""
    asked, kept = [], search.kept_passes
    monkeypatch.setattr(search, "kept_passes", lambda *key: asked.append(key) or kept(*key))
    diagnose(np.ones(8), TEXT, folder)
    [(_, files)] = asked
    there = [path for path in pathlib.Path(folder).rglob("*") if path.exists()]
    assert len(there) > 5 and {name for name, *_ in files} == set(map(str, there))


def test_pads_that_count_after_another_text(folder):
    vector = program(folder, text="query: " + TEXT, pool="all", pads=3)
    answer = diagnose(vector, TEXT, folder)
    assert answer.causes == ("pooling:unmasked_mean", "text:prefix=query: ")
    assert answer.tried > 1000
