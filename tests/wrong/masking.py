"""Wrong answers that people give in notebook 04, and the words that name the mistake."""
import torch


def total(hidden, mask):
    return torch.einsum("btd,bt->bd", hidden, mask.float())


def by_places(hidden, mask):
    return total(hidden, mask) / hidden.shape[1]


def by_all_tokens(hidden, mask):
    return total(hidden, mask) / mask.sum()


def no_keepdim(hidden, mask):
    return total(hidden, mask) / mask.sum(axis=1)


def wrong_axis(hidden, mask):
    return total(hidden, mask) / mask.sum(0)


def count_of_the_first(hidden, mask):
    return total(hidden, mask) / len(hidden[0][mask[0] == 1])


def plain(hidden, mask):
    return hidden.sum(dim=1) / hidden.size(1)


def padding_in_the_sum(hidden, mask):
    counts = mask.sum(dim=1).unsqueeze(-1)
    return hidden.sum(dim=1) / counts


def as_if_on_the_right(hidden, mask):
    return torch.stack([h[:n].mean(0) for h, n in zip(hidden, mask.sum(1).tolist(), strict=True)])


def nan_for_nothing(hidden, mask):
    return total(hidden, mask) / mask.sum(1)[:, None]


def zeros_for_nothing(hidden, mask):
    return total(hidden, mask) / mask.sum(1)[:, None].clamp(min=1e-9)


def rule(size, line=1e-5):
    def answer(mine, theirs, computed):
        if computed != ("float32", "float32"):
            return "again in fp32"
        return "rounding" if size(mine - theirs) <= line else "bug"
    return answer


def size_alone(mine, theirs, computed):
    return "rounding" if float((mine - theirs).abs().max()) <= 1e-5 else "bug"


def cast_back(mine, theirs, computed):
    return size_alone(mine.float(), theirs.float(), computed)


def dtypes(mine, theirs, computed):
    if mine.dtype != torch.float32 or theirs.dtype != torch.float32:
        return "again in fp32"
    return size_alone(mine, theirs, computed)


def mine_alone(mine, theirs, computed):
    return size_alone(mine, theirs, computed) if computed[0] == "float32" else "again in fp32"


def theirs_alone(mine, theirs, computed):
    return size_alone(mine, theirs, computed) if computed[1] == "float32" else "again in fp32"


def either(mine, theirs, computed):
    one, other = computed
    return "again in fp32" if one != other else size_alone(mine, theirs, computed)


def nan_passes(mine, theirs, computed):
    if set(computed) != {"float32"}:
        return "again in fp32"
    return "bug" if (mine - theirs).abs().max() > 1e-5 else "rounding"


WRONG = {
    "masked_mean": [
        (by_places, "divided by T"),
        (by_all_tokens, "of the whole batch"),
        (no_keepdim, "keepdim=True"),
        (wrong_axis, "wrong axis"),
        (count_of_the_first, "the count of the first"),
        (total, "these are the sums"),
        (plain, "over all places"),
        (padding_in_the_sum, "you summed over padding"),
        (as_if_on_the_right, "padding may stand on the left"),
        (nan_for_nothing, "0 / 0, nan"),
        (zeros_for_nothing, "zeros pass for a vector"),
    ],
    "verdict": [
        (size_alone, "look at the precision"),
        (cast_back, "look at the precision"),
        (dtypes, "how a vector is stored"),
        (mine_alone, "of `mine` alone"),
        (theirs_alone, "of `theirs` alone"),
        (either, "equal precision is not enough"),
        (rule(lambda d: d.max()), "take abs()"),
        (nan_passes, "nan is a bug"),
        (rule(lambda d: d.abs().mean()), "the mean hides"),
        (rule(lambda d: d.norm()), "grows with the count"),
        (rule(lambda d: d.abs().sum()), "grows with the count"),
        (rule(lambda d: d.abs().max(), 5e-3), "Ben's mistake"),
        (rule(lambda d: d.abs().max(), 0), "fp32 rounds too"),
    ],
}


def any_masks(generator):
    """Any 0s and 1s: holes too, and a first token that is not real."""
    cases = []
    for B, T, D in [(1, 1, 1), (2, 2, 2), (3, 3, 3), (3, 5, 4), (6, 8, 2)]:
        mask = torch.randint(0, 2, (B, T), generator=generator)
        mask[:, torch.randint(0, T, (), generator=generator)] = 1
        cases.append((torch.randn(B, T, D, generator=generator), mask))
    return cases


def near_and_far(generator):
    cases = []
    for off in (0, 1e-8, 3e-6, 9e-6, 2e-5, 1e-3, 0.3):
        vector = torch.randn(8, generator=generator)
        far = vector + off * (torch.arange(8) == 3)
        cases += [(vector, far, ("float32", "float32")), (vector, far, ("bfloat16", "bfloat16")),
                  (vector.double(), far, ("float32", "float16"))]
    return cases


WIDE = {"masked_mean": any_masks, "verdict": near_and_far}
