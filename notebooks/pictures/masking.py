"""The pictures of 04."""
import numpy as np
from matplotlib.figure import Figure

from pictures.paper import BLUE, GREY, ORANGE, PALE, paper


def states(hidden: np.ndarray, pieces: list[str], real: int, title: str) -> Figure:
    """A row for each token, its first 40 numbers in colours; `hidden`: (T, D); padding framed."""
    fig, ax = paper(11, 4.2)
    ax.pcolormesh(np.asarray(hidden)[:, :40], cmap="RdBu_r", vmin=-1, vmax=1, ec="white")
    ax.axhspan(real, len(pieces), fill=False, ec=ORANGE, lw=4, clip_on=False)
    for t, piece in enumerate(pieces):
        ax.text(-0.5, t + 0.5, piece, c="black" if t < real else ORANGE, ha="right", va="center")
    ax.set(ylim=(len(pieces), 0), xlabel="first 40 numbers: red positive, blue negative")
    ax.set_title(title, weight="bold")
    return fig


def grids(shown: dict[str, np.ndarray], names: list[str], result: str) -> Figure:
    """Grids of (T, 1) or (T, D), with the places' T names, the last a padding; what comes out."""
    wide = [np.shape(grid)[1] for grid in shown.values()]
    fig, axes = paper(12, 3.2, columns=len(shown) + 1, width_ratios=[*wide, 2.4])
    for ax, (name, grid), D in zip(axes, shown.items(), wide, strict=False):
        colours = [["#cfe8f7"] * D] * (len(names) - 1) + [["#fdeccb"] * D]
        ax.table(np.asarray(grid, int), colours, "center", bbox=[0, 0, 1, 1]).set_fontsize(18)
        ax.set_title(name, size=15)
    axes[0].set_yticks(1 - (np.arange(len(names)) + 0.5) / len(names), [f"{n} " for n in names])
    axes[-1].text(0.6, 0.5, result, c=ORANGE, size=20, ha="center", va="center")
    return fig


def costs(pads: list[int], curves: dict[str, np.ndarray], title: str) -> Figure:
    """A curve for each mistake over the padding tokens; `curves`: (pads, 3), mean and interval."""
    fig, ax = paper(10, 4.4)
    for (name, curve), ink in zip(curves.items(), (BLUE, ORANGE), strict=True):
        mean, low, high = np.transpose(curve)
        ax.fill_between(pads, low, high, color=ink, alpha=0.2, lw=0)
        ax.semilogx(pads, mean, "o-", base=2, c=ink, lw=3)
        ax.text(72, mean[-1], f"forgotten\n{name}", va="center", c=ink)
    ax.set(xticks=pads, xticklabels=pads, xlabel="padding tokens   (pale: 95 % range)",
           yticks=np.arange(-10, 11) / 10, ylim=ax.get_ylim(), ylabel="cosine with\nthe text alone")
    ax.grid(axis="y", c=PALE)
    ax.set_title(title, weight="bold")
    return fig


def turn(real: int, places: int, masks: tuple[bool, bool], cosine: float) -> Figure:
    """The tokens as attention and pooling see them, padding orange; two vectors' true angle."""
    fig, axes = paper(12, 4, columns=3, size=16, width_ratios=[1, 1, 1.3])
    for ax, name, masked in zip(axes, ("attention sees", "pooling counts"), masks, strict=False):
        fill = [BLUE] * real + ["white" if masked else ORANGE] * (places - real)
        ax.scatter(np.arange(places) % 8, -(np.arange(places) // 8), 150, fill, ec=GREY)
        ax.set(aspect="equal", xlim=(-1.5, 8.5), ylim=(-7.8, 0.8),
               xlabel=f"{name}\n{'the text alone' if masked else 'padding too'}")
    for x, name, ink, w, up in (1, "without", BLUE, 11, -0.24), (cosine, "with", ORANGE, 6, 0.14):
        y, look = max(1 - x * x, 0) ** 0.5, {"color": ink, "width": w, "headwidth": 3 * w}
        axes[2].annotate("", (x, y), (0, 0), arrowprops=look)
        axes[2].text(x, y + up, f"{name} padding", c=ink, ha="center")
    axes[2].set(aspect="equal", xlim=(-0.2, 1.4), ylim=(-0.3, 1.25))
    fig.suptitle(f"{places} tokens, {places - real} padding: cosine {cosine:.2f}")
    return fig


def ruler(moves: dict, sizes: dict, pages: int, title: str) -> Figure:
    """Differences on a log scale with 0: arrows, bf16 to fp32; (texts,) dots, then pages."""
    fig, ax = paper(11, 4.8, size=14)
    ax.axvline(1e-5, c="black", ls="--")
    ax.text(1e-5, -0.7, "rounding (fp32)   look for the bug", ha="center")
    for y, (old, new) in enumerate(moves.values()):
        ax.plot([max(new, 1e-9), old], [y, y], "<-", c=BLUE if new < 1e-5 else ORANGE, lw=3, ms=11,
                markevery=[0])
    for y, size in enumerate(sizes.values(), len(moves)):
        dots, squares = np.split(np.maximum(size, 1e-9), [-pages])
        ax.plot(dots, 0 * dots + y, "o", squares, 0 * squares + y, "s", c=BLUE, alpha=0.4)
    ax.set(xscale="log", xlim=(6e-10, 1.3), ylim=(6.5, -1.2), yticks=range(7),
           yticklabels=[*moves, *sizes], xlabel="largest difference   (● short text   ■ page)")
    ax.set_xticks([1e-9, 1e-7, 1e-5, 1e-3, 0.1], ["0", "10⁻⁷", "10⁻⁵", "10⁻³", "10⁻¹"])
    ax.set_title(title, weight="bold")
    return fig
