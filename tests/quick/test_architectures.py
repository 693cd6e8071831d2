"""Folders of many architectures and with many options: each gives LangChain's vectors.

`docs/models.md` shows what is tried here, as a table; a test holds the page to it.
"""
import inspect
import pathlib
import re
import shutil
import warnings

import architectures
import numpy as np
import pytest
import torch
import transformers
from architectures import ARCHITECTURES, TEXTS, langchain, write_json, write_modules
from safetensors.torch import load_file, save_file
from sentence_transformers import SentenceTransformer
from sentence_transformers.base import model as base_model
from sentence_transformers.sentence_transformer import model as their_model
from sentence_transformers.sentence_transformer import modules as their_modules
from sentence_transformers.util import fullname

from helpers import Encoder, ModelFolderError
from helpers.data import load
from helpers.encoder import checks
from helpers.encoder.steps import read_dense
from helpers.models.files import read_json
from helpers.models.folder import read_recipe

ROOT = pathlib.Path(__file__).parents[2]
ALL = {"pooling_mode": ["cls", "mean", "max", "mean_sqrt_len_tokens", "weightedmean", "lasttoken"]}
PROMPT = {"prompts": {"query": "turns text: ", "none": None}, "default_prompt_name": "query"}
NORMALIZE = ("Normalize", None)


def dense(folder, i, n_in, n_out, activation="torch.nn.modules.linear.Identity", **words):
    """Write the weights of a Dense module, as sentence-transformers does: -> (class, config)."""
    bias = words.get("bias", True)
    state = {"linear.weight": torch.randn(n_out, n_in) / n_in ** 0.5}
    state |= {"linear.bias": torch.randn(n_out)} if bias else {}
    path = folder / f"{i}_Dense"
    path.mkdir(exist_ok=True)
    save_file(state, path / "model.safetensors")
    return "Dense", {"in_features": n_in, "out_features": n_out, "bias": bias,
                     "activation_function": activation, **words}


def own(folder, pooling):
    write_modules(folder, pooling, NORMALIZE)


def poolings(folder, _):
    write_modules(folder, ALL, NORMALIZE)


def prompt(folder, pooling):
    own(folder, pooling)
    write_json(folder / "config_sentence_transformers.json", PROMPT)


def prompt_left_out(folder, _):
    write_modules(folder, {**ALL, "include_prompt": False}, NORMALIZE)
    write_json(folder / "config_sentence_transformers.json", PROMPT)


def two_dense(folder, pooling):
    """EmbeddingGemma's head."""
    write_modules(folder, pooling, dense(folder, 2, 32, 96, bias=False),
                  dense(folder, 3, 96, 32, bias=False), NORMALIZE)


def normalize_dense(folder, pooling):
    write_modules(folder, pooling, NORMALIZE,
                  dense(folder, 3, 32, 24, "torch.nn.modules.activation.Tanh"),
                  ("Dropout", {"dropout": 0.5}),
                  dense(folder, 5, 24, 24, "torch.nn.modules.activation.GELU"))


def cut(folder, pooling):
    own(folder, pooling)
    write_json(folder / "config_sentence_transformers.json", {"truncate_dim": 16})


def in_parts(folder, pooling):
    own(folder, pooling)
    split(folder, lambda state, path: save_file(state, path, metadata={"format": "pt"}),
          "model.safetensors")


def old_parts(folder, pooling):
    own(folder, pooling)
    split(folder, torch.save, "pytorch_model.bin")


def split(folder, save, name):
    """Write the weights of a folder as two files and an index."""
    state, stem = load_file(folder / "model.safetensors"), pathlib.Path(name)
    (folder / "model.safetensors").unlink()
    names = {part: f"{stem.stem}-0000{i + 1}-of-00002{stem.suffix}"
             for i in (0, 1) for part in sorted(state)[i::2]}
    for file in set(names.values()):
        save({part: state[part].clone() for part in state if names[part] == file}, folder / file)
    write_json(folder / f"{name}.index.json", {"metadata": {}, "weight_map": names})


def before_zip(folder, pooling):
    own(folder, pooling)
    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin",
               _use_new_zipfile_serialization=False)
    (folder / "model.safetensors").unlink()


