"""The route to bge-m3, with a small model served by a local hub in its place."""
import json
import pathlib
import shutil
import sys
import time

import pytest
import torch
from hub import (
    DAMAGE,
    WEIGHTS,
    flip,
    put,
    refused,
    right,
)

from helpers import model_dir
from helpers.data import load
from helpers.models import download, find
from helpers.models.files import ModelFolderError

pytest_plugins = ["downloads"]
NETWORK = []        # what this process and its children-to-be asked of the network
sys.addaudithook(lambda event, _: NETWORK.append(event)
                 if event in ("socket.__new__", "subprocess.Popen") else None)


def test_a_download_is_whole_and_says_what_it_costs(hub, known, capsys):
    assert right(model_dir("bge-m3"), known)
    said = capsys.readouterr().out
    assert "BAAI/bge-m3 from ModelScope: 3.0 MB to download" in said and "of no use" not in said


def test_files_that_are_not_needed_are_not_fetched(hub, known, tiny_bge, tmp_path):
    hub.folder = shutil.copytree(tiny_bge, tmp_path / "with more")
    for extra in ("onnx/model.onnx", "imgs/nqa.jpg", "long.jpg"):
        (hub.folder / extra).parent.mkdir(exist_ok=True)
        (hub.folder / extra).write_bytes(b"0" * 1000)
    folder = pathlib.Path(model_dir("bge-m3"))
    assert right(folder, known)
    assert not [path for path in folder.rglob("*") if path.suffix in (".onnx", ".jpg")]
    assert not any("onnx" in path for path in hub.asked)


def test_too_small_a_disk_is_said_before_anything_is_fetched(hub, monkeypatch):
    small = shutil.disk_usage("/")._replace(free=1_000_000)
    monkeypatch.setattr(download.shutil, "disk_usage", lambda path: small)
    assert "is full" in refused() and not hub.asked


def test_no_network_and_an_empty_cache(offline):
    message = refused()
    assert "cannot be reached" in message and "unset EMBED_MODEL" in message
    assert 'source="huggingface"' in message


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


@pytest.mark.parametrize("settings, folder", [
    ({}, "{home}/.cache/huggingface/hub"),
    ({"XDG_CACHE_HOME": "{home}/x"}, "{home}/x/huggingface/hub"),
    ({"XDG_CACHE_HOME": "{home}/x", "HF_HOME": "{home}/h"}, "{home}/h/hub"),
    ({"HF_HOME": "~/h"}, "{home}/h/hub"),
    ({"HF_HOME": "{home}/h", "HF_HUB_CACHE": "~/c"}, "{home}/c")])
def test_where_hugging_faces_client_keeps_a_model(home, monkeypatch, settings, folder):
    for name, value in settings.items():
        monkeypatch.setenv(name, value.format(home=home))
    known = load("models.json")["bge-m3"]
    assert find.places("huggingface", known) == [
        pathlib.Path(folder.format(home=home), "models--BAAI--bge-m3")]


def test_where_modelscopes_clients_have_kept_a_model(home, monkeypatch):
    usual = home / ".cache" / "modelscope"
    layouts = ["models/BAAI--bge-m3", "models/BAAI/bge-m3", "hub/models/BAAI/bge-m3", "BAAI/bge-m3",
               "hub/BAAI/bge-m3"]
    known = load("models.json")["bge-m3"]
    assert find.places("modelscope", known) == [usual / layout for layout in layouts]
    monkeypatch.setenv("MODELSCOPE_CACHE", "~/m")
    assert find.places("modelscope", known) == [
        base / layout for base in (home / "m", usual) for layout in layouts]


def test_modelscope_cache_names_another_place(offline, known, tiny_bge, tmp_path, monkeypatch):
    usual = put(tiny_bge, known)
    monkeypatch.setenv("MODELSCOPE_CACHE", str(tmp_path / "elsewhere 缓存"))
    assert model_dir("BAAI/bge-m3") == str(usual)       # where an earlier session put it
    folder = put(tiny_bge, known)
    assert model_dir("BAAI/bge-m3") == str(folder) and "elsewhere" in str(folder)


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


@pytest.mark.parametrize("file", ["config.json", "1_Pooling/config.json", "modules.json"])
def test_a_json_file_that_a_mirror_writes_another_way_is_the_same(known, tiny_bge, file, capsys):
    path = put(tiny_bge, known) / file
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")), indent=7), "utf-8")
    assert path.stat().st_size != known["files"][file][0]
    assert model_dir("bge-m3") == str(path.parents[file.count("/")])
    assert capsys.readouterr().out == ""


def test_what_is_said_is_seen_before_the_long_work_begins(known, tiny_bge, terminal, monkeypatch):
    """A note, and why a copy is of no use: the next step may be a download of 2.3 GB."""
    longer, broken = put(tiny_bge, known), put(tiny_bge, known, layout=1, without=["config.json"])
    (longer / "tokenizer.json").write_bytes((longer / "tokenizer.json").read_bytes() + b"\n")
    screen = terminal()
    find.check_copy(longer, known)
    assert "is of another revision" in screen.seen
    shutil.rmtree(longer)
    reason = f"The copy on this machine is of no use: {broken / 'config.json'} is missing.\n"

    def fetched(asked, source):
        assert asked is known and source == "huggingface" and screen.seen.endswith(reason)
        return put(tiny_bge, known, "huggingface")
    monkeypatch.setattr(download, "download", fetched)
    assert "huggingface" in model_dir("bge-m3", source="huggingface")
    assert screen.getvalue().endswith(reason), "said once"


@pytest.mark.parametrize("file, name, value", [
    *[("config.json", name, 7) for name in load("models.json")["bge-m3"]["config"]],
    ("1_Pooling/config.json", "pooling_mode_cls_token", False),
    ("sentence_bert_config.json", "max_seq_length", 512),
    ("sentence_bert_config.json", "do_lower_case", True),
    ("config_sentence_transformers.json", "default_prompt_name", "query")])
def test_json_files_that_mean_another_vector_are_refused(known, tiny_bge, file, name, value):
    path = put(tiny_bge, known) / file
    prompts = {"prompts": {"query": "query: "}} if name == "default_prompt_name" else {}
    content = {**prompts, **json.loads(path.read_text("utf-8"))}
    path.write_text(json.dumps({**content, name: value}), "utf-8")
    folder = path.parents[file.count("/")]
    with pytest.raises(ModelFolderError, match="they belong to another model") as caught:
        find.check_copy(folder, known)
    means = {"pooling_mode_cls_token": "pooling = ['mean']", "max_seq_length": "max_length = 512",
             "do_lower_case": "lower_case = True", "default_prompt_name": "prompt = query: "}
    assert str(folder) in str(caught.value)
    assert f"say {means.get(name, f'{name} = {value}')} and should say " in str(caught.value)


def test_hugging_face_when_it_is_named(hub, known):
    folder = model_dir("bge-m3", source="huggingface")
    assert right(folder, known) and "huggingface" in folder
    assert not any("FilePath" in path for path in hub.asked)


def test_an_unknown_source_is_refused(known):
    with pytest.raises(ValueError, match="modelscope, huggingface"):
        model_dir("bge-m3", source="github")
