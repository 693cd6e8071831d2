"""From one vector per token to one vector per text. Written first in notebooks 05 and 06.

Shapes: `B` texts, `T` tokens, `D` numbers per token. `hidden` is (B, T, D), the model's last hidden
state; `mask` is (B, T), 1 for a token and 0 for padding (integers, booleans or floats). Padding may
be on either side.
"""
import torch
from torch import Tensor


def cls_pool(hidden: Tensor, mask: Tensor) -> Tensor:
    """The vector of the first token that is not padding: (B, T, D), (B, T) -> (B, D) float32.

    >>> cls_pool(torch.tensor([[[1., 2.], [3., 4.]]]), torch.tensor([[1, 1]]))
    tensor([[1., 2.]])
    """
    check_mask(hidden, mask)
    first = mask.int().argmax(dim=1)                            # (B,) position of the first 1
    return hidden[torch.arange(len(hidden)), first].float()     # (B, D)


def mean_pool(hidden: Tensor, mask: Tensor) -> Tensor:
    """The mean over the tokens that are not padding: (B, T, D), (B, T) -> (B, D) float32.

    >>> mean_pool(torch.tensor([[[1., 2.], [3., 4.]]]), torch.tensor([[1, 1]]))
    tensor([[2., 3.]])
    """
    check_mask(hidden, mask)
    weights = mask.unsqueeze(-1).float()                                # (B, T, 1)
    return (hidden.float() * weights).sum(dim=1) / weights.sum(dim=1)   # (B, D)


def max_pool(hidden: Tensor, mask: Tensor) -> Tensor:
    """The largest value of each number over the tokens that are not padding: -> (B, D) float32.

    >>> max_pool(torch.tensor([[[1., 4.], [3., 2.]]]), torch.tensor([[1, 1]]))
    tensor([[3., 4.]])
    """
    check_mask(hidden, mask)
    padding = mask.unsqueeze(-1) == 0                                       # (B, T, 1)
    return hidden.float().masked_fill(padding, float("-inf")).amax(dim=1)   # (B, D)


def last_pool(hidden: Tensor, mask: Tensor) -> Tensor:
    """The vector of the last token that is not padding: (B, T, D), (B, T) -> (B, D) float32.

    >>> last_pool(torch.tensor([[[1., 2.], [3., 4.]]]), torch.tensor([[1, 1]]))
    tensor([[3., 4.]])
    """
    check_mask(hidden, mask)
    last = mask.shape[1] - 1 - mask.int().flip(1).argmax(dim=1)     # (B,) position of the last 1
    return hidden[torch.arange(len(hidden)), last].float()          # (B, D)


def normalize(vectors: Tensor) -> Tensor:
    """Each row divided by its norm, so that its norm is 1: (B, D) -> (B, D). Notebook 06.

    Raises ValueError for a row that is all zeros, or holds NaN or infinity: it has no direction.

    >>> normalize(torch.tensor([[3., 4.]]))
    tensor([[0.6000, 0.8000]])
    """
    check_rows(vectors)
    return vectors / vectors.norm(dim=-1, keepdim=True)             # (B, D)


POOLINGS = {"cls": cls_pool, "mean": mean_pool, "max": max_pool, "last": last_pool}


def check_mask(hidden: Tensor, mask: Tensor) -> None:
    """Raise ValueError unless `hidden` is (B, T, D) and `mask` (B, T) of 0 and 1, no row all 0."""
    if not torch.is_tensor(hidden) or not torch.is_tensor(mask):
        raise TypeError("hidden and mask must be tensors, "
                        f"not {type(hidden).__name__} and {type(mask).__name__}")
    if hidden.dim() != 3:
        raise ValueError(f"hidden must have the shape (B, T, D), not {tuple(hidden.shape)}")
    if mask.shape != hidden.shape[:2]:
        raise ValueError(f"mask must have the shape (B, T) = {tuple(hidden.shape[:2])}, "
                         f"not {tuple(mask.shape)}")
    bad = ((mask != 0) & (mask != 1)).any(dim=1).nonzero()
    if len(bad):
        raise ValueError(f"row {bad[0].item()} of the mask holds something other than 0 and 1")
    empty = (mask.sum(dim=1) == 0).nonzero()
    if len(empty):
        raise ValueError(f"row {empty[0].item()} of the mask is all zeros: "
                         "a text without tokens cannot be pooled")


def check_rows(vectors: Tensor) -> None:
    """Raise ValueError for a row without a direction: all zeros, NaN, infinity, too long."""
    if not torch.is_tensor(vectors) or vectors.dim() == 0:
        raise TypeError(f"vectors must be a tensor of shape (..., D), not {vectors!r:.40}")
    if not vectors.is_floating_point():
        raise ValueError(f"vectors must be floating point, not {vectors.dtype}")
    lengths = vectors.norm(dim=-1).flatten()            # (rows,) in the dtype that divides
    bad = (~torch.isfinite(lengths) | (lengths == 0)).nonzero()
    if len(bad):
        row = bad[0].item()
        what = "all zeros" if lengths[row] == 0 else "not finite (NaN, infinity, or too large)"
        raise ValueError(f"row {row} is {what}: it has no direction, so it cannot be normalized")
