"""The parts of a run: each asks the workers, method by method in shuffled order, and returns plain numbers."""
import json
import pathlib
import subprocess
import sys
import time

import numpy as np
import texts
from limit import VARIANTS, flops
from methods import METHODS
from precision import dtype, gpu  # noqa: F401  parts like the others

CORPORA = ("mixed", "short", "long")
SIZES = (8, 16, 32, 64)
SLOW = 1.4              # times LangChain's seconds: what is slower is measured in the first round only,
MAIN = ("ours", "langchain", "st")      # and so are all others than these on short and on long texts


def named(part, quick=False):
    names = [name for name, method in METHODS.items() if part in method.parts.split()]
    return [n for n in names if n in ("ours", "langchain", "st", "st-o2", "budget", "tf-32")] if quick else names


def throughput(run):
    """Seconds of each method on each corpus, its vectors' distance to LangChain's, and the machine's rate meanwhile."""
    pool, found = run.pool, {"corpora": {}, "seconds": {}, "delta": {}, "settings": {}, "rates": {v: [] for v in VARIANTS}}
    names = pool.start([*named("throughput", run.quick), "limit"])
    names.remove("limit")
    first = {name: tune(run, name, found["settings"]) for name in run.shuffled(names)}
    slow = {n for n in names if first["langchain"] and first[n] and first[n] > SLOW * first["langchain"]}
    for corpus in CORPORA:
        lengths = [min(n, texts.LONGEST) for n in texts.count_tokens(run.folder, run.corpora[corpus])]
        found["corpora"][corpus] = {"texts": len(lengths), "tokens": sum(lengths), "gflop": flops(lengths, run.config) / 1e9}
        found["seconds"][corpus] = {name: [] for name in names}
    for turn in range(run.rounds):
        for corpus in CORPORA:
            if not run.quick:
                rates(run, found)
            for name in run.shuffled([n for n in names if not turn or n in MAIN or corpus == "mixed" and n not in slow]):
                save = str(run.place / f"{name} {corpus}.npy") if turn == 0 else None
                answer = run.encode(name, corpus, found["settings"].get(name), save)
                if answer:
                    found["seconds"][corpus][name].append(answer["seconds"])
                run.say(f"round {turn + 1}: {corpus}, {name}: {answer['seconds'] if answer else 0:.2f} s")
        rates(run, found)
    for corpus in CORPORA:
        found["delta"][corpus] = {name: distance(run, name, corpus) for name in names if name not in pool.failed}
    found["threads"] = {n: pool.ask(n, do="about") for n in names if n not in pool.failed}
    found["failed"] = {n: pool.failed[n] for n in [*named("throughput", run.quick), "limit"] if n in pool.failed}
    return found


def tune(run, name, settings):
    """Warm a method up on a quarter of the mixed texts; keep its fastest batch size. -> its seconds there, or None."""
    sizes = SIZES if METHODS[name].tuned and not run.quick else [32 if METHODS[name].tuned else None]
    run.encode(name, "warm", sizes[0])
    seconds = {size: answer["seconds"] for size in sizes if (answer := run.encode(name, "some", size))}
    if not seconds:
        return None
    settings[name] = min(seconds, key=seconds.get)
    return seconds[settings[name]]


def rates(run, found):
    answer = run.pool.ask("limit", do="query", text="rates")
    for variant, rate in (answer["result"] if answer else {}).items():
        if rate:
            found["rates"][variant].append(rate)


def distance(run, name, corpus):
    """max |Δ| of its vectors to LangChain's, or None without one of the two."""
    mine, theirs = (run.place / f"{n} {corpus}.npy" for n in (name, "langchain"))
    return float(np.abs(np.load(mine) - np.load(theirs)).max()) if mine.exists() and theirs.exists() else None


def query(run):
    """Milliseconds of one short query, warm, in blocks of 20 calls: p50 and p95 of each method."""
    text, names = texts.query(run.folder), run.pool.start(named("query", run.quick))
    seconds = {name: [] for name in names}
    for name in names:
        run.pool.ask(name, do="query", text=text, calls=20)
    for _ in range(3 if run.quick else 15):
        for name in run.shuffled(names):
            answer = run.pool.ask(name, do="query", text=text, calls=20)
            seconds[name] += answer["seconds"] if answer else []
    return {"tokens": texts.count_tokens(run.folder, [text])[0], "failed": failures(run, "query"), "ms": {
        name: {"calls": len(s), **{f"p{p}": float(np.percentile(s, p)) * 1000 for p in (50, 95)}}
        for name, s in seconds.items() if s}}


def cold(run):
    """Seconds from a new process to its first vector, and the most memory it holds after 300 mixed texts."""
    names = ["ours", "langchain"] if run.quick else [n for n in named("cold") if n not in run.pool.failed]
    found, peaks = {name: [] for name in ["import torch", *names]}, {name: [] for name in names}
    failed = failures(run, "cold")
    for _ in range(1 if run.quick else 3):
        for name in run.shuffled(list(found)):
            start = time.perf_counter()
            if name == "import torch":
                subprocess.run([sys.executable, "-c", "import torch"], check=True)
                found[name].append(time.perf_counter() - start)
            elif name not in failed:
                seconds, peak = run.alone(name, failed, weigh=not peaks[name])
                found[name] += [seconds] if seconds else []
                peaks[name] += [peak] if peak else []
            run.say(f"cold: {name} {found[name][-1:]}")
    return {"seconds": found, "peak": peaks, "failed": failed}


def failures(run, part):
    return {name: why for name, why in run.pool.failed.items() if name in named(part, run.quick)}


def growth(run):
    """Milliseconds for each text of n short ones, for growing n, in rounds."""
    sizes = (200, 500, 1000) if run.quick else (1000, 2000, 5000, 10_000, 20_000)
    for n in sizes:
        run.write(f"n {n}", run.corpora["many"][:n])
    found = {n: [] for n in sizes if run.pool.start(["ours"])}
    for _ in range(2):
        for n in run.shuffled(list(found)):
            answer = run.encode("ours", f"n {n}")
            found[n] += [1000 * answer["seconds"] / n] if answer else []
            run.say(f"growth: {n} {found[n][-1:]}")
    return {"ms": found, "failed": {n: why for n, why in run.pool.failed.items() if n == "ours"}}


def memory(run):
    """What encode and encode_iter take above the loaded model, on 50,000 short texts, each in a process of its own."""
    done = {}
    for way in ("encode", "encode_iter"):
        words = [sys.executable, str(pathlib.Path(__file__).with_name("extra.py")), way, run.folder, run.path("many")]
        out = subprocess.run(words, capture_output=True, text=True, env=run.surroundings())
        done[way] = json.loads(out.stdout.splitlines()[-1]) if out.returncode == 0 else {
            "failed": run.plain((out.stderr.strip().splitlines() or ["no word"])[-1])}
        run.say(f"memory: {way} {done[way]}")
    return {"texts": len(run.corpora["many"]), "ways": done}
