"""Wrong answers that people give in notebook 04, and the words that name the mistake."""
import torch


def total(hidden, mask):
    return torch.einsum("btd,bt->bd", hidden, mask.float())


def longest_row(rows):
    return max(len(row) for row in rows)


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


def mask_from_ids(rows, pad_id):
    T = longest_row(rows)
    ids = torch.tensor([row + [pad_id] * (T - len(row)) for row in rows])
    return ids, (ids != pad_id).long()


def on_the_left(rows, pad_id):
    T = longest_row(rows)
    ids = [[pad_id] * (T - len(row)) + row for row in rows]
    return torch.tensor(ids), torch.tensor([[0] * (T - len(row)) + [1] * len(row) for row in rows])


def zeros(rows, pad_id):
    ids = torch.nn.utils.rnn.pad_sequence([torch.tensor(row) for row in rows], batch_first=True)
    mask = torch.nn.utils.rnn.pad_sequence([torch.ones(len(row)) for row in rows], batch_first=True)
    return ids, mask


def all_real(rows, pad_id):
    T = longest_row(rows)
    return [row + [pad_id] * (T - len(row)) for row in rows], [[1] * T for row in rows]


def inverted(rows, pad_id):
    T = longest_row(rows)
    ids = [row + [pad_id] * (T - len(row)) for row in rows]
    return ids, [[0] * len(row) + [1] * (T - len(row)) for row in rows]


def cut_short(rows, pad_id):
    T = len(min(rows, key=len))
    return [row[:T] for row in rows], [[1] * T] * len(rows)


def ids_alone(rows, pad_id):
    T = longest_row(rows)
    return torch.tensor([row + [pad_id] * (T - len(row)) for row in rows])


def into_the_rows(rows, pad_id):
    T, mask = longest_row(rows), []
    for row in rows:
        mask.append([1] * len(row) + [0] * (T - len(row)))
        row.extend([pad_id] * (T - len(row)))
    return torch.tensor(rows), torch.tensor(mask)


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
    "pad_batch": [
        (mask_from_ids, "read the mask off the ids"),
        (on_the_left, "on the left"),
        (zeros, "filled up with 0"),
        (all_real, "every token is real"),
        (inverted, "wrong way round"),
        (cut_short, "to the shortest"),
        (ids_alone, "return two things"),
        (into_the_rows, "changes the input"),
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


def more_rows(generator):
    return [([torch.randint(0, 9, (n,), generator=generator).tolist() for n in lengths], pad_id)
            for pad_id in (0, 1, 8, 77)
            for lengths in torch.randint(1, 12, (4, 5), generator=generator).tolist()]


WIDE = {"masked_mean": any_masks, "pad_batch": more_rows}
