"""bge-m3's two other outputs: a weight per token (sparse), a vector per token. Notebook 10.

Shapes: `B` texts, `T` tokens, `D` numbers per token, `C` per token vector (bge-m3: C = D = 1024).
Late interaction is ColBERT's (Khattab and Zaharia, 2020), with a mean in place of its sum.
"""
import pathlib
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from helpers.encoder.weights import map_weights
from helpers.models.files import ModelFolderError, read_json
from helpers.pooling import check_mask, normalize

HEADS = {"sparse_linear.pt": 1, "colbert_linear.pt": None}      # file -> C; None: as its bias says


def read_heads(folder: str | pathlib.Path) -> tuple[nn.Linear, ...]:
    """The two linear layers on the last hidden state, (D -> 1) and (D -> C), in float32."""
    D, heads = read_json(pathlib.Path(folder, "config.json")).get("hidden_size"), []
    for file, C in HEADS.items():
        path = pathlib.Path(folder, file)
        if not path.is_file():
            raise ModelFolderError(f"{path} is missing: bge-m3 has this head, most models do not. "
                                   "Download bge-m3 again, or use the dense vector alone")
        state = map_weights([path])
        shapes = {name: tuple(tensor.shape) for name, tensor in state.items()}
        C = C or (shapes.get("bias") or (0,))[0]
        if not C or shapes != {"weight": (C, D), "bias": (C,)}:
            raise ModelFolderError(
                f"{path} holds {shapes}, no layer from config.json's {D} numbers to {C or 'any'}: "
                "another model's. Delete it and download it again")
        head = nn.utils.skip_init(nn.Linear, D, C)
        head.load_state_dict(state)                 # float16 on bge-m3's disk: copied into float32
        heads.append(head.requires_grad_(False))
    return tuple(heads)


def dropped_ids(tokenizer: Any) -> set[int]:
    """The ids that get no weight: first and last token of a text, padding, unknown. Notebook 10."""
    names = ("cls", "sep", "eos", "pad", "unk")
    return {getattr(tokenizer, f"{name}_token_id") for name in names} - {None}


def lexical_weights(hidden: Tensor, ids: Tensor, head: nn.Linear, dropped: set[int]) -> list[dict]:
    """How much each token counts: (B, T, D), (B, T) -> a dictionary {id: weight > 0} for each text.

    `head`: the sparse head. `dropped`: `dropped_ids`. A repeated token keeps its largest weight.
    """
    check_ids(hidden, ids)
    weights = torch.relu(head(hidden.float())).squeeze(-1)              # (B, T)
    found = [{} for _ in ids]
    for b, t in weights.nonzero().tolist():
        i, weight = ids[b, t].item(), weights[b, t].item()
        if i not in dropped:
            found[b][i] = max(weight, found[b].get(i, 0))
    return found


def lexical_score(query: dict[int, float], passage: dict[int, float]) -> float:
    """The sum of the products of the weights of the tokens that both texts have. Notebook 10."""
    return sum(weight * passage[i] for i, weight in query.items() if i in passage)


def token_vectors(hidden: Tensor, mask: Tensor, head: nn.Linear) -> list[Tensor]:
    """One vector of length 1 per token but the first: (B, T, D), (B, T) -> B tensors (n, C).

    `head`: the multi-vector head. Padding on either side is left out: n is a text's tokens less 1.
    """
    check_mask(hidden, mask)
    vectors = head(hidden.float())                                      # (B, T, C)
    return [normalize(vectors[b][mask[b].bool()][1:]) for b in range(len(mask))]    # B times (n, C)


def late_interaction(query: Tensor, passages: list[Tensor]) -> Tensor:
    """Each query token's best match in a passage, on average: (n, C), P times (m, C) -> (P,)."""
    check_token_vectors(query, passages)
    padded = pad_sequence(passages, batch_first=True)                                   # (P, M, C)
    real = pad_sequence([torch.ones(len(p)) for p in passages], batch_first=True) == 1  # (P, M)
    table = query @ padded.transpose(1, 2)                                              # (P, n, M)
    return table.masked_fill(~real[:, None, :], float("-inf")).amax(dim=2).mean(dim=1)  # (P,)


def mix_scores(dense: Any, lexical: Any, late: Any, weights: tuple | list = (1, 1, 1)) -> Any:
    """The weighted mean of the three scores, numbers or tensors of one shape. Notebook 10."""
    check_weights(weights)
    parts = weights[0] * dense + weights[1] * lexical + weights[2] * late
    return parts / sum(weights)


def check_ids(hidden: Tensor, ids: Tensor) -> None:
    """Raise ValueError unless `hidden` is (B, T, D) and `ids` is (B, T) of whole numbers."""
    if not torch.is_tensor(hidden) or not torch.is_tensor(ids):
        raise TypeError("hidden and ids must be tensors, "
                        f"not {type(hidden).__name__} and {type(ids).__name__}")
    if hidden.dim() != 3 or ids.shape != hidden.shape[:2] or ids.is_floating_point():
        raise ValueError("hidden must be (B, T, D) and ids (B, T) of whole numbers, "
                         f"not {tuple(hidden.shape)} and {tuple(ids.shape)} of {ids.dtype}")


def check_token_vectors(query: Tensor, passages: list[Tensor]) -> None:
    """Raise ValueError unless the query and each passage are (tokens, C), with a token at least."""
    if torch.is_tensor(passages):
        raise TypeError("passages must be a list of tensors (m, C); for one write [passage]")
    named = {f"passages[{i}]": passage for i, passage in enumerate(passages)}
    for name, vectors in {"the query": query, **named}.items():
        if vectors.dim() != 2 or not len(vectors) or vectors.shape[1] != query.shape[-1]:
            raise ValueError(f"{name} must have the shape (tokens, C), with one token at least "
                             f"and the query's C, not {tuple(vectors.shape)}")


def check_weights(weights: tuple | list) -> None:
    """Raise ValueError unless there are three weights, none below 0, with a sum above 0."""
    if len(weights) != 3 or min(weights) < 0 or not 0 < sum(weights) < float("inf"):
        raise ValueError("weights must be three numbers for dense, lexical, late, "
                         f"none below 0 and not all 0, not {weights}")
