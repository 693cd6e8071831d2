"""Text to vectors, as the model's own files say: what the class of notebook 07 does, as fast as notebook 12 can make it."""
import contextlib
import functools
import itertools

import numpy as np
import torch
from tqdm import tqdm

from helpers.encoder.checks import (
    Cut,
    check_count,
    check_device,
    check_finite,
    check_length,
    check_loaded,
    check_rows_of_ids,
    check_sequence,
    check_texts,
)
from helpers.encoder.cores import keep_freed_memory, side_by_side
from helpers.encoder.forward import Packed, Padded
from helpers.encoder.layers import can_pack
from helpers.encoder.tokenizer import read_tokenizer
from helpers.encoder.weights import choose_dtype, load_model
from helpers.models.find import model_dir as find
from helpers.models.folder import check_folder, read_recipe
from helpers.pooling import POOLINGS, normalize

DTYPES = {"auto": None, "float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}
PACKED, CPU, GPU = 1024, 4096, 32768    # tokens in a batch: without padding on one core; padded on a CPU, on a GPU
BLOCK = 4096                            # texts that are sorted together: more would take memory and gain nothing
SMALLEST = 128                          # tokens that are worth a batch of their own on another core


class Encoder:
    """A sentence encoder: `Encoder(model_dir()).encode(["hello world!"])` is what LangChain gives for the text.

    `model_dir`: a name or folder, as for `helpers.model_dir`. `pooling` ("cls", "mean", "max", "last"), `normalize`
    (bool) and `max_length` (tokens): None means "as the model's files say". `device`: "cpu", "cuda", "cuda:1", "mps".
    `dtype`: "float32", "float16", "bfloat16", or "auto": float32 where it fits into the memory that is free, else
    bfloat16 where this processor has instructions for it. Vectors are pooled and returned in float32 whatever it is.
    `model`: a transformers model that is already loaded from that folder, so that no second copy is made; it keeps
    its own device and dtype. On a CPU, BERT and XLM-RoBERTa run without padding (encoder.forward); other models, other
    devices and a model that is handed over run in the library's own forward pass (helpers.encoder.forward).
    It can be sent to other processes, where it is loaded again; a process that has encoded must not fork (start
    others by spawn). The word table stays in the model's file: replace that file, never write into it in place.
    Raises ValueError for a setting that cannot be, ModelFolderError for a damaged folder, MemoryError before
    loading a model that will not fit.
    """

    def __init__(self, model_dir, pooling=None, normalize=None, max_length=None, device="cpu", dtype="float32",
                 *, model=None):
        if pooling is not None and pooling not in tuple(POOLINGS):
            raise ValueError(f"pooling must be one of {', '.join(POOLINGS)}, not {pooling!r}")
        if normalize not in (True, False, None):
            raise ValueError(f"normalize must be True, False or None, not {normalize!r}")
        if dtype not in tuple(DTYPES):
            raise ValueError(f"dtype must be one of {', '.join(DTYPES)}, not {dtype!r}")
        self.settings = {"pooling": pooling, "normalize": normalize, "max_length": max_length, "device": str(device),
                         "dtype": dtype} if model is None else None
        self.folder = check_folder(find(model_dir))
        recipe = read_recipe(self.folder)
        self.pooling = recipe.pooling if pooling is None else (pooling,)
        self.normalize = recipe.normalize if normalize is None else normalize
        self.max_length = recipe.max_length if max_length is None else check_length(max_length, self.folder)
        self.prompt = recipe.prompt
        self.device = check_device(device)
        if model is not None:
            check_loaded(model, self.folder)
            self.model, self.device = model, model.device
        packs = model is None and self.device.type == "cpu" and can_pack(self.folder)
        self.dtype = DTYPES[dtype] or choose_dtype(self.folder, self.device, packs) if model is None else model.dtype
        self.transformer = Packed(self.folder, self.dtype) if packs else Padded(self.model)
        self.tokenizer = read_tokenizer(self.folder, recipe, self.max_length)
        self.dimension = self.transformer.hidden_size * len(self.pooling)
        keep_freed_memory()

    def __reduce_ex__(self, protocol):
        """Pickled as its folder and settings, and loaded again where it arrives: for multiprocessing, Ray and the like."""
        if self.settings is None:
            return super().__reduce_ex__(protocol)
        return functools.partial(Encoder, **self.settings), (str(self.folder),)

    @functools.cached_property
    def model(self):
        """The transformer as the library's own object, for `helpers.trace`; loaded when it is first asked for."""
        return load_model(self.folder, self.device, self.dtype)

    def encode(self, texts, batch_size=None, show_progress=False):
        """Vectors of a list of texts: -> np.ndarray (n, D) float32, in the order given; shape (0, D) for [].

        `batch_size`: texts at a time; None packs as many as run best. `show_progress`: a bar on stderr.
        A text longer than `max_length` tokens is cut, with one warning that counts what was lost.
        Raises TypeError naming the index of an item that is not a str, ValueError for a lone surrogate.
        """
        texts = check_texts(texts)
        vectors, done, cut = np.empty((len(texts), self.dimension), dtype=np.float32), 0, Cut(self.max_length)
        for block in self._blocks(texts, BLOCK, batch_size, show_progress, cut):
            vectors[done:done + len(block)] = block
            done += len(block)
        cut.warn(stacklevel=3)
        return vectors

    def encode_iter(self, texts, block=BLOCK, batch_size=None, show_progress=False):
        """Vectors of any iterable of texts, for corpora that do not fit in memory: yields np.ndarray (≤ block, D) float32.

        Only `block` texts and their vectors are held at a time. Otherwise as `encode`; the warning comes at the end.
        """
        check_sequence(texts)
        cut = Cut(self.max_length)
        try:
            yield from self._blocks(texts, block, batch_size, show_progress, cut)
        finally:
            cut.warn(stacklevel=3)

    def token_ids(self, texts):
        """Input ids of each text, special tokens included, cut at `max_length`: -> list of lists of int."""
        texts = check_texts(texts)
        cut = Cut(self.max_length)
        rows = [row.tolist() for row in self._rows(texts, cut)]
        cut.warn(stacklevel=3)
        return rows

    def hidden_states(self, text):
        """What the pass that `encode` runs makes of one text: -> list of (1, T, D) float32, on the CPU.

        The embedding output first, then each layer's output.
        """
        return self.transformer.hidden_states(self._row(text))

    def pooled(self, text):
        """The vector of one text before normalization, as `encode` computes it: -> (1, D) float32."""
        return torch.from_numpy(self._vectors([self._row(text)], None, None))

    def _row(self, text):
        """Input ids of one text, cut at `max_length`: -> np.ndarray (T,) int64."""
        rows = self._rows(check_texts([text]), Cut(self.max_length))
        check_rows_of_ids(rows, start=0)
        return rows[0]

    def _blocks(self, texts, size, batch_size, show_progress, cut):
        """Vectors block by block, while a bar moves and `cut` counts."""
        check_count("block", size)
        if batch_size is not None:
            check_count("batch_size", batch_size)
        total, texts, done = len(texts) if hasattr(texts, "__len__") else None, iter(texts), 0
        with tqdm(total=total, unit="text") if show_progress else contextlib.nullcontext() as bar:
            while block := check_texts(list(itertools.islice(texts, size)), start=done):
                rows = self._rows(block, cut)
                check_rows_of_ids(rows, start=done)
                vectors = self._vectors(rows, batch_size, bar)
                check_finite(vectors, start=done)
                done += len(block)
                yield normalize(torch.from_numpy(vectors)).numpy() if self.normalize else vectors

    def _rows(self, texts, cut):
        """Input ids of each text: -> list of np.ndarray (T,) int64."""
        rows, added = [], self.tokenizer.num_special_tokens_to_add(False)
        for part in portions(texts):
            for encoding in self.tokenizer.encode_batch_fast([self.prompt + text for text in part]):
                cut.count(sum(len(rest.ids) - added for rest in encoding.overflowing))
                rows.append(np.array(encoding.ids, dtype=np.int64))
        return rows

    def _vectors(self, rows, batch_size, bar):
        """Pooled vectors of rows of ids: -> np.ndarray (n, D) float32, before normalization."""
        vectors = np.empty((len(rows), self.dimension), dtype=np.float32)

        def run(batch):
            vectors[batch] = self.transformer.pooled([rows[i] for i in batch], self.pooling).numpy()
            return len(batch)

        workers, tokens = 1, CPU if self.device.type == "cpu" else GPU
        if isinstance(self.transformer, Packed):
            workers = torch.get_num_threads()
            tokens = max(SMALLEST, min(PACKED, sum(map(len, rows)) // workers))
        order = sorted(range(len(rows)), key=lambda i: -len(rows[i]))       # neighbours are equally long, or nearly
        todo = list(batches(order, rows, tokens, batch_size))
        workers = min(workers, len(todo))
        for count in side_by_side(run, todo, workers) if workers > 1 else map(run, todo):
            if bar:
                bar.update(count)
        return vectors


def portions(texts, count=256, characters=200_000):
    """Cut texts into lists of up to `count` and about so many characters: their Encodings are many times as large as ids."""
    portion, size = [], 0
    for text in texts:
        portion.append(text)
        size += len(text)
        if len(portion) == count or size >= characters:
            yield portion
            portion, size = [], 0
    if portion:
        yield portion


def batches(order, rows, tokens, size=None):
    """Cut `order` (indices of `rows`, longest first) into batches of `size` texts, or of up to `tokens` tokens."""
    start = 0
    while start < len(order):
        count = size or max(1, tokens // len(rows[order[start]]))
        yield order[start:start + count]
        start += count
