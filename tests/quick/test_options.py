"""Option files: every key is followed, ignored or refused; what cannot be computed is said."""
import inspect
import json
import pathlib
import re
import shutil
import sys

import architectures
import numpy as np
import pytest
import sentence_transformers
import sentence_transformers.models
import torch
import transformers
from langchain_huggingface import HuggingFaceEmbeddings
from safetensors.torch import save_file
from transformers import AutoModel, DistilBertModel, T5EncoderModel

from helpers import Encoder, ModelFolderError, model_dir, trace
from helpers.data import load
from helpers.models.folder import linked_copy, read_recipe, usable_positions

KNOWN = load("options.json")
NOT_IN_FILES = {"self", "init_weight", "init_bias", "model_name_or_path"}


def keys_of(module):
    """What a module of the installed sentence-transformers keeps in its file or takes from it."""
    return {*module.config_keys, *getattr(module, "config_key_renames", ()),
            *inspect.signature(module.__init__).parameters} - NOT_IN_FILES


@pytest.mark.parametrize("name", ["Transformer", "Pooling", "Dense", "Dropout", "LayerNorm",
                                  "Normalize"])
def test_every_key_of_a_module_is_known(name):
    """Also those that the installed version reads by older names: a new version shows here."""
    module = getattr(sentence_transformers.models, name)
    found, home = keys_of(module), sys.modules[module.__module__]
    if name == "Transformer":
        found |= set(re.findall(r'"(\w+)": "\w+_kwargs"', inspect.getsource(module)))
    if name == "Pooling":
        found |= set(getattr(home, "_LEGACY_POOLING_MODE_KWARGS", ()))
    assert found or name == "Normalize"             # which has none before 6.0
    assert found <= KNOWN[name].keys()


def test_every_key_of_a_model_is_known():
    read = r'(?:model_)?config(?:\.get\(|\[)"(\w+)"'
    kinds = [kind.__module__ for kind in sentence_transformers.SentenceTransformer.__mro__]
    homes = {sys.modules[name] for name in kinds if name.startswith("sentence_transformers.")}
    found = {key for file in homes for key in re.findall(read, inspect.getsource(file))}
    assert {"prompts", "truncate_dim", "default_prompt_name"} <= found
    of_modules = found & KNOWN["modules.json"].keys()
    assert "path" in of_modules
    assert found - of_modules <= KNOWN["config_sentence_transformers.json"].keys()
    assert sentence_transformers.__version__.split(".")[0] in "56"


@pytest.fixture(scope="module")
def bert(tmp_path_factory):
    return architectures.build(tmp_path_factory.mktemp("models") / "bert", "bert")


@pytest.fixture
def folder(bert, tmp_path):
    return shutil.copytree(bert, tmp_path / "model")


def change(path, **changes):
    """Put keys into a JSON file, which may be new."""
    old = json.loads(path.read_text("utf-8")) if path.exists() else {}
    architectures.put(path, {**old, **changes})


@pytest.mark.parametrize("file, key, value", [
    ("sentence_bert_config.json", "tokenizer_args", {"truncation_side": "left"}),
    ("sentence_bert_config.json", "processor_kwargs", {"padding_side": "left"}),
    ("sentence_bert_config.json", "config_args", {"num_hidden_layers": 1}),
    ("sentence_bert_config.json", "model_args", {"attn_implementation": "eager"}),
    ("sentence_bert_config.json", "processing_kwargs", {"text": {"max_length": 4}}),
    ("sentence_bert_config.json", "transformer_task", "fill-mask"),
    ("sentence_bert_config.json", "modality_config", {"message": {"method": "forward"}}),
    ("sentence_bert_config.json", "a_new_key", 1),
    ("sentence_roberta_config.json", "a_new_key", 1),
    ("config_sentence_transformers.json", "model_type", "SparseEncoder"),
    ("config_sentence_transformers.json", "a_new_key", None),
    ("1_Pooling/config.json", "a_new_key", False),
    ("2_Normalize/config.json", "module_input_name", "token_embeddings"),
    ("modules.json", "a_new_key", 1)])
def test_a_key_that_is_not_known_is_refused_by_name(folder, file, key, value):
    path = folder / file
    if "roberta" in file:                       # read where the first file is not there
        (folder / "sentence_bert_config.json").unlink()
    if file == "modules.json":
        listed = json.loads(path.read_text())
        architectures.put(path, [{**listed[0], key: value}, *listed[1:]])
    else:
        change(path, **{key: value})
    with pytest.raises(ModelFolderError) as caught:
        Encoder(folder)
    assert str(caught.value).startswith(f"{path} asks for {key} = {value!r:.60}, which is not")
    assert "again" not in str(caught.value)


