"""The vector that `diagnose` is given: a list, an array, a server's answer, numbers as printed."""
import base64
import json
import struct
import sys

import numpy as np
import pytest
import torch

from helpers import Encoder, diagnose, model_dir
from helpers.__main__ import main
from helpers.diagnosis.vectors import check_vector, read_text

TEXT = "The bank raised its interest rates."
V = [0.125, -0.25, 0.5, 0.0625, -0.75, 0.375, 0.3125, 1.0, -0.0009765625]      # exact in float32
BASE64 = base64.b64encode(struct.pack("<9f", *V)).decode("ascii")
USAGE = {"prompt_tokens": 9, "total_tokens": 9}
ANSWERS = {     # as each server's documentation prints it
    "llama-server /embedding": [{"index": 0, "embedding": [V]}],
    "llama-server, one vector": [{"index": 0, "embedding": V}],
    "OpenAI": {"object": "list", "model": "text-embedding-3-small", "usage": USAGE,
               "data": [{"object": "embedding", "index": 0, "embedding": V}]},
    "OpenAI, data alone": [{"object": "embedding", "index": 0, "embedding": V}],
    "OpenAI, base64": {"object": "list", "usage": USAGE, "model": "m", "data": [
        {"object": "embedding", "index": 0, "embedding": BASE64}]},
    "Cohere v2": {"id": "f8f9", "texts": [TEXT], "embeddings": {"float": [V]},
                  "meta": {"api_version": {"version": "2"}, "billed_units": {"input_tokens": 9}}},
    "Cohere v2, two types": {"embeddings": {"int8": [[1] * 9], "float": [V]}, "texts": [TEXT]},
    "Cohere v1": {"embeddings": [V], "texts": [TEXT], "id": "1"},
    "Cloudflare": {"result": {"shape": [1, 9], "data": [V]}, "success": True, "errors": [],
                   "messages": []},
    "DashScope": {"status_code": 200, "output": {"embeddings": [
        {"text_index": 0, "embedding": V}]}, "usage": {"total_tokens": 9}},
    "TEI": [V],
    "Ollama /api/embed": {"model": "m", "embeddings": [V], "total_duration": 14143917,
                          "load_duration": 1019500, "prompt_eval_count": 8},
    "Ollama /api/embeddings": {"embedding": V},
    "Vertex": {"predictions": [{"embeddings": {"values": V, "statistics": {
        "truncated": False, "token_count": 9}}}], "metadata": {"billableCharacterCount": 30}},
    "Gemini": {"embedding": {"values": V}},
    "Gemini, a batch of one": {"embeddings": [{"values": V}]},
    "Mistral": {"id": "e1", "object": "list", "model": "mistral-embed", "usage": USAGE,
                "data": [{"object": "embedding", "embedding": V, "index": 0}]},
    "Voyage": {"object": "list", "data": [{"embedding": V, "index": 0}], "usage": USAGE},
    "Hugging Face, feature extraction": [[V]],
    "Triton": {"model_name": "m", "outputs": [
        {"name": "sentence_embedding", "shape": [1, 9], "datatype": "FP32", "data": V}]},
    "Elasticsearch": {"_source": {"text": TEXT, "content_vector": V}},
    "a column": [[number] for number in V],
    "base64 alone": BASE64,
    "numbers as text": [str(number) for number in V],
}
PRINTED = {
    "spaces": " ".join(map(str, V)), "lines": "\n".join(map(str, V)),
    "a row of a table": ";".join(map(str, V)), "commas": ", ".join(map(str, V)),
    "repr of a list": repr(V), "a tuple": repr(tuple(V)),
    "numpy": str(np.array(V)), "repr of numpy": repr(np.array(V)),
    "numpy, float32": repr(np.array(V, dtype=np.float32)),
    "numpy, (1, d)": repr(np.array([V], dtype=np.float32)),
    "a list of numpy's numbers": repr([np.float32(number) for number in V]),
    "a list of numpy's numbers, before 2.0": "[" + ", ".join(map(str, V)) + "]",
    "torch": str(torch.tensor(V, dtype=torch.float64)).replace("-9.7656e-04", "-0.0009765625"),
    "torch, on a GPU": f"tensor([{V}], device='cuda:0', dtype=torch.float64,\n"
                       "       grad_fn=<DivBackward0>)",
    "decimal commas": " ".join(map(str, V)).replace(".", ","),
    "decimal commas in lines": "\n".join(map(str, V)).replace(".", ","),
    "decimal commas and semicolons": ";".join(map(str, V)).replace(".", ","),
    "decimal commas in a printed array": str(np.array(V)).replace(".", ","),
    "repr of an answer": repr({"object": "list", "data": [{"embedding": V}]}),
}


@pytest.fixture(autouse=True)
def all_digits():
    with np.printoptions(precision=12):
        torch.set_printoptions(precision=10)
        yield
        torch.set_printoptions(profile="default")


