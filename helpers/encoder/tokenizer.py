"""The tokenizer of a model's folder, as transformers makes it and LangChain uses it."""
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer, normalizers

from helpers.models.files import OTHERWISE, ModelFolderError
from helpers.models.folder import Recipe


def read_tokenizer(folder: str | Path, recipe: Recipe, max_length: int) -> Tokenizer:
    """The tokenizer in a folder, which cuts at `max_length` tokens and does not pad."""
    theirs = load_tokenizer(folder, recipe)
    tokenizer = theirs.backend_tokenizer
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_length, direction=theirs.truncation_side)
    return tokenizer


def load_tokenizer(folder: str | Path, recipe: Recipe) -> Any:
    """The tokenizer as transformers' own object; code that lies in the folder is not run."""
    from transformers import AutoTokenizer  # here: its import takes longer than a text
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True,
                                                  trust_remote_code=False)
    except Exception as error:              # of many kinds, from several libraries
        raise ModelFolderError(f"no tokenizer can be made of the files in {folder}: {error}. "
                               "Download the model again") from None
    if not hasattr(tokenizer, "backend_tokenizer"):
        raise ModelFolderError(f"{type(tokenizer).__name__} of {folder} has no form in the library "
                               f"tokenizers, which is needed here. {OTHERWISE}")
    if recipe.lower_case:                   # before anything else, as sentence-transformers does
        backend = tokenizer.backend_tokenizer
        steps = [normalizers.Lowercase(), *([backend.normalizer] if backend.normalizer else [])]
        backend.normalizer = normalizers.Sequence(steps)
    return tokenizer
