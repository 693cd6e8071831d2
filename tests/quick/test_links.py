"""One address of the repository and one version, everywhere, and one command that changes them."""
import json
import pathlib
import re
import subprocess
import sys
import tomllib

import pytest
from clone import clone
from links import pages, slug, stamp, texts

ROOT = pathlib.Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
ADDRESS = PROJECT["tool"]["inside-embeddings"]["repository"]
VERSION = PROJECT["project"]["version"]
LAUNCH = re.compile(
    r"(?:colab\.research\.google\.com/github|mybinder\.org/v2/gh|codespaces\.new|"
    r"(?<=git\+https://)github\.com|(?<=git clone https://)github\.com|nbviewer\.org/github)"
    r"/([\w.-]+/[\w.-]+?)(?=[/\s\"'`)\]?#\\]|\.git|$)")
REPOSITORY = re.compile(r'REPOSITORY = \\"https://github\.com/([^"\\]+)')
TAG = re.compile(r"%pip install -q --no-deps git\+\{REPOSITORY\}@v([\d.]+) ")
NOTEBOOKS = sorted(ROOT.glob("notebooks/**/[0-9]*.ipynb"))
each = pytest.mark.parametrize("path", NOTEBOOKS,
                               ids=lambda path: f"{path.parent.name}-{path.stem}")


@pytest.fixture
def fork(tmp_path):
    """A copy of everything that is tracked, as somebody's fork."""
    return clone(tmp_path)


def named(root):
    """How often each file names a repository in a launch link, a clone line or its setup cell.

    -> {(file, slug): count}.
    """
    found = {}
    for path in texts(root):
        if path.suffix != ".py":
            text = path.read_text("utf-8")
            for name in LAUNCH.findall(text) + REPOSITORY.findall(text):
                key = path.relative_to(root).as_posix(), name
                found[key] = found.get(key, 0) + 1
    return found


def tags(root):
    """The version that each notebook's setup cell installs."""
    return {path.relative_to(root): TAG.findall(path.read_text("utf-8"))
            for path in root.glob("notebooks/**/[0-9]*.ipynb")}


def set_version(root, version):
    project = root / "pyproject.toml"
    before = project.read_text("utf-8")
    project.write_text(before.replace(f'version = "{VERSION}"', f'version = "{version}"'), "utf-8")


def links(root, *words):
    """`python3 run.py links`, as somebody runs it with nothing installed."""
    return subprocess.run([sys.executable, "-I", "-S", "run.py", "links", *words], cwd=root,
                          capture_output=True, text=True)


def test_every_link_names_this_repository():
    found = named(ROOT)
    assert {name for _, name in found} == {slug(ADDRESS)}
    for path in (ROOT / "notebooks").glob("[0-9]*.ipynb"):
        count = found[f"notebooks/{path.name}", slug(ADDRESS)]
        assert count >= 3, "Colab, Binder, and the setup cell"


@each
def test_the_setup_cell_installs_this_version(path):
    assert TAG.findall(path.read_text("utf-8")) == [VERSION], "run: python3 run.py links"


def test_a_fork_is_stamped_by_one_command(fork):
    before, old = named(fork), slug(ADDRESS)
    done = links(fork, "https://github.com/a-teacher/class.2026")
    assert done.returncode == 0, done.stderr
    assert named(fork) == {(file, "a-teacher/class.2026"): n for (file, _), n in before.items()}
    for path in texts(fork):
        assert old not in path.read_text("utf-8"), path
    project = tomllib.loads((fork / "pyproject.toml").read_text("utf-8"))
    address = project["tool"]["inside-embeddings"]["repository"]
    assert address == "https://github.com/a-teacher/class.2026"
    assert {*map(tuple, tags(fork).values())} == {(VERSION,)}
    assert "pyproject.toml" in done.stdout.splitlines()
    assert done.stdout.endswith(f"{len(done.stdout.splitlines()) - 1} files changed\n")
    assert not (fork / ".venv").exists(), "it installs nothing"
    assert stamp(fork) == [] == stamp(fork, "git@github.com:a-teacher/class.2026.git")
    assert links(fork).stdout == "0 files changed\n"


def test_a_new_version_is_stamped_into_every_setup_cell(fork):
    set_version(fork, "0.10.1")
    changed = stamp(fork)
    assert sorted(changed) == sorted(fork / path.relative_to(ROOT) for path in NOTEBOOKS)
    assert {*map(tuple, tags(fork).values())} == {("0.10.1",)} and len(tags(fork)) == len(NOTEBOOKS)
    assert named(fork) == named(ROOT), "the launch buttons lead to main, as before"
    assert stamp(fork) == []


def test_a_fork_with_a_version_of_its_own(fork):
    set_version(fork, "3.0")
    done = links(fork, "https://github.com/b/c")
    assert done.returncode == 0 and {*map(tuple, tags(fork).values())} == {("3.0",)}
    assert {name for _, name in named(fork)} == {"b/c"}


def test_an_edited_setting_is_stamped_too(fork):
    project = fork / "pyproject.toml"
    project.write_text(project.read_text("utf-8").replace(slug(ADDRESS), "b/c"), "utf-8")
    assert len(stamp(fork)) >= 10
    assert {name for _, name in named(fork)} == {"b/c"}


def test_stamping_changes_nothing_else(fork):
    set_version(fork, "3.0")
    stamp(fork, "https://github.com/x/y")
    for path in NOTEBOOKS:
        ours, theirs = (json.loads((root / path.relative_to(ROOT)).read_text("utf-8"))
                        for root in (ROOT, fork))
        text = json.dumps(ours).replace(slug(ADDRESS), "x/y").replace(f"@v{VERSION}", "@v3.0")
        assert json.loads(text.replace(pages(slug(ADDRESS)), "x.github.io/y")) == theirs
        for one, other in zip(ours["cells"], theirs["cells"], strict=True):
            assert one.get("outputs") == other.get("outputs")


@pytest.mark.parametrize("address", ["", "github.com/a/b", "https://gitlab.com/a/b",
                                     "https://github.com/a", "a/b"])
def test_another_kind_of_address_is_refused(address):
    with pytest.raises(ValueError, match="is not an address like"):
        slug(address)


def test_a_wrong_address_is_one_line_and_changes_nothing(fork):
    before = named(fork)
    done = links(fork, "https://gitlab.com/a/b")
    assert done.returncode == 1 and done.stderr == (
        "run.py links: 'https://gitlab.com/a/b' is not an address like "
        "https://github.com/owner/name\n")
    assert named(fork) == before
