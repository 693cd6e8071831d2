"""The exercises of notebook 10."""
import numpy as np
import torch

from helpers.check.judge import function


def searches(generator):
    """A question's two scores with each passage, its token vectors, the passages' padded ones,
    which are real, how many candidates of each search: the smallest first.
    """
    padded = torch.tensor([[[0.8, 0.6], [1.0, 0.0]], [[0.0, 1.0], [1.0, 0.0]],
                           [[1.0, 0.0], [0.0, 1.0]]])
    real = torch.tensor([[True, False], [True, True], [True, True]])
    dense, lexical = torch.tensor([0.9, 0.5, 0.1]), torch.tensor([0.2, 3.0, 1.0])
    cases = [(dense, lexical, torch.eye(2), padded, real, 1),
             (dense, torch.tensor([3.0, 1.0, 2.0]), torch.eye(2), padded, real, 1)]
    padded = torch.tensor([[[-0.6, 0.8], [0.6, 0.8]], [[-0.28, 0.96], [-0.96, 0.28]],
                           [[1.0, 0.0], [0.0, 1.0]]])           # negative: a pad as 0 would win
    cases.append((dense, lexical, torch.tensor([[1.0, 0.0]]), padded, real, 1))
    for n, P, M, C, k in [(5, 5, 3, 3, 1), (5, 6, 4, 4, 2), (6, 7, 5, 3, 3), (5, 9, 3, 4, 3),
                          (6, 9, 6, 4, 2), (5, 8, 4, 3, 4)]:
        vectors = torch.randn(n + P * M, C, generator=generator)
        vectors /= vectors.norm(dim=1, keepdim=True)
        query, padded = vectors[:n], vectors[n:].reshape(P, M, C)
        lengths = torch.randint(1, M, (P, 1), generator=generator)
        dense, lexical = torch.rand(2, P, generator=generator)
        cases.append((dense, 2 * lexical, query, padded, torch.arange(M) < lengths, k))
    return cases


def masked(table, real):
    """MaxSim of a table (n, M): each token of the query takes its best real match."""
    return table[:, real].amax(dim=1).mean()


def top(scores, k):
    """The places of the k largest scores."""
    return scores.argsort(descending=True)[:k].tolist()


def both(dense, lexical, k):
    """The candidates of two searches, each once."""
    return list(dict.fromkeys(top(dense, k) + top(lexical, k)))


def ordered(candidates=both, score=masked, descending=True,
            name=lambda order, places, k: order):
    """An answer with candidates, a second score and an order of its own."""
    def answer(dense, lexical, query, padded, real, k):
        places = candidates(dense, lexical, k)
        late = {i: float(score(query @ padded[i].T, real[i])) for i in places}
        return name(sorted(places, key=late.get, reverse=descending), places, k)
    return answer


@function(
    cases=searches,
    mistakes={
        "these are places among the candidates: wanted are the passages' places, 0 to P − 1":
            ordered(name=lambda order, places, k: [sorted(places).index(i) for i in order]),
        "these are the candidates, but not in the order of their MaxSim":
            ordered(name=lambda order, places, k: places),
        "these are the candidates in the order of their places: the best MaxSim must come first":
            ordered(name=lambda order, places, k: sorted(order)),
        "you scored all passages: MaxSim is dear, so only the candidates may be scored":
            ordered(lambda dense, lexical, k: list(range(len(dense)))),
        "only the dense search named candidates: what it misses cannot come back":
            ordered(lambda dense, lexical, k: top(dense, k)),
        "only the lexical search named candidates: what it misses cannot come back":
            ordered(lambda dense, lexical, k: top(lexical, k)),
        "a passage in both lists stands twice here: it is one candidate":
            ordered(lambda dense, lexical, k: top(dense, k) + top(lexical, k)),
        "you kept only passages that are in both lists: being in one is enough":
            ordered(lambda dense, lexical, k: [i for i in top(dense, k) if i in top(lexical, k)]),
        "you added the two scores first: each search names its own k candidates":
            ordered(lambda dense, lexical, k: top(dense + lexical, k)),
        "you gave only the first k: all candidates are wanted, k to 2k of them":
            ordered(name=lambda order, places, k: order[:k]),
        "the worst candidate comes first: sort by MaxSim descending": ordered(descending=False),
        "padding entered the maximum: where `real` is False it must be −∞":
            ordered(score=lambda table, real: table.amax(dim=1).mean()),
        "padding entered the maximum, as 0: it must be −∞":
            ordered(score=lambda table, real: (table * real).amax(dim=1).mean()),
        "wrong axis: each token of the *query* looks for its best match in the passage, "
        "not the other way round":
            ordered(score=lambda table, real: table[:, real].amax(dim=0).mean()),
        "there is no maximum in it: each token of the query takes its *best* match, "
        "not the mean of all": ordered(score=lambda table, real: table[:, real].mean()),
    },
    remember="Cheap searches choose whom the dear one may look at: what all of them miss, "
             "no reranking brings back.",
    hints=("two calls of `topk(k).indices`, joined, each place once, are the candidates. Then a "
           "table `query @ padded[i].T`, (n, M), for each candidate i",
           "(query @ padded[i].T).masked_fill(~real[i], -torch.inf).amax(dim=1).mean() is the "
           "MaxSim of passage i; sort the candidates by it"),
)
def rerank(dense, lexical, query, padded, real, k):
    """write rerank(dense, lexical, query, padded, real, k): the places of the passages that are
    among the k largest dense or the k largest lexical scores, in the order of their MaxSim,
    without padding.
    """
    return ordered()(dense, lexical, query, padded, real, k)


