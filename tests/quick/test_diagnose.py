"""What diagnose and trace answer, refuse and print, and their command; test_diagnose_confusion.py counts errors."""
import json
import subprocess
import sys

import numpy as np
import pytest
import torch
from other_programs import OtherProgram, store
from sentence_transformers import SentenceTransformer

from helpers import Encoder, diagnose, model_dir, normalize, trace
from helpers.diagnosis.rounding import fits, read_rounding
from helpers.diagnosis.trace import compare

TEXT = "The bank raised its interest rates."


@pytest.fixture(scope="module")
def folder():
    return model_dir("all-MiniLM-L6-v2")


@pytest.fixture(scope="module")
def other(folder):
    return OtherProgram(folder, "mean", 256)


def reasons(answer):
    return {cause: reason for causes, reason in answer.cannot_tell for cause in causes}


def test_a_found_cause_is_reported_with_how_sure_it_is(folder, other):
    answer = diagnose(other.vector(TEXT, ["pooling:cls"]), TEXT, folder)
    assert (answer.found, answer.causes, answer.certain) == (True, ("pooling:cls",), True)
    assert answer.max_abs_diff < 1e-5 < 0.01 < answer.runner_up.max_abs_diff and answer.cosine > 0.999999
    assert "found: pooling:cls" in str(answer) and "1_Pooling/config.json" in str(answer)
    assert "<table>" in answer._repr_html_()


def test_half_precision_arithmetic_is_called_likely(folder, other):
    answer = diagnose(other.vector(TEXT, ["precision:bf16"]), TEXT, folder)
    assert answer.causes == ("precision:bf16",) and not answer.certain and str(answer).startswith("likely:")


def test_what_changes_nothing_is_not_named_but_listed(folder, other):
    answer = diagnose(other.vector(TEXT), TEXT, folder)
    told = reasons(answer)
    assert answer.found and answer.causes == () and "the model's own vector" in str(answer)
    for cause in ("text:strip", "text:lower", "positions:unshifted"):
        assert "no text would tell" in told[cause]
    assert "more tokens" in told["truncate:128"] and "longer text" in told["pooling:unmasked_mean"]
    assert "cannot be told from this vector:" in str(answer)


def test_a_text_that_would_tell_tells(tiny_bge):
    other = OtherProgram(tiny_bge, "cls", 8192)
    assert "'Hello' would tell" in reasons(diagnose(other.vector("hello"), "hello", tiny_bge))["text:lower"]
    assert diagnose(other.vector("Hello", ["text:lower"]), "Hello", tiny_bge).causes == ("text:lower",)


def test_white_space_that_another_engine_keeps(tiny_bge):
    """tokenizer.json as it is keeps a space at the end, which transformers 5 drops."""
    from tokenizers import Tokenizer
    ids = Tokenizer.from_file(str(tiny_bge / "tokenizer.json")).encode("hello world ").ids
    encoder = Encoder(tiny_bge)
    assert ids != encoder.token_ids(["hello world "])[0]
    theirs = normalize(encoder.transformer.pooled([np.array(ids)], encoder.pooling))[0]
    assert diagnose(theirs, "hello world ", tiny_bge).causes == ("text:trailing_space",)


def test_what_rounding_hides_is_listed(folder, other):
    told = reasons(diagnose(np.round(other.vector(TEXT), 2), TEXT, folder))
    assert "rounding" in told["precision:fp16"]
    assert "normalize:off" in reasons(diagnose(store(other.vector(TEXT), "codes"), TEXT, folder))


def test_nothing_fits(folder):
    answer = diagnose(np.random.default_rng(0).normal(size=384), TEXT, folder)
    assert not answer.found and answer.causes == () and "not found" in str(answer) and "tried" in str(answer)
    longer = diagnose(np.ones(1024), TEXT, folder)
    assert not longer.found and "1,024 numbers, this model gives 384" in str(longer)


@pytest.mark.parametrize("vector, error, words", [
    ([], ValueError, "at least 8"), ([0.0] * 384, ValueError, "all zeros"), ([1.0] * 383 + [np.nan], ValueError, "NaN"),
    (np.ones((2, 384)), ValueError, r"\(2, 384\)"), ("hello", TypeError, "numbers"),
    ([[1.0], 2.0], TypeError, "numbers")])
