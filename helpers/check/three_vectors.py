"""The exercises of notebook 10."""
import numpy as np
import torch

from helpers.check.judge import function


def searches(generator):
    """A question's weights and token vectors, the passages' weights, their padded token vectors,
    which are real, how many candidates: the smallest first.
    """
    padded = torch.tensor([[[0.8, 0.6], [1.0, 0.0]], [[0.0, 1.0], [1.0, 0.0]],
                           [[1.0, 0.0], [0.0, 1.0]]])
    real = torch.tensor([[True, False], [True, True], [True, True]])
    texts = [{7: 2.0}, {7: 0.5, 8: 0.5}, {8: 0.5}]
    cases = [({7: 1.0, 8: 0.5}, torch.eye(2), texts, padded, real, 2)]
    padded = torch.tensor([[[-0.6, 0.8], [0.6, 0.8]], [[-0.28, 0.96], [-0.96, 0.28]],
                           [[1.0, 0.0], [0.0, 1.0]]])           # negative: a pad as 0 would win
    texts = [{7: 2.0}, {7: 1.0}, {7: 0.5}]
    cases.append(({7: 1.0}, torch.tensor([[1.0, 0.0]]), texts, padded, real, 2))
    for n, P, M, C, k in [(2, 4, 3, 2, 2), (3, 6, 4, 3, 4), (4, 7, 5, 3, 3), (3, 8, 3, 2, 5),
                          (4, 9, 6, 4, 6), (2, 5, 4, 3, 1)]:
        vectors = torch.randn(n + P * M, C, generator=generator)
        vectors /= vectors.norm(dim=1, keepdim=True)
        query, padded = vectors[:n], vectors[n:].reshape(P, M, C)
        lengths = torch.randint(1, M, (P, 1), generator=generator)
        weights = (3 * torch.rand(P + 1, 6, generator=generator) + 0.1).tolist()
        kept = torch.rand(P + 1, 6, generator=generator) < 0.6
        kept[0] = True
        asked, *texts = [{i: w for i, w in enumerate(row) if keep[i]}
                         for row, keep in zip(weights, kept, strict=True)]
        cases.append((asked, query, texts, padded, torch.arange(M) < lengths, k))
    return cases


def lexical(weights, text):
    """The sum of the products of the weights of the tokens that both have."""
    return sum(weight * text.get(i, 0) for i, weight in weights.items())


def masked(table, real):
    """MaxSim of a table (n, M): each token of the query takes its best real match."""
    return table[:, real].amax(dim=1).mean()


def ordered(score=masked, first=lexical, chosen=lambda order, k: order[:k], descending=True,
            name=lambda order, top: order):
    """An answer with a first score, a choice and a second score of its own."""
    def answer(weights, query, texts, padded, real, k):
        order = sorted(range(len(texts)), key=lambda i: -first(weights, texts[i]))
        top = chosen(order, k)
        late = {i: float(score(query @ padded[i].T, real[i])) for i in top}
        return name(sorted(top, key=late.get, reverse=descending)[:k], top)
    return answer


@function(
    cases=searches,
    mistakes={
        "these are places among the k candidates: wanted are their places in `texts`":
            ordered(name=lambda order, top: [top.index(i) for i in order]),
        "this is still the order of the first search: put its k best in the order of their MaxSim":
            ordered(name=lambda order, top: top),
        "you scored all passages: MaxSim is dear, so only the k best of the first search may be "
        "scored": ordered(chosen=lambda order, k: order),
        "the candidates are the k worst of the first search: the largest lexical scores are wanted":
            ordered(chosen=lambda order, k: order[::-1][:k]),
        "the worst candidate comes first: sort by MaxSim descending": ordered(descending=False),
        "you counted the shared tokens: each adds the product of its two weights":
            ordered(first=lambda weights, text: len(weights.keys() & text.keys())),
        "you added the passage's weights alone: a shared token adds the product of its two weights":
            ordered(first=lambda weights, text: sum(text[i] for i in weights if i in text)),
        "padding entered the maximum: where `real` is False it must be −∞":
            ordered(lambda table, real: table.amax(dim=1).mean()),
        "padding entered the maximum, as 0: it must be −∞":
            ordered(lambda table, real: (table * real).amax(dim=1).mean()),
        "wrong axis: each token of the *query* looks for its best match in the passage, "
        "not the other way round": ordered(lambda table, real: table[:, real].amax(dim=0).mean()),
        "there is no maximum in it: each token of the query takes its *best* match, "
        "not the mean of all": ordered(lambda table, real: table[:, real].mean()),
    },
    remember="The cheap search chooses whom the dear one may look at: what it misses, "
             "no reranking brings back.",
    hints=("first a lexical score per passage, from two dictionaries; its k largest are the "
           "candidates. Then a table `query @ padded[i].T`, (n, M), for each candidate",
           "(query @ padded[i].T).masked_fill(~real[i], -torch.inf).amax(dim=1).mean() is the "
           "MaxSim of passage i; sort the k candidates by it"),
)
def rerank(weights, query, texts, padded, real, k):
    """write rerank(weights, query, texts, padded, real, k): the places of the k passages with the
    largest lexical scores, in the order of their MaxSim, without padding.
    """
    return ordered()(weights, query, texts, padded, real, k)


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
    """What a user would see found with each weight, on one part of the questions: (W,)."""
    kinds = np.array(kinds)[half]
    return sum(share * hits[:, half][:, kinds == kind].mean(axis=1)
               for kind, share in shares.items())


def counted(hits, kinds, shares, half):
    """The share found of our questions, whatever the users ask: (W,)."""
    return hits[:, half].mean(axis=1)


def summed(hits, kinds, shares, half):
    """Each question weighs its kind's share, so that a kind with many questions weighs more."""
    each = np.array([shares[kind] for kind in kinds])[half]
    return hits[:, half] @ each / each.sum()


def unscaled(hits, kinds, shares, half):
    """The same, as a sum that nobody divides."""
    return hits[:, half] @ np.array([shares[kind] for kind in kinds])[half]


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
        "a kind of which we have many questions weighs too much: take the share found of each "
        "kind first, then weigh it": judged(by=summed, told=summed),
        "this is a sum over questions: take the share found of each kind first, then weigh it":
            judged(by=unscaled, told=unscaled),
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
    hints=("for one half: the share found of each kind, a number per weight, (W,); each times the "
           "share of its kind; added up. The even half chooses, the odd one judges",
           "for `half` in (slice(0, None, 2), slice(1, None, 2)): "
           "hits[:, half][:, np.array(kinds)[half] == kind].mean(axis=1) is (W,)"),
)
def best_weight(hits, kinds, shares, weights):
    """write best_weight(hits, kinds, shares, weights): the weight with which the users would see
    most found, chosen on questions 0, 2, 4, …, and that share on questions 1, 3, 5, ….
    """
    return judged()(hits, kinds, shares, weights)
