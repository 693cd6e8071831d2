"""Text to vectors, as the model's own files say: what the class of notebook 07 does, with care for input and batches."""
import warnings
from collections.abc import Mapping, Set
from numbers import Integral

import numpy as np
import torch
from tqdm import tqdm

from helpers.files import check_folder, read_json, read_recipe, shifts_positions, usable_positions
from helpers.loading import choose_dtype, load_transformer
from helpers.models import model_dir as find
from helpers.pooling import POOLINGS, normalize

DTYPES = {"auto": None, "float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}
TOKENS_PER_BATCH = 4096     # padding included; long texts go in small batches, short ones in large


class Encoder:
    """A sentence encoder: `Encoder(model_dir()).encode(["hello world!"])` is what LangChain gives for the text.

    `model_dir`: a name or folder, as for `helpers.model_dir`. `pooling` ("cls", "mean", "max", "last"), `normalize`
    (bool) and `max_length` (tokens): None means "as the model's files say". `device`: "cpu", "cuda", "cuda:1", "mps".
    `dtype`: "float32", "float16", "bfloat16", or "auto": float32 where it fits into the memory that is free, else
    bfloat16 where this processor has instructions for it. Vectors are pooled and returned in float32 whatever it is.
    `model`: a transformers model that is already loaded from that folder, so that no second copy is made; it keeps
    its own device and dtype. Raises ValueError for a setting that cannot be, ModelFolderError for a damaged folder,
    MemoryError before loading a model that will not fit.
    """

    def __init__(self, model_dir, pooling=None, normalize=None, max_length=None, device="cpu", dtype="float32",
                 *, model=None):
        if pooling is not None and pooling not in tuple(POOLINGS):
            raise ValueError(f"pooling must be one of {', '.join(POOLINGS)}, not {pooling!r}")
        if normalize not in (True, False, None):
            raise ValueError(f"normalize must be True, False or None, not {normalize!r}")
        if dtype not in tuple(DTYPES):
            raise ValueError(f"dtype must be one of {', '.join(DTYPES)}, not {dtype!r}")
        folder = check_folder(find(model_dir))
        recipe = read_recipe(folder)
        self.pooling = recipe.pooling if pooling is None else (pooling,)
        self.normalize = recipe.normalize if normalize is None else normalize
        self.max_length = recipe.max_length if max_length is None else check_length(max_length, folder)
        self.prompt = recipe.prompt
        self.tokenizer = load_tokenizer(folder, recipe)
        device = check_device(device)
        if model is not None:
            check_loaded(model, folder)
        self.model = load_model(folder, device, DTYPES[dtype]) if model is None else model
        self.dimension = self.model.config.hidden_size * len(self.pooling)

    def encode(self, texts, batch_size=None, show_progress=False):
        """Vectors of a list of texts: -> np.ndarray (n, D) float32, in the order given; shape (0, D) for [].

        `batch_size`: texts at a time; None packs up to 4,096 tokens into a batch. `show_progress`: a bar on stderr.
        A text longer than `max_length` tokens is cut, with one warning that counts what was lost.
        Raises TypeError naming the index of an item that is not a str, ValueError for a lone surrogate.
        """
        check_texts(texts)
        if batch_size is not None and (not is_whole(batch_size) or batch_size < 1):
            raise ValueError(f"batch_size must be a whole number from 1 up, or None, not {batch_size!r}")
        rows = self.token_ids(texts)
        vectors = np.empty((len(rows), self.dimension), dtype=np.float32)
        order = sorted(range(len(rows)), key=lambda i: -len(rows[i]))   # longest first: neighbours need little padding
        with tqdm(total=len(rows), unit="text", disable=not show_progress) as bar:
            for batch in batches(order, rows, batch_size):
                vectors[batch] = self.forward([rows[i] for i in batch]).numpy()
                bar.update(len(batch))
        check_finite(vectors)
        return normalize(torch.from_numpy(vectors)).numpy() if self.normalize and len(vectors) else vectors

    def token_ids(self, texts):
        """Input ids of each text, special tokens included, cut at `max_length`: -> list of lists of int."""
        if len(texts) == 0:
            return []
        encodings = self.tokenizer([self.prompt + text for text in texts], truncation=True,
                                   max_length=self.max_length).encodings
        added = self.tokenizer.num_special_tokens_to_add()
        lost = [sum(len(rest.ids) - added for rest in e.overflowing) for e in encodings]
        if any(lost):
            worst = max(range(len(lost)), key=lost.__getitem__)
            warnings.warn(f"{sum(n > 0 for n in lost)} of {len(texts)} texts are longer than {self.max_length} tokens: "
                          f"{sum(lost):,} tokens were cut off, most ({lost[worst]:,}) from text {worst}", stacklevel=3)
        return [e.ids for e in encodings]

    @torch.inference_mode()
    def forward(self, rows):
        """One batch of input ids, padded to the longest: -> pooled vectors (B, D) float32 on the CPU."""
        features = self.tokenizer.pad({"input_ids": rows}, return_tensors="pt").to(self.model.device)
        mask = features["attention_mask"]                                                       # (B, T)
        if self.tokenizer.padding_side == "left" and not shifts_positions(self.model.config.model_type):
            features["position_ids"] = (mask.cumsum(dim=1) - 1).clamp(min=0)                    # (B, T) count from 0
        hidden = self.model(**features).last_hidden_state                                       # (B, T, D)
        return torch.cat([POOLINGS[name](hidden, mask) for name in self.pooling], dim=-1).cpu() # (B, D)


def load_tokenizer(folder, recipe):
    """The tokenizer in a folder, the one that LangChain uses: from_pretrained's, not tokenizer.json as it is."""
    from tokenizers import normalizers
    from transformers import AutoTokenizer
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    if recipe.lower_case:
        inner = tokenizer.backend_tokenizer
        steps = [normalizers.Lowercase(), inner.normalizer]
        inner.normalizer = normalizers.Sequence([step for step in steps if step is not None])
    return tokenizer


def load_model(folder, device, dtype):
    """The transformer in a folder, for inference; a dtype of None is chosen by the memory that is free.

    Raises ModelFolderError if the file lacks some of its weights.
    """
    from transformers.utils import logging
    bar, level = logging.is_progress_bar_enabled(), logging.get_verbosity()
    logging.disable_progress_bar()                                  # loading takes a blink; the bar would stay
    logging.set_verbosity_error()                                   # what matters of its report is an error of ours
    try:
        return load_transformer(folder, dtype or choose_dtype(folder, device), device)
    finally:
        logging.set_verbosity(level)
        if bar:
            logging.enable_progress_bar()


def batches(order, rows, size=None):
    """Cut `order` (indices of `rows`, longest first) into batches of `size` texts, or of TOKENS_PER_BATCH tokens."""
    start = 0
    while start < len(order):
        count = size or max(1, TOKENS_PER_BATCH // len(rows[order[start]]))
        yield order[start:start + count]
        start += count


def check_texts(texts):
    """Raise TypeError unless `texts` is a list or other sequence of str, ValueError for text that is not Unicode."""
    if isinstance(texts, (str, bytes, Set, Mapping)) or not hasattr(texts, "__len__"):
        raise TypeError(f"texts must be a list of str, not {type(texts).__name__}; for one text write [text]")
    for i, text in enumerate(texts):
        if not isinstance(text, str):
            raise TypeError(f"texts[{i}] is {type(text).__name__}, not str")
        try:
            text.encode("utf-8")
        except UnicodeEncodeError as error:
            raise ValueError(f"texts[{i}] holds a lone surrogate at character {error.start}: "
                             "it is not valid Unicode") from None


def check_length(asked, folder):
    """`asked`, a number of tokens to cut at. Raises ValueError for one that the model has no positions for."""
    limit = usable_positions(read_json(folder / "config.json"))
    if not is_whole(asked) or not 3 <= asked <= limit:
        raise ValueError(f"max_length must be a whole number from 3 to {limit} (this model's positions), not {asked!r}")
    return asked


def check_finite(vectors):
    """Raise ValueError naming the text whose vector holds NaN or infinity: (n, D), before normalization."""
    bad = np.flatnonzero(~np.isfinite(vectors).all(axis=1))
    if len(bad):
        raise ValueError(f"the model gave NaN or infinity for texts[{bad[0]}]: take dtype=\"float32\" and device=\"cpu\", "
                         "or its weights are damaged")


def check_loaded(model, folder):
    """Raise ValueError if a model that is handed over is training, or cannot be the one in the folder."""
    if model.training:
        raise ValueError("the model is in training mode: its vectors are random. Call model.eval() first")
    config = read_json(folder / "config.json")
    for name in ("model_type", "vocab_size", "hidden_size"):
        if getattr(model.config, name) != config.get(name):
            raise ValueError(f"the model has {name} {getattr(model.config, name)}, the one in {folder} "
                             f"{config.get(name)}: hand over the model of that folder")


def is_whole(number):
    """Is it a whole number, Python's or numpy's, and not True or False?"""
    return isinstance(number, Integral) and not isinstance(number, bool)


def check_device(device):
    """A torch.device that is here. Raises ValueError naming the devices there are."""
    here = ["cpu"] + [f"cuda:{i}" for i in range(torch.cuda.device_count())]
    here += ["mps"] if torch.backends.mps.is_available() else []
    if str(device) not in here + (["cuda"] if len(here) > 1 and "cuda:0" in here else []):
        raise ValueError(f"device {str(device)!r} is not on this machine; there is {', '.join(here)}")
    return torch.device(device)
