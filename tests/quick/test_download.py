"""The route to bge-m3, with a small model served by a local hub in its place: one test for each fault."""
import ctypes
import os
import pathlib
import random
import shutil
import socket
import subprocess
import sys
import time

import pytest
import route
from hub import LFS_POINTER, WEB_PAGE, Hub, cut, flipped, instead, silent, status

from helpers import model_dir
from helpers.models import digests, download, find, transfer
from helpers.models.copies import places
from helpers.models.folder import ModelFolderError

WEIGHTS = "pytorch_model.bin"
NETWORK = []            # what this process and its children-to-be asked of the network, by Python's audit events
sys.addaudithook(lambda event, _: NETWORK.append(event) if event in ("socket.__new__", "subprocess.Popen") else None)


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home without any cache, and none of the settings that this machine may have."""
    for name in ("MODELSCOPE_CACHE", "MODELSCOPE_DOMAIN", "HF_HOME", "HF_HUB_CACHE", "XDG_CACHE_HOME", "EMBED_MODEL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("MODELSCOPE_DOWNLOAD_MAX_RETRIES", "1")      # the client's own waiting is not what is tested
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


def right(folder, known):
    """Does a folder hold every file of the model, byte for byte?"""
    return all(digests.sha256(pathlib.Path(folder, file)) == sha for file, (_, sha) in known["files"].items())


def refused(**options):
    """The message of the ModelFolderError that model_dir("bge-m3") raises: one paragraph, soon."""
    start = time.monotonic()
    with pytest.raises(ModelFolderError) as caught:
        model_dir("bge-m3", **options)
    message = str(caught.value)
    print(message)
    assert time.monotonic() - start < 20 and "\n" not in message and len(message) < 700
    return message


def put(tiny_bge, known, source="modelscope", layout=0, without=()):
    """Copy the small model into a hub's cache, as one of its clients would lay it out: -> folder."""
    place = places(source, known)[layout]
    folder = place / "snapshots" / "master" if "--" in place.name else place
    shutil.copytree(tiny_bge, folder, ignore=shutil.ignore_patterns(*without))
    return folder


def test_a_download_is_whole_and_says_what_it_costs(hub, known, capsys):
    assert right(model_dir("bge-m3"), known)
    assert "3.0 MB, 3.0 MB to download" in capsys.readouterr().out
    assert not any("onnx" in path for path in hub.asked)


def test_files_that_are_not_needed_are_not_fetched(hub, known, tiny_bge, tmp_path):
    hub.folder = shutil.copytree(tiny_bge, tmp_path / "with more")
    for extra in ("onnx/model.onnx", "imgs/nqa.jpg", "long.jpg"):
        (hub.folder / extra).parent.mkdir(exist_ok=True)
        (hub.folder / extra).write_bytes(b"0" * 1000)
    folder = pathlib.Path(model_dir("bge-m3"))
    assert right(folder, known) and not [path for path in folder.rglob("*") if path.suffix in (".onnx", ".jpg")]


@pytest.mark.parametrize("part", [0.0, 0.001, 0.5, 0.999])
def test_a_body_that_is_cut_is_resumed(hub, known, part):
    hub.faults[WEIGHTS] = cut(int(part * known["files"][WEIGHTS][0]))
    assert right(model_dir("bge-m3"), known)


def test_a_line_that_is_cut_again_and_again_still_arrives(hub, known):
    """modelscope itself gives up after its retries, whatever arrived meanwhile."""
    hub.faults[WEIGHTS] = cut(*[400_000] * 5)
    assert right(model_dir("bge-m3"), known)


@pytest.mark.parametrize("code, word", [(404, "does not have it"), (500, "its own"), (503, "its own")])
@pytest.mark.parametrize("file", [WEIGHTS, "list"])
def test_a_status_is_said(hub, file, code, word):
    hub.faults[file] = status(code)
    message = refused()
    assert word in message and hub.url in message and "huggingface" in message
    assert file == "list" or message.startswith(WEIGHTS)


def test_a_list_that_fails_once_is_asked_for_again(hub, known):
    answers = [status(503)]
    hub.faults["list"] = lambda handler, body: (answers.pop() if answers else instead(body))(handler, body)
    assert right(model_dir("bge-m3"), known)


