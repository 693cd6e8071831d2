"""The notebooks in a real JupyterLab and a real browser.

Every lesson is opened as a reader of a fresh clone sees it. Those with an explorer are then worked
through as a class does: all cells run, the exercises solved, the explorer moved from the keyboard.
The others run here before a release: tests/release/test_jupyterlab_all.py.

Needs Chromium and the extra [browser]; without them these tests are skipped, in CI they fail.
"""
import contextlib
import json
import re

import pytest
from browser_lab import (
    MOVES,
    NOTEBOOKS,
    Explorer,
    Lesson,
    check_class_session,
    check_hosts,
    exercises,
    lab_page,
    read,
    solved,
)
from lessons import BROWSER


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """JupyterLab: one page for all notebooks."""
    with lab_page(tmp_path_factory.mktemp("lab")) as page:
        yield page


@pytest.fixture(scope="module", params=NOTEBOOKS)
def lesson(page, request):
    """Each notebook in turn, opened and read, and not run."""
    with contextlib.closing(Lesson(page, request.param)) as opened:
        opened.read_through()
        yield opened


@pytest.fixture(scope="module", params=[name for name in NOTEBOOKS if name[:2] in BROWSER])
def session(page, request):
    """Each notebook that has an explorer in turn, after its one run, open for all tests of it."""
    with contextlib.closing(Lesson(page, request.param)) as opened:
        opened.run_all()
        yield opened


def test_opens_without_running_and_shows_its_pictures(lesson):
    html = [str(output.get("data", {}).get("text/html", "")) for cell in lesson.notebook.cells
            if cell.cell_type == "code" for output in cell.outputs]
    prose = [cell.source for cell in lesson.notebook.cells if cell.cell_type == "markdown"]
    images = sum(page.count("<img ") for page in html)
    counts = {
        ".jp-OutputArea img": images,
        ".jp-OutputArea table": sum(page.count("<table") for page in html),
        ".jp-RenderedMarkdown details": sum(text.count("<details>") for text in prose),
    }
    for inside, count in counts.items():
        lesson.page.wait_for_function(
            "([where, count]) => document.querySelectorAll(where).length == count",
            arg=[lesson.node(inside), count])
    assert len(lesson.pictures()) == images > 0
    assert counts[".jp-OutputArea table"] > 0 or lesson.name == "03_last_hidden_state.ipynb"
    assert all(alt and width > 300 for alt, width in lesson.pictures())


def test_an_unrun_lesson_shows_no_words_of_programs_and_asks_nobody(lesson):
    text = lesson.page.text_content(lesson.node())
    widgets = r"(HBox|VBox|IntSlider|Output|Dropdown|interactive)\(|<Figure size|widget-view"
    assert not re.search(widgets, text)
    faults = "an explorer with the controls|Loading widget|Error displaying widget"
    assert not re.search(faults, text)
    assert not lesson.page.get_by_text("get notified about official Jupyter news").count()
    check_hosts(lesson)


def test_no_page_is_blank_from_top_to_bottom_and_back(session):
    """Right after the run, with the wheel: no view is blank in one band of more than a quarter."""
    for way, sign in {"up from where it ran to": -1, "down": 1, "back": -1}.items():
        bands = dict(session.scroll(sign))
        blank = [f"{band:.0%} at {place:.0f}" for place, band in bands.items() if band > 0.25]
        assert bands and not blank, f"{way}: blank is {', '.join(blank)}"


def test_a_class_runs_it_and_solves_its_exercises(session):
    check_class_session(session)


def test_an_explorer_is_moved_from_the_keyboard(session):
    explorer = Explorer(session)
    outputs = explorer.cell.locator(".jp-OutputArea-output")
    assert outputs.count() == 1, "the widget, and not the picture a second time"
    MOVES[session.name](explorer)


def test_an_explorer_that_was_saved_is_read_without_a_kernel(session):
    """The last test of a session that needs its kernel: it ends it."""
    check_hosts(session)
    said = Explorer(session).says()
    session.save()
    session.close()
    session.open()
    saved = Explorer(session)
    for _ in range(100):                    # while JupyterLab lays out the page, nothing is said
        if saved.says() == said:
            break
        session.page.wait_for_timeout(100)
    assert saved.says() == said and "Error" not in saved.cell.text_content()


def test_nothing_was_asked_of_another_machine(session):
    check_hosts(session)


def test_every_exercise_has_its_solution():
    """What a class session is worth: another source for each exercise cell, and for no other."""
    for name in NOTEBOOKS:
        asked, answered = read(name).cells, solved(name).cells
        changed = {one.id for one, other in zip(asked, answered, strict=True)
                   if one.source != other.source}
        assert changed == set(exercises(name)), name


def test_every_explorer_is_moved_here():
    found = [name for name in NOTEBOOKS if f"{name[:2]}-explorer" in json.dumps(read(name))]
    assert found == list(MOVES) and [name[:2] for name in found] == list(BROWSER)
