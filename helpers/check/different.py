"""The exercises of notebook 09."""
import functools

import torch

from helpers.check.judge import function
from helpers.encoder.encoder import Encoder
from helpers.models.find import model_dir
from helpers.pooling import POOLINGS, normalize

ROUNDING = 1e-5
LIMIT = 40              # tokens that the stranger reads of a text
WORDS = "parcel boxes goods money answer lamps photographs damaged missing clocks van bank".split()


def evidence(generator):
    """A suspect, a run of the other program, reruns of it, and our vector. A run is (settings,
    vector).
    """
    def moved(vector, by):
        """A vector, one number of it moved."""
        return vector + torch.tensor([0, by, 0, 0])

    ours = normalize(torch.randn(1, 4, generator=generator))[0]             # (D,)
    theirs, nearer = moved(ours, -0.02), moved(ours, -0.006)
    wide = {"dtype": "fp16", "gelu": "exact", "version": 4}
    fp32, tanh, newer = {"dtype": "fp32"}, {"gelu": "tanh"}, {"version": 5}

    def case(suspect, *reruns):
        """The arguments of one case."""
        return suspect, (wide, theirs), [({**wide, **how}, vector) for how, vector in reruns], ours

    away, rounding, again = moved(ours, 0.03), moved(ours, 4e-6), moved(theirs, 3e-6)
    return [case("dtype", (fp32, rounding)), case("dtype", (fp32 | newer, ours)),
            case("dtype", (tanh, theirs), (fp32, ours)), case("gelu", (tanh, again)),
            case("gelu", (tanh, nearer)), case("gelu", (fp32, ours)), case("dtype"),
            case("gelu", (fp32, ours), (tanh, nearer), (newer, theirs)),
            case("dtype", (fp32 | tanh, rounding), (fp32, theirs)),
            case("version", (newer | fp32, ours), (newer, again)), case("dtype", ({}, theirs)),
            case("gelu", (tanh, away)), case("version", (newer, rounding))]


def rule(alone=True, least=ROUNDING, goes=None, stays="not the cause", none="open",
         near="partly known", farther="open"):
    """An answer to `cause_verdict`, with one thing different."""
    def answer(suspect, theirs, reruns, ours):
        """The verdict on a suspect."""
        settings, vector = theirs
        for other, rerun in reruns:
            changed = [name for name in settings if settings[name] != other[name]]
            if changed == [suspect] if alone else suspect in changed:
                if goes(rerun, vector, ours) if goes else far(rerun, ours) <= least:
                    return "setting changed"
                if far(rerun, vector) <= least:
                    return stays
                return near if far(rerun, ours) < far(vector, ours) else farther
        return none
    return answer


def far(a, b):
    """The largest difference of two vectors."""
    return float((a - b).abs().max())


def any_rerun(suspect, theirs, reruns, ours):
    """A wrong answer: whatever rerun meets ours proves the suspect."""
    met = any(far(vector, ours) <= ROUNDING for _, vector in reruns)
    return "setting changed" if met else rule()(suspect, theirs, reruns, ours)