def test_what_cannot_change_the_vector_is_ignored(folder):
    before = Encoder(folder).encode(["hello world"])
    change(folder / "sentence_bert_config.json", unpad_inputs=True, query_length=8,
           document_length=9, tokenizer_args={}, model_args=None,
           modality_config=KNOWN["Transformer"]["modality_config"][0],
           module_output_name="token_embeddings")
    change(folder / "config_sentence_transformers.json", similarity_fn_name="dot",
           __version__={"pytorch": "1"}, model_type="SentenceTransformer")
    np.testing.assert_array_equal(Encoder(folder).encode(["hello world"]), before)


@pytest.mark.parametrize("said, prompt", [
    ({"default_prompt_name": "query", "prompts": {"query": "query : "}}, "query : "),
    ({"default_prompt_name": "query", "prompts": {"query": None}}, ""),
    ({"default_prompt_name": "document", "prompts": {"query": "query : "}}, ""),
    ({"default_prompt_name": "query"}, ""),
    ({"default_prompt_name": None, "prompts": {"query": "query : "}}, "")])
def test_the_default_prompt_is_the_black_boxs(folder, said, prompt):
    change(folder / "config_sentence_transformers.json", **said)
    encoder = Encoder(folder)
    assert encoder.prompt == prompt
    black_box = HuggingFaceEmbeddings(model_name=str(folder), model_kwargs={"device": "cpu"})
    np.testing.assert_allclose(encoder.encode(["the bank"])[0], black_box.embed_query("the bank"),
                               atol=1e-6)


def test_a_default_prompt_that_is_not_there_is_refused_as_the_black_box_does(folder):
    change(folder / "config_sentence_transformers.json", default_prompt_name="passage",
           prompts={"query": "query: "})
    with pytest.raises(ModelFolderError, match="default prompt 'passage', and its prompts are 'qu"):
        Encoder(folder)
    change(folder / "config_sentence_transformers.json", prompts={})
    with pytest.raises(ModelFolderError, match="'passage', and its prompts are none"):
        Encoder(folder)
    with pytest.raises(ValueError, match="'passage' not found"):
        HuggingFaceEmbeddings(model_name=str(folder))


def test_the_next_option_file_is_read_where_the_first_is_empty(folder):
    architectures.put(folder / "sentence_bert_config.json", {})
    architectures.put(folder / "sentence_roberta_config.json", {"max_seq_length": 7})
    assert read_recipe(folder).max_length == 7


def test_a_vocabulary_is_enough_for_a_tokenizer(folder):
    (folder / "tokenizer.json").unlink()
    (folder / "vocab.txt").write_text("\n".join(architectures.WORDS), "utf-8")
    change(folder / "tokenizer_config.json", tokenizer_class="BertTokenizer", model_max_length=64)
    black_box = HuggingFaceEmbeddings(model_name=str(folder), model_kwargs={"device": "cpu"})
    np.testing.assert_allclose(Encoder(folder).encode(["the river"])[0],
                               black_box.embed_query("the river"), atol=1e-6)


def only(folder, *names):
    """A folder with these files and nothing else."""
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    for name in names:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"GGUF")


def link_to_nothing(folder):
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors").symlink_to(folder / "blobs" / "1234")


def config(**changes):
    return lambda folder: change(folder / "config.json", **changes)


@pytest.mark.parametrize("spoil, word", [
    (lambda folder: only(folder, "model-q4.gguf"), "in another form (model-q4.gguf). Use "
     "the program that reads it, or a folder with model.safetensors"),
    (lambda folder: (folder / "model.safetensors").rename(folder / "model.onnx"), "(model.onnx)"),
    (lambda folder: change(folder / "adapter_config.json", peft_type="LORA"),
     "/adapter_config.json is of an adapter (PEFT)"),
    (link_to_nothing, "is a link to a file that is gone"),
    (config(model_type="bart"), "model_type 'bart', which transformers does not have as an enc"),
    (config(model_type="mine", auto_map={"AutoModel": "mine.Mine"}), "model_type 'mine', which"),
    (config(quantization_config={"bits": 4}), "the weights are quantized"),
    (lambda folder: architectures.put(folder / "modules.json", [
        {"path": "", "type": "sentence_transformers.models.StaticEmbedding"}]),
     "lists StaticEmbedding: supported are Transformer, Pooling, then Dense, Dropout, Layer")])
