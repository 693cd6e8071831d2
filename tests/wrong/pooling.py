"""Wrong answers that people give in notebook 05, and the words that name the mistake."""
import torch


def ends_of_the_row(hidden, mask):
    return torch.stack([h[1:-1][m[1:-1] == 1].mean(dim=0)
                        for h, m in zip(hidden, mask, strict=True)])


def divided_by_all(hidden, mask):
    sums = [h[m == 1][1:-1].sum(dim=0) / m.sum() for h, m in zip(hidden, mask, strict=True)]
    return torch.stack(sums)


def kept_sep(hidden, mask):
    return torch.stack([h[m == 1][1:].mean(dim=0) for h, m in zip(hidden, mask, strict=True)])


def kept_both(hidden, mask):
    return torch.einsum("btd,bt->bd", hidden, mask.float()) / mask.sum(dim=1)[:, None]


def forgot_the_mask(hidden, mask):
    return hidden.sum(dim=1) / hidden.shape[1]


WRONG = {
    "mean_without_special": [
        (ends_of_the_row, "column −1"),
        (divided_by_all, "no longer count"),
        (kept_sep, "first token only"),
        (kept_both, "leave out the first and the last"),
        (forgot_the_mask, "padding included"),
    ],
    "breaks_max": [
        (torch.tensor([[1.0], [5.0]]), "shape must be (1, 2, 1)"),
        (torch.tensor([[[float("-inf")], [5.0]]]), "finite"),
        (torch.tensor([[[1.0], [5.0]]]), "not negative"),
        ([[[0.0], [-5.0]]], "not negative"),
    ],
}
