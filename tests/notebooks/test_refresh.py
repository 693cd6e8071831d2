"""refresh: what it refuses, what it keeps, and numbers that another processor might print apart."""
import asyncio
import pathlib
import subprocess
import sys

import nbformat
import pytest
import refresh
from nbformat.v4 import new_code_cell, new_notebook, new_output

ROOT = pathlib.Path(__file__).parents[2]
NOT_COMPARED = {"tags": ["nbval-ignore-output"]}
CLOSE = ["print(f'{0.1234999:.3f}')", "print(round(0.12345001, 4))", "print(f'{0.1234999:8.1%}')",
         "import torch; print(torch.tensor([0.5, 0.12345001]))",
         "import torch; print(f'{torch.tensor(0.1234999):.3f}')",
         "import numpy; print(f'{numpy.float32(0.1234999):.3f}')",
         "print(f'{3e-7:.0e}')", "print(f'{-2.4999999:.0f}')"]
FAR = ["print(f'{100 * 0.1234999:.1f}')", "print(f'{0.125:.2e}')", "print(round(7, 2), f'{5:.0f}')",
       "print(f'{0.0:.3f}')", "print(f'{float(\"nan\"):.3f}')",
       "import torch; print(torch.arange(3.0), torch.tensor([1, 2]))"]


REFUSED = {"1 / 0": "cell 0 fails: ZeroDivisionError: division by zero",
           CLOSE[0]: "cell 2: too near a rounding boundary: ['0.1234999 printed as 0.123']"}


async def close_calls(sources):
    """Run sources in one kernel, each as refresh does: -> {source: what it was refused for}."""
    cells = [new_code_cell(source) for source in sources]
    client = refresh.Client(new_notebook(cells=cells), kernel_name="python3", timeout=120)
    said = dict.fromkeys(sources, "")
    async with client.async_setup_kernel():
        for place, cell in enumerate(cells):
            try:
                await client.async_execute_cell(cell, place)
            except SystemExit as refused:
                said[cell.source] = str(refused)
                await client.ask("__import__('guard').close_calls.clear()")
    return said


def test_close_calls_and_errors_are_refused_and_others_are_not():
    said = asyncio.run(close_calls(["1 / 0", *CLOSE, *FAR]))
    for source, message in REFUSED.items():
        assert said[source] == f"{message}\n{source}"
    for source in CLOSE:
        assert "too near" in said[source] and said[source].count(" printed as ") == 1, source
    assert [said[source] for source in FAR] == [""] * len(FAR)


def test_the_command_runs_a_notebook_and_saves_it(tmp_path):
    path = written(tmp_path, new_code_cell("print(f'{0.125:.3f} {2.5:.1f} {7} {0.3:.3f}')"),
                   new_code_cell("import torch; print(torch.arange(3.0))"))
    command = [sys.executable, ROOT / "tools" / "refresh.py", path]
    done = subprocess.run(command, capture_output=True, text=True)
    notebook = nbformat.read(path, as_version=4)
    assert done.returncode == 0 and "changed" in done.stdout, done.stderr
    assert [cell.execution_count for cell in notebook.cells] == [1, 2]
    assert notebook.cells[0].outputs[0].text == "0.125 2.5 7 0.300\n"
    assert "_near" not in str(notebook) and "execution" not in notebook.cells[0].metadata


def written(tmp_path, *cells):
    path = tmp_path / "00_test.ipynb"
    nbformat.write(new_notebook(cells=list(cells)), path)
    return path


@pytest.fixture
def outputs(monkeypatch):
    """What the cells of the next notebook put out, without a kernel: a list for each cell."""
    made = []

    def execute(client):
        for cell, outputs in zip(client.nb.cells, made, strict=True):
            cell.outputs = outputs
    monkeypatch.setattr(refresh.Client, "execute", execute)
    return made


@pytest.mark.parametrize("output, word", [
    (new_output("stream", text="0.3333333333333333\n"), "prints 0.3333333333333333: more decimals"),
    (new_output("stream", name="stderr", text="x\n"), "writes to stderr: x")])
def test_a_refused_notebook_is_not_written(tmp_path, outputs, output, word):
    path = written(tmp_path, new_code_cell("a cell"))
    before = path.read_bytes()
    outputs[:] = [[output]]
    with pytest.raises(SystemExit, match=word):
        refresh.refresh(path)
    assert path.read_bytes() == before


def explorer(size):
    """What an explorer puts out: a picture, and a widget, whose identity differs in every run."""
    return new_output("display_data", {"text/html": f"<p>{size}</p>", "text/plain": "a picture",
                                       refresh.VIEW: {"model_id": "1"}})


def test_samples_are_kept_and_explorers_keep_their_new_picture_alone(tmp_path, outputs):
    """Not compared: a time keeps its output; an explorer is drawn anew and loses its widget."""
    path = written(tmp_path, new_code_cell("explorer", metadata=NOT_COMPARED),
                   new_code_cell("time", metadata=NOT_COMPARED), new_code_cell("compared"))
    for run in ("1", "2"):
        cut = [new_output("stream", text=text) for text in ("one ", f"line {run}")]
        outputs[:] = [[explorer(run)], [new_output("stream", text=run)], cut]
        assert refresh.refresh(path)
    picture, time, compared = (cell.outputs for cell in nbformat.read(path, as_version=4).cells)
    assert picture == [new_output("display_data",
                                  {"text/html": "<p>2</p>", "text/plain": "a picture"})]
    assert time == [new_output("stream", text="1")]
    assert compared == [new_output("stream", text="one line 2")]


def test_a_second_refresh_changes_nothing(tmp_path, outputs):
    path = written(tmp_path, new_code_cell("a cell"))
    outputs[:] = [[new_output("stream", text="1\n")]]
    assert refresh.refresh(path) and not refresh.refresh(path)
