"""An Encoder beside sentence-transformers on one model: the fixture `pair`, and texts for it."""
import functools
import warnings

import numpy as np
import pytest
from langchain_huggingface import HuggingFaceEmbeddings
from tiny import build_bge

from helpers import Encoder, model_dir

SHORT = ["hello world!", "", "   ", "\n\n", "line\nbreak", "a", "你好，世界！", "🙂🦜 ﬁne",
         "[SEP] <s> </s> <mask> [MASK]", "a <pad> b<pad>", "<pad>", "trailing space ",
         "trailing newline\n", "\u3000wide space\u3000", "cafe\u0301 café",
         "ＡＢＣ！", "\x00\x07 bell", "one two three " * 20]
NASTY = [*SHORT[:-1], "x" * 300, "word " * 300, SHORT[-1]]      # the embedded model cuts at 256


class Pair:
    """The two sides on one model."""

    def __init__(self, folder):
        self.folder = str(folder)
        self.black_box = HuggingFaceEmbeddings(model_name=self.folder,
                                               model_kwargs={"device": "cpu"})
        self.ours = Encoder(self.folder)

    def compare(self, texts, **options):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            mine = self.ours.encode(texts, **options)
        theirs = self.expected(tuple(texts))
        assert mine.shape == theirs.shape and mine.dtype == np.float32
        np.testing.assert_allclose(mine, theirs, atol=1e-5, rtol=0)

    @functools.cache        # noqa: B019 -- a Pair lives as long as its module's tests
    def expected(self, texts):
        return np.array(self.black_box.embed_documents(list(texts)))


@pytest.fixture(scope="module", params=["embedded", "bge", "bge, left"])
def pair(request, tmp_path_factory):
    if request.param == "embedded":
        return Pair(model_dir("all-MiniLM-L6-v2"))
    side = "left" if "left" in request.param else "right"
    return Pair(build_bge(tmp_path_factory.mktemp("models") / "bge", padding_side=side))