@function(
    cases=evidence,
    mistakes={
        "you take a rerun that changes the suspect and something else: then either may be the "
        "cause; look for the rerun in which the suspect alone differs": rule(alone=False),
        "a rerun meets our vector, but the suspect did not change in it: compare its settings "
        "with theirs": any_rerun,
        "you ask for equal digits: up to 1e-5, two vectors are the same": rule(least=0.0),
        "nearer is a clue: the difference must go, up to 1e-5":
            rule(goes=lambda rerun, vector, ours: far(rerun, ours) < far(vector, ours) - ROUNDING),
        "a difference may be negative: take its absolute value before the largest":
            rule(goes=lambda rerun, vector, ours: float((rerun - ours).max()) <= ROUNDING),
        "cosine hides a difference of 0.02: compare every number":
            rule(goes=lambda rerun, vector, ours: float(rerun @ ours) > 0.99),
        "any change of the vector is not enough: ask whether the difference from *ours* goes":
            rule(goes=lambda rerun, vector, ours: far(rerun, vector) > ROUNDING),
        "the suspect changed alone and their vector stayed: it is \"not the cause\"":
            rule(stays="partly known"),
        "the suspect moved the vector nearer, and not up to ours: it is \"partly known\"":
            rule(near="not the cause", farther="not the cause"),
        "the suspect moved the vector, and not nearer to ours: the question stays \"open\"":
            rule(farther="partly known"),
        "without a rerun in which the suspect alone changes, the question is \"open\"":
            rule(none="not the cause"),
    },
    remember="One setting, nothing else, and the difference goes with it.",
    hints=("for each rerun: in which settings does it differ from theirs? Only the rerun where "
           "that list is [suspect] counts",
           "on that rerun, ask in turn: is its vector ours, up to 1e-5? Is it still theirs? Is it "
           "nearer? After the loop, return \"open\""),
)
def cause_verdict(suspect, theirs, reruns, ours):
    """write cause_verdict(suspect, theirs, reruns, ours): "setting changed", "not the cause",
    "partly known" or "open".
    """
    return rule()(suspect, theirs, reruns, ours)


@functools.cache
def _own():
    """The lesson's model, whichever is chosen, as its files say; its weights are there once."""
    return Encoder(model_dir("all-MiniLM-L6-v2"))


def program(pooling=None, cut="after", limit=LIMIT):
    """A program that cuts at `limit` tokens before or after the special tokens are there, or
    never, or takes the last one off each text; and pools in some way: text -> (D,).
    """
    @torch.no_grad()
    def run(text):
        """The vector of a text."""
        ids = _own().token_ids([text])[0]
        if cut == "before" and len(ids) > limit:
            ids = [*ids[:limit - 1], ids[-1]]
        ids = ids[:-1][:limit] if cut == "end" else ids if cut == "never" else ids[:limit]
        hidden = _own().model(torch.tensor([ids])).last_hidden_state            # (1, T, D)
        mask = torch.ones(hidden.shape[:2], dtype=torch.long)                   # (1, T)
        pools = [pooling] if pooling else _own().pooling
        vector = torch.cat([POOLINGS[name](hidden, mask) for name in pools], dim=-1)
        return (normalize(vector) if _own().normalize else vector)[0]
    return run


def texts(generator):
    """A word, then texts of chance words; some are longer than the stranger reads."""
    def words(count):
        """A text of chance words."""
        return " ".join(WORDS[i] for i in torch.randint(len(WORDS), (count,), generator=generator))

    return [("hello",), (words(6),), (words(45) + ".",), (words(70),)]


@function(
    cases=texts,
    mistakes={
        "this is what the model's own files say: the stranger has another limit and pooling":
            program(cut="never"),
        "the pooling is right, but the stranger reads fewer tokens of a long text":
            program("max", "never"),
        "limit and pooling are right, but you keep the text's end token: look at the last id "
        "after the cut": program("max", "before"),
        "limit and pooling are right, but you take the end token off every text: a short text "
        "keeps it": program("max", "end"),
        "the cut is right, and the pooling is not: try the other poolings with the same ids":
            program(),
        "the cut is right, but it is not cls: try the other poolings": program("cls"),
        "the cut is right, but it is not the mean: try the other poolings": program("mean"),
        "the cut is right, but it is not the last token: try the other poolings": program("last"),
        **{f"the pooling is right, but {limit} is not the limit": program("max", limit=limit)
           for limit in (16, 24, 32, 48)},
    },
    remember="You proved two steps at once, the cut and the pooling: both changed alone leave a "
             "difference.",
    hints=("a table, as in the lesson: each limit in a row, each pooling in a column. In which "
           "cell is the distance to `mystery` rounding? Cut as transformers.js does",
           "embed(tokenizer(text)[\"input_ids\"][:limit], pooling=...) is a program with another "
           "pooling that cuts after the special tokens"),
)
def stranger(text):
    """write stranger(text): what the program of `mystery` gives for any text, shape (D,). Its
    limit, pooling and cut are its own.
    """
    return program("max")(text)
