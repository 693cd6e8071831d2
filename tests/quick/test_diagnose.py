"""What diagnose and trace answer, refuse and print, and where the limits of their answers lie.

Of tests/slow, test_diagnose_limits.py has more of the limits, test_diagnose_confusion.py counts
errors, test_diagnose_command.py runs the command.
"""
import contextlib
import json
import pathlib

import numpy as np
import pytest
import torch
from other_programs import OtherProgram, store, vector_of
from sentence_transformers import SentenceTransformer
from tokenizers import Tokenizer
from transformers import AutoModel, AutoTokenizer

from helpers import Encoder, diagnose, normalize, trace
from helpers.__main__ import main
from helpers.check.strangers import strangers
from helpers.diagnosis.model import Model
from helpers.diagnosis.rounding import fits, read_rounding
from helpers.diagnosis.trace import Trace, compare, stages
from helpers.models.folder import linked_copy, read_recipe

pytest_plugins = ["other_programs"]      # the fixtures `folder`, `encoder` and `in_bf16`
TEXT = "The bank raised its interest rates."


@pytest.fixture(scope="module")
def other(folder):
    return OtherProgram(folder, "mean", 256)


def root_mean_square(numbers):
    return np.sqrt((numbers ** 2).mean())


def reasons(answer):
    return {cause: reason for causes, reason in answer.cannot_tell for cause in causes}


# ---- what is answered

def test_a_found_cause_is_reported_with_how_sure_it_is(folder, other):
    answer = diagnose(other.vector(TEXT, ["pooling:cls"]), TEXT, folder)
    assert (answer.found, answer.causes, answer.certain) == (True, ("pooling:cls",), True)
    assert answer.max_abs_diff < 1e-5 < 0.01 < answer.runner_up.max_abs_diff < 1
    assert answer.cosine > 0.999999
    assert "found: pooling:cls" in str(answer) and "1_Pooling/config.json" in str(answer)
    assert "<table>" in answer._repr_html_()


def test_half_precision_arithmetic_is_called_likely(folder):
    """Attention written out rounds elsewhere than the fused one that diagnose runs."""
    eager = AutoModel.from_pretrained(folder, dtype=torch.bfloat16, attn_implementation="eager")
    answer = diagnose(vector_of(Encoder(folder, model=eager.eval()), TEXT), TEXT, folder)
    assert answer.causes == ("precision:bf16",) and not answer.certain
    assert str(answer).startswith("likely:")


def test_weights_of_16_bits_in_float32_are_reproduced(folder):
    """What an engine does that stores fp16 and computes in float32."""
    widened = AutoModel.from_pretrained(folder, dtype=torch.float16).float().eval()
    answer = diagnose(vector_of(Encoder(folder, model=widened), TEXT), TEXT, folder)
    assert answer.causes == ("precision:fp16",) and answer.certain


def test_what_changes_nothing_is_not_named_but_listed(folder, other):
    answer = diagnose(other.vector(TEXT), TEXT, folder)
    told = reasons(answer)
    assert answer.found and answer.causes == () and "the model's own vector" in str(answer)
    for cause in ("text:strip", "text:lower", "positions:unshifted"):
        assert "no text would tell" in told[cause]
    assert "more tokens" in told["truncate:128"]
    assert "longer text" in told["pooling:unmasked_mean"]
    assert "cannot be told from this vector:" in str(answer)


def test_a_text_that_would_tell_tells(tiny_bge):
    other = OtherProgram(tiny_bge, "cls", 8192)
    told = reasons(diagnose(other.vector("hello"), "hello", tiny_bge))
    assert "'Hello' would tell" in told["text:lower"]
    vector = other.vector("Hello", ["text:lower"])
    assert diagnose(vector, "Hello", tiny_bge).causes == ("text:lower",)


