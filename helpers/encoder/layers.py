"""A BERT or XLM-RoBERTa checkpoint as modules: what helpers.encoder.forward runs."""
import functools
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from helpers.encoder.weights import keep, map_weights, read_config
from helpers.models.files import weights_files


class Linear(nn.Linear):
    """A matrix product, (N, in) -> (N, out), and GELU, the exact one, after it if `gelu`."""

    def __init__(self, weight: Tensor, bias: Tensor, gelu: bool = False) -> None:
        super().__init__(*reversed(weight.shape), device="meta")
        copy = torch.ops.mkldnn._reorder_linear_weight if can_reorder(weight.dtype) else torch.clone
        self.weight = nn.Parameter(copy(weight), requires_grad=False)
        self.bias = nn.Parameter(bias, requires_grad=False)
        self.gelu = gelu

    def forward(self, x: Tensor) -> Tensor:
        """The product, by oneDNN if the weight is in its order."""
        x = product(x, self.weight, self.bias) if self.weight.is_mkldnn else super().forward(x)
        return torch.ops.aten.gelu_(x) if self.gelu else x


class Layer(nn.Module):
    """The six steps of a layer, each a module that takes one tensor and gives one."""

    def __init__(self, tables: "Tables", i: int) -> None:
        super().__init__()
        tables.open()               # the layer before leaves memory with the mapping of its tables
        D, I = tables.config["hidden_size"], tables.config["intermediate_size"]
        name = f"encoder.layer.{i}"
        attention = [f"{name}.attention.self.{part}" for part in ("query", "key", "value")]
        self.qkv = tables.linear(attention, D, D)                               # (N, D) -> (N, 3·D)
        self.out = tables.linear([f"{name}.attention.output.dense"], D, D)      # (N, D) -> (N, D)
        self.norm1 = tables.norm(f"{name}.attention.output.LayerNorm")          # (N, D) -> (N, D)
        self.up = tables.linear([f"{name}.intermediate.dense"], D, I, gelu=True)    # -> (N, I)
        self.down = tables.linear([f"{name}.output.dense"], I, D)               # (N, I) -> (N, D)
        self.norm2 = tables.norm(f"{name}.output.LayerNorm")                    # (N, D) -> (N, D)


class Tables:
    """A checkpoint's tables by their names in the bare transformer, and modules made of them.

    Raises KeyError for a table that is missing or has another shape than config.json says.
    """

    def __init__(self, folder: str | Path, dtype: torch.dtype) -> None:
        self.config, self.paths, self.dtype = read_config(folder), weights_files(folder), dtype
        if self.config["hidden_size"] % self.config["num_attention_heads"]:
            raise KeyError("heads that do not divide the numbers of a token")
        self.open()

    def open(self) -> None:
        """Map the file anew. A model for a task has its transformer's name before the others."""
        self.state = {name.removeprefix("bert.").removeprefix("roberta."): tensor
                      for name, tensor in map_weights(self.paths).items()}

    def table(self, name: str, *shape: int) -> Tensor:
        """A table as the file has it."""
        table = self.state[name]
        if table.shape != shape or not table.is_floating_point():
            raise KeyError(f"{name} has the shape {tuple(table.shape)}, not {shape}")
        return table

    def embedding(self, kind: str, size: str) -> Tensor:
        """The table of words, positions or token types: (config[size], D)."""
        shape = self.config[size], self.config["hidden_size"]
        return keep(self.table(f"embeddings.{kind}_embeddings.weight", *shape), self.paths)

    def linear(self, names: list[str], n_in: int, n_out: int, gelu: bool = False) -> Linear:
        """One product for all of the named tables, which are put one below the other."""
        weights = [self.table(f"{name}.weight", n_out, n_in).to(self.dtype) for name in names]
        biases = [self.table(f"{name}.bias", n_out).to(self.dtype) for name in names]
        weight = torch.cat(weights) if len(names) > 1 else weights[0]       # not copied twice
        return Linear(weight, torch.cat(biases), gelu)

    def norm(self, name: str) -> nn.LayerNorm:
        """A LayerNorm over D numbers."""
        D = self.config["hidden_size"]
        norm = nn.LayerNorm(D, self.config.get("layer_norm_eps", 1e-12), dtype=self.dtype)
        norm.load_state_dict({part: self.table(f"{name}.{part}", D) for part in ("weight", "bias")})
        return norm.requires_grad_(False)


def product(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """oneDNN's product with a matrix in its own order, and a bias."""
    return torch.ops.mkldnn._linear_pointwise(x, weight, bias, "none", [], "none")


@functools.cache
def can_reorder(dtype: torch.dtype) -> bool:
    """Can oneDNN keep matrices in the order in which this processor reads them?

    Its operators in torch are not public: they are tried, and left alone if they are gone or wrong.
    """
    x, weight, bias = torch.linspace(-1, 1, 6 * 16).to(dtype).split([32, 48, 16])
    x, weight, bias = x.view(2, 16), weight.view(3, 16), bias[:3]
    try:
        found = product(x, torch.ops.mkldnn._reorder_linear_weight(weight), bias)
    except (AttributeError, RuntimeError, TypeError):
        return False
    right, atol = F.linear(x, weight, bias), 1e-5 if dtype == torch.float32 else 2e-2
    return torch.allclose(found.float(), right.float(), atol=atol)


def can_pack(config: dict) -> bool:
    """Does Packed compute as transformers does, by what a model's config.json says?"""
    return (config.get("model_type") in ("bert", "roberta", "xlm-roberta")
            and config.get("hidden_act") == "gelu" and not config.get("is_decoder")
            and config.get("position_embedding_type", "absolute") == "absolute"
            and isinstance(config.get("layer_norm_eps", 1e-12), float))
