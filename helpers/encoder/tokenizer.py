"""The tokenizer of a model's folder, as transformers makes it and LangChain uses it."""
from pathlib import Path

from tokenizers import Tokenizer, normalizers

from helpers.models.files import OTHERWISE, ModelFolderError
from helpers.models.folder import Recipe


def read_tokenizer(folder: str | Path, recipe: Recipe, max_length: int) -> Tokenizer:
    """The tokenizer in a folder: cuts at `max_length` tokens, pads nothing, runs no code of it."""
    from transformers import AutoTokenizer  # here: its import takes longer than a text
    try:
        theirs = AutoTokenizer.from_pretrained(folder, local_files_only=True,
                                               trust_remote_code=False)
    except Exception as error:              # of many kinds, from several libraries
        raise ModelFolderError(f"no tokenizer can be made of the files in {folder}: {error}. If "
                               "no library to install is named, download them again") from None
    tokenizer = getattr(theirs, "backend_tokenizer", None)
    if tokenizer is None:
        raise ModelFolderError(f"{type(theirs).__name__} of {folder} has no form in the library "
                               f"tokenizers, which is needed here. {OTHERWISE}")
    if recipe.lower_case:                   # before anything else, as sentence-transformers does
        steps = [normalizers.Lowercase(), *([tokenizer.normalizer] if tokenizer.normalizer else [])]
        tokenizer.normalizer = normalizers.Sequence(steps)
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_length, direction=theirs.truncation_side)
    return tokenizer
