"""What a smaller number format costs: vectors beside float32's, and the ranking of the labelled questions. And a GPU."""
import statistics

import numpy as np


def losses(run, names):
    """{method: max |Δ|, smallest cosine, questions answered first, questions whose first five passages changed}."""
    from helpers.data import load
    data = load("retrieval.json")
    sets = {"questions": data["questions"], "passages": data["passages"]}
    found, full = {}, None
    for name in names:                                      # "ours", float32, is first
        vectors = {"some": np.load(run.place / f"{name} some.npy")} if (run.place / f"{name} some.npy").exists() else {}
        for what, given in sets.items():
            run.write(what, given)
            if run.encode(name, what, None, str(run.place / f"{name} {what}.npy")):
                vectors[what] = np.load(run.place / f"{name} {what}.npy")
        if len(vectors) == 3:
            full = full or vectors
            found[name] = compare(vectors, full)
    return found


def compare(mine, full):
    ranking, reference = (np.argsort(-v["questions"] @ v["passages"].T, axis=1, kind="stable")[:, :5] for v in (mine, full))
    return {"delta": float(np.abs(mine["some"] - full["some"]).max()),
            "cosine": float((mine["some"] * full["some"]).sum(axis=1).min()),
            "right": int((ranking[:, 0] == np.arange(len(ranking))).sum()), "questions": len(ranking),
            "changed": int((ranking != reference).any(axis=1).sum())}


def dtype(run):
    """bfloat16 and float16 beside float32: times, distance and cosine of the vectors, and what a search then finds."""
    names = run.pool.start(["ours", "bf16", "fp16"])
    seconds = {name: [] for name in names}
    for name in names:
        run.encode(name, "warm")
    for turn in range(2 if run.quick else 5):
        for name in run.shuffled(names):
            answer = run.encode(name, "some", None, str(run.place / f"{name} some.npy") if turn == 0 else None)
            seconds[name] += [answer["seconds"]] if answer else []
            run.say(f"dtype: {name} {seconds[name][-1:]}")
    return {"median": {n: statistics.median(s) for n, s in seconds.items() if s}, "loss": losses(run, names),
            "failed": {n: w for n, w in run.pool.failed.items() if n in ("ours", "bf16", "fp16")}}


def gpu(run):
    """Seconds on the mixed texts on a GPU, beside sentence-transformers; where there is none, every row has that reason."""
    wanted = ["gpu-st", "gpu", "gpu-st-half", "gpu-half"]
    names = run.pool.start(wanted)
    seconds = {name: [] for name in names}
    for name in names:
        run.encode(name, "some", 256)
    for _ in range(2 if run.quick else 5):
        for name in run.shuffled(names):
            answer = run.encode(name, "mixed", 256)
            seconds[name] += [answer["seconds"]] if answer else []
    return {"median": {n: statistics.median(s) for n, s in seconds.items() if s},
            "failed": {n: why for n, why in run.pool.failed.items() if n in wanted}}
