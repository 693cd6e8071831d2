"""The suites: how often CI executes a notebook, and that no browser test is skipped there."""
import os
import pathlib
import re
import subprocess
import sys
import tomllib

import conftest
import pytest
from kernel.execute import STAY, lessons
from lessons import BROWSER, half, on_small_model

ROOT = pathlib.Path(__file__).parents[2]
LESSONS = sorted(ROOT.glob("notebooks/[0-9]*.ipynb"))
SOLUTIONS = sorted(ROOT.glob("notebooks/solutions/[0-9]*.ipynb"))
CI = (ROOT / ".ci" / "run").read_text("utf-8")

def test_ci_runs_these_suites_once():
    commands = re.findall(r"^python3 run\.py +(.*?) *(?:#.*)?$", CI, re.M)
    assert commands == ["test", "test browser"] and "ruff check ." in CI


def test_no_notebook_is_executed_more_than_twice_in_ci():
    """nbval runs each notebook once; a lesson then has the browser or the small model, not both."""
    in_browser = [path for path in LESSONS if path.name[:2] in BROWSER]
    times = dict.fromkeys([*LESSONS, *SOLUTIONS], 1)
    for path in [*in_browser, *on_small_model()]:
        times[path] += 1
    assert len(in_browser) == len(BROWSER) and max(times.values()) == 2
    once = [path.name[:2] for path in LESSONS if times[path] == 1]
    assert once == list(STAY), "nbval alone runs those that no other model changes"
    assert sorted(on_small_model() + on_small_model(release=True)) == lessons()


def test_nothing_else_in_ci_executes_a_lesson():
    """Who could: code that starts a kernel or opens JupyterLab. What each of them executes."""
    starts = re.compile(r"NotebookClient\(|import .*\bexecute\b|refresh\.Client\(|check_lesson\(")
    here = (path for folder in ("quick", "slow", "notebooks", "browser")
            for path in (ROOT / "tests" / folder).glob("*.py"))
    found = {path.name for path in here if starts.search(path.read_text("utf-8"))}
    assert found - {pathlib.Path(__file__).name} == {
        "test_show.py": "a cell of its own, in an environment without a package",
        "test_bge_notebooks.py": "half of the lessons for the small model, and small notebooks",
        "test_bge_notebooks_odd.py": "the other half",
        "test_own_folders.py": "the first eight, on six other small models; 08 and 09 stop",
        "test_refresh.py": "small notebooks"}.keys()


def test_the_small_models_lessons_are_two_halves(monkeypatch):
    monkeypatch.delenv("CHOSEN_MODEL", raising=False)
    both = half(0).args[1] + half(1).args[1]
    assert sorted(both) == [(path, "tiny_bge") for path in on_small_model()]
    monkeypatch.setenv("CHOSEN_MODEL", "a/folder")
    both = half(0).args[1] + half(1).args[1]
    chosen = sorted(path for path, model in both if model == "chosen_model")
    assert chosen == lessons(), "all of them on a model that somebody chose"


@pytest.mark.parametrize("ci, folder, word, status", [
    ("true", "browser", "failed", 1), ("true", "quick", "skipped", 0),
    ("", "browser", "skipped", 0)])
@pytest.mark.parametrize("skip", [
    "import pytest\ndef test_one():\n    pytest.skip('no Chromium here')",
    "import pytest\npytest.importorskip('no_such_package')\ndef test_one():\n    pass",
    "import pytest\n@pytest.fixture\ndef page(): pytest.skip('none')\ndef test_one(page): pass",
], ids=["a test", "a file", "a fixture"])
def test_a_skipped_browser_test_fails_in_ci(tmp_path, ci, folder, word, status, skip):
    place = tmp_path / "tests" / folder
    place.mkdir(parents=True)
    (tmp_path / "pytest.ini").touch()                       # no settings from a folder above
    (place / "test_one.py").write_text(skip)
    (place / "test_other.py").write_text("def test_other():\n    pass")
    (tmp_path / "tests" / "conftest.py").write_bytes((ROOT / "tests" / "conftest.py").read_bytes())
    bare = {**os.environ, "CI": ci, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run([sys.executable, "-m", "pytest", "tests", "-q", "-p", "no:cacheprovider"],
                          cwd=tmp_path, env=bare, capture_output=True, text=True)
    assert (done.returncode in (1, 2)) == bool(status), done.stdout
    assert word in done.stdout or word == "failed" and "1 error" in done.stdout


def test_the_longest_files_exist_and_go_first():
    names = [path.name for folder in ("notebooks", "tests") for path in (ROOT / folder).rglob("*")]
    assert set(conftest.LONGEST) <= set(names)
    item = type("Item", (), {"__init__": lambda self, name: setattr(self, "path", ROOT / name)})
    items = [item(name) for name in ("b.py", conftest.LONGEST[1], "a.py", conftest.LONGEST[0])]
    conftest.pytest_collection_modifyitems(items)
    assert [one.path.name for one in items] == [*conftest.LONGEST[:2], "b.py", "a.py"]
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["pytest"]
    options = settings["ini_options"]["addopts"].split()
    assert options == ["-n", "2", "--dist", "loadfile", "--no-loadscope-reorder"]
    assert "markers" not in settings["ini_options"]
