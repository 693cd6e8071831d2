"""The house: one place for each fact, imports that point one way, an import that costs nothing."""
import ast
import hashlib
import importlib
import inspect
import json
import pathlib
import re
import subprocess
import sys
import tomllib

import pytest
import yaml
from packaging.requirements import Requirement

import helpers
from helpers.models.find import identities, published

ROOT = pathlib.Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
NEEDED = {requirement.name: requirement for requirement in map(
    Requirement, PROJECT["dependencies"] + PROJECT["optional-dependencies"]["lab"])}


def constraints():
    return dict(line.split("==") for line in (ROOT / "constraints.txt").read_text("utf-8").split())


def test_constraints_satisfy_what_is_asked_for():
    pinned = {name.lower().replace("_", "-"): version for name, version in constraints().items()}
    asked = PROJECT["dependencies"] + sum(PROJECT["optional-dependencies"].values(), [])
    for requirement in map(Requirement, asked):
        assert requirement.specifier.contains(pinned[requirement.name.lower()]), requirement


def test_environment_yml_is_the_same_environment():
    """As repo2docker and conda read it: python exact, every dependency of pyproject.toml with its
    bounds, and no bound that conda-forge cannot serve."""
    environment = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))
    assert environment["channels"] == ["conda-forge", "nodefaults"]
    conda = [line for line in environment["dependencies"] if isinstance(line, str)]
    pip = next(line["pip"] for line in environment["dependencies"] if isinstance(line, dict))
    assert "python=3.12" in conda                           # ">=" is taken for 3.10, without a word
    listed = {}
    for line in [*conda, *pip]:
        name, bounds = re.match(r"([\w.-]+)(?=[<>=]|$)(.*)", line).groups()
        listed["torch" if name == "pytorch-cpu" else name] = bounds
    for name, requirement in NEEDED.items():
        assert name in listed, f"environment.yml lacks {name}"
        bounds = set(filter(None, listed[name].split(",")))
        assert bounds == {str(bound) for bound in requirement.specifier}, name
    assert set(listed) - set(NEEDED) == {"python", "pip"}
    for version in ("1.2.2", "1.2.3"):
        assert NEEDED["langchain-huggingface"].specifier.contains(version)
    assert NEEDED["modelscope"].specifier.contains("1.37.0")
    assert NEEDED["torch"].specifier.contains("2.13.0")


def test_every_dependency_has_its_reason():
    for name in ("environment.yml", "pyproject.toml"):
        text = (ROOT / name).read_text("utf-8")
        listed = re.search(r"dependencies(?: =|:).*?(?=\n\[tool|\Z)", text, re.S)[0]
        for line in listed.splitlines():
            if re.match(r'\s+(- |")[a-z]', line) and not line.rstrip().endswith("pip:"):
                assert "#" in line, f"{name}: {line}"


def test_import_helpers_is_cheap():
    code = ("import sys, helpers\n"
            "dear = 'torch', 'transformers', 'langchain_core', 'numpy'\n"
            "print([name for name in dear if name in sys.modules])")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr


def test_every_public_name_loads():
    for name in helpers.__all__:
        assert getattr(helpers, name).__doc__, name
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'; it has model_dir"):
        helpers.nonsense  # noqa: B018


# What may grow to how many lines, at 100 columns; a folder that needs more takes it from another.
BUDGETS = {"single files": 452, "data": 14, "models": 582, "encoder": 903, "diagnosis": 850}
WHOLE, DIAGNOSIS = 2800, 850        # what comes in pushes something out
LONGEST_FILE, LONGEST_FUNCTION, WIDEST = 200, 40, 100

# Which parts of helpers a part may import, itself aside. Notebooks alone import `show` and `check`.
MAY_IMPORT = {
    "data": set(), "pooling": set(), "models": {"data", "pooling"},
    "encoder": {"data", "pooling", "models"},
    "diagnosis": {"data", "pooling", "models", "encoder"},
    "proof": {"data", "models"}, "show": {"data", "models", "encoder"},
    "check": {"data", "pooling", "models", "encoder", "diagnosis", "proof"},
    "__main__": {"data", "pooling", "models", "encoder", "diagnosis"},
}
PARTS = {*MAY_IMPORT, "__init__"}


def files(part=""):
    """The Python files of helpers, or of a folder or file of it."""
    return [path for path in sorted((ROOT / "helpers").rglob("*.py"))
            if part in ("", path.relative_to(ROOT / "helpers").parts[0].removesuffix(".py"))]