def inside(folder, pooling):
    """The layout of version 0: what the transformer needs lies in a folder of its own."""
    (folder / "0_Transformer").mkdir()
    for path in list(folder.iterdir()):
        if path.is_file():
            path.rename(folder / "0_Transformer" / path.name)
    write_modules(folder, pooling, NORMALIZE, inside="0_Transformer")
    write_json(folder / "0_Transformer" / "sentence_bert_config.json", {})
    write_json(folder / "0_Transformer" / "sentence_roberta_config.json",
               {"max_seq_length": 9, "do_lower_case": True})


def no_limit(folder, pooling):
    """No length is named anywhere: what the architecture has."""
    own(folder, pooling)
    for file, name in (("tokenizer_config.json", "model_max_length"),
                       ("config.json", "max_position_embeddings")):
        content = read_json(folder / file)
        content.pop(name, None)
        write_json(folder / file, content)


# option -> how it is written; the first three are tried with every architecture
OPTIONS = {"its own pooling": own, "all six poolings": poolings,
           "a prompt that is not pooled": prompt_left_out, "a prompt": prompt,
           "Dense, Dense": two_dense, "Normalize, Dense, Dense": normalize_dense,
           "truncate_dim": cut, "weights in parts": in_parts, "old weights in parts": old_parts,
           "weights before torch 1.6": before_zip, "0_Transformer": inside,
           "no length named": no_limit}
EVERYWHERE, THOROUGH = list(OPTIONS)[:3], ["BERT", "ModernBERT", "Qwen3"]
BESIDES = {"Gemma 3": "Dense, Dense", "XLNet": "no length named", "DeBERTa": "no length named",
           "T5 (its encoder)": "no length named"}
CASES = [(name, option) for name in ARCHITECTURES for option in OPTIONS if option in EVERYWHERE
         or name in THOROUGH or BESIDES.get(name) == option]


def table():
    """Architectures × options, as Markdown."""
    lines = ["| | " + " | ".join(OPTIONS) + " |", "|---|" + ":-:|" * len(OPTIONS)]
    for name in ARCHITECTURES:
        cells = ["=" if (name, option) in CASES else "" for option in OPTIONS]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


@pytest.fixture(scope="session")
def folders(tmp_path_factory):
    """The folder of an architecture by its name, made when it is first asked for."""
    made = {}

    def folder(name):
        if name not in made:
            made[name] = architectures.build(name, tmp_path_factory.mktemp("architecture"))
        return made[name]
    return folder


@pytest.fixture
def copy(folders, tmp_path):
    """A copy of an architecture's folder, to change."""
    return lambda name: shutil.copytree(folders(name), tmp_path / "model")


