"""The house: one place for each fact, imports that point one way, an import that costs nothing."""
import ast
import hashlib
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
NEEDED = {r.name: r for r in map(Requirement, PROJECT["dependencies"] + PROJECT["optional-dependencies"]["lab"])}


def constraints():
    return dict(line.split("==") for line in (ROOT / "constraints.txt").read_text("utf-8").split())


def test_constraints_satisfy_what_is_asked_for():
    pinned = {name.lower().replace("_", "-"): version for name, version in constraints().items()}
    asked = PROJECT["dependencies"] + sum(PROJECT["optional-dependencies"].values(), [])
    for requirement in map(Requirement, asked):
        assert requirement.specifier.contains(pinned[requirement.name.lower()]), requirement


def test_environment_yml_is_the_same_environment():
    """As repo2docker and conda read it: python exact, every dependency of pyproject.toml, no bound that conda-forge lacks."""
    environment = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))
    assert environment["channels"] == ["conda-forge", "nodefaults"]
    conda = [line for line in environment["dependencies"] if isinstance(line, str)]
    pip = next(line["pip"] for line in environment["dependencies"] if isinstance(line, dict))
    assert "python=3.12" in conda                           # ">=" is taken for 3.10, without a word
    listed = {}
    for line in [*conda, *pip]:
        name, bounds = re.match(r"([\w.-]+?)(?:-cpu)?(?=[<>=]|$)(.*)", line).groups()
        listed["torch" if name == "pytorch" else name] = bounds
    for name, requirement in NEEDED.items():
        assert name in listed, f"environment.yml lacks {name}"
        assert set(filter(None, listed[name].split(","))) == {str(s) for s in requirement.specifier}, name
    assert set(listed) - set(NEEDED) == {"python", "pip"}
    for version in ("1.2.2", "1.2.3"):
        assert NEEDED["langchain-huggingface"].specifier.contains(version)
    assert NEEDED["modelscope"].specifier.contains("1.37.0") and NEEDED["torch"].specifier.contains("2.13.0")


def test_every_dependency_has_its_reason():
    for name in ("environment.yml", "pyproject.toml"):
        lines = re.search(r"dependencies(?: =|:).*?(?=\n\[tool|\Z)", (ROOT / name).read_text("utf-8"), re.S)[0].splitlines()
        for line in lines:
            if re.match(r'\s+(- |")[a-z]', line) and not line.rstrip().endswith("pip:"):
                assert "#" in line, f"{name}: {line}"


def test_import_helpers_is_cheap():
    code = "import sys, helpers; print([n for n in ('torch', 'transformers', 'langchain_core', 'numpy') if n in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"


def test_every_public_name_loads():
    for name in helpers.__all__:
        assert getattr(helpers, name).__doc__, name
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'; it has model_dir"):
        helpers.nonsense  # noqa: B018


def imports(path):
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("helpers."):
            yield node.module.removeprefix("helpers.")


def test_imports_point_one_way():
    for path in (ROOT / "helpers").glob("*.py"):
        assert not {"show", "check", "explore"} & set(imports(path)), path.name
    assert not list(imports(ROOT / "helpers" / "pooling.py"))
    assert "encoder" not in set(imports(ROOT / "helpers" / "models.py")) | set(imports(ROOT / "helpers" / "files.py"))


def test_files_and_functions_are_small():
    for path in [*(ROOT / "helpers").rglob("*.py"), *(ROOT / "tools").glob("*.py"),
                 *(ROOT / "benchmarks").glob("*.py"), ROOT / "run.py"]:
        assert len(path.read_text("utf-8").splitlines()) <= 190, path
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef):
                assert node.end_lineno - node.lineno < 40, f"{path.name}: {node.name}"


def test_no_path_and_no_debris():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True).stdout.split()
    for name in listed:
        if name.endswith(".png"):
            continue
        text = re.sub(r'base64,[^"\\]*', "", (ROOT / name).read_text("utf-8"))
        assert not re.search(r"\b(TODO|FIXME|XXX)\b", text) or name == "tests/quick/test_house.py", name
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
    assert all(f"EMBED_MODEL=bge-m3 python3 run.py {word} " in readme for word in ("test", "record"))
    for path in (ROOT / "notebooks").glob("[0-9]*.ipynb"):
        title = json.loads(path.read_text("utf-8"))["cells"][0]["source"]
        assert f"notebooks/{path.name}" in readme and "".join(title).splitlines()[0].removeprefix("# ") in readme
    for target in re.findall(r"\]\(([^)]+)\)", readme):
        assert target.startswith("http") or (ROOT / target.partition("#")[0]).exists(), target
