"""The exercises of notebook 04."""
import torch

from helpers.check.judge import function
from helpers.pooling import mean_pool


def batches(generator):
    """Hidden states and masks: one text first, then texts of different lengths; padding on the
    right, and on the left; at last a text without tokens.
    """
    cases = []
    shapes = [(1, 2, 1), (2, 2, 1), (2, 3, 2), (2, 3, 2), (3, 4, 2), (2, 5, 3), (4, 6, 3)]
    for case, (B, T, D) in enumerate(shapes):
        counts = torch.randint(1, T + 1, (B,), generator=generator)
        counts[-1], counts[0] = T, T - 1
        mask = (torch.arange(T) < counts[:, None]).long()                                   # (B, T)
        mask = mask.flip(1) if case % 3 == 0 else mask
        cases.append((torch.randint(1, 10, (B, T, D), generator=generator).float(), mask))
    cases.append((torch.tensor([[[4.0], [2.0]], [[6.0], [3.0]]]), torch.tensor([[1, 1], [0, 0]])))
    return cases


def sums(hidden, mask):
    """The sum over the real tokens of each text."""
    return (hidden * mask.unsqueeze(-1)).sum(dim=1)                                         # (B, D)


def average_count(hidden, mask):
    """The function that the learner repairs: one count for all texts."""
    return sums(hidden, mask) / mask.sum() * len(mask)


@function(
    cases=batches,
    given=average_count,
    mistakes={
        "you divided by T, padding included: divide by the number of real tokens of each text":
            lambda hidden, mask: sums(hidden, mask) / mask.shape[1],
        "you divided by the real tokens of the whole batch: each text has a count of its own":
            lambda hidden, mask: sums(hidden, mask) / mask.sum(),
        "the counts have shape (B,) and meet the axis of the D numbers: "
        "keepdim=True makes them (B, 1)":
            lambda hidden, mask: sums(hidden, mask) / mask.sum(dim=1),
        "wrong axis: mask.sum(dim=0) counts how many texts have a token at each place, shape (T,)":
            lambda hidden, mask: sums(hidden, mask) / mask.sum(dim=0),
        "every text is divided by the count of the first: each has a count of its own":
            lambda hidden, mask: sums(hidden, mask) / mask[0].sum(),
        "these are the sums: divide each by the number of real tokens of its text": sums,
        "you averaged over all places, padding included: "
        "the mask belongs in the sum and in the count":
            lambda hidden, mask: hidden.mean(dim=1),
        "you summed over padding too: the mask belongs in the sum and in the count":
            lambda hidden, mask: hidden.sum(dim=1) / mask.sum(dim=1, keepdim=True),
        "you took the first places of a text: padding may stand on the left, the mask says where":
            lambda hidden, mask: torch.stack(
                [hidden[i, :int(mask[i].sum())].mean(dim=0) for i in range(len(hidden))]),
        "right, but for a text without tokens: its mean is 0 / 0, nan. Raise a ValueError":
            lambda hidden, mask: sums(hidden, mask) / mask.sum(dim=1, keepdim=True),
        "a text without tokens has no mean: zeros pass for a vector. Raise a ValueError":
            lambda hidden, mask: sums(hidden, mask) / mask.sum(dim=1, keepdim=True).clamp(min=1),
    },
    remember="Every text has a count of its own, (B, 1). A test of one text, "
             "or of texts equally long, never finds this bug. A text without tokens has no mean.",
    hints=("by what does it divide? do the two texts of the pencil example need the same number?",
           "one count per text: mask.sum(dim=1, keepdim=True), shape (B, 1); "
           "if one of them is 0, raise ValueError(...)"),
)
def masked_mean(hidden, mask):
    """find the bug in masked_mean: right for one text, wrong for a batch. A text without tokens
    must raise ValueError.
    """
    for row in mask.tolist():
        if not any(row):
            raise ValueError("a text without tokens has no mean")
    return torch.cat([mean_pool(hidden[i:i + 1], mask[i:i + 1]) for i in range(len(hidden))])


