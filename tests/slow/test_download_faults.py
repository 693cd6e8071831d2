"""The route to bge-m3 under faults of every kind: one test for each, with the hubs' own clients."""
import ctypes
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import time

import pytest
from hub import (
    DAMAGE,
    LFS_POINTER,
    WEB_PAGE,
    WEIGHTS,
    cut,
    environment,
    flip,
    flipped,
    instead,
    kill_when,
    put,
    refused,
    right,
    run_route,
    silent,
    status,
)

from helpers import model_dir
from helpers.models import download, find

pytest_plugins = ["downloads"]


@pytest.mark.parametrize("part", [0.0, 0.001, 0.5, 0.999])
def test_a_body_that_is_cut_is_resumed(hub, known, part):
    hub.faults[WEIGHTS] = cut(int(part * known["files"][WEIGHTS][0]))
    assert right(model_dir("bge-m3"), known)


@pytest.mark.parametrize("code, word", [(404, "does not have it"), (500, "its own"),
                                        (503, "its own")])
@pytest.mark.parametrize("file", [WEIGHTS, "list"])
def test_a_status_is_said(hub, file, code, word):
    hub.faults[file] = status(code)
    message = refused()
    assert word in message and hub.url in message and "huggingface" in message
    assert file == "list" or message.startswith(WEIGHTS)


def test_a_list_that_fails_once_is_asked_for_again(hub, known):
    answers = [status(503)]
    hub.faults["list"] = lambda handler, body: (
        answers.pop() if answers else instead(body))(handler, body)
    assert right(model_dir("bge-m3"), known)


@pytest.mark.parametrize("fault", [flipped, instead(WEB_PAGE), instead(LFS_POINTER)],
                         ids=["hash", "page", "pointer"])
def test_a_body_that_is_not_the_file_is_refused(hub, known, fault):
    hub.faults[WEIGHTS] = fault
    assert "is not the file that it lists" in refused()
    del hub.faults[WEIGHTS]
    assert right(model_dir("bge-m3"), known)    # and nothing of it is left to be taken for weights


def test_a_web_page_for_a_list_is_refused(hub):
    hub.faults["list"] = instead(WEB_PAGE)
    assert "is not the file that it lists" in refused()


def test_a_list_that_is_cut_is_the_networks_fault(hub):
    hub.faults["list"] = cut(100, 100)
    assert "cannot be reached" in refused()


@pytest.mark.parametrize("file", ["list", WEIGHTS])
@pytest.mark.parametrize("source", ["modelscope", "huggingface"])
def test_a_hub_that_falls_silent_is_given_up(hub, monkeypatch, source, file):
    monkeypatch.setattr(download, "PATIENCE", 3)
    hub.faults[file] = silent
    assert "nothing has arrived from" in refused(source=source)
    assert 0 < download.PATIENCE <= 45


def test_a_file_that_the_hub_does_not_have_is_named(hub, tiny_bge, tmp_path):
    hub.folder = shutil.copytree(tiny_bge, tmp_path / "less",
                                 ignore=shutil.ignore_patterns("colbert_linear.pt"))
    message = refused()
    assert message.startswith("colbert_linear.pt of BAAI/bge-m3") and "does not have it" in message


def test_a_list_without_digests_vouches_for_nothing(hub, known, tiny_bge, tmp_path):
    """The weights served are damaged, of the right size, and the hub does not say so."""
    hub.folder = shutil.copytree(tiny_bge, tmp_path / "other")
    flip(hub.folder / WEIGHTS)
    rows = [{**row, "Sha256": None} for row in hub.rows()]
    hub.rows = lambda: rows
    message = refused()
    assert f"{WEIGHTS} (" in message
    assert "is damaged: it is not the file of 2,441,660 bytes" in message


@pytest.mark.skipif(not pathlib.Path("/dev/full").exists(), reason="only Linux has /dev/full")
def test_a_disk_that_fills_up_is_said(hub, known):
    folder = find.places("modelscope", known)[0] / "snapshots" / "master"
    folder.mkdir(parents=True)
    (folder / f"{WEIGHTS}.incomplete").symlink_to("/dev/full")  # every write there: ENOSPC
    message = refused()
    assert message.startswith(WEIGHTS) and "is full" in message
    assert str(find.places("modelscope", known)[0]) in message


@pytest.mark.skipif(sys.platform != "linux", reason="permissions that root cannot override")
def test_a_cache_that_cannot_be_written_is_named(hub, known, tiny_bge, home):
    """In a process that gives up its right to override permissions (capability 1, prctl 24)."""
    place = find.places("modelscope", known)[0].parent
    place.mkdir(parents=True)
    place.chmod(0o500)
    done = run_route(tiny_bge, preexec_fn=lambda: ctypes.CDLL(None).prctl(24, 1))
    place.chmod(0o700)
    assert done.returncode == 1 and done.stdout.endswith("to download\n")
    assert "cannot be written" in done.stderr and "MODELSCOPE_CACHE" in done.stderr
    assert str(place) in done.stderr


