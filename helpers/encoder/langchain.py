"""An Encoder as a LangChain `Embeddings`. Written first in notebook 07."""
from langchain_core.embeddings import Embeddings

from helpers.encoder.checks import check_texts
from helpers.encoder.encoder import Encoder


class EncoderEmbeddings(Embeddings):
    """LangChain's interface over an `Encoder`: use it for `HuggingFaceEmbeddings`. Notebook 07.

    Newlines become spaces first, as in HuggingFaceEmbeddings.
    """

    def __init__(self, encoder: Encoder) -> None:
        self.encoder = encoder

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Vectors of a list of str: -> list of n lists of D floats."""
        check_texts(texts)
        return self.encoder.encode([text.replace("\n", " ") for text in texts]).tolist()

    def embed_query(self, text: str) -> list[float]:
        """The vector of one str: -> list of D floats."""
        return self.embed_documents([text])[0]
