"""The exercises of notebook 10."""
import torch

from helpers.check.judge import function


def searches(generator):
    """A query's token vectors, a first search's scores of the passages, the passages' token
    vectors, how many candidates: the smallest first.
    """
    query = torch.eye(2)
    passages = [torch.tensor([[0.8, 0.6]]), torch.tensor([[1.0, 0.0], [0.0, 1.0], [-0.6, -0.8]]),
                torch.eye(2)]
    cases = [(query, torch.tensor([0.5, 0.4, 0.3]), passages, 2)]
    for n, P, C, k in [(2, 4, 2, 2), (3, 6, 3, 4), (4, 7, 3, 3), (3, 8, 2, 5), (4, 9, 4, 6),
                       (2, 5, 3, 1)]:
        sizes = [n, *torch.randint(1, 6, (P,), generator=generator).tolist()]
        vectors = torch.randn(sum(sizes), C, generator=generator)
        query, *passages = (vectors / vectors.norm(dim=1, keepdim=True)).split(sizes)
        cases.append((query, torch.rand(P, generator=generator), passages, k))
    return cases


def asked(table):
    """MaxSim of a table (n, m): each token of the query takes its best match."""
    return table.amax(dim=1).mean()


def candidates(dense, k):
    """The places of the k best of the first search."""
    return dense.argsort(descending=True)[:k].tolist()


def ordered(score=asked, chosen=candidates, descending=True):
    """An answer that scores the chosen passages in its own way."""
    def answer(query, dense, passages, k):
        late = {i: float(score(query @ passages[i].T)) for i in chosen(dense, k)}
        return sorted(late, key=late.get, reverse=descending)[:k]
    return answer


def with_dense(query, dense, passages, k):
    """Candidates in the order of both scores together."""
    both = {i: float(dense[i] + asked(query @ passages[i].T)) for i in candidates(dense, k)}
    return sorted(both, key=both.get, reverse=True)


def among_candidates(query, dense, passages, k):
    """The right order, as places among the candidates."""
    best = candidates(dense, k)
    return [best.index(i) for i in ordered()(query, dense, passages, k)]


@function(
    cases=searches,
    mistakes={
        "these are places among the k candidates: wanted are their places in `passages`":
            among_candidates,
        "this is still the order of the first search: put its k best in the order of their MaxSim":
            lambda query, dense, passages, k: candidates(dense, k),
        "you scored all passages: MaxSim is dear, so only the k best by `dense` may be scored":
            ordered(chosen=lambda dense, k: range(len(dense))),
        "the candidates are the k worst of the first search: sort `dense` descending":
            ordered(chosen=lambda dense, k: dense.argsort()[:k].tolist()),
        "the worst candidate comes first: sort by MaxSim descending": ordered(descending=False),
        "wrong axis: each token of the *query* looks for its best match in the passage, "
        "not the other way round": ordered(lambda table: table.amax(dim=0).mean()),
        "wrong axis, and a sum: so a long passage gains with every token":
            ordered(lambda table: table.amax(dim=0).sum()),
        "there is no maximum in it: each token of the query takes its *best* match, "
        "not the mean of all": ordered(lambda table: table.mean()),
        "one maximum for the whole table: take one for each token of the query, then their mean":
            ordered(lambda table: table.max()),
        "you added the first search's score: it chooses the candidates, MaxSim alone orders them":
            with_dense,
    },
    remember="The cheap search chooses whom the dear one may look at: what it misses, "
             "no reranking brings back.",
    hints=("two steps: which k places have the largest numbers in `dense`? "
           "Then what is the MaxSim of each of these passages?",
           "late = {i: (query @ passages[i].T).amax(dim=1).mean() for i in places}; "
           "sort the places by it"),
)
def rerank(query, dense, passages, k):
    """write rerank(query, dense, passages, k): the places of the k best passages by `dense`, in
    the order of their MaxSim.
    """
    scores = sorted(((dense[i].item(), i) for i in range(len(passages))), reverse=True)[:k]
    late = {i: sum(max((token @ other).item() for other in passages[i]) for token in query)
            for _, i in scores}
    return sorted(late, key=lambda i: -late[i])