def test_a_sound_folder_of_another_kind_is_refused_for_its_reason(folder, spoil, word):
    spoil(folder)
    for use in (model_dir, Encoder):
        if use is Encoder or "model_type" not in word and "quantized" not in word:
            with pytest.raises(ModelFolderError) as caught:
                use(str(folder))
            assert word in str(caught.value) and "\n" not in str(caught.value)
            assert "gone" in word or "again" not in str(caught.value)


SMALL = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4,
         "intermediate_size": 64}
ALONE = {       # a text of these depends on what it is padded to, or cannot be alone
    "FNetModel": (transformers.FNetConfig(vocab_size=99, hidden_size=32, num_hidden_layers=2),
                  "beside it changes it by"),
    "ConvBertModel": (transformers.ConvBertConfig(vocab_size=99, embedding_size=32,
                                                  initializer_range=0.3, **SMALL),
                      "beside it changes it by"),
    "CLIPModel": (transformers.CLIPConfig(
        text_config={"vocab_size": 99, **SMALL}, projection_dim=32,
        vision_config={"image_size": 32, "patch_size": 16, **SMALL}), "has no attribute"),
}


@pytest.mark.parametrize("name", ALONE)
def test_a_model_that_gives_a_text_no_vector_of_its_own_is_refused(bert, tmp_path, name):
    config, why = ALONE[name]
    folder = shutil.copytree(bert, tmp_path / "model")
    torch.manual_seed(0)
    getattr(transformers, name)(config).save_pretrained(folder)
    said = rf"^{name} in torch.float32 gives no vectors to a text alone \(.*{why}"
    with pytest.raises(ModelFolderError, match=said) as caught:
        Encoder(folder)
    assert str(caught.value).endswith("Use its own program, or another dtype")


@pytest.mark.parametrize("changes, word", [
    ({"activation_function": "torch.nn.modules.linear.Linear2"}, "cannot be used: .*Linear2"),
    ({"use_residual": True}, "asks for use_residual = True"),
    ({"in_features": 31}, "cannot be used: "),
    ({"out_features": 7}, "cannot be used: ")])
def test_a_dense_layer_that_cannot_be_is_refused(folder, changes, word):
    architectures.write(folder, {}, after=({"size": 32, "out": 8}, "Normalize"))
    change(folder / "2_Dense" / "config.json", **changes)
    with pytest.raises(ModelFolderError, match=word):
        Encoder(folder)


def test_a_dense_layer_without_an_activation_has_sentence_transformers_own(folder):
    architectures.write(folder, {}, after=({"size": 32, "out": 8},))
    path = folder / "2_Dense" / "config.json"
    content = json.loads(path.read_text())
    del content["activation_function"]
    architectures.put(path, content)
    theirs = HuggingFaceEmbeddings(model_name=str(folder), model_kwargs={"device": "cpu"})
    encoder = Encoder(folder)
    assert encoder.dimension == 8
    np.testing.assert_allclose(encoder.encode(["a"])[0], theirs.embed_query("a"), atol=1e-6)


@pytest.mark.parametrize("kind, load", [("distilbert", DistilBertModel), ("t5", T5EncoderModel)])
def test_a_model_whose_sizes_have_other_names_can_be_handed_over(tmp_path, kind, load):
    folder = architectures.build(tmp_path / kind, kind)
    handed = Encoder(folder, model=load.from_pretrained(folder).eval())
    np.testing.assert_allclose(handed.encode(["hello"]), Encoder(folder).encode(["hello"]),
                               atol=1e-6)


def test_a_model_of_another_folder_is_refused_by_name(bert, tmp_path):
    other = architectures.build(tmp_path / "electra", "electra")
    with pytest.raises(ValueError, match=f"model_type electra, the one in {bert} bert"):
        Encoder(bert, model=AutoModel.from_pretrained(other).eval())


def test_token_types_that_are_not_0_are_passed(tmp_path):
    """XLNet's last token has another one."""
    folder = architectures.build(tmp_path / "xlnet", "xlnet")
    black_box = HuggingFaceEmbeddings(model_name=str(folder), model_kwargs={"device": "cpu"})
    np.testing.assert_allclose(Encoder(folder).encode(["the river"])[0],
                               black_box.embed_query("the river"), atol=1e-6)


@pytest.mark.parametrize("device", ["cpu", "cpu:0", torch.device("cpu", 0)])
def test_a_device_as_torch_prints_it(bert, device):
    assert Encoder(bert, device=device).device == torch.device("cpu")


