"""The rounding guard of refresh: numbers that another processor might print otherwise are noticed, others are not."""
import pathlib
import subprocess
import sys

import nbformat
import pytest

ROOT = pathlib.Path(__file__).parent.parent


def refreshed(tmp_path, *sources):
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    path = tmp_path / "00_test.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    done = subprocess.run([sys.executable, ROOT / "tools" / "refresh.py", path], capture_output=True, text=True)
    return done, nbformat.read(path, as_version=4)


@pytest.mark.parametrize("source", [
    "print(f'{0.1234999:.3f}')", "print(f'{100 * 0.1234999:.1f}')", "print(round(0.12345001, 4))",
    "print(f'{0.1234999:8.1%}')",
    "import torch; print(torch.tensor([0.5, 0.12345001]))", "import torch; print(f'{torch.tensor(0.1234999):.3f}')",
    "import numpy; print(f'{numpy.float32(0.1234999):.3f}')", "print(f'{3e-7:.0e}')",
], ids=range(8))
def test_a_close_call_is_refused(tmp_path, source):
    done, notebook = refreshed(tmp_path, source)
    wrong = "100 *" in source                               # 12.34999 to one digit is 0.05 away: not a close call
    assert (done.returncode == 0) == wrong, done.stderr
    assert wrong or "rounding boundary" in done.stderr and notebook.cells[0].outputs == []


def test_one_run_for_what_is_refused_and_what_is_not(tmp_path):
    done, notebook = refreshed(tmp_path, "print(f'{0.125:.3f} {2.5:.1f} {7} {0.3:.3f}')",
                               "import torch; print(torch.arange(3.0))")
    assert done.returncode == 0, done.stderr
    assert [cell.execution_count for cell in notebook.cells] == [1, 2]
    assert notebook.cells[0].outputs[0].text == "0.125 2.5 7 0.300\n"
    assert "_near" not in str(notebook) and "execution" not in notebook.cells[0].metadata
    for source, word in [("print(1 / 3)", "more decimals"), ("import sys; print('x', file=sys.stderr)", "stderr"),
                         ("1 / 0", "ZeroDivisionError")]:
        done, _ = refreshed(tmp_path, source)
        assert done.returncode != 0 and word in done.stderr, source