@pytest.mark.parametrize("server", ANSWERS)
def test_a_servers_answer(server):
    assert check_vector(ANSWERS[server]).tolist() == V
    assert check_vector(read_text(json.dumps(ANSWERS[server]))).tolist() == V


@pytest.mark.parametrize("form", PRINTED)
def test_numbers_as_printed(form):
    assert check_vector(read_text(PRINTED[form])).tolist() == V, PRINTED[form]


def test_integers_are_codes_and_no_decimal_commas():
    dice = np.random.default_rng(0)
    codes = dice.integers(-128, 128, size=384).tolist()
    for text in (json.dumps(codes), " ".join(map(str, codes)), ",".join(map(str, codes)),
                 ",\n".join(map(str, codes)), json.dumps(codes, indent=1)):
        assert check_vector(read_text(text)).tolist() == codes
    bits = dice.integers(0, 2, size=384).tolist()
    assert check_vector(read_text(json.dumps(bits))).tolist() == bits


@pytest.mark.parametrize("text, words", [
    (str(np.linspace(0, 1, 2000)), r"printed with '\.\.\.'"),
    (str(torch.linspace(0, 1, 2000)), r"printed with '\.\.\.'"),
    (",".join(map(str, V)).replace(".", ","), "write 0.123"),
    (json.dumps([0, 125, 0, 5, 1, 375, 0, 3125, 0, 75]), "write 0.123"),
    (json.dumps([V, V, V]), r"3 vectors"),
    (json.dumps({"data": [{"embedding": V}, {"embedding": V}]}), "2 vectors"),
    (str(np.array([V, V])), "2 vectors"),
    (json.dumps({"embeddings": {"float": [V, V]}}), "2 vectors"),
    (json.dumps({"error": {"message": "model not found", "code": 404}}), "numbers"),
    (json.dumps([V[:5]]), "at least 8"), ("not numbers", "float"), ("", "at least 8"),
    ('{"embedding": [0.1, 0.2', "float"), (json.dumps([[0.1] * 9, [0.2] * 8]), "2 vectors"),
    (json.dumps([*V, None]), "NaN"), ("1e-2 * [0.1 0.2 0.3 0.1 0.2 0.3 0.1 0.2]", "float"),
    ("NaN " * 8, "NaN")])
def test_what_is_no_vector_is_said(text, words):
    with pytest.raises((TypeError, ValueError), match=words) as caught:
        check_vector(read_text(text))
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 200


def test_an_answer_as_an_object(tmp_path):
    """OpenAI's client gives a model of pydantic, its numbers under .data[0].embedding."""
    class Answer:
        def model_dump(self):
            return ANSWERS["OpenAI"]
    assert check_vector(Answer()).tolist() == V


def test_diagnose_takes_a_whole_answer():
    folder = model_dir("all-MiniLM-L6-v2")
    vector = Encoder(folder, pooling="cls").encode([TEXT])[0]
    packed = base64.b64encode(vector.astype("<f4").tobytes()).decode("ascii")
    for answer in ({"data": [{"embedding": vector.tolist()}]}, {"data": [{"embedding": packed}]}):
        assert diagnose(answer, TEXT, folder).causes == ("pooling:cls",)
    with pytest.raises(ValueError, match="2 vectors"):
        diagnose([vector, vector], TEXT, folder)


@pytest.mark.parametrize("content, words", [
    (str(np.linspace(0, 1, 2000)), "'...'"), (json.dumps([V, V]), "2 vectors"),
    ("not numbers", "neither JSON nor numbers")])
def test_the_command_says_in_one_line_what_is_wrong(content, words, tmp_path, capsys):
    (tmp_path / "v.txt").write_text(content, "utf-8")
    assert main(["diagnose", "--text", TEXT, str(tmp_path / "v.txt")]) == 2
    said = capsys.readouterr().err.strip()
    assert words in said and "\n" not in said and "Traceback" not in said


def test_powershells_utf_16(tmp_path, monkeypatch):
    from helpers.__main__ import read
    (tmp_path / "v.json").write_bytes(json.dumps(V).encode("utf-16"))
    assert check_vector(read(str(tmp_path / "v.json"))).tolist() == V
    assert "json" in sys.modules


L = np.linspace(-1, 1, 384).tolist()


@pytest.mark.parametrize("answer", [
    {"tokens": [101, 7592, 2088, 999, 102, 5, 6, 7], "vector": L},
    {"input_ids": [[101] * 9], "sentence_embedding": [L]},
    {"usage": {"tokens": list(range(8))}, "output": {"embeddings": [{"embedding": L}]}},
    {"timings": [0.1] * 8, "prediction": L}, {"sparse_values": [0.1] * 9, "dense_vecs": [L]},
    {"model_sha": "9f86d081" * 8, "result": L}])
def test_what_stands_beside_the_vector_is_not_taken_for_it(answer):
    np.testing.assert_array_equal(check_vector(answer), L)


def test_numbers_too_large_for_a_float_are_one_sentence():
    with pytest.raises(TypeError, match="must be a list or array of numbers"):
        check_vector([10**400] * 9)
