"""Results as tables; kept in results.json and between two marks in README.md, with a picture."""
import datetime
import json
import os
import pathlib
import platform
import statistics

from goals import goals, medians, ratio, speeds
from methods import METHODS

HERE = pathlib.Path(__file__).resolve().parent
MARKS = "<!-- results: written by python3 run.py bench -->", "<!-- end of results -->"
FLAGS = ("avx2", "fma", "avx512f", "avx512_bf16", "avx512_vnni", "amx_tile", "amx_bf16", "asimd",
         "bf16", "sve")


def keep(done: dict) -> dict:
    """Put these parts beside those measured before; write README.md and the picture: -> all."""
    import chart
    file, readme = HERE / "results.json", HERE / "README.md"
    kept = json.loads(file.read_text("utf-8")) if file.exists() else {}
    results = {**kept, **json.loads(json.dumps(done))}
    file.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", "utf-8")
    shown = text(results)
    if "throughput" in results:
        chart.draw(results).savefig(HERE / "throughput.png", dpi=110, metadata={"Software": None})
        shown = f"![{chart.alt(results)}](throughput.png)\n\n{shown}"
    before, _, rest = readme.read_text("utf-8").partition(MARKS[0])
    after = rest.partition(MARKS[1])[2]
    readme.write_text(f"{before}{MARKS[0]}\n\n{shown}\n{MARKS[1]}{after}", "utf-8")
    return results


def text(results: dict) -> str:
    """All tables, as Markdown: goals, parts, machine."""
    goal_table = table("Goals", "what|against|goal|measured|", goals(results))
    tables = [shown(results) for part, shown in PARTS.items() if part in results]
    return "\n".join([goal_table, *tables, machines(results)])


def table(title: str, head: str, rows: list, failed: dict | None = None, note: str = "") -> str:
    """A table, which ends with the methods that failed, and why."""
    columns = head.split("|")
    reasons = [(label(name), why.replace("|", "\\|"), *[""] * (len(columns) - 2))
               for name, why in (failed or {}).items()]
    lines = ["| " + " | ".join(map(str, row)) + " |" for row in [columns, *rows, *reasons]]
    lines.insert(1, "|" + "---|" * len(columns))
    return "\n".join([f"### {title}", "", *([note, ""] if note else []), *lines, ""])


def label(name: str) -> str:
    return METHODS[name].label


def number(value: float | None, form: str) -> str:
    return "–" if value is None else format(value, form)


def rounds(values: list[float], digits: int) -> tuple[str, str, int]:
    """The cells of what was measured several times: median, min–max, how often."""
    low, middle, high = (format(each, f".{digits}f") for each in
                         (min(values), statistics.median(values), max(values)))
    return middle, f"{low}–{high}", len(values)


def throughput(results: dict) -> str:
    """A table for each corpus, and one of the limit."""
    data, tables = results["throughput"], []
    for corpus, methods in speeds(results).items():
        rows, facts = [], data["corpora"][corpus]
        for name, speed in methods.items():
            batch = data["settings"].get(name)
            rows.append((label(name) + (f", batch {batch}" if batch else ""),
                         *rounds(data["seconds"][corpus][name], 2), number(speed.times, ".2f"),
                         f"{speed.rate:.0f}", number(speed.of_limit, ".0%"),
                         number(data["delta"][corpus].get(name), ".0e")))
        tables.append(table(
            f"Throughput: {corpus}", "method|seconds|min–max|rounds|LangChain ÷ this|GFLOP/s|"
            "of the limit|largest Δ", rows, data["failed"], f"{facts['texts']:,} texts, "
            f"{facts['tokens']:,} tokens, {facts['gflop']:,.0f} GFLOP."))
    rows = [(kind, *rounds(rates, 0)) for kind, rates in data["rates"].items() if rates]
    tables.append(table("The limit: matrix products alone", "how|GFLOP/s|min–max|visits", rows))
    return "\n".join(tables)


