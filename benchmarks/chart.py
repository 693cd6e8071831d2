"""The picture: how near each method comes to the machine's own rate, on each corpus."""
from methods import METHODS
from targets import limit, medians, share

OURS, OTHERS, REFERENCE = "#D55E00", "#56B4E9", "#0072B2"       # Okabe and Ito


def draw(results):
    """A bar for each method, the share of the limit; the whisker runs from its slowest to its fastest round."""
    from matplotlib.figure import Figure
    corpora = results["throughput"]["corpora"]
    order = sorted(medians(results, "mixed"), key=medians(results, "mixed").get, reverse=True)
    figure = Figure(figsize=(13, 0.42 * len(order) + 1.6), layout="constrained")
    axes = figure.subplots(1, len(corpora), sharey=True, squeeze=False)[0]
    for axis, (corpus, facts) in zip(axes, corpora.items(), strict=True):
        for i, name in enumerate(order):
            part, seconds = share(results, corpus, name), results["throughput"]["seconds"][corpus].get(name)
            if part:
                ends = [100 * facts["gflop"] / s / limit(results) for s in (max(seconds), min(seconds))]
                color = OURS if name == "ours" else REFERENCE if name == "langchain" else OTHERS
                axis.barh(i, 100 * part, color=color)
                axis.plot(ends, [i, i], color="black", linewidth=1.2)
                ink = "white" if color == REFERENCE else "black"
                axis.text(2, i, f"{100 * part:.0f} %", va="center", fontsize=11, color=ink)
        axis.set_title(f"{corpus}: {facts['texts']:,} texts, {facts['tokens']:,} tokens", fontsize=12)
        axis.set(xlim=(0, 112), xlabel="% of the matrix-product rate")
        axis.axvline(100, color="black", linestyle=":")
        axis.spines[["top", "right"]].set_visible(False)
    axes[0].set_yticks(range(len(order)), [METHODS[n].label.replace("*", "").replace("`", "") for n in order], fontsize=11)
    return figure


def alt(results):
    """The picture in words."""
    parts = {c: (share(results, c, "ours"), share(results, c, "langchain")) for c in results["throughput"]["corpora"]}
    return "Share of the machine's matrix-product rate. " + "; ".join(
        f"{c}: Encoder {a:.0%}, LangChain {b:.0%}" for c, (a, b) in parts.items() if a and b)