WEIGHTS = [0.0, 0.25, 0.5, 0.75, 1.0]


def tables(generator):
    """Two tables of scores, the right passage of each question, and weights: the smallest first."""
    dense = torch.tensor([[0.4, 0.6], [0.7, 0.3], [0.1, 0.9], [0.2, 0.8]])
    lexical = torch.tensor([[0.9, 0.1], [0.8, 0.2], [0.7, 0.3], [0.6, 0.4]])
    cases = [(dense, lexical, torch.tensor([0, 1, 0, 0]), [0.0, 0.5, 0.8, 1.0])]
    meaning = torch.tensor([[0.4, 0.6], [0.9, 0.1], [0.8, 0.2], [0.7, 0.3]])
    words = torch.tensor([[0.8, 0.2], [0.0, 1.0], [0.6, 0.4], [0.2, 0.8]])
    cases.append((meaning, words, torch.zeros(4, dtype=torch.long), [0.0, 1.0]))
    for Q, P in [(6, 3), (8, 4), (9, 4), (12, 5), (15, 6)]:
        right = torch.randint(0, P, (Q,), generator=generator)
        pair = torch.rand(2, Q, P, generator=generator)
        pair[0, range(1, Q, 2), right[1::2]] += 0.9     # words help the half that chooses,
        pair[1, range(0, Q, 2), right[::2]] += 0.4      # meaning the half that judges
        cases.append((*pair, right, WEIGHTS))
    return cases


def share(dense, lexical, right, weight):
    """Which questions find their passage with a weight: (Q,)."""
    return (((1 - weight) * dense + weight * lexical).argmax(dim=1) == right).double()


EVEN, ODD, ALL = slice(0, None, 2), slice(1, None, 2), slice(None)


def judged(choose, judge, pick=max, name=lambda weight, weights: weight, total=torch.mean,
           weigh=lambda weight: weight):
    """An answer that chooses on one part of the questions and judges on another."""
    def answer(dense, lexical, right, weights):
        hits = {w: share(dense, lexical, right, weigh(w)) for w in weights}
        best = pick(weights, key=lambda w: hits[w][choose].sum().item())
        return name(best, weights), total(hits[best][judge])
    return answer


@function(
    cases=tables,
    mistakes={
        "you judged on the half on which you chose: that share is too good, "
        "judge on questions 1, 3, 5, …": judged(EVEN, EVEN),
        "you chose on all questions: those that judge must have no say in the choice":
            judged(ALL, ODD),
        "you chose and judged on all questions: choose on 0, 2, 4, …, judge on 1, 3, 5, …":
            judged(ALL, ALL),
        "you judged on all questions, those that chose included": judged(EVEN, ALL),
        "this is the best weight of the half that judges: choose on the other half":
            judged(ODD, ODD),
        "the halves are exchanged: choose on questions 0, 2, 4, …": judged(ODD, EVEN),
        "the weight went to the dense scores: it is the weight of `lexical`":
            judged(EVEN, ODD, weigh=lambda weight: 1 - weight),
        "this weight finds fewest of the half that chooses": judged(EVEN, ODD, pick=min),
        "of several weights that find equally many, the first is wanted":
            judged(EVEN, ODD, pick=lambda weights, key: max(weights[::-1], key=key)),
        "you gave the place of the weight in the list: wanted is the weight":
            judged(EVEN, ODD, name=lambda weight, weights: weights.index(weight)),
        "you counted: wanted is the *share* of the judging half that is found":
            judged(EVEN, ODD, total=torch.sum),
    },
    remember="What was chosen for being best on some questions looks better on them than it is: "
             "report the other half.",
    hints=("for each weight: mix, take the argmax of each row, compare with `right`. "
           "That gives a row of True and False for each weight: (W, Q)",
           "hits = torch.stack([...]).float(); best = hits[:, ::2].mean(dim=1).argmax(); "
           "which columns judge?"),
)
def best_weight(dense, lexical, right, weights):
    """write best_weight(dense, lexical, right, weights): the weight of `lexical` that finds most of
    questions 0, 2, 4, …, and the share of questions 1, 3, 5, … that it finds.
    """
    return judged(EVEN, ODD)(dense, lexical, right, weights)
