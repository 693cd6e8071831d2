"""The front page: its picture shows the model's own numbers, its first command is on top."""
import pathlib
import re
import tomllib

import nbformat
import picture
import pytest
import yaml
from PIL import Image

ROOT = pathlib.Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")


@pytest.fixture(scope="module")
def made():
    return picture.path()


def test_the_picture_shows_the_models_numbers(made):
    wanted = picture.alt(made)
    drawn = Image.open(picture.DOCS / "path.png").info["Description"]
    assert drawn == wanted, "draw it again: python3 run.py picture"
    assert f"![{wanted}](docs/path.png)" in README
    for number in ("101, hello 7592", "5 × 384", "first -0.02 0.03", "norm 5.4"):
        assert number in wanted


def test_every_lesson_has_its_strip_on_top(made):
    lessons = {path.name[:2]: path for path in ROOT.glob("notebooks/[0-9]*.ipynb")}
    assert lessons.keys() == picture.LIGHT.keys()
    assert {path.stem for path in (picture.DOCS / "strips").iterdir()} == lessons.keys()
    for number, lesson in lessons.items():
        wanted = picture.alt(made, picture.LIGHT[number])
        place = f"docs/strips/{number}.png"
        first = nbformat.read(lesson, as_version=4).cells[0].source
        assert first.startswith(f"![{wanted}](../{place})\n\n# "), "run.py picture"
        assert Image.open(ROOT / place).info["Description"] == wanted, "run.py picture"


def test_a_picture_takes_the_place_of_the_old_one():
    old = "![The path of x](a.png)\n\n# Why?\n"
    assert picture.with_picture(old, "The path of y", "b.png") == old.replace(
        "x](a", "y](b")
    assert picture.with_picture("# Why?\n", "The path of y", "b.png") == (
        "![The path of y](b.png)\n\n# Why?\n")


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
            assert f'"{path.name[:2]}-explorer-text"' in text, path.name


def test_the_citation_names_this_repository():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert cited["repository-code"] == project["tool"]["inside-embeddings"]["repository"]
    assert cited["license"] == project["project"]["license"] and cited["title"]
