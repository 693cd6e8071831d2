"""One address of the repository, everywhere, and one command that changes it."""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tomllib

import pytest
from links import slug, stamp, texts, tracked

ROOT = pathlib.Path(__file__).parents[2]
ADDRESS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["inside-embeddings"]["repository"]
LAUNCH = re.compile(r"(?:colab\.research\.google\.com/github|mybinder\.org/v2/gh|(?<=git\+https://)github\.com|"
                    r"(?<=git clone https://)github\.com|nbviewer\.org/github)/([\w.-]+/[\w.-]+?)(?=[/\s\"'`)\]?#\\]|\.git|$)")


@pytest.fixture
def fork(tmp_path):
    """A copy of everything that is tracked, as somebody's fork."""
    for path in tracked(ROOT):
        place = tmp_path / path.relative_to(ROOT)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, place)
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    subprocess.run(["git", "add", "-A"], cwd=tmp_path, check=True)
    return tmp_path


def named(root):
    """How often each file names a repository in a launch link, a clone line or its setup cell: {(file, slug): count}."""
    found = {}
    for path in texts(root):
        if path.suffix != ".py":
            text = path.read_text("utf-8")
            for name in LAUNCH.findall(text) + re.findall(r'REPOSITORY = \\"https://github\.com/([^"\\]+)', text):
                key = str(path.relative_to(root)), name
                found[key] = found.get(key, 0) + 1
    return found


def test_every_link_names_this_repository():
    found = named(ROOT)
    assert {name for _, name in found} == {slug(ADDRESS)}
    for path in (ROOT / "notebooks").glob("[0-9]*.ipynb"):
        assert found[f"notebooks/{path.name}", slug(ADDRESS)] >= 3, "Colab, Binder, and the setup cell"


def test_a_fork_is_stamped_by_one_command(fork):
    before, old = named(fork), slug(ADDRESS)
    done = subprocess.run([sys.executable, "run.py", "links", "https://github.com/a-teacher/class.2026"], cwd=fork,
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert named(fork) == {(file, "a-teacher/class.2026"): count for (file, _), count in before.items()}
    for path in texts(fork):
        assert old not in path.read_text("utf-8"), path
    project = tomllib.loads((fork / "pyproject.toml").read_text("utf-8"))
    assert project["tool"]["inside-embeddings"]["repository"] == "https://github.com/a-teacher/class.2026"
    assert not (fork / ".venv").exists(), "it installs nothing"
    assert stamp(fork) == [] == stamp(fork, "git@github.com:a-teacher/class.2026.git")


def test_an_edited_setting_is_stamped_too(fork):
    project = fork / "pyproject.toml"
    project.write_text(project.read_text("utf-8").replace(slug(ADDRESS), "b/c"), "utf-8")
    assert len(stamp(fork)) >= 10
    assert {name for _, name in named(fork)} == {"b/c"}


def test_stamping_changes_nothing_else(fork):
    stamp(fork, "https://github.com/x/y")
    for path in (fork / "notebooks").glob("[0-9]*.ipynb"):
        ours, theirs = (json.loads((root / "notebooks" / path.name).read_text("utf-8")) for root in (ROOT, fork))
        assert json.loads(json.dumps(ours).replace(slug(ADDRESS), "x/y")) == theirs
        assert [cell.get("outputs") for cell in ours["cells"]] == [cell.get("outputs") for cell in theirs["cells"]]


@pytest.mark.parametrize("address", ["", "github.com/a/b", "https://gitlab.com/a/b", "https://github.com/a", "a/b"])
def test_another_kind_of_address_is_refused(address):
    with pytest.raises(ValueError, match="is not an address like"):
        slug(address)
