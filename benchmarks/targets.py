"""The goals, and whether the numbers of a run reach them."""
import statistics

from methods import METHODS

OF_LIMIT = {"mixed": 0.90, "short": 0.82, "long": 0.90}
OF_LANGCHAIN = {"mixed": 1.65, "short": 1.55, "long": 1.2}


def medians(results, corpus):
    """{method: median seconds} on a corpus; {} if it was not measured."""
    seconds = results.get("throughput", {}).get("seconds", {}).get(corpus, {})
    return {name: statistics.median(s) for name, s in seconds.items() if s}


def limit(results):
    """10⁹ operations a second: the fastest variant of the machine's matrix products, or None."""
    found = [statistics.median(r) for r in results.get("throughput", {}).get("rates", {}).values() if r]
    return max(found, default=None)


def share(results, corpus, name):
    """Operations that a perfect pass needs ÷ time ÷ the machine's rate, or None."""
    seconds, top = medians(results, corpus).get(name), limit(results)
    return results["throughput"]["corpora"][corpus]["gflop"] / seconds / top if seconds and top else None


def ratio(a, b):
    return a / b if a and b else None


def targets(results):
    """Every row of the table of goals: (what, against, goal, measured, reached)."""
    rows = []
    for corpus, goal in OF_LIMIT.items():
        rows.append(row(f"{corpus}: operations of a perfect pass ÷ time", "the machine's fp32 matrix-product rate", goal,
                        share(results, corpus, "ours"), "{:.1%}"))
    for corpus, goal in OF_LANGCHAIN.items():
        found = medians(results, corpus)
        rows.append(row(f"{corpus}: speed", "LangChain `embed_documents`", goal,
                        ratio(found.get("langchain"), found.get("ours")), "{:.2f}×"))
    found = medians(results, "mixed")
    peers = {name: s for name, s in found.items() if METHODS[name].peer}
    best = min(peers, key=peers.get, default=None)
    against = f"the fastest peer as it ships{': ' + METHODS[best].label if best else ''}"
    rows.append(row("mixed: speed", against, 1.3, ratio(peers.get(best), found.get("ours")), "{:.2f}×"))
    rows.append(row("mixed: speed", METHODS["budget"].label, 1.0, ratio(found.get("budget"), found.get("ours")), "{:.2f}×"))
    ms = results.get("query", {}).get("ms", {})
    for p in ("p50", "p95"):
        mine, theirs = (ms.get(name, {}).get(p) for name in ("ours", "langchain"))
        rows.append(row(f"one short query, warm, {p}: time", "LangChain `embed_query`", 0.5, ratio(mine, theirs), "{:.2f}",
                        True))
    cold = results.get("cold", {})
    for key, what, goal in (("seconds", "cold, new process to first vector: time", 0.3),
                            ("peak", "peak memory of that process over 300 mixed texts", 0.6)):
        mine, theirs = (middle(cold.get(key, {}).get(name)) for name in ("ours", "langchain"))
        rows.append(row(what, "LangChain", goal, ratio(mine, theirs), "{:.2f}", True))
    extra = results.get("memory", {}).get("ways", {}).get("encode", {}).get("extra")
    rows.append(row("memory above the loaded model and the result, 50,000 short texts", "–", 150, extra, "{:.0f} MB", True))
    each = [statistics.median(s) for s in results.get("growth", {}).get("ms", {}).values() if s]
    spread = max(each) / min(each) - 1 if each else None
    return rows + [row("time per text, n = 1,000 … 20,000: largest ÷ smallest, less 1", "–", 0.10, spread, "{:.1%}", True)]


def row(what, against, goal, measured, form, least=False):
    """`least`: the goal is a most, not a least."""
    sign = "≤" if least else "≥"
    if measured is None:
        return what, against, f"{sign} {form.format(goal)}", "–", "not measured"
    reached = measured <= goal if least else measured >= goal
    return what, against, f"{sign} {form.format(goal)}", form.format(measured), "reached" if reached else "**not reached**"


def middle(values):
    return statistics.median(values) if values else None
