"""How notebooks show things, and what a learner reads who runs cells out of order."""
import pathlib
import re

import nbformat
import pytest
from matplotlib import pyplot
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
    assert re.match(r'<img alt="a line from &quot;0&quot; to &lt;1&gt;" src="data:image/png;base64,iVBOR[\w+/=]+"', shown[0])
    assert not pyplot.get_fignums()


def test_tables_escape_what_they_show(shown):
    show.table([["<s>", 1]], ["piece", "id"])
    show.tokens(["</s>", "a & b"], [2, 7])
    assert "<td>&lt;s&gt;</td><td>1</td>" in shown[0] and "<th>piece</th><th>id</th>" in shown[0]
    assert "<code>&lt;/s&gt;</code>" in shown[1] and "<code>a &amp; b</code>" in shown[1]


def test_the_machines_table_names_no_path_of_the_machine(shown, tiny_bge):
    show.machine(str(tiny_bge))
    assert "a folder of your own" in shown[0] and str(tiny_bge.parent.parent) not in shown[0]
    assert re.search(r"<td>free memory</td><td>\d+\.\d GiB</td>", shown[0])


def test_cells_out_of_order_get_a_hint():
    sources = ["from helpers import show\nshow.begin()", "print(hidden_state)"]
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    notebook = nbformat.v4.new_notebook(cells=cells)
    with pytest.raises(CellExecutionError):
        NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    assert "Ready. Model: " in notebook.cells[0].outputs[0].text
    seen = "".join(notebook.cells[1].outputs[0].traceback)
    assert "NameError" in seen and "A cell further up makes 'hidden_state'" in re.sub(r"\x1b\[[\d;]*m", "", seen)


def test_a_linked_copy_leaves_out_and_changes_what_it_is_told(tiny_bge):
    copy = linked_copy(tiny_bge, without=["sparse_linear.pt"], changes={"1_Pooling/config.json": {"pooling_mode": "max"}})
    names = {path.relative_to(copy).as_posix() for path in pathlib.Path(copy).rglob("*") if path.is_file()}
    assert names == {p.relative_to(tiny_bge).as_posix() for p in tiny_bge.rglob("*") if p.is_file()} - {"sparse_linear.pt"}
    assert pathlib.Path(copy, "1_Pooling/config.json").read_text() == '{"pooling_mode": "max"}'
    assert "cls_token" in (tiny_bge / "1_Pooling" / "config.json").read_text(), "the original is untouched"
