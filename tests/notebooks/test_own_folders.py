"""00 to 07 on folders of one's own; what a deeper lesson cannot open, it says in its first cell."""
import pytest
from kernel.execute import execute, lessons
from nbclient.exceptions import CellExecutionError
from own_folders import IN_CI, check_first_eight, folder_of


@pytest.mark.parametrize("name", IN_CI)
def test_the_first_eight_lessons_hold(tmp_path, name):
    check_first_eight(tmp_path, name)


@pytest.mark.parametrize("lesson", [path for path in lessons() if path.name[:2] in ("08", "09")],
                         ids=lambda path: path.stem)
def test_a_deeper_lesson_says_in_its_first_cells_why_it_stops(tmp_path, lesson):
    with pytest.raises(CellExecutionError) as caught:
        execute(lesson, folder_of(tmp_path, "qwen3, 16 bits"))
    assert caught.value.ename == "SystemExit" and "qwen3" in caught.value.evalue
    assert "Traceback" not in caught.value.evalue