@pytest.mark.parametrize("fault", [flipped, instead(WEB_PAGE), instead(LFS_POINTER)], ids=["hash", "page", "pointer"])
def test_a_body_that_is_not_the_file_is_refused(hub, known, fault):
    hub.faults[WEIGHTS] = fault
    assert "is not the file that it lists" in refused()
    del hub.faults[WEIGHTS]
    assert right(model_dir("bge-m3"), known)           # and nothing of it is left to be taken for the weights


def test_a_web_page_for_a_list_is_refused(hub):
    hub.faults["list"] = instead(WEB_PAGE)
    assert refused().startswith("the list of files")


def test_a_list_that_is_cut_is_the_networks_fault(hub):
    hub.faults["list"] = cut(100)
    assert "cannot be reached" in refused()


def test_a_list_that_never_comes_is_not_waited_for(hub, monkeypatch):
    monkeypatch.setattr(download, "TIMEOUT", 1)
    hub.faults["list"] = silent
    assert "cannot be reached" in refused()


def test_a_file_that_the_hub_does_not_have_is_named(hub, tiny_bge, tmp_path):
    hub.folder = shutil.copytree(tiny_bge, tmp_path / "less", ignore=shutil.ignore_patterns("colbert_linear.pt"))
    assert refused().startswith("colbert_linear.pt of BAAI/bge-m3") and len(hub.asked) == 1


def test_a_hub_that_falls_silent_is_given_up(hub, monkeypatch):
    monkeypatch.setattr(transfer, "PATIENCE", 3)
    hub.faults[WEIGHTS] = silent
    assert "nothing has arrived" in refused()


def test_a_list_without_digests_vouches_for_nothing(hub, known, tiny_bge, tmp_path):
    """The weights served are others, of the right size, and the hub does not say that they should be."""
    hub.folder = shutil.copytree(tiny_bge, tmp_path / "other")
    flip(hub.folder / WEIGHTS)
    rows = [{**row, "Sha256": None} for row in hub.rows()]
    hub.rows = lambda: rows
    assert f"{WEIGHTS} (" in refused() and "SHA-256 should begin with" in refused()


def flip(path, place=-100_000):
    """Change one byte of a file."""
    body = bytearray(path.read_bytes())
    body[place] ^= 1
    path.write_bytes(body)


def test_too_small_a_disk_is_said_before_anything_is_fetched(hub, monkeypatch):
    small = shutil.disk_usage("/")._replace(free=1_000_000)
    monkeypatch.setattr(download.shutil, "disk_usage", lambda path: small)
    assert "is full" in refused() and len(hub.asked) == 1


