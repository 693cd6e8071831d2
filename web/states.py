"""Explorers on a page without a kernel: a few of their states, each drawn by the explorer itself."""
import nbformat
from execute import execute

from helpers import model_dir

EXPLORER = "from helpers import explore"            # how an explorer's cell begins


def states(*names):
    """-> a function that names the values of one state after another."""
    return lambda *rows: [dict(zip(names, row, strict=True)) for row in rows]


# Notebook -> the values of its controls, state by state: chosen to answer the questions above the explorer.
STATES = {
    "02_tokenizer": states("text")(
        ["tokenizing happiness, 世界 🙂"], ["tokenizing unhappiness, 世界 🙂"],
        ["tokenizing unhappine, 世界"], ["tokenizing"]),
    "04_masking": states("padded_to", "mask_in_attention", "mask_in_pooling")(
        (16, True, False), (64, True, False), (64, False, True), (64, True, True)),
    "05_pooling": states("questions_pooled_by", "passages_pooled_by")(
        ("mean", "mean"), ("cls", "mean"), ("cls", "cls"), ("max", "max")),
    "07_rebuild": states("query")(
        ["what pulls the sea up and down"], ["what helps against insomnia"], ["insomnia"], ["what helps"]),
    "08_inside_the_encoder": states("layer", "head")((0, 0), (2, 0), (5, 0), (0, 1)),
}

# Runs before the notebook: its explorer is shown once per state. A slider starts at its parameter's default, which the
# partial function replaces; a box and a field start at what makes them.
FIRST = """
import functools, html
from IPython.display import HTML, display
from helpers import explore

def in_states(draw, alt="", live=explore.live, **controls):
    for state in {states!r}:
        words = (f"{{name.replace('_', ' ')}}: <strong>{{html.escape(str(value))}}</strong>" for name, value in state.items())
        display(HTML(f"<p>{{', '.join(words)}}</p>"))
        kinds = {{name: state[name] if isinstance(kind, (bool, str)) else kind for name, kind in controls.items()}}
        live(functools.partial(draw, **state), alt, **kinds)

explore.live = in_states
"""


def with_states(path):
    """A notebook as it is saved, but for its explorer: that shows its states. Runs the cells up to it; -> the notebook."""
    notebook = nbformat.read(path, as_version=4)
    for at, cell in enumerate(notebook.cells):
        if cell.source.startswith(EXPLORER) and path.stem in STATES:
            first = FIRST.format(states=STATES[path.stem])
            ran = execute(path, model_dir("all-MiniLM-L6-v2"), first, until=at + 1)
            cell.outputs = [page(output) for output in ran.cells[-1].outputs]
    return notebook


def page(output):
    """One output without its widget, which has no kernel to live in."""
    return nbformat.v4.new_output("display_data", {"text/html": output.data["text/html"]})
