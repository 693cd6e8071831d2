"""The tokenizer of a model's folder, as LangChain uses it, without transformers where it can be."""
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from helpers.models.folder import ModelFolderError, Recipe, read_json

# What tokenizer_config.json may hold: keys that leave the ids alone, keys that do with these values
PLAIN = set("""
    bos_token clean_up_tokenization_spaces cls_token do_basic_tokenize do_lower_case eos_token
    is_local local_files_only mask_token max_length model_max_length name_or_path never_split
    pad_token pad_token_type_id padding_side sep_token sp_model_kwargs special_tokens_map_file
    stride strip_accents tokenize_chinese_chars tokenizer_class unk_token""".split())
USUAL = {"add_prefix_space": [True], "backend": ["tokenizers"], "truncation_side": ["right"],
         "pad_to_multiple_of": [None], "truncation_strategy": ["longest_first"],
         "split_special_tokens": [False], "model_input_names": [None],
         "extra_special_tokens": [None, [], {}], "additional_special_tokens": [None, []]}
UNKNOWN = 3             # transformers' id of XLM-RoBERTa's unknown piece, whatever the file says


def read_tokenizer(folder: str | Path, recipe: Recipe, max_length: int) -> Tokenizer:
    """The tokenizer in a folder, which cuts at `max_length` tokens and does not pad.

    transformers 5 rebuilds BERT's and XLM-RoBERTa's tokenizers around the vocabulary. So does this,
    from the same parts, if the files ask for nothing unusual; else transformers does it.
    """
    tokenizer, side = from_file(Path(folder, "tokenizer.json")), "right"
    config = read_json(f"{folder}/tokenizer_config.json")
    kind = read_json(f"{folder}/config.json").get("model_type")
    name = str(config.get("tokenizer_class")).removesuffix("Fast")
    rebuild = {("bert", "BertTokenizer"): bert,
               ("xlm-roberta", "XLMRobertaTokenizer"): xlm_roberta}.get((kind, name))
    if rebuild and is_plain(tokenizer, config, folder) and rebuild(tokenizer, config):
        lower_case(tokenizer, recipe)
    else:
        theirs = load_tokenizer(folder, recipe)
        tokenizer, side = theirs.backend_tokenizer, theirs.truncation_side
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_length, direction=side)
    return tokenizer


def from_file(path: Path) -> Tokenizer:
    """tokenizer.json as it is. Raises ModelFolderError if it is none."""
    try:
        return Tokenizer.from_file(str(path))
    except Exception as error:              # the library has no narrower kind
        raise ModelFolderError(f"{path} is not a tokenizer ({error}). Delete it and download it "
                               "again") from None


def load_tokenizer(folder: str | Path, recipe: Recipe) -> Any:
    """The tokenizer as transformers' own object; code that lies in the folder is not run."""
    from transformers import AutoTokenizer  # here: its import takes longer than a text
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True,
                                                  trust_remote_code=False)
    except Exception as error:              # of many kinds, from several libraries
        raise ModelFolderError(f"no tokenizer can be made of the files in {folder}: {error}. "
                               "Download the model again") from None
    lower_case(tokenizer.backend_tokenizer, recipe)
    return tokenizer


def lower_case(tokenizer: Tokenizer, recipe: Recipe) -> None:
    """sentence-transformers' do_lower_case: the text goes to lower case before anything else."""
    if recipe.lower_case:
        steps = [normalizers.Lowercase(), tokenizer.normalizer]
        tokenizer.normalizer = normalizers.Sequence([step for step in steps if step is not None])


def is_plain(tokenizer: Tokenizer, config: dict, folder: str | Path) -> bool:
    """Are the special tokens those that the config names, and do the files ask for nothing more?"""
    unusual = [key for key in config.keys() - PLAIN if config[key] not in USUAL.get(key, [])]
    path = Path(folder, "special_tokens_map.json")
    mapped = read_json(path).values() if path.is_file() else []
    added = tokenizer.get_added_tokens_decoder().values()
    named = {content(value) for key, value in config.items() if key.endswith("_token")} - {None}
    return (not unusual and not Path(folder, "added_tokens.json").exists()
            and all(token.special for token in added)
            and {token.content for token in added} == named
            and all(isinstance(value, str | dict) and content(value) in named for value in mapped))


def content(token: str | dict | None) -> str | None:
    """A special token's text, as files write it: a str, or an object with its flags."""
    return token["content"] if isinstance(token, dict) else token


def bert(tokenizer: Tokenizer, config: dict) -> bool:
    """Rebuild BERT's tokenizer around its vocabulary; False where that cannot be."""
    unknown = content(config.get("unk_token", "[UNK]"))
    if not isinstance(tokenizer.model, models.WordPiece) or unknown is None:
        return False
    tokenizer.model.unk_token = unknown
    tokenizer.model.continuing_subword_prefix = "##"
    tokenizer.model.max_input_chars_per_word = 100
    tokenizer.normalizer = normalizers.BertNormalizer(
        handle_chinese_chars=config.get("tokenize_chinese_chars", True),
        strip_accents=config.get("strip_accents"), lowercase=config.get("do_lower_case", True))
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return wrap(tokenizer, config.get("cls_token", "[CLS]"), config.get("sep_token", "[SEP]"))


def xlm_roberta(tokenizer: Tokenizer, config: dict) -> bool:
    """Rebuild XLM-RoBERTa's tokenizer around its vocabulary; False where that cannot be."""
    steps = tokenizer.normalizer
    first = steps[0] if isinstance(steps, normalizers.Sequence) else steps
    if not (isinstance(tokenizer.model, models.Unigram)
            and isinstance(first, normalizers.Precompiled)
            and tokenizer.token_to_id("<0x0A>") is None             # no bytes
            and tokenizer.token_to_id("<unk>") == UNKNOWN
            and UNKNOWN in tokenizer.encode("\U0010fffd").ids):
        return False
    tokenizer.normalizer = first
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.WhitespaceSplit(),                           # no white space becomes a token
        pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")])
    return wrap(tokenizer, config.get("bos_token", "<s>"), config.get("eos_token", "</s>"))


def wrap(tokenizer: Tokenizer, first: str | dict | None, last: str | dict | None) -> bool:
    """Put two special tokens around every text; False if the vocabulary lacks one."""
    names = [content(first), content(last)]
    ids = [name and tokenizer.token_to_id(name) for name in names]
    if None in ids:
        return False
    tokenizer.post_processor = processors.TemplateProcessing(
        single=[names[0], "$A", names[1]], special_tokens=list(zip(names, ids, strict=True)))
    return True