@pytest.mark.skipif(not pathlib.Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_a_disk_that_fills_up_is_said(hub, known):
    folder = places("modelscope", known)[0] / "snapshots" / "master"
    folder.mkdir(parents=True)
    (folder / f"{WEIGHTS}.incomplete").symlink_to("/dev/full")      # every write there ends in ENOSPC
    message = refused()
    assert message.startswith(WEIGHTS) and "is full" in message and str(places("modelscope", known)[0]) in message


@pytest.mark.skipif(sys.platform != "linux", reason="permissions that root cannot override are Linux's")
def test_a_cache_that_cannot_be_written_is_named(hub, known, tiny_bge, home):
    """In a process that may not override permissions, since root may: capability 1, dropped for good (prctl 24)."""
    place = places("modelscope", known)[0].parent
    place.mkdir(parents=True)
    place.chmod(0o500)
    done = run_route(tiny_bge, preexec_fn=lambda: ctypes.CDLL(None).prctl(24, 1))
    place.chmod(0o700)
    assert done.returncode == 1 and done.stdout.endswith("to download\n")
    assert "cannot be written" in done.stderr and "MODELSCOPE_CACHE" in done.stderr and str(place) in done.stderr


def run_route(tiny_bge, **options):
    return subprocess.run([sys.executable, route.__file__, tiny_bge], capture_output=True, text=True, timeout=60,
                          env=environment(), **options)


def environment():
    """This process's, with this checkout's helpers first."""
    return {**os.environ, "PYTHONPATH": str(pathlib.Path(find.__file__).parents[2])}


def test_a_stale_lock_is_no_obstacle(hub, known, tiny_bge):
    """The locks are the client's own, left by a process that was killed while it held them."""
    hub.pace = 500_000
    locks = places("modelscope", known)[0].parents[1] / ".lock"
    kill_when(lambda: locks.is_dir() and any(locks.iterdir()), tiny_bge)
    assert any(locks.iterdir())
    hub.pace = None
    assert right(model_dir("bge-m3"), known)


def kill_when(ready, tiny_bge):
    """Start a download in another process, and kill it (no chance to tidy up) as soon as `ready()`."""
    process = subprocess.Popen([sys.executable, route.__file__, tiny_bge], env=environment(),
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not ready() and process.poll() is None:
        time.sleep(0.01)
    process.kill()
    assert process.wait() < 0 or os.name == "nt"        # it was at work, and did not end by itself


@pytest.mark.parametrize("content", ["a part", "garbage"])
def test_only_incomplete_files_are_resumed_or_replaced(hub, known, tiny_bge, content):
    folder = put(tiny_bge, known, without=[WEIGHTS, "tokenizer.json"])
    body = (tiny_bge / WEIGHTS).read_bytes()[:1_000_000]
    (folder / f"{WEIGHTS}.incomplete").write_bytes(body if content == "a part" else b"<html>" * 100_000)
    assert right(model_dir("bge-m3"), known)


@pytest.mark.parametrize("seed", range(10))
def test_killed_in_mid_download_and_started_again(hub, known, tiny_bge, seed):
    """Killed, not asked to end, when a random number of bytes has arrived; then finished, to the right digests."""
    listed = known["files"]
    point = random.Random(seed).randrange(sum(size for size, _ in listed.values()) - 200_000)
    hub.pace = 6_000_000
    kill_when(lambda: transfer.arrived(known, "modelscope", listed) > point, tiny_bge)
    hub.pace, before = None, len(hub.asked)
    assert right(model_dir("bge-m3"), known) and len(hub.asked) > before


def test_a_killed_process_leaves_no_downloader_behind(hub, known, tiny_bge):
    hub.pace = 500_000
    kill_when(lambda: transfer.arrived(known, "modelscope", known["files"]), tiny_bge)
    time.sleep(0.3)
    before = transfer.arrived(known, "modelscope", known["files"])
    time.sleep(1)
    assert transfer.arrived(known, "modelscope", known["files"]) == before


def test_no_network_and_an_empty_cache(offline):
    message = refused()
    assert "cannot be reached" in message and "unset EMBED_MODEL" in message and 'source="huggingface"' in message


def test_no_network_and_part_of_a_model(offline, known, tiny_bge):
    folder = put(tiny_bge, known, without=[WEIGHTS])
    assert f"{folder / WEIGHTS} is missing" in refused()


LAYOUTS = [("modelscope", i) for i in range(5)] + [("huggingface", 0)]


@pytest.mark.parametrize("source, layout", LAYOUTS)
def test_a_whole_copy_needs_no_network_and_no_waiting(offline, known, tiny_bge, source, layout, monkeypatch):
    folder = put(tiny_bge, known, source, layout)
    NETWORK.clear()
    assert model_dir("bge-m3") == str(folder)
    monkeypatch.setattr(digests, "sha256", None)        # worked out once: a second time would be an error here
    start = time.monotonic()
    assert model_dir("bge-m3") == str(folder)
    assert time.monotonic() - start < 0.2 and NETWORK == []


def test_modelscope_cache_names_another_place(offline, known, tiny_bge, tmp_path, monkeypatch):
    monkeypatch.setenv("MODELSCOPE_CACHE", str(tmp_path / "elsewhere 缓存"))
    folder = put(tiny_bge, known)
    assert model_dir("BAAI/bge-m3") == str(folder) and "elsewhere" in str(folder)


@pytest.mark.parametrize("spoil", [flip, lambda path: path.write_bytes(path.read_bytes()[:1_200_000]),
                                   lambda path: path.write_bytes(b""), lambda path: path.write_bytes(LFS_POINTER),
                                   lambda path: path.write_bytes(WEB_PAGE)],
                         ids=["flipped", "half", "zero", "pointer", "page"])
def test_weights_in_the_cache_that_are_not_the_weights(offline, known, tiny_bge, spoil, monkeypatch):
    """Without network they are named; with one they are fetched again."""
    path = put(tiny_bge, known) / WEIGHTS
    spoil(path)
    message = refused()
    assert str(path) in message and f"{path.stat().st_size:,} bytes" in message
    with Hub(tiny_bge) as hub:
        monkeypatch.setenv("MODELSCOPE_ENDPOINT", hub.url)
        assert right(model_dir("bge-m3"), known)


def test_a_cache_of_an_older_client_is_mended_in_place(hub, known, tiny_bge):
    path = put(tiny_bge, known, layout=3) / WEIGHTS
    flip(path)
    assert right(model_dir("bge-m3"), known)


def test_a_file_that_hugging_faces_client_would_keep_is_fetched_again(hub, known):
    """That client asks only whether a file is there."""
    path = pathlib.Path(model_dir("bge-m3", source="huggingface"), WEIGHTS)
    flip(path)
    assert right(model_dir("bge-m3", source="huggingface"), known)


def test_another_revision_is_said_not_refused(hub, known, tiny_bge, tmp_path, capsys, monkeypatch):
    hub.folder = shutil.copytree(tiny_bge, tmp_path / "trained further")
    flip(hub.folder / WEIGHTS)
    folder = model_dir("bge-m3")
    assert f"another revision of BAAI/bge-m3 than the one whose figures are known here ({WEIGHTS})" in (
        capsys.readouterr().out)
    NETWORK.clear()
    assert model_dir("bge-m3") == folder and NETWORK == []         # the hub vouched for it once
    flip(pathlib.Path(folder, WEIGHTS), -50_000)
    hub.faults["list"] = status(404)
    assert "is not the file that was published" in refused()       # for those bytes, and no others


@pytest.mark.parametrize("file, old, new, word", [
    ("config.json", '"num_hidden_layers": 2', '"num_hidden_layers": 3', "num_hidden_layers = 3"),
    ("1_Pooling/config.json", '"pooling_mode_cls_token": true', '"pooling_mode_cls_token": false', "pooling: mean"),
    ("modules.json", "sentence_transformers.models.Normalize", "sentence_transformers.models.Dense", "Dense"),
    ("sentence_bert_config.json", "8192", "512", "max_length: 512")])
def test_json_files_that_mean_another_vector_are_refused(hub, tiny_bge, tmp_path, file, old, new, word):
    hub.folder = shutil.copytree(tiny_bge, tmp_path / "changed")
    text = (hub.folder / file).read_text("utf-8")
    assert old in text
    (hub.folder / file).write_text(text.replace(old, new), "utf-8")
    assert word in refused()


def test_json_files_may_differ_in_bytes(hub, known, tiny_bge, tmp_path):
    hub.folder = shutil.copytree(tiny_bge, tmp_path / "reformatted")
    for file in ("config.json", "modules.json", "tokenizer_config.json"):
        (hub.folder / file).write_text((hub.folder / file).read_text("utf-8") + "\n", "utf-8")
    assert pathlib.Path(model_dir("bge-m3"), "modules.json").read_text("utf-8").endswith("\n")


def test_hugging_face_when_it_is_named(hub, known):
    folder = model_dir("bge-m3", source="huggingface")
    assert right(folder, known) and "huggingface" in folder
    assert not any("FilePath" in path for path in hub.asked)


def test_a_fault_of_hugging_face_is_said(hub):
    hub.faults[WEIGHTS] = status(404)
    message = refused(source="huggingface")
    assert "Hugging Face" in message and 'source="modelscope"' in message


def test_an_unknown_source_is_refused(known):
    with pytest.raises(ValueError, match="modelscope, huggingface"):
        model_dir("bge-m3", source="github")


def test_a_cache_folder_that_cannot_be_written_costs_only_time(offline, known, tiny_bge, home, monkeypatch):
    (home / "file").write_text("")
    folder = put(tiny_bge, known)
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "file"))
    assert model_dir("bge-m3") == str(folder) and digests.recall("files") == {}
