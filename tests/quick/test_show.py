"""How notebooks show things, and what a learner reads who runs cells out of order."""
import pathlib
import re

import nbformat
import pytest
from matplotlib import pyplot
from matplotlib.colors import to_rgb
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from helpers import show
from helpers.models.folder import linked_copy


@pytest.fixture
def shown(monkeypatch):
    """What was displayed, as HTML."""
    pieces = []
    monkeypatch.setattr(show, "display", lambda html: pieces.append(html.data))
    return pieces


def test_a_figure_is_a_png_with_alt_text_and_is_closed(shown):
    fig, ax = pyplot.subplots()
    show.figure(fig, 'a line from "0" to <1>')
    assert re.match(r'<img alt="a line from &quot;0&quot; to &lt;1&gt;" '
                    r'src="data:image/png;base64,iVBOR[\w+/=]+"', shown[0])
    assert not pyplot.get_fignums()


def test_tables_escape_what_they_show(shown):
    show.table([["<s>", 1]], ["piece", "id"])
    show.tokens(["</s>", "a & b"], [2, 7])
    assert "<td>&lt;s&gt;</td><td>1</td>" in shown[0] and "<th>piece</th><th>id</th>" in shown[0]
    assert "<code>&lt;/s&gt;</code>" in shown[1] and "<code>a &amp; b</code>" in shown[1]


def test_cells_out_of_order_get_a_hint():
    sources = ["from helpers import show\nshow.begin()", "print(hidden_state)"]
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    notebook = nbformat.v4.new_notebook(cells=cells)
    with pytest.raises(CellExecutionError):
        NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    assert "Ready. Model: " in notebook.cells[0].outputs[0].text
    seen = "".join(notebook.cells[1].outputs[0].traceback)
    assert "NameError" in seen
    assert "If a cell further up makes 'hidden_state'" in re.sub(r"\x1b\[[\d;]*m", "", seen)


class Shell:
    """What the hint needs of IPython: the names of a notebook, and where a traceback goes."""
    user_ns = {"mask": 1, "last_hidden_state": 2, "_secret": 3}

    def showtraceback(self, shown, tb_offset):
        self.notes = getattr(shown[1], "__notes__", [])


@pytest.mark.parametrize("name, meant", [
    ("prnt", "print"), ("masks", "mask"), ("hidden_state", "last_hidden_state"), ("lenn", "len"),
    ("query", None), ("secret", None), ("x", None)])
def test_a_hint_says_nothing_that_it_does_not_know(name, meant):
    """A name that is like another may be a typo; no kernel knows what the other cells make."""
    shell = Shell()
    show._missing_name(shell, NameError, NameError("no", name=name), None)
    [hint] = shell.notes
    assert hint.startswith(f"Did you mean {meant!r}? If a" if meant else "If a")
    assert f"If a cell further up makes {name!r}, it has not run here." in hint
    assert "Run All Above Selected Cell" in hint


def test_an_error_without_a_name_is_shown_as_it_is():
    """Raised by hand, or of a function's own variable, which no cell makes."""
    for error in (NameError("by hand"), UnboundLocalError("cannot access local variable 'x'")):
        shell = Shell()
        show._missing_name(shell, type(error), error, None)
        assert shell.notes == []


def files(folder):
    """The names of the files in a folder and below."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_a_linked_copy_leaves_out_and_changes_what_it_is_told(tiny_bge):
    copy = linked_copy(tiny_bge, without=["sparse_linear.pt"],
                       changes={"1_Pooling/config.json": {"pooling_mode": "max"}})
    assert files(pathlib.Path(copy)) == files(tiny_bge) - {"sparse_linear.pt"}
    assert pathlib.Path(copy, "1_Pooling/config.json").read_text() == '{"pooling_mode": "max"}'
    original = (tiny_bge / "1_Pooling" / "config.json").read_text()
    assert "cls_token" in original, "the original is untouched"


def test_a_heat_table_has_every_number_on_its_colour(shown):
    show.heat([[0.0, 1.0], [0.25, 2.0]], ["<s>", "b"], ["c", "d"], spec=".0%")
    [page] = shown
    cells = re.findall(r'<td style="text-align: center; background-color: (#\w{6}); '
                       r'color: (\w+)">([^<]*)</td>', page)
    assert [number for _, _, number in cells] == ["0%", "100%", "25%", "200%"]
    assert [text for _, text, _ in cells] == ["white", "black", "white", "black"]
    black, bright, dark, beyond = (back for back, _, _ in cells)
    assert bright == beyond != black != dark, "beyond the end is the end's colour"
    assert "<th>&lt;s&gt;</th>" in page and page.count("<tr>") == 3


def test_every_number_of_a_heat_table_can_be_read(shown):
    """The contrast of text and colour is at least 4.5, which WCAG asks for."""
    show.heat([[i / 200 for i in range(201)]], ["a"], range(201))
    [page] = shown
    for back, text in re.findall(r"background-color: (#\w{6}); color: (\w+)", page):
        bright, dark = sorted((luminance(back), luminance(text)), reverse=True)
        assert (bright + 0.05) / (dark + 0.05) >= 4.5, (back, text)


def luminance(colour):
    """The relative luminance of a colour, as WCAG defines it."""
    parts = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour))
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), parts, strict=True))