def test_white_space_that_another_engine_keeps(tiny_bge):
    """tokenizer.json as it is keeps a space at the end, which transformers 5 drops."""
    ids = Tokenizer.from_file(str(tiny_bge / "tokenizer.json")).encode("hello world ").ids
    encoder = Encoder(tiny_bge)
    assert ids != encoder.token_ids(["hello world "])[0]
    theirs = normalize(encoder.transformer.pooled([np.array(ids)], encoder.pooling))[0]
    assert diagnose(theirs, "hello world ", tiny_bge).causes == ("text:trailing_space",)


def test_what_rounding_hides_is_listed(folder, other):
    told = reasons(diagnose(np.round(other.vector(TEXT), 2), TEXT, folder))
    assert "rounding" in told["precision:fp16"]
    told = reasons(diagnose(store(other.vector(TEXT), "codes"), TEXT, folder))
    assert "normalize:off" in told


def test_of_several_explanations_the_one_with_the_fewest_causes_is_chosen(folder, other):
    """int8 codes do not tell their scale, so the vector before normalization fits them as well."""
    assert diagnose(store(other.vector(TEXT), "codes"), TEXT, folder).causes == ("precision:int8",)
    cut = store(other.vector(TEXT)[:256], "codes")              # before normalization or after it
    assert diagnose(cut, TEXT, folder).causes == ("dims:256", "precision:int8")
    one_word = other.vector("Paris", ["tokens:no_special"])     # one token: every pooling fits
    assert diagnose(one_word, "Paris", folder).causes == ("tokens:no_special",)


def test_nothing_fits(folder):
    answer = diagnose(np.random.default_rng(0).normal(size=384), TEXT, folder)
    assert not answer.found and answer.causes == ()
    assert "not found" in str(answer) and "tried" in str(answer)
    longer = diagnose(np.ones(1024), TEXT, folder)
    assert not longer.found and "1,024 numbers, this model gives 384" in str(longer)
    assert longer.runner_up == ((), np.inf, 0) and longer[2:4] == (np.inf, 0)


def test_a_model_with_two_poolings_side_by_side(folder, encoder):
    """No padded mean has as many numbers as its vector."""
    config = json.loads(pathlib.Path(folder, "1_Pooling/config.json").read_text("utf-8"))
    config["pooling_mode_max_tokens"] = True
    both = linked_copy(folder, changes={"1_Pooling/config.json": config})
    assert not diagnose(np.random.default_rng(0).normal(size=768), TEXT, both).found
    assert diagnose(vector_of(Encoder(both), TEXT), TEXT, both).causes == ()


@pytest.mark.parametrize("vector", [
    np.ones(384), *np.outer([1, 0.3], np.sign(np.random.default_rng(0).normal(size=384)))])
def test_one_bit_per_number_is_no_answer_and_no_warning(vector, folder, recwarn):
    assert not diagnose(vector, TEXT, folder).found and not recwarn.list


# ---- where the limits lie

def test_a_vector_is_the_models_own_up_to_rounding_and_no_further(folder, encoder):
    """float32 in another order: 3e-5 of the largest number, in each number."""
    own = vector_of(encoder, TEXT)
    limit = 3e-5 * np.abs(own).max()
    for share, same in ((0.9, True), (-0.9, True), (1.1, False), (-1.1, False)):
        given = own.copy()
        given[200] += share * limit
        answer = diagnose(given, TEXT, folder)
        assert (answer.causes == () and answer.found and answer.certain) == same, share


LIMITS = {      # how a vector was stored: (its kind, half a step at a number, of the largest reach)
    "": ("full precision", lambda x, reach: 0),
    "2 decimals": ("2 decimals", lambda x, reach: 0.005),
    "4 decimals": ("4 decimals", lambda x, reach: 0.00005),
    "3 digits": ("3 significant digits", lambda x, reach: 0.5 * 10 ** (np.floor(np.log10(x)) - 2)),
    "fp16": ("fp16 numbers", lambda x, reach: 2 ** (np.floor(np.log2(x)) - 11)),
    "bf16": ("bf16 numbers", lambda x, reach: 2 ** (np.floor(np.log2(x)) - 8)),
    "int8": ("steps of int8", lambda x, reach: reach / 127 / 2),
}