def encode(folder, texts=TEXTS, **settings):
    """Our vectors; the texts that are cut are no matter here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return Encoder(folder, **settings).encode(texts)


@pytest.mark.parametrize("name, option", CASES)
def test_the_vectors_are_langchains(copy, name, option):
    folder = copy(name)
    OPTIONS[option](folder, {"pooling_mode": ARCHITECTURES[name][3]})
    theirs = np.array(langchain(folder).embed_documents(TEXTS))
    ours = encode(folder)
    assert ours.shape == theirs.shape and 0.5 < np.linalg.norm(theirs, axis=1).mean() < 20
    np.testing.assert_allclose(ours, theirs, atol=1e-5, rtol=0)


@pytest.mark.parametrize("name, named", [("ModernBERT", 20), ("DeBERTa", None), ("XLNet", None)])
def test_without_a_position_table_a_length_is_not_capped(copy, name, named):
    folder, texts = copy(name), [*TEXTS, "hello " * 620]
    write_json(folder / "sentence_bert_config.json", {"max_seq_length": 600})
    if named:
        config = read_json(folder / "config.json")
        write_json(folder / "config.json", {**config, "max_position_embeddings": named})
    theirs = langchain(folder).embed_documents(texts)
    np.testing.assert_allclose(encode(folder, texts), theirs, atol=1e-5, rtol=0)
    assert read_recipe(folder).max_length == 600


def test_with_a_position_table_it_is(copy):
    folder = copy("RoBERTa")
    write_json(folder / "sentence_bert_config.json", {"max_seq_length": 600})
    assert read_recipe(folder).max_length == 510                # of 512 rows, two are skipped
    with pytest.raises((IndexError, RuntimeError)):
        langchain(folder).embed_documents(["hello " * 600])
    assert np.isfinite(encode(folder, ["hello " * 600])).all()


@pytest.mark.parametrize("name", ["DistilBERT", "XLNet", "T5 (its encoder)"])
def test_a_model_that_is_loaded_already(folders, name):
    """DistilBERT's file says `dim` where the object says `hidden_size`, T5's `d_model`."""
    first = Encoder(folders(name))
    given = encode(folders(name), model=first.model)
    np.testing.assert_allclose(given, encode(folders(name)), atol=1e-6)
    assert first.dimension == 32 and len(first.token_ids(["hello"])) == 1
    assert first.hidden_states("hello")[-1].shape[::2] == (1, 32)


def test_an_encoder_that_was_saved_alone(copy):
    """As sentence-transformers saves T5: config.json no longer speaks of a decoder."""
    folder = copy("T5 (its encoder)")
    expected = encode(folder)
    transformers.T5EncoderModel.from_pretrained(folder).save_pretrained(folder)
    assert "is_encoder_decoder" in read_json(folder / "config.json")
    np.testing.assert_allclose(encode(folder), expected, atol=1e-6)
    np.testing.assert_allclose(
        encode(folder), langchain(folder).embed_documents(TEXTS), atol=1e-5, rtol=0)


def test_devices_as_they_are_printed(folders, monkeypatch):
    assert Encoder(folders("BERT"), device="cpu:0").encode(["a"]).shape == (1, 32)
    assert str(checks.check_device(torch.device("cpu", 0))) == "cpu:0"
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert str(checks.check_device("mps:0")) == "mps:0"
    with pytest.raises(ValueError, match="'mps:1' is not on this machine; there is cpu, mps"):
        checks.check_device("mps:1")


def test_what_the_arguments_override(copy):
    """Normalize at the end, and after a cut, which leaves no length of 1."""
    folder = copy("BERT")
    cut(folder, {"pooling_mode": "mean"})
    files, plain, unit = (encode(folder, normalize=asked) for asked in (None, False, True))
    lengths = [np.linalg.norm(vectors, axis=1).max() for vectors in (files, plain, unit)]
    assert lengths[0] < 0.99 and lengths[1] > 1.5 and abs(lengths[2] - 1) < 1e-6
    assert Encoder(folder).dimension == 16 and Encoder(folder).pooled("a").shape == (1, 32)
    two_dense(folder, {"pooling_mode": ["mean", "cls"]})
    with pytest.raises(ModelFolderError, match="than the 64 that pooling gives"):
        Encoder(folder)
    assert Encoder(folder, pooling="last").dimension == 16


def test_token_types_that_packed_does_not_know(copy):
    """A tokenizer that gives [SEP] another type: BERT adds another vector there."""
    folder = copy("BERT")
    content = read_json(folder / "tokenizer.json")
    content["post_processor"]["single"][-1]["SpecialToken"]["type_id"] = 1
    write_json(folder / "tokenizer.json", content)
    theirs = langchain(folder).embed_documents(TEXTS)
    np.testing.assert_allclose(encode(folder), theirs, atol=1e-5, rtol=0)


@pytest.mark.parametrize("config, prompt", [
    ({"default_prompt_name": "query"}, ""), ({"prompts": None, "default_prompt_name": None}, ""),
    ({"prompts": {"x": None}, "default_prompt_name": "x"}, ""),
    ({"prompts": {"x": "y: "}, "default_prompt_name": "x"}, "y: ")])
def test_prompts_that_are_null_or_known_without_being_listed(copy, config, prompt):
    folder = copy("BERT")
    write_json(folder / "config_sentence_transformers.json", config)
    assert read_recipe(folder).prompt == prompt


def test_options_that_say_nothing(copy):
    """What sentence-transformers 6 writes, and null or {} for the rest."""
    folder = copy("BERT")
    write_json(folder / "sentence_bert_config.json", {
        "transformer_task": "feature-extraction", "module_output_name": "token_embeddings",
        "modality_config": {"text": {"method": "forward",
                                     "method_output_name": "last_hidden_state"}},
        "unpad_inputs": False, "model_args": {}, "processing_kwargs": None,
        "tokenizer_args": {"trust_remote_code": True}, "query_length": 12})
    write_json(folder / "config_sentence_transformers.json", {
        "__version__": {"pytorch": "2"}, "similarity_fn_name": "dot", "prompts": {}})
    theirs = langchain(folder).embed_documents(TEXTS)
    np.testing.assert_allclose(encode(folder), theirs, atol=1e-5, rtol=0)


def test_every_option_that_sentence_transformers_reads_is_in_a_list():
    """So that what a new version reads shows here before it makes another vector."""
    table = load("options.json")
    named = {kind: {*table["followed"][kind], *table["only"][kind], *table["ignored"][kind],
                    *table["refused"][kind]} for kind in table["followed"]}
    for kind in named.keys() - {"model"}:
        theirs = getattr(their_modules, kind)
        reads = {*theirs.config_keys, *theirs.config_key_renames,
                 *inspect.signature(theirs.__init__).parameters} - {"self", "model_name_or_path"}
        assert reads <= named[kind], kind
    source = "".join(inspect.getsource(module) for module in (base_model, their_model))
    found = re.findall(r'model_config(?:\.get\(|\[)"(\w+)"|"(\w+)" in model_config(?!\[)', source)
    saved = SentenceTransformer(modules=[their_modules.Normalize()])._get_model_config()
    assert {name for pair in found for name in pair if name} | {*saved} <= named["model"]
    known = {"Transformer", "Pooling", "Dense", "Normalize", "Dropout"}
    assert {*their_modules.__all__} - known == {
        "StaticEmbedding", "Asym", "BoW", "CNN", "LayerNorm", "LSTM", "WeightedLayerPooling",
        "WordEmbeddings", "WordWeights", "CLIPModel", "Module", "InputModule", "Router"}


def change(file, **options):
    """A change of a JSON file of a folder."""
    def changed(folder):
        old = read_json(folder / file) if (folder / file).is_file() else {}
        write_json(folder / file, {**old, **options})
    return changed


def module(kind, place=0):
    """A change of modules.json: another class, or one more."""
    def changed(folder):
        kinds = read_json(folder / "modules.json", list)
        at = kinds[place] if place < len(kinds) else {"path": f"{place}_{kind}", "name": str(place)}
        kinds[place:place + 1] = [{**at, "type": kind if "." in kind
                                   else f"sentence_transformers.models.{kind}"}]
        write_json(folder / "modules.json", kinds)
    return changed


def only(file):
    """A change of the weights: into those of another program."""
    def changed(folder):
        (folder / "model.safetensors").unlink()
        (folder / file).parent.mkdir(exist_ok=True)
        (folder / file).write_bytes(b"something else")
        if file.endswith("gguf"):
            for path in folder.glob("*.json"):
                path.unlink()
    return changed


def another_dense(**options):
    """A Dense module that says something else."""
    def changed(folder):
        kind, config = dense(folder, 2, 32, 32)
        write_modules(folder, {"pooling_mode": "mean"}, (kind, {**config, **options}))
    return changed


def another_class(config, tokens="wordpiece"):
    """A random model of another class."""
    def changed(folder):
        config["dtype"] = "float32"
        torch.manual_seed(0)
        made = transformers.AutoModel.from_config(transformers.AutoConfig.for_model(**config))
        made.save_pretrained(folder)
        architectures.tokenizer(tokens).save_pretrained(folder)
    return changed


def dangling(folder):
    (folder / "1_Pooling" / "config.json").unlink()
    (folder / "1_Pooling" / "config.json").symlink_to(folder / "blobs" / "0123")


SIZE = {**architectures.SIZE, "vocab_size": 520}
BART = {"d_model": 32, "encoder_layers": 1, "decoder_layers": 1, "encoder_ffn_dim": 64,
        "decoder_ffn_dim": 64, "vocab_size": 520, "pad_token_id": 1}
CLIP = {"text_config": {**SIZE, "projection_dim": 16}, "vision_config": {
    **architectures.SIZE, "image_size": 32, "patch_size": 16, "projection_dim": 16}}
FUNNEL = {"vocab_size": 520, "d_model": 32, "n_head": 2, "d_head": 16, "d_inner": 64,
          "block_sizes": [1, 1], "num_decoder_layers": 1, "architectures": ["FunnelModel"]}
# what a folder has -> how it is changed, and whether LangChain refuses it, too
REFUSED = {
    "static embeddings": (module("StaticEmbedding"), True),
    "CLIP, as sentence-transformers has it": (module("CLIPModel"), True),
    "words before the transformer's tokens": (module("WordEmbeddings"), True),
    "LSTM": (module("LSTM", 2), True),
    "code of its own, as a module": (module("mine.Transformer"), True),
    "code of its own, as a model": (change("config.json", model_type="mine", auto_map={
        "AutoConfig": "mine.Config", "AutoModel": "mine.Model"}), True),
    "an encoder and a decoder": (another_class({"model_type": "bart", **BART}, "roberta"), False),
    "pictures and text": (another_class({"model_type": "clip", **CLIP}), True),
    "Funnel": (another_class({"model_type": "funnel", **FUNNEL}), False),
    "FNet, which has no mask": (another_class({"model_type": "fnet", **SIZE}), False),
    "quantized weights": (change(
        "config.json", quantization_config={"quant_method": "gptq"}), True),
    "an adapter": (change("adapter_config.json", peft_type="LORA"), True),
    "GGUF": (only("model-q4.gguf"), True),
    "ONNX alone": (only("onnx/model.onnx"), True),
    "TensorFlow's weights alone": (only("tf_model.h5"), True),
    "a tokenizer without a fast form": (change(
        "tokenizer_config.json", tokenizer_class="ByT5Tokenizer"), False),
    "arguments for the tokenizer": (change(
        "sentence_bert_config.json", tokenizer_args={"truncation_side": "left"}), False),
    "arguments for the model": (change(
        "sentence_bert_config.json", model_kwargs={"attention_dropout": 0.1}), True),
    "a chat template": (change("sentence_bert_config.json", modality_config={"message": {
        "method": "forward", "method_output_name": "last_hidden_state"}}), True),
    "a SparseEncoder": (change(
        "config_sentence_transformers.json", model_type="SparseEncoder"), False),
    "a default prompt that is not there": (change(
        "config_sentence_transformers.json", prompts={"a": "b"}, default_prompt_name="c"), True),
    "a truncate_dim below 1": (change("config_sentence_transformers.json", truncate_dim=-1), False),
    "an option that nobody knows": (change("1_Pooling/config.json", new_pooling=True), True),
    "a Dense of each token": (another_dense(module_input_name="token_embeddings"), False),
    "an activation of its own": (another_dense(activation_function="mine.Swish"), False),
    "a Dense with a residual": (another_dense(use_residual=True), False),
    "an activation with weights": (another_dense(
        activation_function="torch.nn.modules.activation.PReLU"), True),
    "an option of another type": (change("sentence_bert_config.json", max_seq_length="9"), True),
    "a link to a file that is gone": (dangling, True),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_is_one_true_sentence(copy, name):
    """The page's table has the same one; with what the user can do about it."""
    folder = copy("BERT")
    how, theirs_too = REFUSED[name]
    how(folder)
    with pytest.raises(ModelFolderError) as caught:
        Encoder(folder)
    said = str(caught.value).replace(f"{folder}/", "").replace(str(folder), "the folder")
    print(f"| {name} | {said.replace('|', chr(92) + '|')} |")
    assert "\n" not in said and len(said) < 400 and not re.search(r"[Dd]ownload it", said)
    if theirs_too:
        with pytest.raises(Exception):                                      # noqa: B017
            langchain(folder).embed_documents(TEXTS)
    else:
        langchain(folder).embed_documents(TEXTS)
    assert f"| {name} | {said} |" in (ROOT / "docs" / "models.md").read_text("utf-8")


