"""The tokenizer of a folder against transformers': the same ids, cut where they are asked to be."""
import functools
import pathlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from transformers import AutoTokenizer

from helpers import model_dir
from helpers.encoder.tokenizer import read_tokenizer
from helpers.models.files import read_json
from helpers.models.folder import linked_copy, read_recipe

STRANGE = ["hello world!", "", " ", "a", "one two three", "你好，世界！", "word " * 90,
           "x = mask.sum(dim=1)", " lead", "trail ", "line\n", "\t\n ", "a  b   c",
           "\u3000wide\u3000", "cafe\u0301", "ＡＢＣ！", "[SEP]x[MASK] y",
           "<s> </s><mask>  <mask>x <pad>", "İstanbul", "ß", "\u200b", "\ufeff", "e\u0301" * 30,
           "🙂🦜", "\x00\x07", "a\r\nb", "▁ ▁a"]


@pytest.fixture(scope="module", params=["embedded", "bge"])
def folder(request, tiny_bge):
    return model_dir("all-MiniLM-L6-v2") if request.param == "embedded" else str(tiny_bge)


@functools.cache
def tokenizers(folder, limit):
    """Ours and transformers'."""
    recipe = read_recipe(folder)
    return read_tokenizer(folder, recipe, limit), AutoTokenizer.from_pretrained(folder)


def compare_ids(folder, texts, limit=64):
    ours, theirs = tokenizers(folder, limit)
    right = theirs(texts, truncation=True, max_length=limit)["input_ids"]
    assert [encoding.ids for encoding in ours.encode_batch_fast(texts)] == right


def test_ids_are_transformers_ids(folder):
    compare_ids(folder, STRANGE)
    compare_ids(folder, STRANGE, limit=3)


LETTERS = st.one_of(st.characters(exclude_categories=["Cs"]),
                    st.sampled_from(" \n\t<>/s[]maskSEP▁"))


@settings(max_examples=150, deadline=None, derandomize=True,
          suppress_health_check=list(HealthCheck))
@given(texts=st.lists(st.text(LETTERS), min_size=1, max_size=8))
def test_ids_of_strange_texts_are_transformers_ids(folder, texts):
    compare_ids(folder, texts)


@pytest.mark.parametrize("file, changes", [
    ("added_tokens.json", {"<x>": 7}), ("special_tokens_map.json", {"mask_token": "<x>"}),
    ("special_tokens_map.json", {"additional_special_tokens": ["<x>"]})])
def test_files_beside_the_tokenizer_count_as_for_transformers(folder, file, changes):
    old = read_json(f"{folder}/{file}") if pathlib.Path(folder, file).is_file() else {}
    compare_ids(linked_copy(folder, changes={file: {**old, **changes}}), [*STRANGE, "a<x>b"])


UNUSUAL = {
    "no unknown token": {"unk_token": "[MASK]"}, "no first token": {"cls_token": None},
    "no space before": {"add_prefix_space": False},
    "case": {"do_lower_case": False}, "accents": {"strip_accents": True},
    "chinese": {"tokenize_chinese_chars": False},
    "class": {"tokenizer_class": "PreTrainedTokenizerFast"}, "side": {"truncation_side": "left"},
    "another special token": {"additional_special_tokens": ["<x>"]},
    "split": {"split_special_tokens": True},
    "another mask": {"mask_token": "<x>"}}


@pytest.mark.parametrize("change", UNUSUAL)
def test_an_unusual_configuration_gives_what_transformers_makes_of_it(folder, change):
    config = {**read_json(f"{folder}/tokenizer_config.json"), **UNUSUAL[change]}
    changed = linked_copy(folder, changes={"tokenizer_config.json": config})
    compare_ids(changed, [*STRANGE, "a <x> Éa É <mask> [MASK]"])


def test_words_are_lower_case_first_where_the_model_asks_for_it(folder):
    options = read_json(f"{folder}/sentence_bert_config.json")
    changed = linked_copy(folder, changes={
        "sentence_bert_config.json": {**options, "do_lower_case": True}})
    ours = read_tokenizer(changed, read_recipe(changed), 64)
    assert ours.encode("HELLO World").ids == ours.encode("hello world").ids
