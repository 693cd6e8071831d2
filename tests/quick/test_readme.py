"""The front page: its picture shows the model's own numbers, and a newcomer meets the first command on the first screen."""
import pathlib
import re
import tomllib

import picture
import yaml
from PIL import Image

ROOT = pathlib.Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")


def test_the_picture_shows_the_models_numbers():
    wanted = picture.alt(picture.steps())
    assert Image.open(picture.PICTURE).info["Description"] == wanted, "draw it again: python tools/picture.py"
    assert f"![{wanted}](docs/path.png)" in README
    for number in ("101, hello 7592", "(1, 5, 384)", "-0.020 0.025 -0.001"):
        assert number in wanted


def test_the_first_command_is_on_the_first_screen():
    before = README.partition("python3 run.py\n")[0]
    lines = sum(-(-len(line) // 120) or 1 for line in re.sub(r"!\[[^]]*\]", "", before).splitlines())
    assert lines <= 25, f"{lines} lines and a picture before the first command"


def test_the_workflow_runs_the_readmes_command():
    test = yaml.safe_load((ROOT / ".github" / "workflows" / "test.yml").read_text("utf-8"))
    assert {"run": "python run.py test"} in test["jobs"]["test"]["steps"]
    assert test["jobs"]["test"]["strategy"]["matrix"]["os"] == ["ubuntu-latest", "macos-latest", "windows-latest"]


def test_the_workflow_publishes_what_the_command_builds():
    pages = yaml.safe_load((ROOT / ".github" / "workflows" / "pages.yml").read_text("utf-8"))
    steps = pages["jobs"]["pages"]["steps"]
    uploaded = next(step for step in steps if "upload-pages-artifact" in step.get("uses", ""))
    assert {"run": "python run.py site"} in steps and uploaded["with"]["path"] in README and "python3 run.py site" in README


def test_the_keyboard_path_of_every_explorer_is_described():
    """The README says where explorers are and which keys move them; each notebook names those of its own."""
    line = next(line for line in README.splitlines() if line.startswith("The explorers"))
    for path in (ROOT / "notebooks").glob("[0-9]*.ipynb"):
        text = path.read_text("utf-8")
        if "explore.live" in text:
            assert "From the keyboard: Tab to" in text and path.name[:2] in line, path.name


def test_the_citation_names_this_repository():
    address = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["inside-embeddings"]["repository"]
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert cited["repository-code"] == address and cited["license"] == "MIT" and cited["title"]
