"""Results as tables; kept in results.json and between two marks in README.md, with a picture."""
import datetime
import json
import os
import pathlib
import platform
import statistics

from methods import METHODS
from targets import limit, medians, middle, share, targets

HERE = pathlib.Path(__file__).resolve().parent
MARKS = "<!-- results: written by python3 run.py bench -->", "<!-- end of results -->"
FLAGS = ("avx2", "fma", "avx512f", "avx512_bf16", "avx512_vnni", "amx_tile", "amx_bf16", "asimd", "bf16", "sve")


def keep(done):
    """Put these parts beside those measured before; write README.md and the picture; -> all parts."""
    import chart
    file, readme = HERE / "results.json", HERE / "README.md"
    kept = json.loads(file.read_text("utf-8")) if file.exists() else {}
    results = {**kept, **json.loads(json.dumps(done))}
    file.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", "utf-8")
    before, _, rest = readme.read_text("utf-8").partition(MARKS[0])
    shown = ""
    if "throughput" in results:
        chart.draw(results).savefig(HERE / "throughput.png", dpi=110, metadata={"Software": None})
        shown = f"![{chart.alt(results)}](throughput.png)\n\n"
    readme.write_text(f"{before}{MARKS[0]}\n\n{shown}{text(results)}\n{MARKS[1]}{rest.partition(MARKS[1])[2]}", "utf-8")
    return results


def text(results):
    """All tables, as Markdown."""
    made = [table("Goals", ("what", "against", "goal", "measured", ""), targets(results))]
    made += [part(results[name]) if name != "throughput" else part(results) for name, part in TABLES.items()
             if name in results]
    return "\n".join([*made, where(results)])