def stored(vector, how):
    if how == "3 digits":
        return np.array([float(f"{number:.2e}") for number in vector])
    if how == "2 decimals":
        return np.round(vector, 2)
    if how == "bf16":
        return torch.tensor(vector).bfloat16().double().numpy()
    return store(vector, how).astype(np.float64)


@pytest.mark.parametrize("how", LIMITS)
@pytest.mark.parametrize("place", ["largest", "middling"])
def test_what_a_storage_hides_is_half_its_step_and_no_more(how, place):
    true, stranger = np.random.default_rng(1).normal(scale=0.05, size=(2, 384))
    given = stored(true, how)
    rounding, (kind, half_step) = read_rounding(given), LIMITS[how]
    reach = np.abs(given).max()
    at = np.argsort(np.abs(given))[-1 if place == "largest" else 192]
    limit = half_step(np.abs(given[at]), reach) + 3e-5 * reach
    assert rounding.kind == kind and fits(true[None], given, rounding).all()
    assert not fits(stranger[None], given, rounding).any()
    for share, same in ((0.97, True), (-0.97, True), (1.03, False), (-1.03, False)):
        candidate = given.copy()
        candidate[at] += share * limit
        assert fits(candidate[None], given, rounding).all() == same, share


def test_what_int8_codes_hide_is_one_code_and_no_more():
    true = np.random.default_rng(1).normal(scale=0.05, size=384)
    given = store(true, "codes").astype(np.float64)
    rounding, step = read_rounding(given), np.abs(true).max() / 127
    assert rounding.kind == "integers of 8 bits"
    at = np.argsort(np.abs(given))[192]
    for codes, same in ((1.0, True), (-1.0, True), (1.1, False), (-1.1, False)):
        candidate = given * step + 7.0                          # nor do codes tell a constant
        candidate[at] += codes * step
        assert fits(candidate[None], given, rounding).all() == same, codes
    assert not fits(-true[None], given, rounding).any()         # the scale is positive


@pytest.mark.parametrize("times, likely", [(0.5, True), (1.2, True), (1.4, False), (5, False)])
def test_likely_ends_where_the_error_points_elsewhere(folder, encoder, in_bf16, times, likely):
    """The cosine with an error of 16 bits must be 0.45 + 3.2 / √384 = 0.61: noise 1.3 times it."""
    half = vector_of(in_bf16, TEXT)
    error = root_mean_square(half - vector_of(encoder, TEXT))
    direction = np.random.default_rng(0).normal(size=384)
    given = half + times * error * direction / root_mean_square(direction)
    answer = diagnose(given, TEXT, folder)
    assert (answer.found, answer.causes) == (likely, ("precision:bf16",) if likely else ())
    assert not answer.certain


@pytest.mark.parametrize("times, likely", [(0.5, True), (2.9, True), (3.1, False)])
def test_likely_ends_at_twice_the_error_of_16_bits(folder, encoder, in_bf16, times, likely):
    own = vector_of(encoder, TEXT)
    given = own + times * (vector_of(in_bf16, TEXT) - own)
    answer = diagnose(given, TEXT, folder)
    assert (answer.found, answer.causes) == (likely, ("precision:bf16",) if likely else ())
    assert not answer.certain


@pytest.mark.parametrize("times, likely", [(3.05, True), (3.3, False)])
def test_likely_allows_what_the_storage_hides_besides(folder, encoder, in_bf16, times, likely):
    """Of 384 numbers with 4 decimals 0.00005 · √384 = 0.001; the error of bf16 is 0.01 long."""
    own = vector_of(encoder, TEXT)
    error = vector_of(in_bf16, TEXT) - own
    assert 0.05 * np.linalg.norm(error) < 0.001 < 0.3 * np.linalg.norm(error)
    answer = diagnose(np.round(own + times * error, 4), TEXT, folder)
    assert (answer.found, answer.causes) == (likely, ("precision:bf16",) if likely else ())


