"""Fixtures that several test files share."""
import pytest


@pytest.fixture(scope="session")
def tiny_bge(tmp_path_factory):
    """The folder of a small random model in bge-m3's form (do not write into it: copy it first)."""
    from tiny import build_bge
    return build_bge(tmp_path_factory.mktemp("models") / "tiny-bge")
