"""Before a release: the class session in JupyterLab on the lessons that CI only opens there.

Run by `python3 run.py test release`; the lessons with explorers are in tests/browser.
"""
import contextlib

import pytest
from browser_lab import NOTEBOOKS, Lesson, check_class_session, check_hosts, lab_page
from lessons import BROWSER


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """JupyterLab: one page for all notebooks."""
    with lab_page(tmp_path_factory.mktemp("lab")) as page:
        yield page


@pytest.mark.parametrize("name", [name for name in NOTEBOOKS if name[:2] not in BROWSER])
def test_a_class_runs_it_and_solves_its_exercises(page, name):
    with contextlib.closing(Lesson(page, name)) as lesson:
        lesson.run_all()
        check_class_session(lesson)
        check_hosts(lesson)
