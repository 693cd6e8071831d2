"""Texts as long as bge-m3 reads, against sentence-transformers."""
import warnings

import numpy as np
from langchain_huggingface import HuggingFaceEmbeddings

from helpers import Encoder


def test_the_longest_texts_of_bge(tiny_bge):
    """Cut at 8,192 tokens, with a short one beside it; 100,000 characters of other words."""
    black_box = HuggingFaceEmbeddings(model_name=str(tiny_bge), model_kwargs={"device": "cpu"})
    ours = Encoder(tiny_bge)
    assert ours.max_length == 8192
    for texts in (["hello " * 9000, "hello"], ["hello world " * 8_400]):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            mine = ours.encode(texts)
        np.testing.assert_allclose(mine, black_box.embed_documents(texts), atol=1e-5, rtol=0)