def query(results: dict) -> str:
    data = results["query"]
    p50 = {name: ms["p50"] for name, ms in data["ms"].items()}
    rows = [(label(name), f"{p50[name]:.1f}", f"{data['ms'][name]['p95']:.1f}",
             data["ms"][name]["calls"], number(ratio(p50, name, "langchain"), ".2f"))
            for name in sorted(p50, key=p50.get)]
    return table("One short query, warm", "method|p50 ms|p95 ms|calls|this ÷ LangChain", rows,
                 data["failed"], f"{data['tokens']} tokens.")


def cold(results: dict) -> str:
    data = results["cold"]
    seconds, peak = medians(data["seconds"]), medians(data["peak"])
    rows = [(label(name), *rounds(data["seconds"][name], 2), number(peak.get(name), ",.0f"))
            for name in sorted(seconds, key=seconds.get)]
    return table("Cold start and memory", "method|seconds to first vector|min–max|rounds|peak MB",
                 rows, data["failed"])


def memory(results: dict) -> str:
    data = results["memory"]
    rows = [(label(way), *(f"{mb[key]:,.0f}" for key in ("loaded", "result", "extra")))
            for way, mb in data["ways"].items()]
    return table(f"Memory for {data['texts']:,} short texts",
                 "way|model loaded, MB|result, MB|above both, MB", rows, data.get("failed"))


def growth(results: dict) -> str:
    data = results["growth"]
    rows = [(f"{int(n):,}", *rounds(ms, 3)[:2]) for n, ms in data["ms"].items() if ms]
    return table("Time for each text as their number grows", "short texts|ms for each|min–max",
                 rows, data["failed"])


def dtype(results: dict) -> str:
    data, rows = results["dtype"], []
    for name in data["median"]:
        cells, loss = ["–"] * 4, data["loss"].get(name)
        if loss:
            cells = [f"{loss['delta']:.0e}", f"{loss['cosine']:.6f}",
                     f"{loss['right']} of {loss['questions']}", loss["changed"]]
        rows.append((label(name), number(ratio(data["median"], "ours", name), ".2f"), *cells))
    return table("Smaller numbers", "dtype|speed ÷ float32's|largest Δ|least cosine|"
                 "answers found first|questions whose first five changed", rows, data["failed"])


def gpu(results: dict) -> str:
    data, rows = results["gpu"], []
    for name, seconds in data["median"].items():
        other = "gpu-st-half" if name.endswith("-half") else "gpu-st"
        times = number(ratio(data["median"], other, name), ".2f")
        rows.append((label(name), f"{seconds:.2f}", times))
    return table("On a GPU: mixed", "method|seconds|sentence-transformers ÷ this", rows,
                 data["failed"])


PARTS = {part.__name__: part for part in (throughput, query, cold, memory, growth, dtype, gpu)}


def machines(results: dict) -> str:
    """Where and when each part ran; the versions of what was measured."""
    rows = [(part, here["date"], f"{data['took'] / 60:.1f}", here["processor"], here["cores"],
             here.get("threads", "its default"), " ".join(here["instructions"]))
            for part, data in results.items() for here in [data["machine"]]]
    made = table("Where and when", "part|date|minutes|processor|cores|threads of each program|"
                 "instructions", rows)
    rows = [(label(name), about["threads"] or "–",
             ", ".join(f"{package} {version}" for package, version in about["versions"].items()))
            for name, about in results.get("throughput", {}).get("threads", {}).items() if about]
    return "\n".join([made, table("Versions", "method|torch threads|loaded", rows)] if rows
                     else [made])


def cores() -> int:
    """How many cores this process may use: the number of threads that each program is given."""
    usable = getattr(os, "sched_getaffinity", None)                     # not on every system
    return len(usable(0)) if usable else os.cpu_count()


def machine() -> dict:
    """The date, and what this machine is."""
    info = pathlib.Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    cpu = {key.strip(): value.strip() for key, _, value in (ln.partition(":") for ln in lines)}
    flags = cpu.get("flags", cpu.get("Features", "")).split()
    return {"date": datetime.date.today().isoformat(),
            "processor": cpu.get("model name") or platform.processor() or platform.machine(),
            "cores": cores(), "threads": cores(),
            "instructions": [flag for flag in FLAGS if flag in flags],
            "system": platform.system(), "python": platform.python_version()}
