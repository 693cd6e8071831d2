"""The pictures of 08."""
import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from pictures.paper import BLUE, GREY, ORANGE, paper

SKY, SAND = "#cfe8f7", "#fdeccb"        # under black numbers


def layer(D: int, H: int, I: int, L: int) -> Figure:     # noqa: E741
    """The encoder as boxes: embeddings, one layer of L, the last hidden state, with its shapes."""
    fig, ax = paper(13, 4.2, size=15)
    boxes = {0: ("ids", "white", "(B, T)"), 2.2: ("embed", SKY, f"(B, T, {D})"),
             5.3: ("attention", SAND, f"{H} heads of {D // H}"), 7.9: ("add,\nnorm", "white", ""),
             10.5: ("feed-\nforward", SAND, f"{D} → {I} → {D}"), 12.9: ("add,\nnorm", "white", ""),
             15.8: ("last hidden\nstate", SKY, f"(B, T, {D})")}
    for x, (name, fill, note) in boxes.items():
        ax.text(x, 0, name, ha="center", va="center", bbox={"fc": fill, "ec": GREY, "pad": 9})
        ax.text(x, -0.85, note, c=GREY, size=14, ha="center", va="top")
    for a, b in (0.5, 1.4), (3, 4.1), (6.5, 7.2), (8.6, 9.5), (11.5, 12.2), (13.6, 14.5):
        ax.annotate("", (b, 0), (a, 0), arrowprops={"arrowstyle": "->", "color": GREY})
    for a, b in (3.8, 7.9), (9, 12.9):
        ax.plot([a, a, b, b, b], [0, 1.2, 1.2, 0.6, 0.6], c=BLUE, lw=2, marker="v", markevery=[4])
        ax.text((a + b) / 2, 1.3, "kept, and added", c=BLUE, ha="center")
    ax.plot([3.5, 13.9, 13.9, 3.5, 3.5], [-1.5, -1.5, 1.9, 1.9, -1.5], c=ORANGE, lw=3, ls="--")
    ax.text(8.7, -1.7, f"one layer, × {L}: (B, T, {D}) in and out", c=ORANGE, ha="center", va="top")
    ax.set(xlim=(-0.6, 17), ylim=(-2.3, 2))
    return fig


def on_paper(tables: dict[str, np.ndarray], tokens: list[str], row: int, said: str) -> Figure:
    """Tables of (T, n) side by side: orange is the row that looks, framed the key it fits best."""
    wide, at = [max(1.15 * len(x[0]), 2.6) for x in tables.values()], np.arange(len(tokens)) + 0.5
    fig, axes = paper(14, 3.5, columns=len(tables), width_ratios=wide, size=13.5)
    for ax, (name, table) in zip(axes, tables.items(), strict=True):
        text = [[f"{x:.2f}".removesuffix(".00").replace("nan", "") for x in line] for line in table]
        ink = "white" if name[0] in "kv" else SAND
        fills = [[ink if y == row else "white"] * len(line) for y, line in enumerate(text)]
        _grid(ax, text, fills, 0, 0, 1, 1)
        ax.set(title=name, xlim=(0, 1), ylim=(0, 1))
        ax.set_xticks(*[at / len(at), tokens] if " s" in name else [[]])
    axes[0].set_yticks(1 - at / len(at), tokens)
    y = (np.array([0, 0, 1, 1, 0]) + int(list(tables.values())[3][row].argmax())) / len(at)
    axes[2].plot([0, 1, 1, 0, 0], 1 - y, c=BLUE, lw=5, clip_on=False)
    fig.supxlabel(said, c=ORANGE, size=17, y=-0.1)
    return fig


def _grid(ax, cells, fills, *box):
    ax.table(cells, fills, "center", bbox=box, transform=ax.transData).auto_set_font_size(False)


def cut(x: np.ndarray) -> Figure:
    """What view and transpose do to a text of 3 tokens, 4 numbers: (3, 4), (3, 2, 2), (2, 3, 2)."""
    fig, ax = paper(13, 3.4, size=15)
    for h, fill in enumerate((SKY, SAND)):
        for left, top in (2 * h, 0), (14, 3.4 * h - 1.7):
            _grid(ax, x[:, 2 * h:2 * h + 2], [[fill] * 2] * 3, left, -top - 3, 2, 3)
        for t in range(3):
            _grid(ax, [x[t, 2 * h:2 * h + 2]], [[fill] * 2], 5.6 + 2.4 * t, -1.5 - h, 2, 1)
    for at, y, said in ((2, -5.8, "(3, 4)"), (9, -5.8, "view → (3, 2, 2)"), (17, 0.2, "head 0"),
                        (15, -5.8, "transpose → (2, 3, 2)"), (17, -3.2, "head 1"),
                        *((6.6 + 2.4 * t, 0, f"token {t}") for t in range(3))):
        ax.text(at, y, said, ha="center", va="center")
    ax.set(xlim=(-0.3, 17.8), ylim=(-6.2, 1.8))
    return fig


def heads(shares: dict[str, np.ndarray], tokens: list[str]) -> Figure:
    """For each head its shares, (T, T), in %: white is 0, blue is 100; under 5 a cell is empty."""
    fig, axes = paper(13, 6.2, columns=len(shares), size=14, layout="tight")
    for ax, (name, table) in zip(axes, shares.items(), strict=True):
        ax.imshow(table, LinearSegmentedColormap.from_list("", ["white", BLUE]), vmin=0, vmax=1)
        for (y, x), p in np.ndenumerate(np.asarray(table).astype(object)):
            ax.text(x, y, f"{p:.0%}"[:-1] * (p > 0.05), c="kw"[p > 0.5], ha="center", va="center")
        ax.set(yticks=range(len(tokens)), yticklabels=tokens, title=name)
        ax.set_xticks(range(len(tokens)), tokens, rotation=60)
    fig.supxlabel("row: the token that looks; column: the one it looks at; shares in %")
    return fig
