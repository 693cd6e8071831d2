"""The rounding guard of refresh: numbers that another processor might print otherwise are noticed, others are not."""
import pathlib
import subprocess
import sys

import nbformat
from nbclient import NotebookClient

ROOT = pathlib.Path(__file__).parents[2]


def refreshed(tmp_path, *sources, tags=()):
    cells = [nbformat.v4.new_code_cell(source, metadata={"tags": list(tags)}) for source in sources]
    path = tmp_path / "00_test.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    done = subprocess.run([sys.executable, ROOT / "tools" / "refresh.py", path], capture_output=True, text=True)
    return done, nbformat.read(path, as_version=4)


CLOSE = ["print(f'{0.1234999:.3f}')", "print(round(0.12345001, 4))", "print(f'{0.1234999:8.1%}')",
         "import torch; print(torch.tensor([0.5, 0.12345001]))", "import torch; print(f'{torch.tensor(0.1234999):.3f}')",
         "import numpy; print(f'{numpy.float32(0.1234999):.3f}')", "print(f'{3e-7:.0e}')", "print(f'{-2.4999999:.0f}')"]
FAR = ["print(f'{100 * 0.1234999:.1f}')", "print(f'{0.125:.2e}')", "print(round(7, 2), f'{5:.0f}')", "print(f'{0.0:.3f}')",
       "print(f'{float(\"nan\"):.3f}')", "import torch; print(torch.arange(3.0), torch.tensor([1, 2]))"]


def test_close_calls_are_noted_and_others_are_not():
    """One kernel: each source in a cell of its own, then how many close calls guard.py noted in it."""
    first = f"import sys; sys.path.insert(0, {str(ROOT / 'tools')!r}); import guard"
    ask = "print(len(guard.close_calls)); guard.close_calls.clear()"
    sources = [cell for source in CLOSE + FAR for cell in (source, ask)]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in [first, *sources]])
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    noted = [int(cell.outputs[0].text) for cell in notebook.cells[2::2]]
    assert dict(zip(CLOSE + FAR, noted, strict=True)) == {**dict.fromkeys(CLOSE, 1), **dict.fromkeys(FAR, 0)}


def test_one_run_for_what_is_refused_and_what_is_not(tmp_path):
    done, notebook = refreshed(tmp_path, "print(f'{0.125:.3f} {2.5:.1f} {7} {0.3:.3f}')",
                               "import torch; print(torch.arange(3.0))")
    assert done.returncode == 0, done.stderr
    assert [cell.execution_count for cell in notebook.cells] == [1, 2]
    assert notebook.cells[0].outputs[0].text == "0.125 2.5 7 0.300\n"
    assert "_near" not in str(notebook) and "execution" not in notebook.cells[0].metadata
    for source, word in [("print(1 / 3)", "more decimals"), ("import sys; print('x', file=sys.stderr)", "stderr"),
                         ("1 / 0", "ZeroDivisionError"), (CLOSE[0], "rounding boundary")]:
        done, notebook = refreshed(tmp_path, source)
        assert done.returncode != 0 and word in done.stderr, source
        assert notebook.cells[0].outputs == [], "a refused notebook is not written"


def test_samples_are_kept_and_explorers_keep_their_new_picture_alone(tmp_path):
    """Not compared: a time keeps the output it had; an explorer is drawn anew and loses its widget, which needs a kernel."""
    explorer = ("from helpers import show\n"
                "show.live(lambda size=2: print(f'size {size}'), size=(1, 3))",
                "import time; print(time.time_ns())")
    refreshed(tmp_path, *explorer, tags=["nbval-ignore-output"])
    path = tmp_path / "00_test.ipynb"
    path.write_text(path.read_text().replace("size {size}", "SIZE {size}"))
    before = nbformat.read(path, as_version=4)
    subprocess.run([sys.executable, ROOT / "tools" / "refresh.py", path], check=True)
    after = nbformat.read(path, as_version=4)
    assert after.cells[1].outputs == before.cells[1].outputs != []
    [picture] = after.cells[0].outputs
    assert set(picture.data) == {"text/html", "text/plain"} and "SIZE 2<br>" in picture.data["text/html"]
    assert "size 2<br>" in str(before.cells[0].outputs) and "widget" not in path.read_text()
