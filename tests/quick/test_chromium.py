"""A browser test that cannot run is skipped; in CI, where that would go unseen, it fails."""
import chromium
import pytest


@pytest.fixture(params=["no Chromium", "no module"])
def start(request, monkeypatch):
    """What a browser test begins with, on a machine that lacks something."""
    if request.param == "no module":
        return lambda: chromium.needed("a_module_that_nobody_has", "browser")
    monkeypatch.setenv("PATH", "")
    return chromium.chromium().__enter__


def test_a_missing_browser_skips(start, monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    what = r"no Chromium here|pip install -e .\[browser\]"
    with pytest.raises(pytest.skip.Exception, match=what):
        start()


def test_a_missing_browser_fails_in_ci(start, monkeypatch):
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="in CI no browser test is skipped"):
        start()
