"""00 to 07 on the folders of one's own that CI leaves out."""
import pytest
from own_folders import IN_A_RELEASE, check_first_eight


@pytest.mark.parametrize("name", IN_A_RELEASE)
def test_the_first_eight_lessons_hold(tmp_path, name):
    check_first_eight(tmp_path, name)
