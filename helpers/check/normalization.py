"""The exercises of notebook 06."""
import torch

from helpers.check.judge import function

CLOSE = 1e-3           # scores of a case are further apart than this: no rounding can turn an order


def stores(generator):
    """Queries (D,) and passages (B, D), not normalized, the smallest first."""
    return [store(generator, *shape) for shape in ((2, 2), (3, 2), (4, 2), (5, 3), (6, 3))]


def store(generator, B, D):
    """A case that tells: drawn until no order depends on rounding, and the mistakes' orders differ
    (if B allows it).
    """
    low, different = 0 if B == 2 else -5, len(SCORES) if B > 5 else min(B, 3)
    while True:
        query, passages = (_numbers(shape, low, B > 3, generator) for shape in ((D,), (B, D)))
        scores = [score(query, passages) for score in SCORES]                            # (B,) each
        orders = [tuple(score.argsort().tolist()) for score in scores]
        apart = all((score[:, None] - score + torch.eye(B)).abs().min() > CLOSE for score in scores)
        tells = orders[0] not in orders[1:3] and len(set(orders)) >= different
        if apart and tells and passages.norm(dim=-1).all():
            return query, passages


def _numbers(shape, low, fractions, generator):
    """Whole numbers from `low` to 5, or numbers between them."""
    whole = torch.randint(low, 6, shape, generator=generator).float()
    return whole + torch.rand(shape, generator=generator) if fractions else whole


def cosine(query, passages):
    """What is to be computed: −cosine with each passage."""
    return -torch.nn.functional.cosine_similarity(passages, query[None], dim=-1)              # (B,)


def distance(query, passages):
    """The distance to each passage."""
    return (passages - query).norm(dim=-1)


def dot(query, passages):
    """−the product with each passage."""
    return -passages @ query


def only_the_query(query, passages):
    """The distance, with the query alone at norm 1."""
    return distance(query / query.norm(), passages)


def by_columns(query, passages):
    """The distance, with each column of the passages divided by its norm."""
    return distance(query / query.norm(), passages / passages.norm(dim=0, keepdim=True))


def by_one_norm(query, passages):
    """The distance, with the passages divided by the norm of the whole table."""
    return distance(query / query.norm(), passages / passages.norm())


SCORES = (cosine, distance, dot, only_the_query, by_columns, by_one_norm)   # the smallest is best


def order(score):
    """An answer that orders by a score."""
    return lambda query, passages: score(query, passages).argsort()


@function(
    cases=stores,
    given=order(distance),
    mistakes={
        "your order is the wrong way round, the worst comes first: "
        "a distance is good when it is small, a cosine when "
        "it is large": lambda query, passages: cosine(query, passages).argsort(descending=True),
        "you sort by the dot product of vectors that are not normalized, "
        "so a passage with a large norm wins by it: divide "
        "each passage by its norm": order(dot),
        "you normalized the query only: all distances still depend on the passages' norms":
            order(only_the_query),
        "you divided each column by its norm (dim=0): "
        "a passage is a row, so dim=-1, keepdim=True":
            order(by_columns),
        "you divided by one norm, that of the whole table: each passage has its own, dim=-1":
            order(by_one_norm),
    },
    remember="Distance ranks as cosine does on vectors of norm 1 only; "
             "on others each passage's own norm counts too.",
    hints=("on which vectors do distance and cosine give one order? "
           "What must happen to the passages first?",
           "normalize(passages) - normalize(query), then the norm of each row, smallest first"),
)
def rank_by_cosine(query, passages):
    """repair rank_by_cosine(query, passages): the numbers of the passages, the one with the largest
    cosine first.
    """
    norms = passages.norm(dim=-1)                                                             # (B,)
    return (passages @ query / norms).argsort(descending=True)                              # (B,)


def cosines(generator):
    """Cosines from −1 to 1: the ones that can be checked on paper first."""
    drawn = 2 * torch.rand(4, generator=generator, dtype=torch.double) - 1
    return [(c,) for c in (0.0, 0.5, 1.0, -1.0, *drawn.tolist())]


@function(
    cases=cosines,
    mistakes={
        "this is d², the *squared* distance: take the root": lambda cosine: 2 - 2 * cosine,
        "you forgot the factor 2: d² = 2 − 2 · cosine, so halve d² before you subtract it from 1":
            lambda cosine: (1 - cosine) ** 0.5,
        "1 − cosine is what many libraries call the cosine distance: it is not the norm of a − b":
            lambda cosine: 1 - cosine,
        "you put the cosine in the place of the distance: solve cosine = 1 − d² / 2 for d":
            lambda cosine: 1 - cosine ** 2 / 2,
        "the sign of the cosine is wrong: at cosine 1 two vectors are the same, "
        "and their distance is 0":
            lambda cosine: (2 + 2 * cosine) ** 0.5,
        "this is the angle, along the circle: the distance is the straight line between the two "
        "tips":
            lambda cosine: torch.tensor(cosine).double().acos(),
    },
    remember="A threshold belongs to its measure: cosine at least c and distance at most √(2 − 2c) "
             "choose the same texts.",
    hints=("on vectors of norm 1, cosine = 1 − d² / 2. You have the cosine and want d",
           "d² = 2 − 2 · cosine; at cosine 1 the distance is 0, at cosine −1 it is 2"),
)
def largest_distance(cosine):
    """write largest_distance(cosine), the distance of two vectors of norm 1 that have this
    cosine.
    """
    angle = torch.tensor(cosine, dtype=torch.double).acos()
    tip = torch.stack([angle.cos(), angle.sin()])                                             # (2,)
    return (tip - torch.tensor([1.0, 0.0])).norm().item()
