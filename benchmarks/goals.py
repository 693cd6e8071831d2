"""What the numbers say of each method, and whether they reach the goals."""
import statistics
from typing import NamedTuple

from methods import METHODS

OF_LIMIT = {"mixed": 0.90, "short": 0.82, "long": 0.90}
OF_LANGCHAIN = {"mixed": 1.65, "short": 1.55, "long": 1.2}


class Speed(NamedTuple):
    seconds: float              # the median of the rounds
    rate: float                 # 10⁹ operations of a perfect pass ÷ seconds
    of_limit: float | None      # rate ÷ the machine's
    times: float | None         # LangChain's seconds ÷ these


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
    found, rows = speeds(results), []
    for corpus, goal in OF_LIMIT.items():
        ours = found.get(corpus, {}).get("ours")
        rows.append(row(f"{corpus}: operations of a perfect pass ÷ time",
                        "the machine's fp32 matrix-product rate", "≥", goal,
                        ours and ours.of_limit, "{:.1%}"))
    for corpus, goal in OF_LANGCHAIN.items():
        ours = found.get(corpus, {}).get("ours")
        rows.append(row(f"{corpus}: speed", "LangChain `embed_documents`", "≥", goal,
                        ours and ours.times, "{:.2f}×"))
    mixed = {name: speed.seconds for name, speed in found.get("mixed", {}).items()}
    best = next((name for name in mixed if METHODS[name].peer), None)
    against = "the fastest peer as it ships" + (f": {METHODS[best].label}" if best else "")
    rows += [row("mixed: speed", against, "≥", 1.3, ratio(mixed, best, "ours"), "{:.2f}×"),
             row("mixed: speed", METHODS["budget"].label, "≥", 1.0,
                 ratio(mixed, "budget", "ours"), "{:.2f}×")]
    return rows + other_goals(**{part: results.get(part, {}) for part in
                                 ("query", "cold", "memory", "growth")})


def other_goals(query: dict, cold: dict, memory: dict, growth: dict) -> list[tuple]:
    """The rows of the parts that are not about throughput."""
    ms, growing = query.get("ms", {}), medians(growth.get("ms", {})).values()
    extra = memory.get("ways", {}).get("encode", {}).get("extra")
    growth_of_time = max(growing) / min(growing) - 1 if growing else None
    of_langchain = [
        ("one short query, warm, p50: time", "LangChain `embed_query`", 0.5,
         {name: each["p50"] for name, each in ms.items()}),
        ("one short query, warm, p95: time", "LangChain `embed_query`", 0.5,
         {name: each["p95"] for name, each in ms.items()}),
        ("cold, new process to first vector: time", "LangChain", 0.3,
         medians(cold.get("seconds", {}))),
        ("peak memory of that process over 300 mixed texts", "LangChain", 0.6,
         medians(cold.get("peak", {})))]
    return [
        *(row(what, against, "≤", goal, ratio(values, "ours", "langchain"), "{:.2f}")
          for what, against, goal, values in of_langchain),
        row("memory above the loaded model and the result, 50,000 short texts", "–", "≤", 150,
            extra, "{:.0f} MB"),
        row("time per text, n = 1,000 … 20,000: largest ÷ smallest, less 1", "–", "≤", 0.10,
            growth_of_time, "{:.1%}")]


def row(what: str, against: str, sign: str, goal: float, measured: float | None, form: str):
    """One goal: at least ("≥") or at most ("≤") so much."""
    wanted = f"{sign} {form.format(goal)}"
    if measured is None:
        return what, against, wanted, "–", "not measured"
    reached = measured >= goal if sign == "≥" else measured <= goal
    return (what, against, wanted, form.format(measured),
            "reached" if reached else "**not reached**")