def pairs(generator):
    """Two vectors and their models' precisions, the smallest first. How they are stored says
    nothing: bf16 arrives in float32, fp32 in float64.
    """
    full, half = ("float32", "float32"), ("bfloat16", "bfloat16")
    base = torch.randn(300, generator=generator) / 300 ** 0.5                               # (D,)
    tiny = torch.rand(300, generator=generator) * 2e-6 + 4e-6
    one = (torch.arange(300) == int(torch.randint(300, (), generator=generator))) * 2e-3
    return [(torch.tensor(mine), torch.tensor(theirs), computed) for mine, theirs, computed in [
        ([1.0], [1.0], full), ([0.5], [0.498], full), ([0.498], [0.5], full),
        ([1.0, 0.0], [1.0, 2e-3], full), ([0.5], [0.5 + 1e-7], full),
        ([0.5], [float("nan")], full), ([0.5], [0.5], half),
        ([0.5], [0.498], ("float32", "bfloat16")), ([0.5], [0.498], ("float16", "float32"))]] + [
        (base, base + tiny, full), (base, base + one, full), (base, base - one, full),
        (base.double(), base.double() + tiny, full), (base, base.double() + one, full),
        (base, base, ("float32", "float16")), (base, base + 1, ("bfloat16", "float32"))]


def by(measure, line=1e-5):
    """A verdict in fp32 that looks at another measure of the difference."""
    return lambda mine, theirs, computed: "again in fp32" \
        if set(computed) != {"float32"} else size_alone(mine, theirs, measure, line)


def largest(mine, theirs):
    """The largest difference."""
    return (mine - theirs).abs().max()


def size_alone(mine, theirs, measure=largest, line=1e-5):
    """A verdict that asks nobody how the vectors were computed."""
    return "rounding" if measure(mine, theirs) < line else "bug"


@function(
    cases=pairs,
    mistakes={
        "you did not look at the precision: 0.003 in bf16 can be either. Ask for fp32 first":
            lambda mine, theirs, computed: size_alone(mine, theirs),
        "a dtype says how a vector is stored, not how it was computed: look at `computed`":
            lambda mine, theirs, computed: by(largest)(
                mine, theirs, [str(v.dtype).removeprefix("torch.") for v in (mine, theirs)]),
        "you looked at the precision of `mine` alone: both have to be computed in fp32":
            lambda mine, theirs, computed: by(largest)(mine, theirs, computed[:1]),
        "you looked at the precision of `theirs` alone: both have to be computed in fp32":
            lambda mine, theirs, computed: by(largest)(mine, theirs, computed[1:]),
        "equal precision is not enough: two vectors in bf16 are both rounded. Ask for fp32":
            lambda mine, theirs, computed: "again in fp32" if computed[0] != computed[1]
            else size_alone(mine, theirs),
        "a negative difference counts as well: take abs() before the maximum":
            by(lambda mine, theirs: (mine - theirs).max()),
        "nan < 1e-5 and nan > 1e-5 are both False: nan is a bug, so ask for what is right":
            by(lambda mine, theirs: largest(mine, theirs).nan_to_num(0)),
        "the mean hides one wrong number among many right ones: take the largest difference":
            by(lambda mine, theirs: (mine - theirs).abs().mean()),
        "a sum or norm grows with the count of numbers, and so would your line: take the largest":
            by(lambda mine, theirs: (mine - theirs).norm()),
        "0.002 in fp32 is Ben's mistake, not rounding: the line is 1e-5": by(largest, 0.01),
        "not only equal vectors are right: fp32 rounds too, to under 1e-5": by(largest, 1e-9),
    },
    remember="The precision of the computing comes before the size: fp32 for both, then the "
             "largest difference against 1e-5. And nan is no rounding.",
    hints=("which of the two questions must come first, the precision or the size?",
           'computed must be ("float32", "float32"); then '
           "(mine - theirs).abs().max() < 1e-5 is rounding, and all else, nan too, a bug"),
)
def verdict(mine, theirs, computed):
    """write verdict(mine, theirs, computed): "again in fp32" where not both were computed in
    float32; then "rounding" or "bug".
    """
    if computed != ("float32", "float32"):
        return "again in fp32"
    return "rounding" if bool(((mine - theirs).abs() < 1e-5).all()) else "bug"