@pytest.mark.parametrize("cosine, halves", [(1, False), (0.98, False), (0.995, True)])
def test_passes_in_16_bits_are_for_vectors_that_are_near(tiny_bge, monkeypatch, cosine, halves):
    text, ran, run = f"A cosine of {cosine}.", [], Model.run
    monkeypatch.setattr(Model, "run", lambda self, ids, reduce, change="", **more: (
        ran.append(change) or run(self, ids, reduce, change, **more)))
    own, across = vector_of(Encoder(tiny_bge), text), np.random.default_rng(0).normal(size=64)
    across -= own * (across @ own)                                  # at a right angle to it
    given = cosine * own + np.sqrt(1 - cosine ** 2) * across / np.linalg.norm(across)
    assert diagnose(given, text, tiny_bge).found == (cosine == 1)
    assert any(change.startswith("precision:") for change in ran) == halves


@pytest.mark.parametrize("tokens", [9 + 1, 512])
def test_pads_are_tried_up_to_512_tokens(folder, other, tokens):
    given = other.vector(TEXT, ["pooling:unmasked_mean"], tokens=tokens)
    assert diagnose(given, TEXT, folder).causes == ("pooling:unmasked_mean",)


# ---- what is refused

@pytest.mark.parametrize("vector, error, words", [
    ([], ValueError, "at least 8"), ([1.0] * 7, ValueError, "at least 8"),
    ([0.0] * 384, ValueError, "all zeros"), ([1.0] * 383 + [np.nan], ValueError, "NaN"),
    (np.ones((2, 384)), ValueError, "2 vectors"), ("hello", TypeError, "numbers"),
    ([[1.0], 2.0], TypeError, "numbers")])
def test_bad_vectors_are_refused(folder, vector, error, words):
    with pytest.raises(error, match=words):
        diagnose(vector, TEXT, folder)


def test_eight_numbers_are_enough(folder, encoder):
    assert diagnose(vector_of(encoder, TEXT)[:8], TEXT, folder).causes == ("dims:8",)


@pytest.mark.parametrize("text, error", [
    (None, TypeError), (["a"], TypeError), ("\ud800", ValueError)])
def test_bad_texts_are_refused(folder, text, error):
    with pytest.raises(error):
        diagnose(np.ones(384), text, folder)


# ---- trace

def test_trace_agrees_with_the_library_from_the_text_to_the_vector(folder):
    found = trace(folder, SentenceTransformer(folder, device="cpu"), TEXT)
    assert found.first is None
    layers = [f"layer {i}" for i in range(1, 7)]
    hidden = [(name, "OK", "shape (1, 9, 384)") for name in ("embeddings", *layers)]
    assert list(found.rows) == [
        ("text", "OK", "the same"), ("ids", "OK", "shape (1, 9)"), ("mask", "OK", "shape (1, 9)"),
        *hidden, ("pooled", "OK", "shape (1, 384)"), ("normalized", "OK", "shape (1, 384)")]


def test_the_stages_are_the_models_own_hidden_states(folder):
    model = AutoModel.from_pretrained(folder, dtype=torch.float32).eval()
    tokens = AutoTokenizer.from_pretrained(folder)(TEXT, return_tensors="pt")
    with torch.inference_mode():
        wanted = model(**tokens, output_hidden_states=True).hidden_states       # 7 times (1, T, D)
    for pipeline in (folder, SentenceTransformer(folder, device="cpu")):
        found = stages(pipeline, TEXT)
        assert found["ids"].equal(tokens["input_ids"])
        torch.testing.assert_close(found["embeddings"], wanted[0], atol=1e-5, rtol=0)
        for i in range(1, 7):
            torch.testing.assert_close(found[f"layer {i}"], wanted[i], atol=1e-4, rtol=0)


