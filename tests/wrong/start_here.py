"""Wrong answers that people give in notebook 00, and the words that name the mistake."""
import numpy as np
import torch

from helpers.check.start_here import Program


def _unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def norms_forgotten(questions, passages):
    best = (questions @ passages.T).argmax(axis=1)
    return sum(int(b == i) for i, b in enumerate(best))


def norms_of_the_questions(questions, passages):
    best = np.argmax(_unit(questions) @ passages.T, axis=-1)
    return (best == range(len(best))).sum()


def square_table(questions, passages):
    table = _unit(questions) @ _unit(passages[:len(questions)]).T
    return (table.argmax(axis=1) == np.arange(len(table))).sum()


def along_the_questions(questions, passages):
    table = _unit(questions) @ _unit(passages).T
    n = len(questions)
    return (table.argmax(axis=0)[:n] == np.arange(n)).sum()


def as_a_share(questions, passages):
    best = (_unit(questions) @ _unit(passages).T).argmax(axis=1)
    return np.mean(best == np.arange(len(best)))


def not_counted(questions, passages):
    best = (_unit(questions) @ _unit(passages).T).argmax(axis=1)
    return [bool(b == i) for i, b in enumerate(best)]


def one_by_one(a, b, texts):
    for text in texts:
        if np.abs(a([text]) - b([text])).max() > 1e-5:
            return False
        if np.isnan(a([text]) + b([text])).any():
            return False
    return True


def all_at_once(a, b, texts):
    return bool((np.abs(a(texts) - b(texts)) <= 1e-5).all())


def the_first_text(a, b, texts):
    alone = np.abs(a(texts[:1]) - b(texts[:1])).max() <= 1e-5
    return bool(alone and np.abs(a(texts)[0] - b(texts)[0]).max() <= 1e-5)


def _lists(texts):
    return [texts] + [[text] for text in texts]


def digit_for_digit(a, b, texts):
    return all((a(some) == b(some)).all() for some in _lists(texts))


def large_differences(a, b, texts):
    return not any((abs(a(some) - b(some)) > 1e-5).any() for some in _lists(texts))


def nan_is_nan(a, b, texts):
    return all(np.allclose(a(some), b(some), rtol=0, atol=1e-5, equal_nan=True)
               for some in _lists(texts))


def with_its_sign(a, b, texts):
    return all((a(some) - b(some) <= 1e-5).all() for some in _lists(texts))


def as_the_second_team(a, b, texts):
    return all(a(some).shape == b(some).shape and np.isfinite(a(some)).all()
               and np.isfinite(b(some)).all() for some in _lists(texts))


WRONG = {
    "first_right": [
        (norms_forgotten, "a large norm"),
        (norms_of_the_questions, "a large norm"),
        (square_table, "first n passages"),
        (along_the_questions, "along axis 1"),
        (as_a_share, "a share"),
        (not_counted, "count them"),
    ],
    "fits": [
        (one_by_one, "only alone"),
        (all_at_once, "only in a batch"),
        (the_first_text, "first text only"),
        (digit_for_digit, "equal digits"),
        (large_differences, "NaN passes"),
        (nan_is_nan, "NaN passes"),
        (with_its_sign, "with its sign"),
        (as_the_second_team, "Compare the numbers"),
    ],
}


def larger_searches(generator):
    shapes = [(n, n + extra, D) for n in (1, 4, 9) for extra in (0, 1, 7) for D in (3, 8)]
    return [(torch.randn(n, D, generator=generator).double().numpy(),
             torch.randn(N, D, generator=generator).double().numpy()) for n, N, D in shapes]


def more_programs(generator):
    does = ["takes the mean", "takes the first word", "rounds otherwise", "counts padding",
            "gives NaN", "takes the first word of a text alone", "is off"]
    return [(Program(a), Program(b), texts) for a in does for b in does
            for texts in (["ab c"], ["ab c", "d"], ["d", "ab c", "e fg h"])]


WIDE = {"first_right": larger_searches, "fits": more_programs}
