"""A model's folder as users bring it: files missing, cut, replaced; and the ways in which they name it."""
import json
import os
import pathlib
import shutil

import pytest
import route
import torch
from hub import LFS_POINTER, WEB_PAGE
from safetensors.torch import save_file
from tiny import build_bge

from helpers import Encoder, model_dir
from helpers.models import find
from helpers.models.find import EMBEDDED, identify, verify
from helpers.models.folder import ModelFolderError


@pytest.fixture(params=["pytorch_model.bin", "model.safetensors"])
def weights(tiny_bge, tmp_path, request):
    """The weights in a copy of the small model, in one format and in the other."""
    folder = shutil.copytree(tiny_bge, tmp_path / "model")
    if request.param == "model.safetensors":
        state = torch.load(folder / "pytorch_model.bin", weights_only=True)
        save_file(state, folder / request.param, metadata={"format": "pt"})
        (folder / "pytorch_model.bin").unlink()
    return folder / request.param


@pytest.fixture
def folder(tiny_bge, tmp_path):
    """A copy of the small model, to spoil."""
    return shutil.copytree(tiny_bge, tmp_path / "model")


def refused(name):
    """The message with which both model_dir and Encoder refuse a folder."""
    messages = []
    for use in (model_dir, Encoder):
        with pytest.raises(ModelFolderError) as caught:
            use(name)
        messages.append(str(caught.value))
    assert messages[0] == messages[1] and "\n" not in messages[0] and len(messages[0]) < 400
    print(messages[0])
    return messages[0]


@pytest.mark.parametrize("file", ["modules.json", "1_Pooling/config.json", "tokenizer.json", "tokenizer_config.json",
                                  "config.json"])
def test_a_missing_file_is_named(folder, file):
    (folder / file).unlink()
    assert refused(folder) == f"{folder / file} is missing: the model's folder is not whole. Download the model again"


def test_missing_weights_are_named(weights):
    weights.unlink()
    assert "has no weights (model.safetensors or pytorch_model.bin)" in refused(weights.parent)


@pytest.mark.parametrize("content, word", [(b"", "0 bytes"), (LFS_POINTER, "Git LFS pointer"), (WEB_PAGE, "web page"),
                                           (b"\n " + WEB_PAGE, "web page")])
def test_weights_that_are_something_else_are_named(weights, content, word):
    weights.write_bytes(content)
    message = refused(weights.parent)
    assert str(weights) in message and word in message and f"({len(content)} bytes)" in message
    assert message.endswith("Delete it and download it again")


@pytest.mark.parametrize("part", [0.001, 0.5, 0.9999])
def test_weights_that_were_cut_are_named(weights, part):
    weights.write_bytes(weights.read_bytes()[:int(part * weights.stat().st_size)])
    assert f"{weights} ({weights.stat().st_size:,} bytes) was cut short or replaced" in refused(weights.parent)