def table(title, head, rows, note=""):
    lines = [f"### {title}", "", *([note, ""] if note else []), "| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *("| " + " | ".join(str(cell) for cell in row) + " |" for row in rows), ""])


def throughput(results):
    data, made, top = results["throughput"], [], limit(results)
    for corpus, facts in data["corpora"].items():
        found, seconds, rows = medians(results, corpus), data["seconds"][corpus], []
        for name in sorted(found, key=found.get):
            spread = f"{min(seconds[name]):.2f}–{max(seconds[name]):.2f}"
            against = f"{found['langchain'] / found[name]:.2f}" if "langchain" in found else "–"
            rows.append((label(data, name), f"{found[name]:.2f}", spread, len(seconds[name]), against,
                         f"{facts['gflop'] / found[name]:.0f}", f"{share(results, corpus, name):.0%}" if top else "–",
                         number(data["delta"][corpus].get(name))))
        made.append(table(f"Throughput: {corpus}", ("method", "seconds", "min–max", "rounds", "LangChain ÷ this", "GFLOP/s",
                          "of the limit", "largest Δ"), [*rows, *lost(data, 7)],
                          f"{facts['texts']:,} texts, {facts['tokens']:,} tokens, {facts['gflop']:,.0f} GFLOP."))
    rows = [(v, f"{statistics.median(r):.0f}", f"{min(r):.0f}–{max(r):.0f}", len(r)) for v, r in data["rates"].items() if r]
    return "\n".join([*made, table("The limit: matrix products alone", ("how", "GFLOP/s", "min–max", "visits"), rows)])


def label(data, name):
    size = data.get("settings", {}).get(name)
    return METHODS[name].label + (f", batch {size}" if size else "")


def number(value):
    return "–" if value is None else f"{value:.0e}"


def lost(data, columns):
    """A row for each method that gave nothing, with its reason."""
    names = {name: METHODS[name].label for name in data.get("failed", {}) if name in METHODS}
    return [(shown, data["failed"][name].replace("|", "\\|"), *[""] * (columns - 1)) for name, shown in names.items()]


def query(data):
    ms = data["ms"]
    rows = [(METHODS[n].label, f"{m['p50']:.1f}", f"{m['p95']:.1f}", m["calls"],
             f"{m['p50'] / ms['langchain']['p50']:.2f}" if "langchain" in ms else "–")
            for n, m in sorted(ms.items(), key=lambda item: item[1]["p50"])]
    return table("One short query, warm", ("method", "p50 ms", "p95 ms", "calls", "this ÷ LangChain"),
                 [*rows, *lost(data, 4)], f"{data['tokens']} tokens.")


def cold(data):
    seconds = {name: middle(s) for name, s in data["seconds"].items() if s}
    rows = [(METHODS[n].label if n in METHODS else f"`{n}` alone", f"{s:.2f}",
             f"{min(data['seconds'][n]):.2f}–{max(data['seconds'][n]):.2f}", len(data["seconds"][n]),
             f"{middle(data['peak'][n]):,.0f}" if data["peak"].get(n) else "–")
            for n, s in sorted(seconds.items(), key=lambda item: item[1])]
    return table("Cold start and memory", ("method", "seconds to first vector", "min–max", "rounds", "peak MB"),
                 [*rows, *lost(data, 4)])


def memory(data):
    rows = [(f"`{way}`", m["failed"], "", "") if "failed" in m else
            (f"`{way}`", *(f"{m[key]:,.0f}" for key in ("loaded", "result", "extra"))) for way, m in data["ways"].items()]
    return table(f"Memory for {data['texts']:,} short texts", ("way", "model loaded, MB", "result, MB", "above both, MB"),
                 rows)


def growth(data):
    rows = [(f"{int(n):,}", f"{middle(s):.3f}", f"{min(s):.3f}–{max(s):.3f}") for n, s in data["ms"].items() if s]
    return table("Time for each text as their number grows", ("short texts", "ms for each", "min–max"),
                 [*rows, *lost(data, 2)])


def dtype(data):
    full = data["median"].get("ours")
    rows = [(METHODS[n].label, f"{full / s:.2f}" if full else "–", *(
        (number(x["delta"]), f"{x['cosine']:.6f}", f"{x['right']} of {x['questions']}", x["changed"]) if
        (x := data["loss"].get(n)) else ("–",) * 4)) for n, s in data["median"].items()]
    return table("Smaller numbers", ("dtype", "speed ÷ float32's", "largest Δ", "least cosine", "answers found first",
                 "questions whose first five changed"), [*rows, *lost(data, 5)])


def gpu(data):
    rows = [(METHODS[n].label, f"{s:.2f}", f"{data['median'][f'gpu-st{half}'] / s:.2f}"
             if f"gpu-st{half}" in data["median"] else "–")
            for n, s in data["median"].items() for half in ["-half" if n.endswith("-half") else ""]]
    return table("On a GPU: mixed", ("method", "seconds", "sentence-transformers ÷ this"), [*rows, *lost(data, 2)])


TABLES = {"throughput": throughput, "query": query, "cold": cold, "memory": memory, "growth": growth, "dtype": dtype,
          "gpu": gpu}


def where(results):
    """The machine, when, how long, threads and versions."""
    rows = [(name, data["machine"]["date"], f"{data['took'] / 60:.1f}", data["machine"]["processor"],
             data["machine"]["cores"], " ".join(data["machine"]["instructions"])) for name, data in results.items()]
    made = [table("Where and when", ("part", "date", "minutes", "processor", "cores", "instructions"), rows)]
    about = {n: a for n, a in results.get("throughput", {}).get("threads", {}).items() if a}
    if about:
        made.append(table("Versions", ("method", "torch threads", "loaded"), [
            (METHODS[n].label, a["threads"] or "–", ", ".join(f"{p} {v}" for p, v in a["versions"].items()))
            for n, a in about.items()]))
    return "\n".join(made)


def machine():
    lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines() if pathlib.Path("/proc/cpuinfo").exists() else []
    facts = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
    flags = facts.get("flags", facts.get("Features", "")).split()
    return {"date": datetime.date.today().isoformat(), "processor": facts.get("model name") or platform.processor() or
            platform.machine(), "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
            "instructions": [flag for flag in FLAGS if flag in flags], "system": platform.system(),
            "python": platform.python_version()}