CHANGED = {
    "config.json": [{"model_type": None}, {"model_type": ["bert"]}, {"hidden_size": "32"},
                    {"num_hidden_layers": "2"}, {"hidden_act": "none"}, {"vocab_size": 10},
                    {"num_attention_heads": 3}],
    "modules.json": [{}],
    "sentence_bert_config.json": [{"max_seq_length": 0}, {"max_seq_length": True},
                                  {"do_lower_case": "no"}, {"transformer_task": "fill-mask"},
                                  {"processing_kwargs": {"text": {"max_length": 4}}}],
    "1_Pooling/config.json": [{"pooling_mode": 3}, {"pooling_mode": [3]}, {"pooling_mode": "all"},
                              {"pooling_mode_cls_token": "yes"}, {"include_prompt": "no"}],
    "config_sentence_transformers.json": [
        {"prompts": "a"}, {"prompts": {"a": 3}, "default_prompt_name": "a"},
        {"default_prompt_name": ["a"]}, {"truncate_dim": True}, {"truncate_dim": 2.5},
        {"model_type": "CrossEncoder"}],
    "model.safetensors.index.json": [{}, {"weight_map": ["a"]}, {"weight_map": {"a": "b"}}]}


@pytest.mark.parametrize("file, options", [(f, o) for f, many in CHANGED.items() for o in many])
def test_what_cannot_be_is_named_with_its_file(copy, file, options):
    folder = copy("BERT")
    if file.startswith("model."):
        (folder / "model.safetensors").unlink()
    if file == "modules.json":
        write_json(folder / file, [{"type": "sentence_transformers.models.Dense", "path": None}])
    else:
        change(file, **options)(folder)
    with pytest.raises(ModelFolderError) as caught:
        Encoder(folder)
    assert str(folder) in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("words", [{"out_features": 9}, {"in_features": None}, {"bias": False},
                                   {"activation_function": None}])
