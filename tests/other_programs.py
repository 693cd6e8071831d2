"""Vectors as other programs give them, by the libraries' own code and plain torch.

Nothing of the search is used. Layers, GELU and precision are settings of the library
(num_hidden_layers, hidden_act, dtype), pooling is sentence-transformers' own module, positions are
unshifted by moving the rows of the position table.
"""
import functools

import numpy as np
import pytest
import torch
from sentence_transformers.util import quantize_embeddings
from transformers import AutoConfig, AutoModel, AutoTokenizer

try:
    from sentence_transformers.sentence_transformer.modules import Pooling
except ImportError:                                                         # before 6.0
    from sentence_transformers.models import Pooling

from helpers import Encoder, model_dir

ST_NAMES = {"cls": "cls", "mean": "mean", "max": "max", "last": "lasttoken"}


@pytest.fixture(scope="module")
def folder():
    return model_dir("all-MiniLM-L6-v2")


@pytest.fixture(scope="module")
def encoder(folder):
    return Encoder(folder)


@pytest.fixture(scope="module")
def in_bf16(folder):
    return Encoder(folder, model=AutoModel.from_pretrained(folder, dtype=torch.bfloat16).eval())


def vector_of(encoder, text):
    return encoder.encode([text])[0].astype(np.float64)


class OtherProgram:
    """Makes the vector of a text with any set of causes.

    `own_pooling`, `max_length`: the model's own way. What the model made of some ids is kept, for
    another pooling of the same text.
    """

    def __init__(self, folder, own_pooling, max_length):
        self.folder, self.own_pooling, self.max_length = str(folder), own_pooling, max_length
        self.tokenizer = AutoTokenizer.from_pretrained(self.folder)
        self.config = AutoConfig.from_pretrained(self.folder)
        self.positions = self.config.max_position_embeddings - 2
        self.model, self.run = functools.cache(self._model), functools.cache(self._run)

    def _model(self, layers, act, dtype, unshifted):
        config = AutoConfig.from_pretrained(self.folder, num_hidden_layers=layers, hidden_act=act)
        dtype = getattr(torch, dtype)
        model = AutoModel.from_pretrained(self.folder, config=config, dtype=dtype).eval()
        if unshifted:
            table = model.embeddings.position_embeddings.weight
            first = self.config.pad_token_id + 1            # position 2 gets the row of position 0
            table.data[first:] = table.data[:-first].clone()
        return model

    def _run(self, settings, ids, mask):
        """The model's output for a row of ids and its mask, both tuples."""
        return self.model(*settings)(
            input_ids=torch.tensor([ids]), attention_mask=torch.tensor([mask]))

    @torch.no_grad()
    def vector(self, text, causes=(), tokens=None):
        """The float64 vector (d,) of `text` with these causes.

        `tokens`: how many a text is padded to for an unmasked mean; None: 9 more than it has.
        """
        asked = {kind: value for kind, _, value in (cause.partition(":") for cause in causes)}
        features = self._features(text, asked, tokens)
        settings = (int(asked.get("layer", self.config.num_hidden_layers)),
                    "gelu_pytorch_tanh" if "gelu" in asked else "gelu",
                    "bfloat16" if asked.get("precision") == "bf16" else "float32",
                    "positions" in asked)
        out = self.run(settings, *(tuple(features[name][0].tolist())
                                   for name in ("input_ids", "attention_mask")))
        vector = self._pool(asked.get("pooling", self.own_pooling), out, features)
        if asked.get("normalize") != "off":
            vector = torch.nn.functional.normalize(vector, dim=-1)
        vector = vector[0, :int(asked.get("dims", vector.shape[-1]))].float().numpy()
        return store(vector, asked.get("precision")).astype(np.float64)

    def _features(self, text, asked, tokens):
        features = self.tokenizer(
            change(text, asked.get("text", "")), return_tensors="pt", truncation=True,
            max_length=int(asked.get("truncate", self.max_length)),
            add_special_tokens="tokens" not in asked, return_special_tokens_mask=True)
        if asked.get("pooling") == "unmasked_mean":                 # as if beside a longer text
            tokens = tokens or min(features["input_ids"].shape[1] + 9, self.positions)
            features = self.tokenizer.pad(features, padding="max_length", max_length=tokens)
        return features

    def _pool(self, name, out, features):
        hidden, mask = out.last_hidden_state, features["attention_mask"]
        if name == "pooler_output":
            return out.pooler_output
        if name == "unmasked_mean":
            return hidden.mean(dim=1)
        if name == "mean_without_special":
            name, mask = "mean", mask * (1 - features["special_tokens_mask"])
        module = Pooling(hidden.shape[-1], pooling_mode=ST_NAMES[name])
        return module({"token_embeddings": hidden, "attention_mask": mask})["sentence_embedding"]


def change(text, how):
    """A text changed as `text:how` says."""
    if how.startswith("prefix="):
        return how.removeprefix("prefix=") + text
    return {"": text, "lower": text.lower(), "strip": text.strip()}[how]


def store(vector, how):
    """A vector as a store keeps it: "fp16", "int8" (multiplied back), "codes" (int8), "4 decimals".

    Else float32.
    """
    vector = np.asarray(vector, dtype=np.float32)
    reach = float(np.abs(vector).max())
    if how == "codes":
        ranges = np.outer([-reach, reach], np.ones(len(vector)))
        return quantize_embeddings(vector[None], "int8", ranges=ranges)[0]
    if how == "int8":
        codes = torch.fake_quantize_per_tensor_affine
        return codes(torch.tensor(vector), reach / 127, 0, -128, 127).numpy()
    if how == "4 decimals":
        return np.round(vector.astype(np.float64), 4)
    return vector.astype(np.float16) if how == "fp16" else vector
