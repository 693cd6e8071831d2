"""LangChain's own standard tests, on the class of helpers and on the one that notebook 07 writes.

Each class below inherits every test of theirs and changes none: a base class of theirs refuses
that. A store's tests also run with their own embeddings, so that a failure says whose it is.
"""
import asyncio
import functools
import pathlib

import nbformat
import pytest
from langchain_core.embeddings import Embeddings
from langchain_core.vectorstores import InMemoryVectorStore
from langchain_tests.integration_tests import (
    EmbeddingsIntegrationTests,
    VectorStoreIntegrationTests,
)

from helpers import Encoder, EncoderEmbeddings

LESSON = pathlib.Path(__file__).parents[2] / "notebooks" / "07_rebuild.ipynb"
TEXTS = ["a river", "line\nbreak", ""]


@functools.cache
def of_the_notebook():
    """The subclass of Embeddings that notebook 07 writes: its cell, run as it stands there."""
    cells = nbformat.read(LESSON, as_version=4).cells
    [source] = [cell.source for cell in cells if "(Embeddings):" in cell.source]
    before = set(Embeddings.__subclasses__())
    exec(source, {})
    [written] = set(Embeddings.__subclasses__()) - before
    return written


@pytest.fixture(scope="module")
def encoder(tiny_bge):
    return Encoder(tiny_bge)


class OnEncoder(EmbeddingsIntegrationTests):
    """What their tests need to make the embeddings."""

    @pytest.fixture(autouse=True)
    def _takes_encoder(self, encoder):
        self.encoder = encoder

    @property
    def embedding_model_params(self):
        return {"encoder": self.encoder}


class TestEmbeddingsOfHelpers(OnEncoder):
    embeddings_class = EncoderEmbeddings


class TestEmbeddingsOfTheNotebook(OnEncoder):
    @property
    def embeddings_class(self):
        return of_the_notebook()


class TestStoreWithTheirEmbeddings(VectorStoreIntegrationTests):
    @pytest.fixture
    def vectorstore(self):
        return InMemoryVectorStore(self.get_embeddings())


class TestStoreWithEmbeddingsOfHelpers(VectorStoreIntegrationTests):
    @pytest.fixture
    def vectorstore(self, encoder):
        return InMemoryVectorStore(EncoderEmbeddings(encoder))


class TestStoreWithEmbeddingsOfTheNotebook(VectorStoreIntegrationTests):
    @pytest.fixture
    def vectorstore(self, encoder):
        return InMemoryVectorStore(of_the_notebook()(encoder))


def test_the_notebooks_class_is_another_and_gives_the_same_vectors(encoder):
    """Theirs hold that there are floats; here, that they are the encoder's, alone or in a batch."""
    ours, theirs = EncoderEmbeddings(encoder), of_the_notebook()(encoder)
    assert type(theirs) is not type(ours) and type(theirs).__name__ == type(ours).__name__
    together = ours.embed_documents(TEXTS)
    assert together == theirs.embed_documents(TEXTS)
    assert together == encoder.encode(["a river", "line break", ""]).tolist()
    assert asyncio.run(ours.aembed_documents(TEXTS)) == together
    for text, vector in zip(TEXTS, together, strict=True):
        assert ours.embed_query(text) == pytest.approx(vector, abs=1e-6)
        assert asyncio.run(theirs.aembed_query(text)) == ours.embed_query(text)
