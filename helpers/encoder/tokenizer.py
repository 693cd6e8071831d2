"""The tokenizer of a model's folder, the one that LangChain uses, with as little of transformers as it takes."""
import json
import pathlib

from tokenizers import Tokenizer, normalizers, pre_tokenizers

from helpers.models.folder import ModelFolderError, read_json

# transformers 5 rebuilds these two tokenizers from the vocabulary in tokenizer.json; the rest of the file it replaces.
REBUILT = {"bert": ("BertTokenizer", "BertTokenizerFast"), "xlm-roberta": ("XLMRobertaTokenizer", "XLMRobertaTokenizerFast")}
# What tokenizer_config.json may hold: keys that leave the ids alone, and keys that do so with these values.
PLAIN = {"tokenizer_class", "model_max_length", "name_or_path", "special_tokens_map_file", "padding_side", "do_lower_case",
         "tokenize_chinese_chars", "strip_accents", "do_basic_tokenize", "never_split", "clean_up_tokenization_spaces",
         "sp_model_kwargs", "is_local", "local_files_only", "max_length", "stride", "pad_token_type_id",
         "cls_token", "sep_token", "bos_token", "eos_token", "pad_token", "unk_token", "mask_token"}
USUAL = {"add_prefix_space": (True,), "backend": ("tokenizers",), "truncation_side": ("right",),
         "pad_to_multiple_of": (None,), "truncation_strategy": ("longest_first",), "split_special_tokens": (False,),
         "model_input_names": (None,), "extra_special_tokens": (None, [], {}), "additional_special_tokens": (None, [])}
UNKNOWN = 3             # what transformers takes for the id of an unknown piece in XLM-RoBERTa, whatever the file says
RUNS = {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "}       # bge-m3's; splitting makes up for it


def read_tokenizer(folder, recipe, max_length):
    """The tokenizer in a folder: -> tokenizers.Tokenizer that cuts at `max_length` tokens and does not pad.

    tokenizer.json as it is where transformers gives the same ids, adapted for XLM-RoBERTa; else what transformers makes.
    """
    tokenizer = from_file(pathlib.Path(folder, "tokenizer.json"))
    kind = read_json(pathlib.Path(folder, "config.json")).get("model_type")
    config, side = read_json(pathlib.Path(folder, "tokenizer_config.json")), "right"
    if not (kind in REBUILT and config.get("tokenizer_class") in REBUILT[kind] and is_plain(tokenizer, config, folder)
            and (is_bert(tokenizer, config) if kind == "bert" else is_xlm_roberta(tokenizer))):
        theirs = from_transformers(folder)
        tokenizer, side = theirs.backend_tokenizer, theirs.truncation_side
    elif kind == "xlm-roberta":         # white space is split off first, so that none of it becomes a lone "▁"
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
            pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")])
    lower_case(tokenizer, recipe)
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_length, direction=side)
    return tokenizer


def load_tokenizer(folder, recipe):
    """The same as transformers' own object, for code that asks for more than ids."""
    tokenizer = from_transformers(folder)
    lower_case(tokenizer.backend_tokenizer, recipe)
    return tokenizer


def from_file(path):
    try:
        return Tokenizer.from_file(str(path))
    except Exception as error:              # the library has no narrower kind
        raise ModelFolderError(f"{path} is not a tokenizer ({error}). Delete it and download it again") from None


def from_transformers(folder):
    from transformers import AutoTokenizer  # here: its import takes longer than a text
    try:
        return AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except Exception as error:              # of many kinds, from several libraries
        raise ModelFolderError(f"no tokenizer can be made of the files in {folder}: {error}. "
                               "Download the model again") from None


def lower_case(tokenizer, recipe):
    """sentence-transformers' do_lower_case: the text goes to lower case before anything else."""
    if recipe.lower_case:
        steps = [normalizers.Lowercase(), tokenizer.normalizer]
        tokenizer.normalizer = normalizers.Sequence([step for step in steps if step is not None])


def is_plain(tokenizer, config, folder):
    """Are the added tokens the special ones that tokenizer_config.json names, and does no file ask for anything unusual?"""
    if any(key not in USUAL or value not in USUAL[key] for key, value in config.items() if key not in PLAIN):
        return False
    map_file = pathlib.Path(folder, "special_tokens_map.json")
    mapped = read_json(map_file) if map_file.is_file() else {}
    added = tokenizer.get_added_tokens_decoder().values()
    named = {content(token) for key, token in config.items() if key.endswith("_token") and token is not None}
    return ({token.content for token in added} == named and all(token.special for token in added)
            and not pathlib.Path(folder, "added_tokens.json").exists()
            and all(isinstance(token, str | dict) and content(token) in named for token in mapped.values()))


def content(token):
    """A special token's text, as files write it: a str, or an object with its flags."""
    return token["content"] if isinstance(token, dict) else token


def is_bert(tokenizer, config):
    """Is it what transformers makes of the vocabulary for BERT?"""
    return (part(tokenizer.normalizer) == {
                "type": "BertNormalizer", "clean_text": True, "lowercase": config.get("do_lower_case", True),
                "handle_chinese_chars": config.get("tokenize_chinese_chars", True),
                "strip_accents": config.get("strip_accents")}
            and part(tokenizer.pre_tokenizer) == {"type": "BertPreTokenizer"}
            and type(tokenizer.model).__name__ == "WordPiece" and tokenizer.model.max_input_chars_per_word == 100
            and tokenizer.model.continuing_subword_prefix == "##" and tokenizer.model.unk_token == config.get("unk_token")
            and wraps(tokenizer, config.get("cls_token", "[CLS]"), config.get("sep_token", "[SEP]")))


def is_xlm_roberta(tokenizer):
    """Is it what transformers makes of the vocabulary for XLM-RoBERTa, the pre-tokenizer aside?"""
    normalizer = part(tokenizer.normalizer) or {}
    steps = normalizer.get("normalizers", [normalizer])
    return (steps[0].get("type") == "Precompiled" and steps[1:] in ([], [RUNS])
            and type(tokenizer.model).__name__ == "Unigram" and tokenizer.token_to_id("<0x0A>") is None     # no bytes
            and UNKNOWN in tokenizer.encode("\U0010fffd").ids
            and tokenizer.token_to_id("<unk>") == UNKNOWN and wraps(tokenizer, "<s>", "</s>"))


def wraps(tokenizer, first, last):
    """Do these two special tokens, and no others, stand around a text?"""
    tokenizer.no_padding()
    return tokenizer.encode("").tokens == [first, last]


def part(component):
    """A component of a tokenizer as the JSON that it is saved as, or None."""
    return component and json.loads(component.__getstate__())
