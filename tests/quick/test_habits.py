"""What surrounds the code: workflows, hooks, templates, the container, the list of changes."""
import ast
import json
import pathlib
import re
import subprocess
import tomllib

import constraints
import nbformat
import pytest
import yaml
from packaging.requirements import Requirement

ROOT = pathlib.Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
README = (ROOT / "README.md").read_text("utf-8")
PINNED = dict(line.split("==") for line in (ROOT / "constraints.txt").read_text("utf-8").split())


def read(*names):
    return ROOT.joinpath(*names).read_text("utf-8")


def workflow(name):
    """A workflow of GitHub's. YAML takes the key `on` for true."""
    content = yaml.safe_load(read(".github", "workflows", f"{name}.yml"))
    return {"on" if key is True else key: value for key, value in content.items()}


def commands(job):
    return [step["run"] for step in job["steps"] if "run" in step]


def setup_python(job):
    return next(step for step in job["steps"] if "setup-python" in step.get("uses", ""))["with"]


# Actions

def test_the_tests_run_on_every_python_and_every_system():
    job = workflow("test")["jobs"]["test"]
    matrix = job["strategy"]["matrix"]
    assert matrix["python"] == ["3.11", "3.12", "3.13", "3.14"]
    assert f">={matrix['python'][0]}" == PROJECT["requires-python"]
    assert matrix["os"] == ["ubuntu-latest"]
    assert [one["os"] for one in matrix["include"]] == ["macos-latest", "windows-latest"]
    assert all(one["python"] in matrix["python"] for one in matrix["include"])
    assert job["runs-on"] == "${{ matrix.os }}"
    assert setup_python(job)["python-version"] == "${{ matrix.python }}"
    assert commands(job) == ["python run.py test"] and "python3 run.py test\n" in README


def test_what_ci_runs_the_workflow_runs_too():
    jobs = workflow("test")["jobs"]
    done = [command for job in jobs.values() for command in commands(job)]
    for command in re.findall(r"^python3 (run\.py .*?) *(?:#.*)?$", read(".ci", "run"), re.M):
        assert f"python {command}" in done
    assert "ruff check ." in done and "-m ruff check ." in read(".ci", "run")


def test_pips_downloads_are_kept_and_doubles_are_cancelled():
    test = workflow("test")
    for job in (test["jobs"]["test"], test["jobs"]["browser"], workflow("pages")["jobs"]["pages"]):
        setup = setup_python(job)
        assert setup["cache"] == "pip"
        kept_by = setup["cache-dependency-path"].split()
        assert kept_by == ["constraints.txt", "pyproject.toml"]
    assert test["concurrency"] == {"group": "test-${{ github.ref }}", "cancel-in-progress": True}
    assert test["on"] == {"push": {"branches": ["main"]}, "pull_request": None}, "no push twice"


def test_pages_are_published_after_the_tests_of_the_same_commit():
    pages = workflow("pages")
    assert pages["on"] == {"workflow_run": {
        "workflows": [workflow("test")["name"]], "branches": ["main"], "types": ["completed"]}}
    job = pages["jobs"]["pages"]
    assert job["if"] == ("github.event.workflow_run.conclusion == 'success' && "
                         "github.event.workflow_run.event == 'push'")
    assert job["steps"][0]["with"] == {"ref": "${{ github.event.workflow_run.head_sha }}"}
    upload = next(one for one in job["steps"] if "upload-pages-artifact" in one.get("uses", ""))
    assert commands(job) == ["python run.py site"] and "python3 run.py site" in README
    assert upload["with"]["path"] in README


# Codespaces

def test_codespaces_opens_the_first_notebook_with_all_that_it_needs(run_py):
    container = json.loads(read(".devcontainer", "devcontainer.json"))
    custom = container["customizations"]
    assert custom["codespaces"]["openFiles"] == ["notebooks/00_start_here.ipynb"]
    assert (ROOT / custom["codespaces"]["openFiles"][0]).exists()
    assert "ms-toolsai.jupyter" in custom["vscode"]["extensions"]
    python = container["image"].rpartition(":")[2]
    assert python in workflow("test")["jobs"]["test"]["strategy"]["matrix"]["python"]
    command = container["postCreateCommand"]
    assert command.startswith("pip install -c constraints.txt ") and command.endswith("-e '.[lab]'")
    assert f"--extra-index-url {run_py.CPU_TORCH} " in command
    needs = int(container["hostRequirements"]["memory"].removesuffix("gb"))
    assert needs >= 8, "two models and JupyterLab"


# Git

def test_notebooks_are_compared_cell_by_cell_and_not_stripped():
    asked = ["git", "check-attr", "diff", "merge", "filter", "eol", "--",
             "notebooks/00_start_here.ipynb"]
    said = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    found = dict(line.rpartition("ipynb: ")[2].split(": ") for line in said.splitlines())
    assert found == {"diff": "jupyternotebook", "merge": "jupyternotebook",
                     "filter": "unspecified", "eol": "lf"}
    assert "nbdime config-git --enable" in read(".gitattributes")
    dev = {Requirement(one).name for one in PROJECT["optional-dependencies"]["dev"]}
    assert dev == {"nbdime", "pre-commit"}


def hooks():
    found = yaml.safe_load(read(".pre-commit-config.yaml"))["repos"]
    return {hook["id"]: (repo, hook) for repo in found for hook in repo["hooks"]}


def test_the_hook_for_lint_is_the_tests_ruff():
    repo, _ = hooks()["ruff-check"]
    assert repo["repo"].endswith("/ruff-pre-commit") and repo["rev"] == f"v{PINNED['ruff']}"


