"""Every architecture × every option of a folder: the numbers of LangChain, and the page's table.

The models are small and random; the vectors are compared text by text, since LangChain pads a batch
on the folder's side, and what is padded has other positions there.
"""
import json
import pathlib
import shutil
import warnings

import architectures
import numpy as np
import pytest
import torch
from langchain_huggingface import HuggingFaceEmbeddings
from safetensors.torch import load_file
from transformers import AutoModel

from helpers import Encoder

TEXTS = ["hello world!", "", "The bank of the river, a long one: " + "hello " * 40, "你好，世界",
         "[SEP] hello [CLS]"]
ROOT = pathlib.Path(__file__).parents[2]
PROMPT = {"prompts": {"query": "query: "}, "default_prompt_name": "query"}
EQUAL = set()       # of (architecture, option)
DENSE = ({"size": 32, "out": 48}, {"size": 48, "out": 24, "activation": "Tanh", "bias": True})


def files(pooling=None, **others):
    """An option that is written into sentence-transformers' files."""
    return lambda folder: architectures.write(folder, pooling or {}, **others)


def shards(folder):
    AutoModel.from_pretrained(folder).save_pretrained(folder, max_shard_size="20KB")
    assert len(list(folder.glob("model-*.safetensors"))) > 1
    (folder / "model.safetensors").unlink(missing_ok=True)


def pickled(new):
    """The weights as a pickle, of the form that torch writes now or once wrote."""
    def write(folder):
        state = load_file(folder / "model.safetensors")
        torch.save(state, folder / "pytorch_model.bin", _use_new_zipfile_serialization=new)
        (folder / "model.safetensors").unlink()
    return write


def inside(folder):
    """As the first versions of sentence-transformers saved: the transformer in its own folder."""
    home = folder / "0_Transformer"
    home.mkdir()
    for path in [path for path in folder.iterdir() if path.is_file()]:
        if path.name != "modules.json":
            path.rename(home / path.name)
    modules = json.loads((folder / "modules.json").read_text())
    modules[0]["path"] = "0_Transformer"
    architectures.put(folder / "modules.json", modules)


OPTIONS = {
    **{mode: files({"pooling_mode": mode}) for mode in
       ("cls", "mean", "max", "mean_sqrt_len_tokens", "weightedmean", "lasttoken")},
    "two poolings": files({"pooling_mode": ["mean", "cls"]}),
    "prompt": files(model=PROMPT),
    **{f"prompt, not pooled: {mode}": files({"pooling_mode": mode, "include_prompt": False},
                                            model=PROMPT)
       for mode in ("mean", "cls", "weightedmean")},
    "truncate_dim": files(model={"truncate_dim": 8}),
    "Dense": files(after=(*DENSE, "Normalize")),
    "Normalize, Dense": files(after=("Normalize", DENSE[0])),
    "LayerNorm, Dropout": files(after=("LayerNorm", "Dropout", "Normalize")),
    "no Normalize": files(after=()),
    "no limit named": files(transformer={"do_lower_case": False}),
    "sharded weights": shards, "pickled weights": pickled(True), "old pickle": pickled(False),
    "0_Transformer": inside,
}


@pytest.fixture(scope="module", params=architectures.KINDS)
def folder(request, tmp_path_factory):
    return architectures.build(tmp_path_factory.mktemp("models") / request.param, request.param)


@pytest.mark.parametrize("option", OPTIONS)
def test_the_vector_is_langchains(folder, tmp_path, option):
    copy = shutil.copytree(folder, tmp_path / "model")
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(1)
        OPTIONS[option](copy)
    black_box = HuggingFaceEmbeddings(model_name=str(copy), model_kwargs={"device": "cpu"})
    theirs = np.array([black_box.embed_query(text) for text in TEXTS])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")                         # a text is longer than the limit
        mine = Encoder(copy).encode(TEXTS)
    assert mine.shape == theirs.shape
    np.testing.assert_allclose(mine, theirs, atol=1e-5, rtol=1e-5)
    assert np.abs(mine[0] - mine[2]).max() > 1e-2, "all texts have one vector"
    EQUAL.add((folder.name, option))


def test_the_page_shows_what_was_found():
    """The table of docs/models.md, of the tests above: run the whole file."""
    lines = ["| option | " + " | ".join(architectures.KINDS) + " |",
             "|---" * (len(architectures.KINDS) + 1) + "|"]
    for option in OPTIONS:
        marks = ["✓" if (kind, option) in EQUAL else "–" for kind in architectures.KINDS]
        lines.append(f"| {option} | {' | '.join(marks)} |")
    print(table := "\n".join(lines))
    assert table in (ROOT / "docs" / "models.md").read_text("utf-8")