def test_only_the_last_normalize_can_be_switched(folder):
    """Encoder(normalize=False) leaves out the last one; a Dense after one keeps it."""
    architectures.write(folder, {}, after=("Normalize", {"size": 32, "out": 32}, "Normalize"))
    recipe = read_recipe(folder)
    assert recipe.normalize and recipe.more == {"modules": (
        ("Pooling", "1_Pooling"), ("Normalize", "2_Normalize"), ("Dense", "3_Dense"))}
    plain = Encoder(folder, normalize=False).encode(["hello"])
    np.testing.assert_allclose(plain / np.linalg.norm(plain), Encoder(folder).encode(["hello"]),
                               atol=1e-6)
    assert abs(np.linalg.norm(plain) - 1) > 1e-3


def test_a_recipe_says_apart_what_most_models_do_not_have(bert, folder):
    assert read_recipe(bert).more == {}
    change(folder / "config_sentence_transformers.json", truncate_dim=8,
           default_prompt_name="query", prompts={"query": "query: "})
    assert read_recipe(folder).more == {"truncate_dim": 8}
    change(folder / "1_Pooling" / "config.json", include_prompt=False)
    assert read_recipe(folder).more == {"truncate_dim": 8, "modules": (("Pooling", "1_Pooling"),)}


def test_a_pooling_cannot_be_asked_of_modules_that_go_together(folder):
    architectures.write(folder, {}, after=({"size": 32, "out": 8}, "Normalize"))
    with pytest.raises(ValueError, match="pooling must be None: the modules in .* go together"):
        Encoder(folder, pooling="cls")


def test_trace_agrees_on_modules_that_no_lesson_teaches(folder):
    """A Dense layer, a prompt that is not pooled, fewer numbers: every stage is the same."""
    architectures.write(folder, {"pooling_mode": "weightedmean", "include_prompt": False},
                        model={"prompts": {"query": "query: "}, "default_prompt_name": "query",
                               "truncate_dim": 8}, after=({"size": 32, "out": 24}, "Normalize"))
    found = trace(folder, sentence_transformers.SentenceTransformer(str(folder)), "the river")
    assert found.first is None and found.rows[-2:] == (
        ("pooled", "OK", "shape (1, 24)"), ("normalized", "OK", "shape (1, 8)"))


def test_a_transformer_in_a_folder_of_its_own(folder):
    """As the first versions of sentence-transformers saved it."""
    before = Encoder(folder).encode(["the river"])
    (folder / "0_Transformer").mkdir()
    for path in [path for path in folder.iterdir() if path.is_file()]:
        if path.name not in ("modules.json", "config_sentence_transformers.json"):
            path.rename(folder / "0_Transformer" / path.name)
    modules = json.loads((folder / "modules.json").read_text())
    modules[0]["path"] = "0_Transformer"
    architectures.put(folder / "modules.json", modules)
    assert read_recipe(folder).more == {"transformer": "0_Transformer"}
    assert model_dir(folder) == str(folder)
    np.testing.assert_array_equal(Encoder(folder).encode(["the river"]), before)
    (folder / "0_Transformer" / "tokenizer.json").unlink()
    with pytest.raises(ModelFolderError, match="0_Transformer/tokenizer.json is missing"):
        model_dir(folder)


def test_a_dense_layer_needs_its_file_and_a_normalize_does_not(folder):
    architectures.write(folder, {}, after=({"size": 32, "out": 8}, "Normalize"))
    assert not (folder / "3_Normalize").exists() and Encoder(folder).dimension == 8
    (folder / "2_Dense" / "config.json").unlink()
    with pytest.raises(ModelFolderError, match="2_Dense/config.json is missing"):
        model_dir(folder)


@pytest.mark.parametrize("config, positions", [
    ({"model_type": "bert", "max_position_embeddings": 99}, 99), ({"model_type": "bert"}, 512),
    ({"model_type": "roberta"}, 512 - 2), ({"model_type": "t5"}, None), ({}, None),
    ({"model_type": "nobody's"}, None),
    ({"model_type": "xlnet", "max_position_embeddings": -1}, None),
    ({"model_type": "modernbert", "max_position_embeddings": 99, "rope_theta": 1.0}, None),
    ({"max_position_embeddings": 99, "rotary_emb_base": 1.0}, None),
    ({"max_position_embeddings": 99, "position_biased_input": False}, None),
    ({"max_position_embeddings": 99, "position_biased_input": True}, 99),
    ({"max_position_embeddings": 1}, 1)])
def test_how_many_positions_there_are(config, positions):
    """None: no table says, tokens are told apart by their distance."""
    found = usable_positions(config)
    assert found == positions if positions else found > 10**8