WEIGHTS = [0.0, 0.25, 0.5, 0.75, 1.0]


def founds(generator):
    """Which weight finds which question, the kinds, the users' shares, the weights: the smallest
    first.
    """
    hits = np.array([[1., 1, 1, 0, 0, 0], [0, 1, 0, 0, 1, 1]])
    cases = [(hits, ["words", "words", "words", "parts", "parts", "parts"],
              {"words": 0.25, "parts": 0.75}, [0.0, 0.5])]
    for Q, many in [(12, 8), (16, 12), (21, 16), (30, 24), (40, 30)]:
        kinds = ["words"] * many + ["parts"] * (Q - many)
        rising = np.linspace(0.2, 0.9, 5)[:, None]
        chance = np.where(np.array(kinds) == "parts", rising, 1.1 - rising)         # (5, Q)
        hits = (torch.rand(5, Q, generator=generator).numpy() < chance).astype(float)
        cases.append((hits, kinds, {"words": 0.3, "parts": 0.7}, WEIGHTS))
    even = np.array([[0., 0, 1, 1], [1, 1, 0, 0]])      # two weights equally good
    cases.append((even, ["words", "words", "parts", "parts"], {"words": 0.5, "parts": 0.5},
                  [0.2, 0.4]))
    return cases


EVEN, ODD, ALL = slice(0, None, 2), slice(1, None, 2), slice(None)


def seen(hits, kinds, shares, half):
    """What the users would see found with each weight, on one half of the questions: (W,)."""
    kinds = np.array(kinds)[half]
    return sum(share * hits[:, half][:, kinds == kind].mean(axis=1)
               for kind, share in shares.items())


def counted(hits, kinds, shares, half):
    """The fraction found of our questions, whatever the users ask: (W,)."""
    return hits[:, half].mean(axis=1)


def summed(hits, kinds, shares, half):
    """Each question weighs its kind's share, so that a kind with many questions weighs more."""
    each = np.array([shares[kind] for kind in kinds])[half]
    return hits[:, half] @ each / each.sum()


def balanced(hits, kinds, shares, half):
    """All kinds alike."""
    return seen(hits, kinds, dict.fromkeys(shares, 1 / len(shares)), half)


def judged(choose=EVEN, judge=ODD, by=seen, told=seen, pick=np.argmax,
           name=lambda best, weights: weights[best]):
    """An answer that chooses on one part of the questions and judges on another."""
    def answer(hits, kinds, shares, weights):
        hits = np.asarray(hits)
        best = int(pick(by(hits, kinds, shares, choose)))
        return name(best, weights), told(hits, kinds, shares, judge)[best]
    return answer


@function(
    cases=founds,
    mistakes={
        "these are the shares of *our* questions: use the users' `shares`":
            judged(by=counted, told=counted),
        "you chose by the shares of *our* questions: the users' `shares` must choose too":
            judged(by=counted),
        "you chose by the users' shares, but judged by ours": judged(told=counted),
        "a kind of which we have many questions weighs too much: take the rate of each kind "
        "first, then weigh it by its share": judged(by=summed, told=summed),
        "all kinds weigh alike here: each weighs its share": judged(by=balanced, told=balanced),
        "you judged on the half on which you chose: judge on questions 1, 3, 5, …":
            judged(judge=EVEN),
        "you chose on all questions: those that judge must have no say in the choice":
            judged(choose=ALL),
        "you chose and judged on all questions: choose on 0, 2, 4, …, judge on 1, 3, 5, …":
            judged(ALL, ALL),
        "this is the best weight of the half that judges: choose on the other half":
            judged(choose=ODD),
        "the halves are exchanged: choose on questions 0, 2, 4, …": judged(ODD, EVEN),
        "of several weights that are equally good, the first is wanted":
            judged(pick=lambda values: len(values) - 1 - values[::-1].argmax()),
        "you gave the place of the weight in the list: wanted is the weight":
            judged(name=lambda best, weights: best),
    },
    remember="Test questions need not have your users' shares, if you weigh each kind by them.",
    hints=("for one half: the rate of each kind, a number per weight, (W,), times the share of the "
           "kind; all added up. The even half chooses, the odd one judges",
           "for `half` in (slice(0, None, 2), slice(1, None, 2)): "
           "hits[:, half][:, np.array(kinds)[half] == kind].mean(axis=1) is (W,)"),
)
def best_weight(hits, kinds, shares, mixing):
    """write best_weight(hits, kinds, shares, mixing): the weight with which the users would see
    most found, chosen on questions 0, 2, 4, …, and the sum of share · rate on questions 1, 3,
    5, ….
    """
    return judged()(hits, kinds, shares, mixing)
