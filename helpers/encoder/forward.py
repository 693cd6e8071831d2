"""BERT and XLM-RoBERTa without padding: a batch's tokens lie one after another. Notebook 12.

Sizes: `N` tokens in `B` texts, `D` numbers per token, `H` heads. `rows`: the texts' input ids,
sorted by length, so that texts of one length lie side by side. `spans`: (T, how many texts have T
tokens), in the order of the rows.
"""
import itertools

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from helpers.encoder.layers import Layer
from helpers.models.files import ModelFolderError
from helpers.models.folder import first_position
from helpers.pooling import POOLINGS


def find_spans(rows: list) -> list[tuple[int, int]]:
    """Which texts are equally long: -> list of (T, number of texts)."""
    return [(T, len(list(group))) for T, group in itertools.groupby(rows, key=len)]


def attend(qkv: Tensor, spans: list, H: int) -> Tensor:
    """Attention in one group of equally long texts after the other: (N, 3·D) -> (N, D)."""
    D, groups = qkv.shape[1] // 3, []
    parts = qkv.split([T * count for T, count in spans])
    for part, (T, count) in zip(parts, spans, strict=True):     # nothing is padded, so no mask
        query, key, value = part.view(count, T, 3, H, D // H).permute(2, 0, 3, 1, 4)
        gathered = F.scaled_dot_product_attention(query, key, value)        # (count, H, T, D/H)
        groups.append(gathered.transpose(1, 2).reshape(count * T, D))       # (count·T, D)
    return torch.cat(groups)                                                # (N, D)


def run_layers(x: Tensor, layers: list, spans: list, H: int) -> Tensor:
    """The loop of notebook 08 on packed tokens: (N, D) -> (N, D)."""
    for layer in layers:
        gathered = attend(layer.qkv(x), spans, H)                           # (N, D)
        x = layer.norm1(layer.out(gathered).add_(x))                        # (N, D)
        x = layer.norm2(layer.down(layer.up(x)).add_(x))                    # (N, D)
    return x


def pool_packed(x: Tensor, spans: list, poolings: tuple) -> Tensor:
    """The poolings of notebook 05, group by group: (N, D) -> (B, len(poolings)·D) float32."""
    groups = []
    parts = x.split([T * count for T, count in spans])
    for part, (T, count) in zip(parts, spans, strict=True):
        hidden = part.view(count, T, -1)                                    # (count, T, D)
        pooled = [POOLINGS[name](hidden, torch.ones(count, T)) for name in poolings]
        groups.append(torch.cat(pooled, dim=-1))                    # (count, len(poolings)·D)
    return torch.cat(groups)


def fill_up(rows: list) -> list:
    """Rows, and texts of one token after them, so that N is a multiple of 8 or 32.

    oneDNN keeps a little program for each N that it meets; so it meets few, and they stay at hand.
    """
    N = sum(map(len, rows))
    return rows + [np.zeros(1, dtype=np.int64)] * (-N % (8 if N <= 64 else 32))


class Packed:
    """The pass of a BERT or XLM-RoBERTa that transformers has loaded, without padding, on the CPU.

    Of the model it keeps copies, in `dtype`; its word table as it is.
    """

    def __init__(self, model: nn.Module, dtype: torch.dtype) -> None:
        model.requires_grad_(False)
        config, embeddings = model.config.to_dict(), model.embeddings
        self.dtype, self.hidden_size = dtype, config["hidden_size"]
        self.H, self.first = config["num_attention_heads"], first_position(config)
        self.words = embeddings.word_embeddings.weight                      # (vocabulary, D)
        types = embeddings.token_type_embeddings.weight
        self.places = embeddings.position_embeddings.weight.to(dtype) + types[0].to(dtype)
        self.norm = embeddings.LayerNorm.to(dtype)
        self.layers = [Layer(layer, dtype) for layer in model.encoder.layer]

    def embed(self, rows: list) -> Tensor:
        """Word, position and type added up, then normalized: rows of ids -> (N, D)."""
        ids = torch.from_numpy(np.concatenate(rows))                                        # (N,)
        if ids.max() >= len(self.words):
            raise ModelFolderError(f"the tokenizer gives the id {ids.max()}, the model has vectors "
                                   f"for {len(self.words)} tokens only: download them again")
        places = np.concatenate([self.positions(row) for row in rows])                      # (N,)
        return self.norm(self.words[ids].to(self.dtype) + self.places[torch.from_numpy(places)])

    def positions(self, row: np.ndarray) -> np.ndarray:
        """The position of each token of a text: (T,) -> (T,)."""
        real = row != self.first - 1            # in RoBERTa's family a literal pad has none
        return real.cumsum() * real + self.first - 1

    def share(self, tokens: int) -> tuple[int, int]:
        """Of so many tokens: how many cores take a batch each, and how many tokens a batch has."""
        workers = torch.get_num_threads()
        return workers, max(128, min(1024, tokens // workers))

    @torch.inference_mode()
    def pooled(self, rows: list, poolings: tuple) -> Tensor:
        """Pooled vectors of a batch: rows of ids, by length -> (B, len(poolings)·D) float32."""
        filled = fill_up(rows)
        hidden = run_layers(self.embed(filled), self.layers, find_spans(filled), self.H)    # (N, D)
        return pool_packed(hidden[:sum(map(len, rows))], find_spans(rows), poolings)

    @torch.inference_mode()
    def hidden_states(self, row: np.ndarray) -> list[Tensor]:
        """What the pass makes of one text: the embedding output, then each layer's, (1, T, D)."""
        filled = fill_up([row])
        states, spans = [self.embed(filled)], find_spans(filled)                            # (N, D)
        for layer in self.layers:
            states.append(run_layers(states[-1], [layer], spans, self.H))
        return [hidden[None, :len(row)].float() for hidden in states]


class Padded:
    """The library's own forward pass, for what Packed does not know.

    `types`: the token types at the end of a text, if they are not 0 (XLNet's). A text must come out
    beside a longer one as it does alone: else a ModelFolderError.
    """

    def __init__(self, model: nn.Module, types: list[int] = ()) -> None:
        self.model, self.types = model, types if any(types) else []
        self.pool = None        # what pools in place of the lessons' poolings
        row, limit = np.arange(1, 6), 1e-4 if model.dtype == torch.float32 else 0.05
        try:
            alone, beside = (self.run(rows)[0].last_hidden_state[0, :3].float()
                             for rows in ([row[:3]], [row[:3], row]))
            off = ((alone - beside).abs().mean() / alone.abs().mean()).item()
            why = f"a longer text beside it changes it by {off:.1%}" if off > limit else ""
        except Exception as error:              # of many kinds: what a model of pictures misses
            why = str(error).partition("\n")[0]
        if why:
            raise ModelFolderError(f"{type(model).__name__} in {model.dtype} gives no vectors to a "
                                   f"text alone ({why:.99}). Use its own program, or another dtype")
        self.hidden_size = alone.shape[1]

    def share(self, tokens: int) -> tuple[int, int]:
        """As Packed's, padding included: all cores take one batch, and a GPU a large one."""
        return 1, 4096 if self.model.device.type == "cpu" else 32768

    def pooled(self, rows: list, poolings: tuple) -> Tensor:
        """Pooled vectors of a batch: rows of ids -> (B, len(poolings)·D) float32, on the CPU."""
        out, mask = self.run(rows)
        if self.pool:
            return self.pool(out.last_hidden_state, mask).cpu()
        pooled = [POOLINGS[name](out.last_hidden_state, mask) for name in poolings]
        return torch.cat(pooled, dim=-1).cpu()

    def hidden_states(self, row: np.ndarray) -> list[Tensor]:
        """What the pass makes of one text: the embedding output, then each layer's, (1, T, D)."""
        out, _ = self.run([row], output_hidden_states=True)
        return [hidden.float().cpu() for hidden in out.hidden_states]

    @torch.inference_mode()
    def run(self, rows: list, **options: bool) -> tuple:
        """The model's output on rows of ids, padded on the right, and the mask (B, T)."""
        ids = self.filled([torch.as_tensor(row) for row in rows],
                          getattr(self.model.config, "pad_token_id", None) or 0)        # (B, T)
        mask = self.filled([torch.ones(len(row), dtype=torch.long) for row in rows])    # (B, T)
        if self.types:
            options["token_type_ids"] = self.filled(
                [torch.tensor([0] * (len(row) - len(self.types)) + self.types) for row in rows])
        return self.model(input_ids=ids, attention_mask=mask, return_dict=True, **options), mask

    def filled(self, rows: list[Tensor], value: int = 0) -> Tensor:
        """Rows as one table, filled up on the right, where the model is: -> (B, T)."""
        return pad_sequence(rows, batch_first=True, padding_value=value).to(self.model.device)