@pytest.mark.parametrize("file", ["tokenizer.json", "config.json", "modules.json", "1_Pooling/config.json"])
@pytest.mark.parametrize("content", [None, b"", LFS_POINTER, WEB_PAGE], ids=["half", "zero", "pointer", "page"])
def test_a_json_file_that_is_not_one_is_named(folder, file, content):
    whole = (folder / file).read_bytes()
    (folder / file).write_bytes(whole[:len(whole) // 2] if content is None else content)
    size = (folder / file).stat().st_size
    assert refused(folder).startswith(f"{folder / file} ({size:,} bytes) is not JSON")


@pytest.mark.parametrize("part", [0.001, 0.1, 0.5, 0.9, 0.999, 0.999999])
def test_a_large_tokenizer_that_was_cut_is_named(tmp_path, part):
    """Of files over a megabyte only the two ends are read, so that a start does not pay for 17 MB of JSON."""
    path = build_bge(tmp_path, vocab_size=40_000) / "tokenizer.json"
    whole = path.read_bytes()
    assert len(whole) > 2**20 and model_dir(tmp_path) == str(tmp_path)
    path.write_bytes(whole[:int(part * len(whole))])
    assert "is not JSON: it was cut short or replaced" in refused(tmp_path)


def test_a_modules_json_that_lists_no_modules_is_named(folder):
    (folder / "modules.json").write_text('{"error": "not found"}')
    assert "modules.json (22 bytes) holds dict, not list" in refused(folder)


def test_one_flipped_byte_in_weights_that_are_known(folder, monkeypatch):
    """In a folder of the user's own: the checksums inside the file tell damage from further training."""
    everything = route.identities_of(folder)
    monkeypatch.setattr(find, "identities", lambda: everything)
    assert model_dir(folder) == str(folder)
    path = folder / "pytorch_model.bin"
    body = bytearray(path.read_bytes())
    body[len(body) // 2] ^= 1
    path.write_bytes(body)
    message = refused(folder)
    assert str(path) in message and "is damaged" in message and "Delete it and download it again" in message


def test_weights_trained_further_are_somebodys_own(folder, monkeypatch):
    everything = route.identities_of(folder)
    monkeypatch.setattr(find, "identities", lambda: everything)
    state = torch.load(folder / "pytorch_model.bin", weights_only=True)
    state["encoder.layer.0.output.dense.bias"] += 1
    torch.save(state, folder / "pytorch_model.bin")
    assert (folder / "pytorch_model.bin").stat().st_size == everything["bge-m3"]["files"]["pytorch_model.bin"][0]
    assert model_dir(folder) == str(folder) and identify(str(folder)) is None


def test_one_flipped_byte_in_the_embedded_model(tmp_path):
    copy = shutil.copytree(model_dir(EMBEDDED), tmp_path / "embedded")
    verify(copy, EMBEDDED)
    with open(copy / "model.safetensors", "r+b") as file:
        file.seek(50_000_000)
        byte = file.read(1)[0]
        file.seek(50_000_000)
        file.write(bytes([byte ^ 1]))
    with pytest.raises(ModelFolderError, match="model.safetensors has 90,868,376 bytes and is not the file .* Install"):
        verify(copy, EMBEDDED)


def test_a_checkpoint_without_some_of_its_tensors(weights):
    change(weights, lambda state: state.pop("encoder.layer.1.output.dense.weight"))
    with pytest.raises(ModelFolderError, match="lack 1 tensors, the first is encoder.layer.1.output.dense.weight"):
        Encoder(weights.parent)


def test_a_checkpoint_with_a_tensor_of_another_shape(weights):
    change(weights, lambda state: state.update({"encoder.layer.0.output.dense.bias": torch.zeros(65)}))
    with pytest.raises(ModelFolderError, match="another shape than .* 1 tensors, the first is encoder.layer.0.output"):
        Encoder(weights.parent)


def test_a_checkpoint_without_the_pooler_gives_the_same_vector(weights, tiny_bge):
    change(weights, lambda state: [state.pop(name) for name in list(state) if name.startswith("pooler")])
    assert (Encoder(weights.parent).encode(["hello world!"]) == Encoder(tiny_bge).encode(["hello world!"])).all()


def change(path, how):
    """Rewrite a checkpoint after `how(state)` has changed it."""
    if path.suffix == ".bin":
        state = torch.load(path, weights_only=True)
        how(state)
        torch.save(state, path)
        return
    from safetensors.torch import load_file
    state = {name: tensor.clone() for name, tensor in load_file(path).items()}
    how(state)
    save_file(state, path, metadata={"format": "pt"})


class Harmful:
    """What a pickle can do to whoever unpickles it without weights_only."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path,)


def test_a_pickle_that_would_run_code_is_refused(folder, tmp_path):
    state = torch.load(folder / "pytorch_model.bin", weights_only=True)
    torch.save({**state, "extra": Harmful(str(tmp_path / "harm"))}, folder / "pytorch_model.bin")
    with pytest.raises(ModelFolderError, match="holds more than numbers, so it is not loaded") as caught:
        Encoder(folder)
    assert str(folder / "pytorch_model.bin") in str(caught.value) and not (tmp_path / "harm").exists()


def test_code_in_a_model_folder_is_not_run(folder, tmp_path):
    """config.json may ask transformers to import a file of the folder: only trust_remote_code would."""
    harm = tmp_path / "harm"
    (folder / "configuration_own.py").write_text(f"import os\nos.mkdir({str(harm)!r})\nclass Own: pass\n")
    config = json.loads((folder / "config.json").read_text("utf-8"))
    (folder / "config.json").write_text(json.dumps({**config, "model_type": "own-model", "auto_map": {
        "AutoConfig": "configuration_own.Own", "AutoModel": "configuration_own.Own"}}))
    with pytest.raises(ModelFolderError, match="config.json says model_type 'own-model', which transformers does not"):
        Encoder(folder)
    assert not harm.exists()


@pytest.mark.parametrize("name", ["with spaces", "模型", "ünïcödé 🙂"])
def test_a_folder_of_any_name(tiny_bge, tmp_path, name):
    copy = shutil.copytree(tiny_bge, tmp_path / name)
    assert model_dir(str(copy)) == str(copy)
    assert Encoder(copy).encode(["hello world!"]).shape == (1, 64)


def test_ways_to_write_one_folder(folder, monkeypatch):
    monkeypatch.setenv("HOME", str(folder.parent))
    monkeypatch.setenv("USERPROFILE", str(folder.parent))
    monkeypatch.chdir(folder.parent)
    for name in (str(folder), folder, f"{folder}/", f"~/{folder.name}", pathlib.Path("~", folder.name), folder.name,
                 f"./{folder.name}/"):
        assert model_dir(name) == str(folder)
    monkeypatch.setenv("EMBED_MODEL", f"~/{folder.name}/")
    assert model_dir() == str(folder)


@pytest.mark.parametrize("name, word", [("", "is an empty string"), ("  ", "is an empty string"),
                                        ("intfloat/multilingual-e5-small", "does not exist"),
                                        ("/no/such/folder", "does not exist")])
def test_a_name_that_is_no_folder(name, word):
    message = refused(name)
    assert word in message and "Give" in message


def test_a_hub_id_names_the_models_that_there_are():
    assert "one of all-MiniLM-L6-v2, bge-m3" in refused("intfloat/multilingual-e5-small")


def test_a_file_instead_of_a_folder(folder):
    assert "is a file, not a folder" in refused(folder / "config.json")


@pytest.mark.parametrize("name", [None, "", "all-minilm-l6-v2", "sentence-transformers/all-MiniLM-L6-v2"])
def test_the_embedded_model_by_its_names(name, monkeypatch):
    monkeypatch.setenv("EMBED_MODEL", name or "")
    assert identify(model_dir()) == EMBEDDED


@pytest.mark.parametrize("name", [3, b"bge-m3", ["bge-m3"]])
def test_another_type_is_a_type_error(name):
    with pytest.raises(TypeError, match="named by a str or a path"):
        model_dir(name)
