"""Fixtures of the download's tests: `pytest_plugins = ["downloads"]`."""
import socket

import pytest
import route
from hub import Hub

from helpers.models import find


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home without any cache, and none of the settings that this machine may have."""
    for name in ("MODELSCOPE_CACHE", "MODELSCOPE_DOMAIN", "HF_HOME", "HF_HUB_CACHE",
                 "XDG_CACHE_HOME", "EMBED_MODEL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    # the client's own waiting is not what is tested
    monkeypatch.setenv("MODELSCOPE_DOWNLOAD_MAX_RETRIES", "1")
    monkeypatch.setenv("MODELSCOPE_REPO_TREE_PAGE_MAX_ATTEMPTS", "2")
    # nor are the seconds in which modelscope imports torch, for nothing that a download needs
    (tmp_path / "without torch").mkdir()
    (tmp_path / "without torch" / "sitecustomize.py").write_text(
        "import sys\nsys.modules['torch'] = None")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "without torch"))
    return tmp_path


@pytest.fixture
def known(tiny_bge, home, monkeypatch):
    """The small model in bge-m3's place: its entry of models.json, which tests may change."""
    everything = route.identities_of(tiny_bge)
    monkeypatch.setattr(find, "identities", lambda: everything)
    return everything["bge-m3"]


@pytest.fixture
def hub(tiny_bge, known, monkeypatch):
    """A hub that serves the small model as BAAI/bge-m3, to both clients."""
    with Hub(tiny_bge) as server:
        monkeypatch.setenv("MODELSCOPE_ENDPOINT", server.url)
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        yield server


@pytest.fixture
def offline(known, monkeypatch):
    """No network: an address where nobody answers."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{unused.getsockname()[1]}"
    monkeypatch.setenv("MODELSCOPE_ENDPOINT", address)
    monkeypatch.setenv("HF_ENDPOINT", address)