@pytest.mark.parametrize("has, lacks", [("preprocess", "tokenize"), ("tokenize", "preprocess")])
def test_the_librarys_tokenizer_by_its_new_name_or_its_old_one(folder, monkeypatch, has, lacks):
    library = SentenceTransformer(folder, device="cpu")
    tokenizer = library.preprocess if hasattr(library, "preprocess") else library.tokenize
    for kind in type(library).__mro__:
        if lacks in vars(kind):
            monkeypatch.delattr(kind, lacks)
    monkeypatch.setattr(library, has, tokenizer, raising=False)
    assert not hasattr(library, lacks)
    assert trace(folder, library, TEXT).first is None


def test_the_librarys_pooled_vector_is_not_the_normalized_one(folder):
    longer = SentenceTransformer(folder, device="cpu")
    del longer[2]
    found = trace(SentenceTransformer(folder, device="cpu"), longer, TEXT)
    assert found.first == "normalized" and ("pooled", "OK", "shape (1, 384)") in found.rows
    off = found.rows[-1][2].removeprefix("max |Δ| ").partition(",")[0]
    assert 0.01 < float(off) < 10
    assert trace(folder, longer, TEXT).first == "normalized"


def test_trace_is_printed_in_columns_and_shown_as_a_table():
    rows = (("text", "OK", "the same"), ("layer 10", "DIFF", "max |Δ| 1.0e+00"))
    found = Trace(rows, "layer 10")
    assert str(found) == repr(found) == ("text        OK     the same\n"
                                         "layer 10    DIFF   max |Δ| 1.0e+00\n"
                                         "first difference: layer 10")
    assert str(Trace(rows[:1], None)) == "text        OK     the same\nfirst difference: none"
    html = Trace(rows[:1], None)._repr_html_()
    assert ">OK<" in html and html.endswith("<b>first difference: none</b>")


@pytest.mark.parametrize("pipeline, text, word", [
    (42, TEXT, "takes folders, Encoders and SentenceTransformers, not int"),
    ("nothing is loaded", [TEXT], "text must be a str, not list"),
    ("nothing is loaded", None, "text must be a str, not NoneType")])
def test_what_cannot_be_traced_is_named_by_its_type(pipeline, text, word):
    with pytest.raises(TypeError, match=word):
        trace(pipeline, pipeline, text)


@pytest.mark.parametrize("one, two, verdict", [
    (torch.zeros(1, 2), torch.tensor([[0.0, -2.5]]), ("DIFF", "max |Δ| 2.5e+00, shape (1, 2)")),
    (torch.zeros(1, 2), torch.zeros(1, 2), ("OK", "shape (1, 2)")),
    (torch.zeros(1, 2), torch.zeros(2, 1), ("SHAPE", "(1, 2) and (2, 1)")),
    (None, torch.zeros(1), ("SHAPE", "only in the second")),
    (torch.zeros(1), None, ("SHAPE", "only in the first")),
    ("a", "a", ("OK", "the same")),
    ("a" * 40, "b" * 40, ("DIFF", f"{'a' * 30!r} and {'b' * 30!r}")),
    (torch.tensor([1, 1]), torch.tensor([1, 2]), ("DIFF", "max |Δ| 1.0e+00, shape (2,)"))])
def test_two_results_of_a_stage(one, two, verdict):
    assert compare(one, two) == verdict


def test_trace_names_the_first_stage_that_differs(folder):
    found = trace(folder, Encoder(folder, pooling="cls"), TEXT)
    assert found.first == "pooled" and "first difference: pooled" in str(found)
    assert trace(folder, Encoder(folder, normalize=False), TEXT).first == "normalized"
    with pytest.warns(UserWarning, match="4 tokens were cut off") as warned:
        cut = trace(folder, Encoder(folder, max_length=5), TEXT)
    assert cut.first == "ids" and ("ids", "SHAPE", "(1, 9) and (1, 5)") in cut.rows
    assert len(warned) == 1


def test_trace_shows_the_pass_that_the_encoder_runs(folder):
    """A layer that is lost in it is named, though transformers would still compute all six."""
    damaged = Encoder(folder)
    del damaged.transformer.layers[2]
    found = trace(folder, damaged, TEXT)
    assert found.first == "layer 3" and ("layer 6", "SHAPE", "only in the first") in found.rows