def test_the_hook_refuses_a_notebook_that_was_not_run(tmp_path):
    _, hook = hooks()["unrun-notebook"]
    assert hook["language"] == "pygrep", "a file in which the expression is found is refused"
    refuses = re.compile(hook["entry"].encode())
    ours = sorted((ROOT / "notebooks").rglob("*.ipynb"))
    for path in ours:
        assert re.match(hook["files"], path.relative_to(ROOT).as_posix())
        assert not refuses.search(path.read_bytes()), path
    notebook = nbformat.read(ours[0], as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell("1 + 1"))
    nbformat.write(notebook, tmp_path / "unrun.ipynb")
    assert refuses.search((tmp_path / "unrun.ipynb").read_bytes())


# Versions

def test_constraints_are_exact_and_in_order():
    lines = read("constraints.txt").splitlines()
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", line) for line in lines), "no build's own suffix"
    assert len(PINNED) == len(lines) and PROJECT["name"] not in PINNED
    assert constraints.pins(read("constraints.txt")) == read("constraints.txt")


def test_what_pip_freezes_becomes_constraints():
    frozen = "torch==2.13.0+cpu\nJinja2==3.1.6\nattrs==26.1.0\n"
    assert constraints.pins(frozen) == "attrs==26.1.0\nJinja2==3.1.6\ntorch==2.13.0\n"
    assert "-e" not in constraints.pins(frozen)


def test_constraints_are_made_with_the_oldest_python_alone(monkeypatch):
    monkeypatch.setattr(constraints.sys, "version_info", type("now", (), {"major": 3, "minor": 99}))
    monkeypatch.setattr(constraints.subprocess, "run", None)
    assert constraints.main() == ("run.py constraints: start it with Python 3.11, the oldest that "
                                  "is supported")


def test_constraints_are_resolved_anew(monkeypatch, tmp_path):
    """In an environment of their own, for every extra, without today's pins."""
    (tmp_path / "pyproject.toml").write_text(read("pyproject.toml"), "utf-8")
    (tmp_path / "constraints.txt").write_text("torch==1.0\n")
    oldest = type("now", (), {"major": 3, "minor": 11})
    calls = []

    def run(command, **options):
        calls.append([str(word) for word in command])
        return subprocess.CompletedProcess(command, 0, stdout="torch==2.13.0+cpu\n")
    monkeypatch.setattr(constraints.sys, "version_info", oldest)
    monkeypatch.setattr(constraints.subprocess, "run", run)
    monkeypatch.setattr(constraints.run, "cpu_torch", lambda: ["--extra-index-url", "an/index"])
    monkeypatch.setattr(constraints, "ROOT", tmp_path)
    constraints.main()
    made, installed, frozen = calls
    folder = made[-1]
    assert made[1:3] == ["-m", "venv"] and not pathlib.Path(folder).exists()
    assert installed[0].startswith(folder) and frozen[0] == installed[0]
    extras = ",".join(PROJECT["optional-dependencies"])
    assert installed[1:] == ["-m", "pip", "install", "--extra-index-url", "an/index",
                             f"{tmp_path}[{extras}]"]
    assert frozen[1:] == ["-m", "pip", "freeze", "--exclude", "inside-embeddings"]
    assert (tmp_path / "constraints.txt").read_text() == "torch==2.13.0\n"


def test_the_changes_of_this_version_are_told():
    told = re.findall(r"^## (\S+)$", read("CHANGELOG.md"), re.M)
    assert told[0] == PROJECT["version"] and told == sorted(told, reverse=True)
    assert all(read("CHANGELOG.md").partition(f"## {one}\n")[2].startswith("\n- ") for one in told)


def test_editors_find_types_in_an_installed_package():
    tool = tomllib.loads(read("pyproject.toml"))["tool"]["setuptools"]
    assert "py.typed" in tool["package-data"]["helpers"]
    folders = {path.parent.relative_to(ROOT).as_posix().replace("/", ".")
               for path in (ROOT / "helpers").rglob("*.py")}
    assert set(tool["packages"]) == folders | {"helpers.data"} | set(tool["package-dir"])
    for folder in tool["package-dir"].values():         # what the lessons import beside helpers
        assert (ROOT / folder / "__init__.py").exists(), folder


# Templates

@pytest.mark.parametrize("name", ["mistake", "question"])
def test_an_issues_form_asks_where(name):
    form = yaml.safe_load(read(".github", "ISSUE_TEMPLATE", f"{name}.yml"))
    assert {"name", "description", "body"} <= set(form)
    fields = {field["id"]: field for field in form["body"]}
    assert len(fields) == len(form["body"]) and fields["where"]["validations"]["required"]
    assert all(field["type"] in ("input", "textarea") for field in fields.values())


def test_the_template_of_a_change_names_commands_that_exist(run_py):
    template = read(".github", "PULL_REQUEST_TEMPLATE.md")
    for word, suite in re.findall(r"python3 run\.py (\w+) ?(\w+)?", template):
        assert word == "test" or (ROOT / "tools" / f"{word}.py").exists()
        assert not suite or suite in run_py.SUITES
    assert "CHANGELOG.md" in template


def test_tools_say_what_they_do_in_one_line():
    for path in (ROOT / "tools").glob("*.py"):
        first, *rest = ast.get_docstring(ast.parse(path.read_text("utf-8"))).splitlines()
        assert first.endswith(".") and (not rest or rest[0] == ""), path.name
