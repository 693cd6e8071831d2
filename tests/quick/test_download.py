"""The route to bge-m3, with a small model served by a local hub in its place."""
import ctypes
import errno
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import time

import pytest
import torch
from hub import (
    LFS_POINTER,
    WEB_PAGE,
    WEIGHTS,
    Hub,
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
from helpers.data import load
from helpers.models import download, find
from helpers.models.folder import ModelFolderError

pytest_plugins = ["downloads"]
NETWORK = []        # what this process and its children-to-be asked of the network
sys.addaudithook(lambda event, _: NETWORK.append(event)
                 if event in ("socket.__new__", "subprocess.Popen") else None)


def test_a_download_is_whole_and_says_what_it_costs(hub, known, capsys):
    assert right(model_dir("bge-m3"), known)
    assert "BAAI/bge-m3 from ModelScope: 3.0 MB to download" in capsys.readouterr().out


def test_files_that_are_not_needed_are_not_fetched(hub, known, tiny_bge, tmp_path):
    hub.folder = shutil.copytree(tiny_bge, tmp_path / "with more")
    for extra in ("onnx/model.onnx", "imgs/nqa.jpg", "long.jpg"):
        (hub.folder / extra).parent.mkdir(exist_ok=True)
        (hub.folder / extra).write_bytes(b"0" * 1000)
    folder = pathlib.Path(model_dir("bge-m3"))
    assert right(folder, known)
    assert not [path for path in folder.rglob("*") if path.suffix in (".onnx", ".jpg")]
    assert not any("onnx" in path for path in hub.asked)


@pytest.mark.parametrize("part", [0.0, 0.001, 0.5, 0.999])
def test_a_body_that_is_cut_is_resumed(hub, known, part):
    hub.faults[WEIGHTS] = cut(int(part * known["files"][WEIGHTS][0]))
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
    assert f"{WEIGHTS} (" in message and "is damaged: it is not the file of 2,441,660 bytes" in message


def test_too_small_a_disk_is_said_before_anything_is_fetched(hub, monkeypatch):
    small = shutil.disk_usage("/")._replace(free=1_000_000)
    monkeypatch.setattr(download.shutil, "disk_usage", lambda path: small)
    assert "is full" in refused() and not hub.asked


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


def test_no_network_and_an_empty_cache(offline):
    message = refused()
    assert "cannot be reached" in message and "unset EMBED_MODEL" in message
    assert 'source="huggingface"' in message


def test_no_network_and_part_of_a_model(offline, known, tiny_bge, capsys):
    folder = put(tiny_bge, known, without=[WEIGHTS])
    assert "cannot be reached" in refused()
    assert f"is of no use: {folder / WEIGHTS} is missing.\n" in capsys.readouterr().out


LAYOUTS = [("modelscope", i) for i in range(5)] + [("huggingface", 0)]


@pytest.mark.parametrize("source, layout", LAYOUTS)
def test_a_whole_copy_needs_no_network_and_no_waiting(offline, known, tiny_bge, source, layout,
                                                      monkeypatch):
    folder = put(tiny_bge, known, source, layout)
    NETWORK.clear()
    assert model_dir("bge-m3") == str(folder)
    monkeypatch.setattr(find.hashlib, "file_digest", None)      # worked out once: a second time
    start = time.monotonic()                                    # would be an error here
    assert model_dir("bge-m3") == str(folder)
    assert time.monotonic() - start < 0.2 and NETWORK == []


def test_modelscope_cache_names_another_place(offline, known, tiny_bge, tmp_path, monkeypatch):
    usual = put(tiny_bge, known)
    monkeypatch.setenv("MODELSCOPE_CACHE", str(tmp_path / "elsewhere 缓存"))
    assert model_dir("BAAI/bge-m3") == str(usual)       # where an earlier session put it
    folder = put(tiny_bge, known)
    assert model_dir("BAAI/bge-m3") == str(folder) and "elsewhere" in str(folder)


def cut_in_half(path):
    path.write_bytes(path.read_bytes()[:path.stat().st_size // 2])


DAMAGE = {"flipped": flip, "half": cut_in_half, "zero": lambda path: path.write_bytes(b""),
          "pointer": lambda path: path.write_bytes(LFS_POINTER),
          "page": lambda path: path.write_bytes(WEB_PAGE)}


@pytest.mark.parametrize("spoil", DAMAGE)
def test_weights_in_the_cache_that_are_not_the_weights(offline, known, tiny_bge, spoil, monkeypatch,
                                                       capsys):
    """Without network they are named; with one they are fetched again."""
    path = put(tiny_bge, known) / WEIGHTS
    DAMAGE[spoil](path)
    refused()
    said = capsys.readouterr().out
    assert f"is of no use: {path} ({path.stat().st_size:,} bytes" in said
    with Hub(tiny_bge) as hub:
        monkeypatch.setenv("MODELSCOPE_ENDPOINT", hub.url)
        assert right(model_dir("bge-m3"), known)


@pytest.mark.parametrize("spoil", DAMAGE)
@pytest.mark.parametrize("file", [WEIGHTS, "tokenizer.json", "colbert_linear.pt"])
def test_a_damaged_file_is_not_another_revision(known, tiny_bge, file, spoil):
    path = put(tiny_bge, known) / file
    if spoil == "flipped":
        flip(path, path.stat().st_size // 2)
    else:
        DAMAGE[spoil](path)
    with pytest.raises(ModelFolderError, match="elete it and download it again") as caught:
        find.check_copy(path.parent, known)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("file", [WEIGHTS, "tokenizer.json", "config.json",
                                  "config_sentence_transformers.json"])
def test_a_copy_without_one_of_its_files_is_refused(known, tiny_bge, file):
    folder = put(tiny_bge, known, without=[file])
    with pytest.raises(ModelFolderError) as caught:
        find.check_copy(folder, known)
    assert str(caught.value) == f"{folder / file} is missing"


def test_a_cache_of_an_older_client_is_mended_in_place(hub, known, tiny_bge):
    path = put(tiny_bge, known, layout=3) / WEIGHTS
    flip(path)
    assert model_dir("bge-m3") == str(path.parent) and right(path.parent, known)


def test_a_file_that_hugging_faces_client_would_keep_is_fetched_again(hub, known):
    """That client asks only whether a file is there."""
    path = pathlib.Path(model_dir("bge-m3", source="huggingface"), WEIGHTS)
    flip(path)
    assert right(model_dir("bge-m3", source="huggingface"), known)


def train(folder):
    """Change a weight, as training does: the file keeps its size, and its checksums are right."""
    state = torch.load(folder / WEIGHTS, weights_only=True)
    state["encoder.layer.0.output.dense.bias"] += 1
    torch.save(state, folder / WEIGHTS)


def test_another_revision_is_said_not_refused(hub, known, tiny_bge, tmp_path, capsys):
    hub.folder = shutil.copytree(tiny_bge, tmp_path / "trained further")
    train(hub.folder)
    for asked in (True, False):             # downloaded, then found
        hub.asked.clear()
        folder = model_dir("bge-m3")
        said = capsys.readouterr().out
        assert f"Note: {pathlib.Path(folder, WEIGHTS)} is of another revision than the one" in said
        assert said.count("Note") == 1 and bool(hub.asked) == asked


def test_a_longer_tokenizer_is_another_revision(known, tiny_bge, capsys):
    path = put(tiny_bge, known) / "tokenizer.json"
    path.write_text(path.read_text("utf-8") + "\n", "utf-8")
    assert model_dir("bge-m3") == str(path.parent)
    assert f"Note: {path} is of another revision" in capsys.readouterr().out


@pytest.mark.parametrize("file, name, value", [
    *[("config.json", name, 7) for name in load("models.json")["bge-m3"]["config"]],
    ("1_Pooling/config.json", "pooling_mode_cls_token", False),
    ("sentence_bert_config.json", "max_seq_length", 512),
    ("sentence_bert_config.json", "do_lower_case", True),
    ("config_sentence_transformers.json", "default_prompt_name", "query")])
def test_json_files_that_mean_another_vector_are_refused(known, tiny_bge, file, name, value):
    path = put(tiny_bge, known) / file
    content = {"prompts": {"query": "query: "}, **json.loads(path.read_text("utf-8"))}
    path.write_text(json.dumps({**content, name: value}), "utf-8")
    folder = path.parents[file.count("/")]
    with pytest.raises(ModelFolderError, match="they belong to another model") as caught:
        find.check_copy(folder, known)
    means = {"pooling_mode_cls_token": "pooling = ['mean']", "max_seq_length": "max_length = 512",
             "do_lower_case": "lower_case = True", "default_prompt_name": "prompt = query: "}
    assert str(folder) in str(caught.value)
    assert f"say {means.get(name, f'{name} = {value}')} and should say " in str(caught.value)


def test_a_mirror_with_another_module_is_refused(hub, tiny_bge, tmp_path):
    hub.folder = shutil.copytree(tiny_bge, tmp_path / "changed")
    path = hub.folder / "modules.json"
    path.write_text(path.read_text("utf-8").replace("models.Normalize", "models.Dense"), "utf-8")
    assert "Dense" in refused()


def test_json_files_may_differ_in_bytes(hub, known, tiny_bge, tmp_path, capsys):
    hub.folder = shutil.copytree(tiny_bge, tmp_path / "reformatted")
    for file in ("config.json", "modules.json", "tokenizer_config.json"):
        path = hub.folder / file
        path.write_text(path.read_text("utf-8") + "\n", "utf-8")
    folder = pathlib.Path(model_dir("bge-m3"))
    assert (folder / "modules.json").read_text("utf-8").endswith("\n")
    assert "Note" not in capsys.readouterr().out


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


def test_a_cache_folder_that_cannot_be_written_costs_only_time(known, tiny_bge, home, monkeypatch):
    (home / "file").write_text("")
    folder = put(tiny_bge, known)
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "file"))
    assert model_dir("bge-m3") == str(folder)


def test_a_digest_that_could_not_be_kept_leaves_nothing(tmp_path, monkeypatch):
    """A full disk, in the middle of the write: the digest is right, now and the next time."""
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "file").write_text("hello")
    monkeypatch.setattr(os, "replace", full)
    monkeypatch.setattr(pathlib.Path, "write_text", lambda path, *_: path.open("w").write("2cf"))
    assert find.digest(tmp_path / "file").startswith("2cf24dba5fb0a30e")
    assert find.digest(tmp_path / "file").startswith("2cf24dba5fb0a30e")
    kept = [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]
    assert not [path for path in kept if path.stat().st_size != 64]
