"""BERT and XLM-RoBERTa without padding: the tokens of a batch lie one after another. Written first in notebook 12.

Sizes: `N` tokens in `B` texts, `D` numbers per token, `H` heads. `rows`: the texts' input ids, sorted by length, so
that texts of one length lie side by side. `spans`: (T, how many texts have T tokens), in the order of the rows.
"""
import itertools
import pathlib
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch.nn.utils.rnn import pad_sequence

from helpers.encoder.layers import Tables
from helpers.encoder.weights import check_memory, give_back
from helpers.models.folder import ModelFolderError, first_position, read_json
from helpers.pooling import POOLINGS


class Layer(NamedTuple):
    """The six steps of a layer, each a function of one tensor."""
    qkv: Callable       # (N, D) -> (N, 3·D)
    out: Callable       # (N, D) -> (N, D)
    norm1: Callable     # (N, D) -> (N, D)
    up: Callable        # (N, D) -> (N, I), GELU included
    down: Callable      # (N, I) -> (N, D)
    norm2: Callable     # (N, D) -> (N, D)


def find_spans(rows):
    """Which texts are equally long: -> list of (T, number of texts)."""
    return [(T, len(list(group))) for T, group in itertools.groupby(rows, key=len)]


def attend(qkv, spans, H):
    """Attention, one group of equally long texts after the other: (N, 3·D) -> (N, D). Nothing is padded, so no mask."""
    D, groups = qkv.shape[1] // 3, []
    for part, (T, count) in zip(qkv.split([T * count for T, count in spans]), spans, strict=True):
        query, key, value = part.view(count, T, 3, H, D // H).permute(2, 0, 3, 1, 4)        # (count, H, T, D / H)
        gathered = F.scaled_dot_product_attention(query, key, value)                        # (count, H, T, D / H)
        groups.append(gathered.transpose(1, 2).reshape(count * T, D))                       # (count·T, D)
    return torch.cat(groups)                                                                # (N, D)


def run_layers(x, layers, spans, H):
    """The loop of notebook 08 on packed tokens: (N, D) -> (N, D)."""
    for layer in layers:
        x = layer.norm1(layer.out(attend(layer.qkv(x), spans, H)).add_(x))                  # (N, D)
        x = layer.norm2(layer.down(layer.up(x)).add_(x))                                    # (N, D)
    return x


def pool_packed(x, spans, poolings):
    """The poolings of notebook 05, group by group: (N, D) -> (B, len(poolings)·D) float32."""
    groups = []
    for part, (T, count) in zip(x.split([T * count for T, count in spans]), spans, strict=True):
        hidden, mask = part.view(count, T, -1), torch.ones(count, T)                        # (count, T, D), (count, T)
        groups.append(torch.cat([POOLINGS[name](hidden, mask) for name in poolings], dim=-1))
    return torch.cat(groups)                                                                # (B, len(poolings)·D)


def fill_up(rows):
    """Rows, and texts of one token after them, so that N is a multiple of 8 or 32: -> list of rows.

    oneDNN writes a little program for every N that it meets, and keeps it: without this, a long corpus fills the memory.
    """
    N = sum(map(len, rows))
    return rows + [np.zeros(1, dtype=np.int64)] * (-N % (8 if N <= 64 else 32))


class Packed:
    """The transformer in a folder, for the CPU: `Packed(folder, torch.float32).pooled(rows, ["mean"])`.

    Raises MemoryError before anything is read if it will not fit.
    """

    def __init__(self, folder, dtype):
        check_memory(folder, dtype, packs=True)
        config = read_json(pathlib.Path(folder, "config.json"))
        self.dtype, self.H, self.hidden_size = dtype, config["num_attention_heads"], config["hidden_size"]
        self.first = first_position(config)
        tables = Tables(folder, dtype, config.get("layer_norm_eps", 1e-12))
        self.words = tables.state["embeddings.word_embeddings.weight"]      # stays in the file: a text needs few rows
        self.places = (tables.cast("embeddings.position_embeddings.weight")
                       + tables.cast("embeddings.token_type_embeddings.weight")[0])         # (positions, D)
        self.norm = tables.layer_norm("embeddings.LayerNorm")
        self.layers = [Layer(**tables.layer(i)) for i in range(config["num_hidden_layers"])]
        give_back()

    def embed(self, rows):
        """Word, position and type added up, then normalized: rows of ids -> (N, D)."""
        ids = torch.from_numpy(np.concatenate(rows))                                        # (N,)
        if ids.max() >= len(self.words):
            raise ModelFolderError(f"the tokenizer gives the id {ids.max()}, and the model has vectors for {len(self.words)} "
                                   "tokens only: their files do not belong together. Download the model again")
        places = torch.from_numpy(np.concatenate([self.positions(row) for row in rows]))    # (N,)
        return self.norm(self.words[ids].to(self.dtype) + self.places[places])

    def positions(self, row):
        """The position of each token of a text: (T,) -> (T,). In RoBERTa's family a literal pad has none of its own."""
        if not self.first:
            return np.arange(len(row))
        real = row != self.first - 1
        return real.cumsum() * real + self.first - 1

    @torch.inference_mode()
    def pooled(self, rows, poolings):
        """Pooled vectors of a batch: rows of ids, sorted by length -> (B, len(poolings)·D) float32."""
        filled = fill_up(rows)
        hidden = run_layers(self.embed(filled), self.layers, find_spans(filled), self.H)    # (N, D)
        return pool_packed(hidden[:sum(map(len, rows))], find_spans(rows), poolings)

    @torch.inference_mode()
    def hidden_states(self, row):
        """The embedding output and each layer's, of one text: (T,) -> list of (1, T, D) float32."""
        filled = fill_up([row])
        states, spans = [self.embed(filled)], find_spans(filled)                            # (N, D) each
        for layer in self.layers:
            states.append(run_layers(states[-1], [layer], spans, self.H))
        return [hidden[None, :len(row)].float() for hidden in states]                       # (1, T, D)


class Padded:
    """`Padded(model).pooled(rows, ["cls"])`: what helpers.encoder.forward does, for what it does not know."""

    def __init__(self, model):
        self.model, self.hidden_size = model, model.config.hidden_size

    @torch.inference_mode()
    def pooled(self, rows, poolings):
        """Pooled vectors of a batch: rows of ids -> (B, len(poolings)·D) float32 on the CPU.

        Pads go to the right, whatever the tokenizer's files say, so that no model's positions move.
        """
        ids, mask = self.pad(rows)
        hidden = self.model(input_ids=ids, attention_mask=mask).last_hidden_state           # (B, T, D)
        return torch.cat([POOLINGS[name](hidden, mask) for name in poolings], dim=-1).cpu()

    @torch.inference_mode()
    def hidden_states(self, row):
        """The embedding output and each layer's, of one text: (T,) -> list of (1, T, D) float32, on the CPU."""
        ids, mask = self.pad([row])
        out = self.model(input_ids=ids, attention_mask=mask, output_hidden_states=True)
        return [hidden.float().cpu() for hidden in out.hidden_states]

    def pad(self, rows):
        """Rows of ids as a rectangle, and its mask, on the model's device: -> (B, T), (B, T) int64."""
        pad, device = self.model.config.pad_token_id or 0, self.model.device
        ids = pad_sequence([torch.as_tensor(row) for row in rows], batch_first=True, padding_value=pad)
        mask = torch.arange(ids.shape[1]) < torch.tensor([len(row) for row in rows])[:, None]
        return ids.to(device), mask.long().to(device)