def test_a_dense_that_does_not_fit_its_weights_is_named(copy, words):
    folder = copy("BERT")
    another_dense(**words)(folder)
    with pytest.raises(ModelFolderError, match="2_Dense/config.json"):
        Encoder(folder)


def test_every_activation_of_the_list_is_sentence_transformers(copy):
    """Two Dense modules of each, by the name that it writes."""
    folder = copy("BERT")
    x = torch.randn(4, 8)
    for name in load("options.json")["activations"]:
        written = fullname(getattr(torch.nn, name)())
        kind, config = dense(folder, 2, 8, 8, written)
        write_json(folder / "2_Dense" / "config.json", config)
        theirs = their_modules.Dense.load(str(folder / "2_Dense"))({"sentence_embedding": x})
        torch.testing.assert_close(read_dense(folder / "2_Dense")(x), theirs["sentence_embedding"])
    write_json(folder / "2_Dense" / "config.json", {"in_features": 8, "out_features": 8})
    theirs = their_modules.Dense.load(str(folder / "2_Dense"))({"sentence_embedding": x})
    torch.testing.assert_close(read_dense(folder / "2_Dense")(x), theirs["sentence_embedding"])


def test_a_vocabulary_of_words_alone(copy):
    """vocab.txt without tokenizer.json: transformers makes the tokenizer."""
    folder = copy("BERT")
    vocabulary = architectures.tokenizer("wordpiece").get_vocab()
    (folder / "vocab.txt").write_text("\n".join(sorted(vocabulary, key=vocabulary.get)) + "\n")
    (folder / "tokenizer.json").unlink()
    write_json(folder / "tokenizer_config.json", {"do_lower_case": True, "model_max_length": 48})
    theirs = langchain(folder).embed_documents(TEXTS)
    np.testing.assert_allclose(encode(folder), theirs, atol=1e-5, rtol=0)


