"""The front page: its picture shows the model's own numbers, its first command is on top."""
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
    drawn = Image.open(picture.PICTURE).info["Description"]
    assert drawn == wanted, "draw it again: python3 run.py picture"
    assert f"![{wanted}](docs/path.png)" in README
    for number in ("101, hello 7592", "(1, 5, 384)", "-0.020 0.025 -0.001"):
        assert number in wanted


def test_the_first_command_is_on_the_first_screen():
    before = re.sub(r"!\[[^]]*\]", "", README.partition("python3 run.py\n")[0])
    lines = sum(-(-len(line) // 120) or 1 for line in before.splitlines())
    assert lines <= 25, f"{lines} lines and a picture before the first command"


def test_the_keyboard_path_of_every_explorer_is_described():
    """The README says where explorers are, which keys move them; a notebook names its own."""
    line = next(line for line in README.splitlines() if line.startswith("The explorers"))
    for path in (ROOT / "notebooks").glob("[0-9]*.ipynb"):
        text = path.read_text("utf-8")
        if f'"{path.name[:2]}-explorer"' in text:
            assert "From the keyboard: Tab to" in text and path.name[:2] in line, path.name


def test_the_citation_names_this_repository():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert cited["repository-code"] == project["tool"]["inside-embeddings"]["repository"]
    assert cited["license"] == project["project"]["license"] and cited["title"]
