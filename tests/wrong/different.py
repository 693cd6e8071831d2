"""Wrong answers that people give in notebook 09, and the words that name the mistake."""
import functools

import torch
from transformers import AutoModel, AutoTokenizer

from helpers import model_dir, normalize
from helpers.pooling import POOLINGS


def far(a, b):
    return (a - b).abs().max().item()


def judged(counts=lambda changed, suspect: changed == [suspect], least=1e-5, met=None,
           words=("not the cause", "partly known", "open"), away="open"):
    def answer(suspect, theirs, reruns, ours):
        settings, vector = theirs
        for other, rerun in reruns:
            changed = [name for name in settings if settings[name] != other[name]]
            if counts(changed, suspect):
                if met(rerun, vector, ours) if met else far(rerun, ours) <= least:
                    return "setting changed"
                if far(rerun, vector) <= least:
                    return words[0]
                return words[1] if far(rerun, ours) < far(vector, ours) else away
        return words[2]
    return answer


def met_by_any(suspect, theirs, reruns, ours):
    for _, vector in reruns:
        if torch.allclose(vector, ours, rtol=0, atol=1e-5):
            return "setting changed"
    return judged()(suspect, theirs, reruns, ours)


@functools.cache
def loaded():
    folder = model_dir("all-MiniLM-L6-v2")
    return (AutoTokenizer.from_pretrained(folder),
            AutoModel.from_pretrained(folder, dtype=torch.float32).eval())


@torch.no_grad()
def pooled(ids, pooling="max"):
    hidden = loaded()[1](torch.tensor([ids])).last_hidden_state
    mask = torch.ones(hidden.shape[:2], dtype=torch.long)
    return normalize(POOLINGS[pooling](hidden, mask))[0]


def ids(text, **how):
    return loaded()[0](text, **how)["input_ids"]


WRONG = {
    "cause_verdict": [
        (judged(lambda changed, suspect: suspect in changed), "and something else"),
        (met_by_any, "did not change in it"),
        (judged(least=0), "equal digits"),
        (judged(met=lambda rerun, vector, ours: far(rerun, ours) < far(vector, ours) / 1.5),
         "nearer is a clue"),
        (judged(met=lambda rerun, vector, ours: torch.cosine_similarity(rerun, ours, dim=0) > 0.99),
         "cosine hides"),
        (judged(met=lambda rerun, vector, ours: (rerun - ours).max() < 1e-5), "be negative"),
        (judged(met=lambda rerun, vector, ours: far(rerun, vector) > 1e-5), "from *ours*"),
        (judged(words=["partly known"] * 2 + ["open"]), "their vector stayed"),
        (judged(words=["not the cause"] * 2 + ["open"], away="not the cause"), "not up to ours"),
        (judged(away="partly known"), "not nearer to ours"),
        (judged(words=("not the cause", "partly known", "not the cause")), "is \"open\""),
    ],
    "stranger": [
        (lambda text: pooled(ids(text, truncation=True, max_length=40)), "end token: look"),
        (lambda text: pooled(ids(text)), "fewer tokens"),
        (lambda text: pooled(ids(text)[:40], "mean").tolist(), "pooling"),
        (lambda text: pooled(ids(text)[:40], "last"), "not the last token"),
        (lambda text: pooled(ids(text)[:32]), "32 is not the limit"),
        (lambda text: pooled(ids(text)[:-1][:40]), "off every text"),
    ],
}
