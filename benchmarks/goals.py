"""What the numbers say of each method, and whether they reach the goals."""
import statistics
from typing import NamedTuple

from methods import METHODS

OF_LIMIT = {"mixed": 0.90, "short": 0.82, "long": 0.90}
OF_LANGCHAIN = {"mixed": 1.65, "short": 1.55, "long": 1.2}


class Speed(NamedTuple):
    seconds: float | None = None    # the median of the rounds
    rate: float | None = None       # 10⁹ operations of a perfect pass ÷ seconds
    of_limit: float | None = None   # rate ÷ the machine's
    times: float | None = None      # LangChain's seconds ÷ these


def speeds(results: dict) -> dict[str, dict[str, Speed]]:
    """{corpus: {method: Speed}}, the fastest first."""
    data, made = results.get("throughput", {"rates": {}, "corpora": {}}), {}
    top = max(medians(data["rates"]).values(), default=None)
    for corpus, facts in data["corpora"].items():
        seconds, made[corpus] = medians(data["seconds"][corpus]), {}
        for name in sorted(seconds, key=seconds.get):
            rate = facts["gflop"] / seconds[name]
            made[corpus][name] = Speed(seconds[name], rate, top and rate / top,
                                       ratio(seconds, "langchain", name))
    return made


def medians(values: dict) -> dict[str, float]:
    """The median of each list that is not empty."""
    return {name: statistics.median(each) for name, each in values.items() if each}


def ratio(values: dict, above: str, below: str) -> float | None:
    """One of the values ÷ another, if both are known."""
    return values[above] / values[below] if {above, below} <= values.keys() else None


def goals(results: dict) -> list[tuple]:
    """Every row of the table: (what, against, goal, measured, whether it is reached)."""
    found = speeds(results)
    ours = {corpus: found.get(corpus, {}).get("ours", Speed()) for corpus in OF_LIMIT}
    mixed = {name: speed.seconds for name, speed in found.get("mixed", {}).items()}
    best = next((name for name in mixed if METHODS[name].peer), None)
    peer = "the fastest peer as it ships" + (f": {METHODS[best].label}" if best else "")
    growing = medians(results.get("growth", {}).get("ms", {})).values()
    growth = max(growing) / min(growing) - 1 if growing else None
    memory = results.get("memory", {}).get("ways", {}).get("encode", {}).get("extra")
    return [
        *(row(f"{corpus}: operations of a perfect pass ÷ time",
              "the machine's fp32 matrix-product rate", "≥", goal, ours[corpus].of_limit, "{:.1%}")
          for corpus, goal in OF_LIMIT.items()),
        *(row(f"{corpus}: speed", "LangChain `embed_documents`", "≥", goal, ours[corpus].times,
              "{:.2f}×") for corpus, goal in OF_LANGCHAIN.items()),
        row("mixed: speed", peer, "≥", 1.3, ratio(mixed, best, "ours"), "{:.2f}×"),
        row("mixed: speed", METHODS["budget"].label, "≥", 1.0, ratio(mixed, "budget", "ours"),
            "{:.2f}×"),
        *of_others(results.get("query", {}).get("ms", {}), results.get("cold", {})),
        row("memory above the loaded model and the result, 50,000 short texts", "–", "≤", 150,
            memory, "{:.0f} MB"),
        row("time per text, n = 1,000 … 20,000: largest ÷ smallest, less 1", "–", "≤", 0.10,
            growth, "{:.1%}")]


def of_others(ms: dict, cold: dict) -> list[tuple]:
    """The goals of time and memory as parts of LangChain's, and of ONNX Runtime's for a query."""
    p50, p95 = ({name: each[p] for name, each in ms.items()} for p in ("p50", "p95"))
    seconds, peak = (medians(cold.get(key, {})) for key in ("seconds", "peak"))
    return [row(what, against, "≤", goal, ratio(values, "ours", other), "{:.2f}")
            for what, other, against, goal, values in [
                ("one short query, warm, p50: time", "langchain", "LangChain `embed_query`", 0.5,
                 p50),
                ("one short query, warm, p95: time", "langchain", "LangChain `embed_query`", 0.5,
                 p95),
                ("one short query, warm, p50: time", "budget", "ONNX Runtime O2", 1.0, p50),
                ("cold, new process to first vector: time", "langchain", "LangChain", 0.3, seconds),
                ("peak memory of that process over 300 mixed texts", "langchain", "LangChain", 0.6,
                 peak)]]


def row(what: str, against: str, sign: str, goal: float, measured: float | None, form: str):
    """One goal: at least ("≥") or at most ("≤") so much."""
    wanted = f"{sign} {form.format(goal)}"
    if measured is None:
        return what, against, wanted, "–", "not measured"
    reached = measured >= goal if sign == "≥" else measured <= goal
    said = "reached" if reached else "**not reached**"
    return what, against, wanted, form.format(measured), said
