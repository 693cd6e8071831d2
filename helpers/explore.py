"""Controls that redraw: a lesson's own function, called again whenever the reader moves something. For notebooks only.

Uses what ipywidgets 7 (Colab) and 8 have in common, and no JavaScript of its own.
"""
import html
import inspect
import sys

import ipywidgets
from IPython.display import display
from matplotlib.figure import Figure

from helpers import markup

VIEW = "application/vnd.jupyter.widget-view+json"
LOOK = "jp-RenderedHTMLCommon rendered_html"        # tables look as they do outside of a widget


def live(draw, alt="", **controls):
    """Show `draw(**values)` under its controls, and again after every move of one of them.

    `draw` returns HTML, or a Figure: then `alt` is its alt text, and the figure's suptitle, which tells its state, ends it.
    A control is made as ipywidgets' `interact` makes it: (low, high) is a slider, True or False a box to tick, a str a
    field for text; a list is a slider too. Its label is the parameter's name; a slider starts at the parameter's default.
    Without a kernel the reader sees the first picture.
    """
    inputs = {name: _control(name, kind, inspect.signature(draw).parameters[name].default)
              for name, kind in controls.items()}
    shown = ipywidgets.HTML()

    def redraw(change=None):
        try:
            shown.value = _page(draw(**{name: control.value for name, control in inputs.items()}), alt)
        except Exception as error:                  # in a callback it would vanish into a log
            if change is None:
                raise
            shown.value = f"<p>{type(error).__name__}: {html.escape(str(error))}</p>"

    redraw()
    for control in inputs.values():
        control.observe(redraw, "value")
    box = ipywidgets.VBox([*inputs.values(), shown])
    # One output in three forms: a front end with a kernel takes the widget, any other the picture. Which form Colab takes
    # is not written down anywhere, so there the picture is left out.
    forms = {VIEW: {"version_major": 2, "version_minor": 0, "model_id": box.model_id}, "text/html": shown.value,
             "text/plain": f"an explorer with the controls {', '.join(inputs)}: run this cell"}
    if "google.colab" in sys.modules:
        del forms["text/html"]
    display(forms, raw=True)


def _control(name, kind, default):
    """A control with its label in full beside it."""
    if isinstance(kind, list):                      # no drop-down: JupyterLab takes its arrow keys to move between cells
        control = ipywidgets.SelectionSlider(options=kind, value=kind[0] if default is inspect.Parameter.empty else default)
    else:
        control = ipywidgets.interactive.widget_from_abbrev(kind, default)
    if control is None:
        raise ValueError(f"{name}: no control can be made from {kind!r}; give (low, high), a list, True, False or a str")
    control.description = name.replace("_", " ")
    control.style.description_width = "initial"
    control.layout.width = "32em"
    return control


def _page(drawn, alt):
    """What `draw` returned, as the HTML that is shown."""
    if isinstance(drawn, Figure):
        drawn = markup.picture(drawn, f"{alt} {drawn.get_suptitle()}".strip(), dpi=90, trim=None)
    for tag, style in {"<table>": "margin-left: 0", "<td>": "text-align: left", "<th>": "text-align: left"}.items():
        drawn = drawn.replace(tag, f'{tag[:-1]} style="{style}">')      # a widget's table would stand in the middle
    return f'<div class="{LOOK}">{drawn}</div>'