def test_of_the_names_of_one_options_file_the_first_that_says_something(copy):
    """Even if it says nothing that is followed."""
    folder = copy("BERT")
    write_json(folder / "sentence_bert_config.json", {})
    write_json(folder / "sentence_roberta_config.json", {"unpad_inputs": None})
    write_json(folder / "sentence_xlnet_config.json", {"max_seq_length": 9})
    theirs = langchain(folder).embed_documents(TEXTS)
    np.testing.assert_allclose(encode(folder), theirs, atol=1e-5, rtol=0)
    assert read_recipe(folder).max_length == 48


def test_a_recipe_shows_what_is_not_as_usual(copy):
    folder = copy("BERT")
    own(folder, {"pooling_mode": "cls"})
    assert repr(read_recipe(folder)) == (
        "Recipe(pooling=('cls',), normalize=True, max_length=48, lower_case=False, prompt='')")
    two_dense(folder, {"pooling_mode": "cls"})
    write_json(folder / "config_sentence_transformers.json", {"truncate_dim": 8})
    assert repr(read_recipe(folder)).endswith(
        "prompt='', steps=(('Dense', '2_Dense'), ('Dense', '3_Dense')), truncate_dim=8)")


def test_the_page_shows_what_is_tried():
    print(table())
    assert table() in (ROOT / "docs" / "models.md").read_text("utf-8")
