"""The picture: how near each method comes to the machine's own rate, on each corpus."""
from goals import speeds
from matplotlib.figure import Figure
from methods import METHODS

COLORS = {"ours": "#D55E00", "langchain": "#0072B2"}        # Okabe and Ito
OTHERS, INT8 = "#56B4E9", "#BBBBBB"


def draw(results: dict) -> Figure:
    """A bar for each method, its share of the limit; a line from slowest round to fastest."""
    data, found = results["throughput"], speeds(results)
    order = list(reversed(found["mixed"]))
    figure = Figure(figsize=(13, 0.42 * len(order) + 1.6), layout="constrained")
    axes = figure.subplots(1, len(found), sharey=True, squeeze=False)[0]
    for axis, (corpus, methods) in zip(axes, found.items(), strict=True):
        for name in methods.keys() & {*order}:
            bar(axis, order.index(name), name, methods[name], data["seconds"][corpus][name])
        title = "{}: {texts:,} texts, {tokens:,} tokens".format(corpus, **data["corpora"][corpus])
        axis.set_title(title, fontsize=12)
        most = max(speed.of_limit or 0 for speed in methods.values())
        axis.set(xlim=(0, 112 * max(1, most)), xlabel="% of the matrix-product rate")
        axis.axvline(100, color="black", linestyle=":")
        axis.spines[["top", "right"]].set_visible(False)
    labels = [METHODS[name].label.replace("*", "").replace("`", "") for name in order]
    axes[0].set_yticks(range(len(order)), labels, fontsize=11)
    return figure


def bar(axis, y: int, name: str, speed, rounds: list[float]) -> None:
    """A method's bar; `rounds`: its seconds."""
    if speed.of_limit:
        percent = 100 * speed.of_limit
        axis.barh(y, percent, color=COLORS.get(name, INT8 if "int8" in name else OTHERS))
        ends = [percent * speed.seconds / seconds for seconds in (max(rounds), min(rounds))]
        axis.plot(ends, [y, y], color="black", linewidth=1.2)
        axis.text(2, y, f"{percent:.0f} %", va="center", fontsize=11,
                  color="white" if name == "langchain" else "black")


def alt(results: dict) -> str:
    """The picture in words."""
    said = [f"{corpus}: Encoder {methods['ours'].of_limit:.0%}, "
            f"LangChain {methods['langchain'].of_limit:.0%}"
            for corpus, methods in speeds(results).items()
            if all(name in methods and methods[name].of_limit for name in ("ours", "langchain"))]
    return "Share of the machine's matrix-product rate. " + "; ".join(said)
