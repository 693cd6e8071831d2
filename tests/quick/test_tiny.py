"""The tests' own model in bge-m3's form: is it what it claims, and do three ways agree on it?"""
import numpy as np
import pytest
import torch
from tiny import build_bge
from tokenizers import Tokenizer

from helpers import Encoder, EncoderEmbeddings

TEXTS = ["hello world!", "你好，世界！", "x = mask.sum(dim=1)", " hello\nworld ", "Ｈｅｌｌｏ　！",
         "", "🙂", "a river " * 100]
OPTIONS = [{}, {"padding_side": "left"}, {"pooling": "mean"}, {"pooling": "max"},
           {"normalize": False}]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_langchain_and_the_encoder_agree(options, tmp_path):
    from langchain_huggingface import HuggingFaceEmbeddings
    folder = build_bge(tmp_path / "model", **options)
    black_box = HuggingFaceEmbeddings(model_name=str(folder), model_kwargs={"device": "cpu"})
    theirs = black_box.embed_documents(TEXTS)
    ours = EncoderEmbeddings(Encoder(folder)).embed_documents(TEXTS)
    scale = np.linalg.norm(theirs, axis=1).max()                # 1, unless Normalize is left out
    assert np.abs(np.subtract(theirs, ours)).max() <= 1e-6 * scale


def test_transformers_gives_the_same_cls_vector(tiny_bge):
    from transformers import AutoModel, AutoTokenizer
    features = AutoTokenizer.from_pretrained(tiny_bge)("hello world!", return_tensors="pt")
    with torch.inference_mode():
        model = AutoModel.from_pretrained(tiny_bge).eval()
        hidden = model(**features).last_hidden_state                                # (1, T, D)
    by_hand = torch.nn.functional.normalize(hidden[:, 0]).numpy()
    assert np.abs(by_hand - Encoder(tiny_bge).encode(["hello world!"])).max() <= 1e-6


def test_the_same_seed_gives_the_same_bytes(tiny_bge, tmp_path):
    again = build_bge(tmp_path / "again")
    names = {p.relative_to(tiny_bge) for p in tiny_bge.rglob("*") if p.is_file()}
    assert names == {p.relative_to(again) for p in again.rglob("*") if p.is_file()}
    assert all((tiny_bge / name).read_bytes() == (again / name).read_bytes() for name in names)


def test_transformers_rebuilds_the_tokenizer_as_it_does_bge_m3s(tiny_bge):
    """Trap 16: a space or newline at the end is a token as the file has it, and none after that."""
    from transformers import AutoTokenizer
    as_it_is = Tokenizer.from_file(str(tiny_bge / "tokenizer.json"))
    rebuilt = AutoTokenizer.from_pretrained(tiny_bge)
    assert as_it_is.encode("hello world!").ids == rebuilt("hello world!").input_ids
    for text in ("hello world! ", "hello world!\n"):
        assert len(as_it_is.encode(text).ids) == len(rebuilt(text).input_ids) + 1
    # the precompiled map is there: full width is folded
    assert rebuilt.tokenize("！") == rebuilt.tokenize("!")


def test_the_two_other_heads_are_float16(tiny_bge):
    names = ("sparse_linear.pt", "colbert_linear.pt")
    heads = [torch.load(tiny_bge / name, weights_only=True) for name in names]
    assert [head["weight"].shape for head in heads] == [(1, 64), (64, 64)]
    assert {tensor.dtype for head in heads for tensor in head.values()} == {torch.float16}