def test_trace_shows_the_vector_that_the_encoder_gives(folder, monkeypatch):
    constant = Encoder(folder)
    monkeypatch.setattr(constant.transformer, "pooled", lambda rows, poolings: torch.ones(1, 384))
    assert trace(folder, constant, TEXT).first == "pooled"
    assert trace(constant, constant, TEXT).first is None


def test_trace_of_two_models(folder, tiny_bge):
    found, turned = trace(folder, tiny_bge, TEXT), trace(tiny_bge, folder, TEXT)
    assert found.first == turned.first == "ids"
    assert found.rows[-1] == ("normalized", "SHAPE", "(1, 384) and (1, 64)")
    assert turned.rows[-1] == ("normalized", "SHAPE", "(1, 64) and (1, 384)")
    assert ("layer 6", "SHAPE", "only in the first") in found.rows
    assert ("layer 6", "SHAPE", "only in the second") in turned.rows
    with pytest.raises(TypeError, match="trace takes"):
        trace(folder, 42, TEXT)


def test_trace_tells_of_a_prompt_and_escapes_it(folder):
    prompted = linked_copy(folder, changes={"config_sentence_transformers.json": {
        "prompts": {"query": "<i>query</i>: "}, "default_prompt_name": "query"}})
    library = SentenceTransformer(prompted, device="cpu")
    assert trace(prompted, library, TEXT).first is None
    for one, two, detail in ((prompted, folder, "'<i>query</i>: The bank raised ' and 'The"),
                             (folder, library, "'The bank raised its interest r' and '<i>query")):
        found = trace(one, two, TEXT)
        assert found.rows[0][:2] == ("text", "DIFF") and found.rows[0][2].startswith(detail)
        html = found._repr_html_()
        assert "&lt;i&gt;query&lt;/i&gt;" in html and "<i>" not in html
        assert "<b>first difference: text</b>" in html


def test_trace_holds_ids_to_equality_not_to_a_tolerance():
    ids = torch.tensor([[0, 124_084, 7, 2]])
    assert compare(ids, ids.clone())[0] == "OK"
    assert compare(ids, ids + torch.tensor([0, 0, 1, 0]))[0] == "DIFF"


@pytest.mark.parametrize("share, verdict", [
    (0.9, "OK"), (-0.9, "OK"), (1.1, "DIFF"), (-1.1, "DIFF")])
def test_trace_allows_1e_5_of_the_largest_number(share, verdict):
    one = torch.tensor([[0.5, -40.0, 3.0]])
    two = one + share * 40 * 1e-5 * torch.tensor([[1.0, 0.0, 0.0]])
    assert compare(one, two)[0] == verdict


# ---- notebook 09's other programs

def test_the_model_is_as_it_was_after_strangers_even_if_they_fail(folder):
    model = AutoModel.from_pretrained(folder, dtype=torch.float32).eval()
    tokenizer, recipe = AutoTokenizer.from_pretrained(folder), read_recipe(folder)
    before = vector_of(Encoder(folder, model=model), TEXT)
    for text in (TEXT, None):
        with contextlib.nullcontext() if text else pytest.raises(ValueError):
            assert len(strangers(model, tokenizer, recipe, text)) == 7
        assert np.array_equal(vector_of(Encoder(folder, model=model), TEXT), before), text


# ---- the command

@pytest.mark.parametrize("form", ["json", "npy", "api"])
def test_the_command_reads_a_vector(folder, other, tmp_path, capsys, form):
    vector, path = other.vector(TEXT, ["normalize:off"]), tmp_path / f"v.{form}"
    if form == "npy":
        np.save(path, vector)
    else:
        api = {"data": [{"embedding": vector.tolist()}]}
        path.write_text(json.dumps(vector.tolist() if form == "json" else api))
    assert main(["diagnose", "--model", folder, "--text", TEXT, str(path)]) == 0
    assert capsys.readouterr().out.startswith("found: normalize:off")
