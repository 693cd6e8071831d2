"""The pictures of 11."""
import numpy as np
from matplotlib.figure import Figure

from pictures.paper import BLUE, GREY, ORANGE, PALE, paper


def _grid(ax, table, rows, columns, size, **how):
    """A table as coloured squares; on its diagonal, orange frames of `size` squares."""
    frame_x, frame_y = np.array([[0, 1, 1, 0, 0], [0, 0, 1, 1, 0]]) * size
    for i in range(0, len(rows), size):
        ax.plot(frame_x + i, frame_y + i, c=ORANGE, lw=3, clip_on=False)
    ax.set_xticks(np.arange(len(columns)) + 0.5, columns, rotation=90 if len(columns) > 9 else 0)
    ax.set_yticks(np.arange(len(rows)) + 0.5, rows)
    ax.tick_params(length=0)
    ax.set(ylim=(len(rows), 0))
    return ax.pcolormesh(np.asarray(table), ec="white", **how)


def company(cosines: np.ndarray, words: list[str], title: str) -> Figure:
    """The cosine of every word with every other, (W, W); partners stand beside each other."""
    fig, ax = paper(11.5, 7, size=14, layout="constrained")
    inks = _grid(ax, cosines, words, words, 2, cmap="cividis", vmin=0, vmax=1)
    fig.colorbar(inks, ax=ax, label="cosine of two words (0 or less: dark)")
    return ax.set_title(title, weight="bold", size=17).figure


def batch(tables: dict, temperature: float, losses: np.ndarray, title: str) -> Figure:
    """Tables of questions by passages, (B, B) each; beside the last, each question's loss, (B,)."""
    fig, axes = paper(12.5, 4.2, columns=len(tables), size=16, layout="constrained")
    rows, columns = ([f"{n} {i}" for i in range(len(losses))] for n in ("question", "passage"))
    for ax, (name, table) in zip(axes, tables.items(), strict=True):
        _grid(ax, table, rows, columns, 1, cmap="Blues", vmin=0, vmax=1.6, lw=3)
        for (i, j), number in np.ndenumerate(np.asarray(table)):
            ax.text(j + 0.5, i + 0.5, f"{number:.2f}", ha="center", va="center")
        ax.set_title(name, size=16)
    axes[0].text(3.1, -0.1, f"÷ {temperature:g}, softmax →", c=ORANGE).set_in_layout(False)
    for i, loss in enumerate(losses):
        axes[-1].text(len(losses) + 0.1, i + 0.5, f"loss {loss:.2f}", c=ORANGE, va="center")
    return fig.suptitle(title, weight="bold", size=17).figure


def ways(dots: dict[str, tuple], title: str) -> Figure:
    """For each way (low, mean, high) twice: of the game found, and the change in general ones."""
    fig, axes = paper(12.5, 4.8, columns=2, size=15, layout="constrained", sharey=True)
    inks = [GREY if "trained" in way else ORANGE if way == "glossary" else BLUE for way in dots]
    for side, ax in enumerate(axes):
        for y, (ink, both) in enumerate(zip(inks, dots.values(), strict=True)):
            low, mean, high = both[side]
            ax.plot([low, high], [y, y], c=ink, lw=4, alpha=0.5, zorder=4)
            ax.scatter(mean, y, 130, ink, zorder=5)
            label = f"{mean:+.0f}".replace("-", "−") if side and round(mean) else f"{mean:.0f}"
            ax.text(mean, y - 0.38, label, c=ink, ha="center", va="center", backgroundcolor="white")
        ax.tick_params(axis="y", length=0)
    axes[0].set_yticks(range(len(dots)), dots)
    axes[1].axvline(0, c=PALE, lw=2, zorder=0)
    axes[0].set(ylim=(len(dots) - 0.5, -0.7), xlim=(-1, 37), xticks=[0, 9, 18, 27, 36],
                xlabel="game questions found, of 36")
    axes[1].set(xlim=(-36, 10), xticks=[-30, -20, -10, 0],
                xlabel="general questions, of 214: change")
    return fig.suptitle(title, weight="bold", size=17).figure


def spread(models: dict[str, tuple], line: float, title: str) -> Figure:
    """For each model the cosines of its right pairs, (n,), and its wrong ones, (m,); a line."""
    fig, axes = paper(12, 5.6, rows=len(models), size=15, layout="constrained", sharex=True)
    bins = np.linspace(-0.2, 1, 61)
    for ax, (name, (right, wrong)) in zip(axes, models.items(), strict=True):
        for y, part, ink, who in (1.05, wrong, GREY, "wrong"), (1.3, right, BLUE, "right"):
            heights, _ = np.histogram(part, bins)
            ax.bar(bins[:-1], heights / heights.max(), 0.02, align="edge", color=ink, alpha=0.55)
            ax.text(np.quantile(part, 0.3), y, f"{who} pairs", c=ink, ha="center", weight="bold")
        ax.axvline(line, c=ORANGE, ls="--", lw=3)
        ax.set(ylim=(-0.35, 1.55), xlim=(-0.2, 1))
        ax.set_ylabel(name, rotation=0, ha="right", va="center", weight="bold")
    ax.scatter(over := wrong[wrong > line], 0 * over - 0.14, 90, GREY, marker="|", lw=2)
    ax.text(line - 0.01, -0.2, f"each wrong pair above {line:g} →", c=GREY, ha="right")
    ax.set(xticks=np.arange(6) / 5, xlabel="cosine (each histogram has its own height)")
    axes[0].text(line, 1.04, f"{line:g} ", c=ORANGE, ha="right", weight="bold")
    return fig.suptitle(title, weight="bold", size=17).figure
