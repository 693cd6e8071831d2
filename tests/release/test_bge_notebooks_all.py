"""The lessons that the browser executes in CI, on bge-m3's architecture as well."""
import pytest
from lessons import check_lesson, on_small_model


@pytest.mark.parametrize("path", on_small_model(release=True), ids=lambda path: path.stem)
def test_a_notebook_holds_on_another_model(path, tiny_bge):
    check_lesson(path, tiny_bge)