def test_a_stale_lock_is_no_obstacle(hub, known, tiny_bge):
    """The locks are the client's own, left by a process that was killed while it held them."""
    hub.pace = 500_000
    locks = find.places("modelscope", known)[0].parents[1] / ".lock"
    kill_when(lambda: locks.is_dir() and any(locks.iterdir()), tiny_bge)
    assert any(locks.iterdir())
    hub.pace = None
    assert right(model_dir("bge-m3"), known)


@pytest.mark.parametrize("content", ["a part", "garbage"])
def test_only_incomplete_files_are_resumed_or_replaced(hub, known, tiny_bge, content):
    folder = put(tiny_bge, known, without=[WEIGHTS, "tokenizer.json"])
    body = (tiny_bge / WEIGHTS).read_bytes()[:1_000_000]
    (folder / f"{WEIGHTS}.incomplete").write_bytes(
        body if content == "a part" else b"<html>" * 100_000)
    assert right(model_dir("bge-m3"), known)


def fetched(known):
    """Bytes in the cache, of whole files and of parts of files."""
    return download._arrived(known, "modelscope")


@pytest.mark.parametrize("seed", range(10))
def test_killed_in_mid_download_and_started_again(hub, known, tiny_bge, seed):
    """Killed when a random number of bytes has arrived; then finished, to the right digests."""
    total = sum(size for size, _ in known["files"].values())
    point = random.Random(seed).randrange(total - 200_000)
    hub.pace = 6_000_000
    kill_when(lambda: fetched(known) > point, tiny_bge)
    hub.pace, before = None, len(hub.asked)
    assert right(model_dir("bge-m3"), known) and len(hub.asked) > before


def test_a_killed_process_leaves_no_downloader_behind(hub, known, tiny_bge):
    hub.pace = 500_000
    kill_when(lambda: fetched(known), tiny_bge)
    time.sleep(0.3)
    before = fetched(known)
    time.sleep(1)
    assert fetched(known) == before


def test_a_download_leaves_torch_alone(hub, known, monkeypatch):
    """In the client's process too, where None was planted for the module torch."""
    monkeypatch.setenv("PYTHONPATH", "")
    order = json.dumps([known, "modelscope", 60, os.getpid()])
    program = ("import sys; from helpers.models.download import main\n"
               f"main({order!r})\n"
               "print(sys.modules.get('torch', 'untouched'))")
    done = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True,
                          env=environment())
    assert '{"folder": ' in done.stdout and done.stdout.splitlines()[-1] != "None"


def test_no_network_and_part_of_a_model(offline, known, tiny_bge, capsys):
    folder = put(tiny_bge, known, without=[WEIGHTS])
    assert "cannot be reached" in refused()
    assert f"is of no use: {folder / WEIGHTS} is missing.\n" in capsys.readouterr().out


@pytest.mark.parametrize("spoil", DAMAGE)
def test_weights_in_the_cache_that_are_not_the_weights(hub, known, tiny_bge, spoil, capsys):
    """They are named, and fetched again."""
    path = put(tiny_bge, known) / WEIGHTS
    DAMAGE[spoil](path)
    size = path.stat().st_size
    assert right(model_dir("bge-m3"), known)
    assert f"is of no use: {path} ({size:,} bytes" in capsys.readouterr().out


def test_a_cache_of_an_older_client_is_mended_in_place(hub, known, tiny_bge):
    path = put(tiny_bge, known, layout=3) / WEIGHTS
    flip(path)
    assert model_dir("bge-m3") == str(path.parent) and right(path.parent, known)


def test_a_file_that_hugging_faces_client_would_keep_is_fetched_again(hub, known):
    """That client asks only whether a file is there."""
    path = pathlib.Path(model_dir("bge-m3", source="huggingface"), WEIGHTS)
    flip(path)
    assert right(model_dir("bge-m3", source="huggingface"), known)


def test_a_mirror_with_another_module_is_refused(hub, tiny_bge, tmp_path):
    hub.folder = shutil.copytree(tiny_bge, tmp_path / "changed")
    path = hub.folder / "modules.json"
    path.write_text(path.read_text("utf-8").replace("models.Normalize", "models.CNN"), "utf-8")
    assert "lists Transformer, Pooling in 1_Pooling, CNN in 2_Normalize: supported are" in refused()


def test_json_files_may_differ_in_bytes(hub, known, tiny_bge, tmp_path, capsys):
    hub.folder = shutil.copytree(tiny_bge, tmp_path / "reformatted")
    for file in ("config.json", "modules.json", "tokenizer_config.json"):
        path = hub.folder / file
        path.write_text(path.read_text("utf-8") + "\n", "utf-8")
    folder = pathlib.Path(model_dir("bge-m3"))
    assert (folder / "modules.json").read_text("utf-8").endswith("\n")
    assert "Note" not in capsys.readouterr().out


def test_a_fault_of_hugging_face_is_said(hub):
    hub.faults[WEIGHTS] = status(404)
    message = refused(source="huggingface")
    assert "Hugging Face" in message and 'source="modelscope"' in message