def test_bad_vectors_are_refused(folder, vector, error, words):
    with pytest.raises(error, match=words):
        diagnose(vector, TEXT, folder)


@pytest.mark.parametrize("text, error", [(None, TypeError), (["a"], TypeError), ("\ud800", ValueError)])
def test_bad_texts_are_refused(folder, text, error):
    with pytest.raises(error):
        diagnose(np.ones(384), text, folder)


@pytest.mark.parametrize("storage, kind", [
    ("", "full precision"), ("4 decimals", "4 decimals"), ("fp16", "fp16 numbers"), ("int8", "steps of int8"),
    ("codes", "integers of 8 bits")])
def test_rounding_is_recognised_and_allowed_for(storage, kind):
    true, stranger = np.random.default_rng(1).normal(scale=0.05, size=(2, 384))
    given = store(true, storage).astype(float)
    rounding = read_rounding(given)
    assert rounding.kind == kind
    nearly = true + (0.002 if storage != "codes" else 0.002 * stranger)         # codes do not tell a constant
    assert fits(np.stack([true, stranger, nearly]), given, rounding)[:2].tolist() == [True, False]
    assert storage == "codes" or not fits(nearly[None], given, rounding).any()


def test_trace_names_the_first_stage_that_differs(folder):
    assert trace(folder, SentenceTransformer(folder, device="cpu"), TEXT).first is None
    found = trace(folder, Encoder(folder, pooling="cls"), TEXT)
    assert found.first == "pooled" and "first difference: pooled" in str(found)
    assert trace(folder, Encoder(folder, normalize=False), TEXT).first == "normalized"
    with pytest.warns(UserWarning, match="4 tokens were cut off"):
        cut = trace(folder, Encoder(folder, max_length=5), TEXT)
    assert cut.first == "ids" and ("ids", "SHAPE", "(1, 9) and (1, 5)") in cut.rows


def test_trace_of_two_models(folder, tiny_bge):
    found = trace(folder, tiny_bge, TEXT)
    assert found.first == "ids" and [v for s, v, _ in found.rows if s == "layer 6"] == ["SHAPE"]
    with pytest.raises(TypeError, match="trace takes"):
        trace(folder, 42, TEXT)


def command(folder, words, stdin=None):
    return subprocess.run([sys.executable, "-m", "helpers", "diagnose", "--model", folder, "--text", TEXT, *words],
                          input=stdin, capture_output=True, text=True, encoding="utf-8")


@pytest.mark.parametrize("form", ["json", "npy", "api", "stdin"])
def test_the_command_reads_a_vector(folder, other, tmp_path, form):
    vector = other.vector(TEXT, ["normalize:off"])
    np.save(tmp_path / "v.npy", vector)
    (tmp_path / "v.json").write_text(json.dumps(vector.tolist()))
    (tmp_path / "v.api").write_text(json.dumps({"data": [{"embedding": vector.tolist()}]}))
    words, stdin = ([], str(vector.tolist())[1:-1].replace(",", "\n")) if form == "stdin" else (
        [str(tmp_path / f"v.{form}")], None)
    done = command(folder, words, stdin)
    assert done.returncode == 0 and done.stdout.startswith("found: normalize:off"), done.stderr


def test_the_command_says_when_nothing_fits_or_the_input_is_bad(folder, tmp_path):
    (tmp_path / "noise.json").write_text(json.dumps(np.random.default_rng(0).normal(size=384).tolist()))
    (tmp_path / "words.txt").write_text("not numbers")
    assert command(folder, [str(tmp_path / "noise.json")]).returncode == 1
    for name, message in (("words.txt", "neither JSON nor numbers"), ("missing.json", "No such file")):
        done = command(folder, [str(tmp_path / name)])
        assert done.returncode == 2 and message in done.stderr and "Traceback" not in done.stderr


def test_trace_holds_ids_to_equality_not_to_a_tolerance():
    ids = torch.tensor([[0, 124_084, 7, 2]])
    assert compare(ids, ids.clone())[0] == "OK" and compare(ids, ids + torch.tensor([0, 0, 1, 0]))[0] == "DIFF"


@pytest.mark.parametrize("vector", [np.ones(384), np.sign(np.random.default_rng(0).normal(size=384))])
def test_one_bit_per_number_is_no_answer_and_no_warning(vector, folder, recwarn):
    assert not diagnose(vector, TEXT, folder).found and not recwarn.list