def lines(paths):
    return sum(len(path.read_text("utf-8").splitlines()) for path in paths)


def test_one_look_shows_the_house():
    names = {path.name for path in (ROOT / "helpers").iterdir()} - {"__pycache__"}
    assert {name.removesuffix(".py") for name in names} - {"py.typed"} == PARTS
    assert len(names) <= 11, sorted(names)


def test_helpers_keep_their_budget():
    """Without `check`, which grows with the lessons."""
    used = {name: lines(files(name)) for name in BUDGETS if name != "single files"}
    used["single files"] = lines((ROOT / "helpers").glob("*.py"))
    assert all(used[name] <= budget for name, budget in BUDGETS.items()), used
    assert used["diagnosis"] <= DIAGNOSIS
    assert sum(used.values()) == lines(files()) - lines(files("check"))
    assert sum(used.values()) <= WHOLE, used


def sources():
    """Every Python file of the project."""
    listed = subprocess.run(["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True)
    return [ROOT / name for name in listed.stdout.split() if (ROOT / name).exists()]


def test_files_and_functions_are_small():
    for path in sources():
        text = path.read_text("utf-8")
        wide = [i for i, line in enumerate(text.splitlines(), 1) if len(line) > WIDEST]
        assert not wide, f"{path.relative_to(ROOT)}: lines {wide} are over {WIDEST} columns"
        if path.is_relative_to(ROOT / "tests"):
            continue
        assert len(text.splitlines()) <= LONGEST_FILE, path
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                assert node.end_lineno - node.lineno < LONGEST_FUNCTION, f"{path}: {node.name}"


def imported(source, package=("helpers",)):
    """The parts of helpers that a source imports, in whatever way it says so: -> set of str.

    `package`: where the source lies, for relative imports. A public name counts as its home.
    """
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            start = ".".join(package[:len(package) + 1 - node.level]) if node.level else ""
            module = ".".join(filter(None, [start, node.module]))
            found |= {f"{module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if called in ("import_module", "__import__", "find_spec", "run_module"):
                found.add(str(node.args[0].value))
    return {part_of(name) for name in found if name.partition(".")[0] == "helpers"} - {""}


def part_of(name):
    """The part of helpers that "helpers.encoder.encoder" or "helpers.Encoder" is, or ""."""
    first = name.split(".")[1] if "." in name else ""
    return helpers._MODULE.get(first, first).partition(".")[0] if first != "*" else "everything"


@pytest.mark.parametrize("source", [
    "import helpers.check", "import helpers.check as c", "from helpers import show, check",
    "from helpers import pooling, check as c", "from helpers.check import judge",
    "def f():\n    from helpers.check.judge import function", "from . import check",
    "from .check import judge", "import importlib\nimportlib.import_module('helpers.check')",
    "from importlib import import_module\nimport_module('helpers.check.judge')",
    "__import__('helpers.check')"])
def test_every_form_of_import_is_seen(source):
    assert "check" in imported(source)


def test_a_public_name_is_seen_as_its_home():
    assert imported("from helpers import Encoder, normalize") == {"encoder", "pooling"}
    assert imported("import helpers") == set() and imported("import torch.helpers") == set()
    assert imported("from ..models import folder", ("helpers", "encoder")) == {"models"}
    assert imported("from .weights import x", ("helpers", "encoder")) == {"encoder"}


@pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(ROOT / "helpers")))
def test_imports_point_one_way(path):
    inside = path.relative_to(ROOT / "helpers").parts
    part = inside[0].removesuffix(".py")
    seen = imported(path.read_text("utf-8"), ("helpers", *inside[:-1])) - {part}
    assert seen <= MAY_IMPORT.get(part, PARTS - {"show", "check"}), seen


def test_contributing_draws_the_house():
    """The drawing names every file of helpers, and the arrows are those of the test above."""
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    drawn = re.search(r"```\nhelpers/\n(.*?)```", text, re.S)[1]
    named = set()
    for block in re.findall(r"(?m)^  (?=\S)(.*(?:\n   .*)*)", drawn):
        folder = block.split()[0] if block.split()[0].endswith("/") else ""
        named |= {folder + name for name in re.findall(r"\b\w+\.py\b", block)}
    ours = {path.relative_to(ROOT / "helpers").as_posix() for path in files()
            if path.name != "__init__.py" and not path.is_relative_to(ROOT / "helpers" / "check")}
    assert {name for name in named if not name.startswith("check/")} == ours
    order = re.search(r"`(pooling ← .*?)`", text)[1].split(" ← ")
    for i, part in enumerate(order):
        above = {"data", *order[:i]} - ({"data"} if not i else set())
        assert MAY_IMPORT[part] - {"proof"} == above, part


def test_nothing_but_notebooks_imports_show_or_check():
    for path in sources():
        name = path.relative_to(ROOT).as_posix()
        if name.startswith(("tests/", "helpers/check/")):
            continue
        assert not {"show", "check"} & imported(path.read_text("utf-8")), name


def taught():
    """(file, name) of all that is public: the public names, and what a lesson imports by file."""
    found = {(home, name) for name, home in helpers._MODULE.items()}
    for path in ROOT.glob("notebooks/**/[0-9]*.ipynb"):
        for cell in json.loads(path.read_text("utf-8"))["cells"]:
            source = "".join(cell["source"])
            lines = re.findall(r"(?m)^from helpers\.(\S+) import ([\w, ]+)", source)
            found |= {(home, name.strip()) for home, names in lines for name in names.split(",")}
    return sorted(found)


@pytest.mark.parametrize("home, name", taught())
def test_what_is_public_has_types_and_a_docstring(home, name):
    thing = getattr(importlib.import_module(f"helpers.{home}"), name)
    if not callable(thing):
        return
    methods = [m for n, m in vars(thing).items() if not n.startswith("_") and inspect.isfunction(m)
               ] if inspect.isclass(thing) else [thing]
    assert thing.__doc__
    for function in methods:
        parameters = inspect.signature(function).parameters.values()
        untyped = [p.name for p in parameters if p.annotation is p.empty and p.name != "self"]
        assert not untyped, f"{function.__name__}: {untyped}"
        assert "return" in function.__annotations__, function.__name__
        assert function.__doc__, function.__name__


def test_every_function_of_helpers_says_what_it_does():
    """In a docstring; a private one, or one inside another, may leave it to its name."""
    for path in files():
        tree = ast.parse(path.read_text("utf-8"))
        assert ast.get_docstring(tree), path
        for outer in [tree, *(node for node in tree.body if isinstance(node, ast.ClassDef))]:
            for node in outer.body:
                if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                    assert ast.get_docstring(node), f"{path.name}: {node.name}"


def test_no_path_and_no_debris():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    for name in listed.stdout.split():
        if name.endswith(".png"):
            continue
        text = re.sub(r'base64,[^"\\]*', "", (ROOT / name).read_text("utf-8"))
        mark = re.search(r"\b(TODO|FIXME|XXX)\b", text)
        assert not mark or name == "tests/quick/test_house.py", name
        if not name.startswith("tests/"):
            assert not re.search(r"/(root|work|home/\w+)/", text), name


def test_the_embedded_model_is_what_was_published():
    from helpers import model_dir
    known = identities()["all-MiniLM-L6-v2"]["files"]
    for name, (size, digest) in known.items():
        data = pathlib.Path(model_dir("all-MiniLM-L6-v2"), name).read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (size, digest)


def test_data_files_describe_themselves():
    for path in (ROOT / "helpers" / "data").glob("*.json"):
        assert len(json.loads(path.read_text("utf-8"))["about"]) > 60
    assert published("bge-m3")["seed"]["shape_last_hidden_state"] == [1, 6, 1024]
    assert published("nobody's model") == {}


def test_the_readme_names_the_commands_and_every_notebook():
    readme = (ROOT / "README.md").read_text("utf-8")
    assert "python3 run.py\n" in readme and "python3 run.py test\n" in readme
    for word in ("test", "record"):
        assert f"EMBED_MODEL=bge-m3 python3 run.py {word} " in readme
    for path in (ROOT / "notebooks").glob("[0-9]*.ipynb"):
        first = "".join(json.loads(path.read_text("utf-8"))["cells"][0]["source"])
        question = re.search(r"(?m)^# (.*)", first)[1]
        assert f"notebooks/{path.name}" in readme and question in readme
    for target in re.findall(r"\]\(([^)]+)\)", readme):
        assert target.startswith("http") or (ROOT / target.partition("#")[0]).exists(), target
