"""The parts of a run: each asks the processes and returns plain numbers."""
import json
import pathlib
import statistics
import time

import numpy as np
import texts
from limit import flops
from methods import METHODS, named
from processes import Run

CORPORA = ("mixed", "short", "long")
SIZES = (8, 16, 32, 64)                 # batches that are tried
ROUNDS = 5                              # of throughput: every method, on every corpus


def throughput(run: Run) -> dict:
    """Seconds of each method on each corpus, its vectors' distance to LangChain's; the limit."""
    names = [name for name in named("throughput", run.quick) if name != "limit"]
    tuned = {name: tune(run, name) for name in run.shuffled(names)}
    names = [name for name in names if name not in run.failed]
    found, visits = {corpus: {name: [] for name in names} for corpus in CORPORA}, []
    for turn in range(2 if run.quick else ROUNDS):
        for corpus in CORPORA:
            visits += [] if run.quick else limit(run)
            jobs = {}
            for name in names:
                save = str(run.files / f"{name} {corpus}.npy") if turn == 0 else None
                jobs[name] = name, run.job(corpus, tuned[name], save)
            for name, seconds in run.timed(1, jobs).items():
                found[corpus][name] += seconds
        visits += limit(run)
    ready = [name for name in names if name not in run.failed]
    return {"corpora": {corpus: facts(run, corpus) for corpus in CORPORA}, "seconds": found,
            "delta": {corpus: {name: distance(run, name, corpus) for name in ready}
                      for corpus in CORPORA},
            "settings": tuned,
            "rates": {kind: [rates[kind] for rates in visits] for kind in (visits or [{}])[0]},
            "threads": {name: run.ask(name, do="about") for name in ready}}


def tune(run: Run, name: str) -> int | None:
    """Warm a method up: -> its fastest batch on half of the mixed texts."""
    sizes = (None,) if not METHODS[name].tuned else (32,) if run.quick else SIZES
    run.ask(name, **run.job("warm", sizes[0]))
    answers = {size: run.ask(name, **run.job("some", size)) for size in sizes}
    seconds = {size: answer["seconds"][0] for size, answer in answers.items() if answer}
    return min(seconds, key=seconds.get, default=None)


def limit(run: Run) -> list[dict]:
    """The machine's own rates, in one visit; nothing if they cannot be measured."""
    answer = run.ask("limit", do="query", text="")
    return [answer["rates"]] if answer else []


def facts(run: Run, corpus: str) -> dict:
    """Texts, tokens that the model reads of them, and 10⁹ operations of a perfect pass."""
    counts = [min(n, texts.LONGEST) for n in texts.count_tokens(run.model, run.corpora[corpus])]
    config = json.loads(pathlib.Path(run.model, "config.json").read_text("utf-8"))
    return {"texts": len(counts), "tokens": sum(counts), "gflop": flops(counts, config) / 1e9}


def distance(run: Run, name: str, corpus: str) -> float | None:
    """max |Δ| of a method's vectors to LangChain's; None without one of the two."""
    mine, theirs = run.vectors(name, corpus), run.vectors("langchain", corpus)
    return None if mine is None or theirs is None else float(np.abs(mine - theirs).max())


def query(run: Run) -> dict:
    """Milliseconds of one short query, warm, in blocks of 20 calls: p50 and p95 of each method."""
    text = texts.query(run.model)
    job = {"do": "query", "text": text, "calls": 20}
    jobs = {name: (name, job) for name in named("query", run.quick)}
    run.timed(1, jobs)                                                  # warms them up
    seconds = run.timed(3 if run.quick else 15, jobs)
    return {"tokens": texts.count_tokens(run.model, [text])[0],
            "ms": {name: {"calls": len(s), "p50": 1000 * float(np.percentile(s, 50)),
                          "p95": 1000 * float(np.percentile(s, 95))}
                   for name, s in seconds.items() if s}}


def cold(run: Run) -> dict:
    """Seconds from a new process to its first vector; MB at its peak, after 300 mixed texts."""
    names = named("cold", run.quick)
    seconds, peaks = {name: [] for name in names}, {}

    def first_vector(worker):
        worker.ask(do="query", text=texts.query(run.model))
        seconds[worker.name].append(time.perf_counter() - worker.began)
        if worker.name not in peaks and worker.name != "import torch":
            worker.ask(**run.job("peak"))
            peaks[worker.name] = [peak] if (peak := worker.peak()) else []
    for _ in range(1 if run.quick else 3):
        for name in run.shuffled(names):
            run.alone(name, first_vector)
    return {"seconds": seconds, "peak": peaks}


def memory(run: Run) -> dict:
    """What encode and encode_iter take above the loaded model on many short texts, each alone."""
    job = {"do": "memory", "texts": run.corpora["many"]}
    found = {way: run.alone(way, lambda worker: worker.ask(**job)) for way in named("memory")}
    return {"texts": len(run.corpora["many"]), "ways": {way: m for way, m in found.items() if m}}


def growth(run: Run) -> dict:
    """Milliseconds for each text of n short ones, for growing n."""
    jobs = {}
    for n in (200, 500, 1000) if run.quick else (1000, 2000, 5000, 10_000, 20_000):
        jobs[n] = "ours", {"do": "run", "texts": run.corpora["many"][:n]}
    return {"ms": {n: [1000 * s / n for s in seconds]
                   for n, seconds in run.timed(2, jobs).items()}}


def dtype(run: Run) -> dict:
    """Smaller number formats beside float32: times, the vectors' distance, what a search finds."""
    from helpers.data import load
    medians = in_rounds(run, named("dtype"), "some")
    corpora = ("some", "questions", "passages")
    run.corpora.update({corpus: load("retrieval.json")[corpus] for corpus in corpora[1:]})
    made = {name: {corpus: run.vectors(name, corpus) for corpus in corpora} for name in medians}
    ready = [name for name in made if not {name, "ours"} & run.failed.keys()]
    return {"median": medians, "loss": {name: loss(made[name], made["ours"]) for name in ready}}


def loss(mine: dict, full: dict) -> dict:
    """max |Δ|, least cosine, questions answered first, and those whose first five changed."""
    first, reference = (np.argsort(-made["questions"] @ made["passages"].T, kind="stable")[:, :5]
                        for made in (mine, full))                       # (questions, 5) each
    return {"delta": float(np.abs(mine["some"] - full["some"]).max()),
            "cosine": float((mine["some"] * full["some"]).sum(axis=1).min()),
            "right": int((first[:, 0] == np.arange(len(first))).sum()), "questions": len(first),
            "changed": int((first != reference).any(axis=1).sum())}


def gpu(run: Run) -> dict:
    """Seconds on the mixed texts on a GPU, beside sentence-transformers; without one, why."""
    return {"median": in_rounds(run, named("gpu"), "mixed", 256)}


def in_rounds(run: Run, names: list[str], corpus: str, batch: int | None = None) -> dict:
    """Median seconds of each method on a corpus, warmed up on it."""
    jobs = {name: (name, run.job(corpus, batch)) for name in names}
    run.timed(1, jobs)
    seconds = run.timed(2 if run.quick else 5, jobs)
    return {name: statistics.median(s) for name, s in seconds.items() if s}