def test_a_linked_copy_has_every_folder_and_leaves_no_word_at_the_end(folder, monkeypatch):
    (folder / "a" / "b").mkdir(parents=True)
    (folder / "a" / "b" / "c.json").write_text("{}")
    at_exit = []
    monkeypatch.setattr("atexit.register", lambda *args, **options: at_exit.append((args, options)))
    copy = pathlib.Path(linked_copy(folder, changes={"d/e/f.json": {}}))
    assert (copy / "a" / "b" / "c.json").is_file()
    assert (copy / "d" / "e" / "f.json").read_text() == "{}"
    [((remove, *args), options)] = at_exit
    for _ in range(2):                              # somebody else may have removed it
        remove(*args, **options)
        assert not copy.exists()


@pytest.mark.parametrize("listed", [[1], ["Pooling"], [{"type": "Transformer"}], [{"path": ""}]])
def test_a_list_of_something_else_than_modules_is_damage(folder, listed):
    architectures.put(folder / "modules.json", listed)
    with pytest.raises(ModelFolderError, match="modules.json .* does not list modules"):
        read_recipe(folder)


def black_box(folder):
    """LangChain's vector of a text."""
    theirs = HuggingFaceEmbeddings(model_name=str(folder), model_kwargs={"device": "cpu"})
    return theirs.embed_query("the river")


def without_special_tokens(folder):
    path = folder / "tokenizer.json"
    change(path, post_processor=None)
    architectures.write(folder, {}, after=({"size": 32, "out": 8}, "Normalize"))


def normalize_without_a_folder(folder):
    modules = json.loads((folder / "modules.json").read_text())
    modules[2]["path"] = ""
    architectures.put(folder / "modules.json", modules)


@pytest.mark.parametrize("spoil", [
    lambda folder: (folder / "tokenizer_config.json").unlink(), without_special_tokens,
    normalize_without_a_folder, config(return_dict=False)])
def test_what_sentence_transformers_takes_is_taken(folder, spoil):
    spoil(folder)
    mine = Encoder(folder).encode(["the river"])[0]
    np.testing.assert_allclose(mine, black_box(folder), atol=1e-6)


def test_a_model_of_few_positions_and_one_of_tuples(tmp_path):
    """Both are tried when they are loaded, by the library's pass."""
    folder = architectures.build(tmp_path / "electra", "electra")
    electra = transformers.ElectraConfig(**SMALL, embedding_size=16, max_position_embeddings=6,
                                         vocab_size=len(architectures.WORDS), pad_token_id=1)
    transformers.ElectraModel(electra).save_pretrained(folder)
    change(folder / "config.json", return_dict=False)
    assert Encoder(folder).max_length == 6 and Encoder(folder).encode(["a"]).shape == (1, 32)


@pytest.mark.parametrize("spoil, word", [
    (lambda folder: change(folder / "1_Pooling" / "config.json", pooling_mode=5),
     "pooling_mode = 5"),
    (lambda folder: change(folder / "1_Pooling" / "config.json", pooling_mode=[["mean"]]),
     "asks for the pooling .'mean'., which"),
    (lambda folder: change(folder / "config_sentence_transformers.json", default_prompt_name=["a"]),
     "default_prompt_name = .'a'."),
    (lambda folder: change(folder / "sentence_bert_config.json", max_seq_length="32"),
     "max_seq_length = '32'"),
    (lambda folder: (folder / "modules.json").write_text("[" * 200_000),
     "modules.json .* is not JSON"),
    (lambda folder: save_file({}, folder / "model.safetensors"), "the weights in .* lack")])
def test_a_wrong_kind_of_value_is_one_sentence(folder, spoil, word):
    spoil(folder)
    with pytest.raises(ModelFolderError, match=word):
        Encoder(folder)


@pytest.mark.parametrize("limit", [-1, 0, 2])
def test_a_limit_without_room_for_a_text_is_refused(folder, limit):
    change(folder / "sentence_bert_config.json", max_seq_length=limit)
    with pytest.raises(ValueError, match=f"max_length must be .* from 3 to 512 .*, not {limit}"):
        Encoder(folder)


@pytest.mark.parametrize("kind, after", [("xlnet", ("Normalize",)),
                                         ("bert", ("Dropout", "Normalize"))])
def test_trace_agrees_with_a_library_fresh_from_disk(tmp_path, kind, after):
    """With XLNet's token types; and modules that are in training mode until they encode."""
    folder = architectures.build(tmp_path / kind, kind, after=after)
    fresh = sentence_transformers.SentenceTransformer(str(folder), device="cpu")
    assert trace(folder, fresh, "the river").first is None
