"""Vectors as other programs give them, made with the libraries' own code and plain torch: nothing of the search.

Layers, GELU and precision are settings of the library (num_hidden_layers, hidden_act, dtype), pooling is
sentence-transformers' own module, positions are unshifted by moving the rows of the position table.
"""
import functools

import numpy as np
import torch
from sentence_transformers.util import quantize_embeddings
from transformers import AutoConfig, AutoModel, AutoTokenizer

try:
    from sentence_transformers.sentence_transformer.modules import Pooling
except ImportError:                                                         # before 6.0
    from sentence_transformers.models import Pooling

ST_NAMES = {"cls": "cls", "mean": "mean", "max": "max", "last": "lasttoken"}


class OtherProgram:
    """Makes the vector of a text with any set of causes; `own_pooling`, `max_length`: the model's own way."""

    def __init__(self, folder, own_pooling, max_length):
        self.folder, self.own_pooling, self.max_length = str(folder), own_pooling, max_length
        self.tokenizer = AutoTokenizer.from_pretrained(self.folder)
        self.config = AutoConfig.from_pretrained(self.folder)
        self.positions = self.config.max_position_embeddings - 2
        self.model = functools.cache(self._model)

    def _model(self, layers, act, dtype, unshifted):
        config = AutoConfig.from_pretrained(self.folder, num_hidden_layers=layers, hidden_act=act)
        model = AutoModel.from_pretrained(self.folder, config=config, dtype=getattr(torch, dtype)).eval()
        if unshifted:
            table = model.embeddings.position_embeddings.weight
            first = self.config.pad_token_id + 1                            # position 2 gets the row of position 0
            table.data[first:] = table.data[:-first].clone()
        return model

    @torch.no_grad()
    def vector(self, text, causes=()):
        """The float64 vector (d,) of `text` with these causes."""
        asked = {kind: value for kind, _, value in (cause.partition(":") for cause in causes)}
        features = self._features(text, asked)
        model = self.model(int(asked.get("layer", self.config.num_hidden_layers)),
                           "gelu_pytorch_tanh" if "gelu" in asked else "gelu",
                           {"bf16": "bfloat16"}.get(asked.get("precision"), "float32"), "positions" in asked)
        out = model(input_ids=features["input_ids"], attention_mask=features["attention_mask"])
        vector = self._pool(asked.get("pooling", self.own_pooling), out, features)
        if asked.get("normalize") != "off":
            vector = torch.nn.functional.normalize(vector, dim=-1)
        vector = vector[0, :int(asked.get("dims", vector.shape[-1]))].float().numpy()
        return store(vector, asked.get("precision")).astype(np.float64)

    def _features(self, text, asked):
        features = self.tokenizer(change(text, asked.get("text", "")), return_tensors="pt", truncation=True,
                                  max_length=int(asked.get("truncate", self.max_length)),
                                  add_special_tokens="tokens" not in asked, return_special_tokens_mask=True)
        if asked.get("pooling") == "unmasked_mean":                         # as if beside a longer text
            length = features["input_ids"].shape[1]
            features = self.tokenizer.pad(features, padding="max_length", max_length=min(length + 9, self.positions))
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
    """A vector as a store keeps it: "fp16", "int8" (multiplied back), "codes" (int8), "4 decimals", else float32."""
    vector = np.asarray(vector, dtype=np.float32)
    reach = float(np.abs(vector).max())
    if how == "codes":
        return quantize_embeddings(vector[None], "int8", ranges=np.outer([-reach, reach], np.ones(len(vector))))[0]
    if how == "int8":
        return torch.fake_quantize_per_tensor_affine(torch.tensor(vector), reach / 127, 0, -128, 127).numpy()
    if how == "4 decimals":
        return np.round(vector.astype(np.float64), 4)
    return vector.astype(np.float16) if how == "fp16" else vector
