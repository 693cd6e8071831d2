"""The layers of BERT and XLM-RoBERTa, for the fast pass: what helpers.encoder.forward runs."""
import functools

import torch
import torch.nn.functional as F
from torch import Tensor, nn


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
    """The six steps of a layer of transformers' BERT, each a module that takes one tensor."""

    def __init__(self, layer: nn.Module, dtype: torch.dtype) -> None:
        super().__init__()
        own, after = layer.attention.self, layer.attention.output
        self.qkv = one_product([own.query, own.key, own.value], dtype)      # (N, D) -> (N, 3·D)
        self.out = one_product([after.dense], dtype)                        # (N, D) -> (N, D)
        self.norm1 = after.LayerNorm.to(dtype)                              # (N, D) -> (N, D)
        self.up = one_product([layer.intermediate.dense], dtype, gelu=True) # (N, D) -> (N, I)
        self.down = one_product([layer.output.dense], dtype)                # (N, I) -> (N, D)
        self.norm2 = layer.output.LayerNorm.to(dtype)                       # (N, D) -> (N, D)


def one_product(parts: list[nn.Linear], dtype: torch.dtype, gelu: bool = False) -> Linear:
    """One product for several, whose weights are put one below the other."""
    weights = [part.weight.to(dtype) for part in parts]
    weight = torch.cat(weights) if len(weights) > 1 else weights[0]         # not copied twice
    return Linear(weight, torch.cat([part.bias.to(dtype) for part in parts]), gelu)


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
