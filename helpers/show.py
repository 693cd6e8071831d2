"""How a notebook shows things: the start of a lesson, pictures with alt text, tables, explorers."""
import builtins
import contextlib
import difflib
import html
import inspect
import io
import os
import sys
from collections.abc import Callable, Iterable, Sequence

import ipywidgets  # 7 (Colab) or 8: nothing here that only one of them has
from IPython import get_ipython
from IPython.core.pylabtools import print_figure
from IPython.display import HTML, display

from helpers.models.find import identify, model_dir
from helpers.models.plain import plain_copy

OKABE_ITO = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442"]
PALE = ("#cfe8f7", "#fdeccb")           # under black text, neighbours apart
LIGHT = 0.47                            # of cividis: from here on black is easier to read


def begin() -> None:
    """Start a lesson: quiet libraries, no network unless asked for, a hint for a missing name."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")                # a hub id offline costs a minute
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")  # also silences "Loading weights"
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("KMP_DUPLICATE_LIB_OK", "TRUE")   # macOS: torch and FAISS bring one each
    if get_ipython():
        get_ipython().set_custom_exc((NameError,), _missing_name)
    folder = model_dir()
    print("Ready. Model:", identify(folder) or f"the one in {folder}")
    copy, without = plain_copy(folder)
    if without:
        os.environ["EMBED_MODEL"] = copy
        print("Left out in these lessons:", ", ".join(without))
    if identify(folder) is None:
        from transformers import AutoModel  # here: a model of one's own is rare

        from helpers.encoder.weights import model_class
        kind, config = model_class(folder)      # of T5 the encoder alone, as Encoder takes it
        AutoModel.register(type(config), kind, exist_ok=True)


def _missing_name(shell, kind, error, trace, tb_offset=None) -> None:
    """Add a hint to a NameError: a name that exists and is like it; cells that may not have run."""
    known = {*dir(builtins), *(name for name in shell.user_ns if not name.startswith("_"))}
    like = difflib.get_close_matches(error.name or "", known, n=1, cutoff=0.8)
    hint = f"Did you mean {like[0]!r}? " if like else ""
    if error.name:                          # a function's own variable has none here
        error.add_note(hint + f"If a cell further up makes {error.name!r}, it has not run here. "
                       "In the menu: Run > Run All Above Selected Cell; then run this cell again.")
    shell.showtraceback((kind, error, trace), tb_offset)


def figure(fig: object, alt: str, dpi: int = 120, trim: str | None = "tight") -> None:
    """Show a matplotlib figure as a PNG with alt text, and close it. `trim=None` is faster."""
    from matplotlib import pyplot
    data = print_figure(fig, bbox_inches=trim, base64=True, dpi=dpi, facecolor="white",
                        metadata={"Software": None})
    pyplot.close(fig)
    _put(f'<img alt="{html.escape(alt)}" src="data:image/png;base64,{data}" '
         'style="max-width: 100%">')


def table(rows: Iterable[Sequence], columns: Sequence) -> None:
    """Show rows of strings (already formatted) as a plain table with a heading per column."""
    _put_table([[_tag("td", entry) for entry in row] for row in rows],
               [_tag("th", name) for name in columns])


def tokens(pieces: Sequence[str], ids: Sequence[int]) -> None:
    """Show pieces of a text side by side, each over its id, in alternating colours."""
    rows = []
    for name, entries in (("piece", pieces), ("id", ids)):
        rows.append([_tag("th", name)])
        for i, entry in enumerate(entries):
            style = f"background-color: {PALE[i % 2]}; color: black"
            rows[-1].append(f'<td style="{style}">{_tag("code", entry)}</td>')
    _put_table(rows)


def heat(numbers: Iterable, rows: Iterable, columns: Iterable, spec: str = ".2f") -> None:
    """Show numbers, (R, C), with names: each on its colour, from dark (0) to bright (1)."""
    from matplotlib import colormaps, colors
    lines, middle = [], "text-align: center"
    for name, line in zip(rows, numbers, strict=True):
        lines.append([_tag("th", name)])
        for number in map(float, line):
            back, ink = colormaps["cividis"](number), "black" if number > LIGHT else "white"
            style = f"{middle}; background-color: {colors.to_hex(back)}; color: {ink}"
            lines[-1].append(_tag("td", format(number, spec), style))
    _put_table(lines, [_tag("th", ""), *(_tag("th", name, middle) for name in columns)])


def live(draw: Callable, alt: str = "", states: Iterable = (), **controls: object) -> None:
    """Show what `draw(**values)` shows under its controls, and again after each move of one.

    `draw` prints and shows as any cell does, or returns a Figure, whose alt text is `alt` and its
    suptitle. `controls`: for each parameter (low, high), a list, True, False or a str. `states`:
    values, or tuples of one for each control, that a reader without a kernel sees after each other.
    """
    known, shown = inspect.signature(draw).parameters, ipywidgets.HTML()
    inputs = {name: _control(name, kind, known[name].default) for name, kind in controls.items()}

    def redraw(change=None):
        try:
            shown.value = _page(draw, {name: box.value for name, box in inputs.items()}, alt)
        except Exception as error:                  # in a callback it would vanish into a log
            if change is None:
                raise
            shown.value = _tag("p", f"{type(error).__name__}: {error}")

    redraw()
    for control in inputs.values():
        control.observe(redraw, "value")
    box = ipywidgets.VBox([*inputs.values(), shown])
    view = {"version_major": 2, "version_minor": 0, "model_id": box.model_id}
    forms = {"application/vnd.jupyter.widget-view+json": view,      # for front ends with a kernel
             "text/plain": f"an explorer with the controls {', '.join(inputs)}: run this cell"}
    if "google.colab" not in sys.modules:       # which form Colab takes is written down nowhere
        states = [state if isinstance(state, tuple) else (state,) for state in states]
        pages = [_page(draw, dict(zip(inputs, state, strict=True)), alt, True) for state in states]
        forms["text/html"] = "\n".join(pages) or shown.value
    display(forms, raw=True)


def _control(name: str, kind: object, default: object) -> ipywidgets.ValueWidget:
    """A control with its label in full beside it."""
    if isinstance(kind, list):      # no drop-down: JupyterLab's arrow keys move between cells there
        first = kind[0] if default is inspect.Parameter.empty else default
        kind = ipywidgets.SelectionSlider(options=kind, value=first)
    control = ipywidgets.interactive.widget_from_abbrev(kind, default)
    if control is None:
        raise ValueError(f"{name}: no control can be made from {kind!r}; give (low, high), a list, "
                         "True, False or a str")
    control.description = name.replace("_", " ")
    control.style.description_width = "initial"
    control.layout.width = "32em"
    return control


class _Page(io.StringIO):
    """Where an explorer draws while it stands in for sys.stdout: what is printed is escaped."""
    def write(self, text: str) -> int:
        """Take what was printed."""
        return super().write(html.escape(text).replace("\n", "<br>\n"))


def _page(draw: Callable, values: dict, alt: str, named: bool = False) -> str:
    """What `draw` prints, shows and returns for these values, as HTML. `named`: they are above."""
    with contextlib.redirect_stdout(_Page()) as page:
        if named:
            said = [f"{name.replace('_', ' ')}: {_tag('strong', values[name])}" for name in values]
            _put(f"<p>{', '.join(said)}</p>\n")
        drawn = draw(**values)
        if hasattr(drawn, "savefig"):
            figure(drawn, f"{alt} {drawn.get_suptitle()}".strip(), dpi=90, trim=None)
        elif drawn is not None:
            print(drawn)
    text = page.getvalue().replace("<table>", '<table style="margin-left: 0">')  # not in the middle
    for tag in ("td", "th"):
        text = text.replace(f"<{tag}>", f'<{tag} style="text-align: left">')
    return f'<div class="jp-RenderedHTMLCommon rendered_html">{text}</div>'    # looks as outside


def _put(shown: str) -> None:
    """Show HTML: on the page of the explorer that is drawing, or under the cell."""
    if isinstance(sys.stdout, _Page):
        io.StringIO.write(sys.stdout, shown)
    else:
        display(HTML(shown))


def _put_table(rows: list[list[str]], head: Sequence[str] = ()) -> None:
    """Show rows of cells, and perhaps a head of them, as a table."""
    top = f"\n<thead><tr>{''.join(head)}</tr></thead>\n" if head else ""
    body = "".join(f"<tr>{''.join(row)}</tr>\n" for row in rows)
    _put(f"<table>{top}<tbody>\n{body}</tbody>{top[:1]}</table>")


def _tag(name: str, text: object, style: str = "") -> str:
    """A text in a tag, escaped."""
    look = f' style="{style}"' if style else ""
    return f"<{name}{look}>{html.escape(str(text))}</{name}>"
