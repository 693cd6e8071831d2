"""Text to vectors, as the model's own files say: the class of notebook 07, made fast."""
import contextlib
import functools
import itertools
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from helpers.encoder import checks
from helpers.encoder.cores import side_by_side
from helpers.encoder.forward import Packed, Padded
from helpers.encoder.layers import can_pack
from helpers.encoder.library import Library
from helpers.encoder.tokenizer import read_tokenizer
from helpers.encoder.weights import load_model, model_class
from helpers.models import find
from helpers.models.files import read_json
from helpers.models.folder import read_recipe, usable_positions
from helpers.pooling import normalize as unit

BLOCK = 4096            # texts that are sorted together: more would take memory and gain nothing
PORTION = 32            # texts in the tokenizer at once: its results take far more than ids


class Encoder:
    """A sentence encoder: `Encoder(model_dir()).encode(["hello world!"])` is LangChain's vector.

    `model_dir`: a name or folder, as for `helpers.model_dir`. `pooling` ("cls", "mean", "max",
    "last"), `normalize` (bool) and `max_length` (tokens): None means "as the model's files say".
    `device`: "cpu", "cuda", "cuda:1", "mps". `dtype`: "float32", "float16", "bfloat16"; vectors are
    pooled and returned in float32. `model`: a transformers model that is loaded from that folder
    already; it keeps its device and dtype, and runs in the library's forward pass, as all but BERT
    and XLM-RoBERTa on a CPU. An Encoder can be sent to other processes, where it loads again; a
    process that has encoded must not fork (spawn others). Weights of more than 512 MB stay in their
    file: replace it, never write into it. Raises ValueError for a setting that cannot be,
    ModelFolderError for a damaged folder, MemoryError before loading a model that will not fit.
    """

    def __init__(self, model_dir: str | Path, pooling: str | None = None,
                 normalize: bool | None = None, max_length: int | None = None, device: str = "cpu",
                 dtype: str = "float32", *, model: Any = None) -> None:
        checks.check_settings(pooling=pooling, normalize=normalize, dtype=dtype)
        self.folder = Path(find.model_dir(model_dir))
        self.recipe = recipe = read_recipe(self.folder)
        self.home = self.folder / recipe.more.get("transformer", "")
        config = read_json(self.home / "config.json")
        length = recipe.max_length if max_length is None else max_length
        checks.check_whole("max_length", length, 3, usable_positions(config))
        modules = recipe.more.get("modules")
        if pooling and modules:
            raise ValueError(f"pooling must be None: the modules in {self.folder} go together")
        self.prompt, self.max_length = recipe.prompt, length
        self.pooling = (pooling,) if pooling else recipe.pooling
        self.normalize = recipe.normalize if normalize is None else normalize
        self.tokenizer = read_tokenizer(self.home, recipe, self.max_length)
        if model is None:
            self.device, self.dtype = checks.check_device(device), getattr(torch, dtype)
        else:
            checks.check_loaded(model, model_class(self.home)[1], self.home)
            self.model, self.device, self.dtype = model, model.device, model.dtype
        if model is None and self.device.type == "cpu" and can_pack(config) and not modules:
            self.transformer = Packed(load_model(self.home, "cpu", self.dtype, True), self.dtype)
        else:
            self.transformer = Padded(self.model, self.tokenizer.encode("").type_ids)
        self.settings = {"pooling": pooling, "normalize": normalize, "max_length": max_length,
                         "device": self.device, "dtype": dtype, "model": model}
        self.size = self.transformer.hidden_size * len(self.pooling)
        if modules:
            alone = self.tokenizer.encode(self.prompt)
            self.transformer.pool = Library(self.folder, modules, self.transformer.hidden_size,
                                            len(alone.ids) - sum(alone.special_tokens_mask[-1:]))
            self.size = self.transformer.pool.dimension
        self.dimension = self._finish(torch.ones(1, self.size)).shape[1]

    def _finish(self, vectors):
        """What follows pooling: (n, P) -> (n, D)."""
        finished = unit(vectors) if self.normalize else vectors
        return finished[:, :self.recipe.more.get("truncate_dim")]

    def __reduce__(self):
        """Pickled as its folder and settings, and loaded again where it arrives."""
        return functools.partial(Encoder, **self.settings), (self.folder,)

    @functools.cached_property
    def model(self) -> Any:
        """The transformer as the library's own object; loaded when it is first asked for."""
        return load_model(self.home, self.device, self.dtype)

    def encode(self, texts: Iterable[str], batch_size: int | None = None,
               show_progress: bool = False) -> np.ndarray:
        """Vectors of a list of texts: -> (n, D) float32, in the order given; (0, D) for [].

        `batch_size`: texts at a time; None packs as many as run best. `show_progress`: a bar on
        stderr. Longer texts are cut at `max_length` tokens, with one warning that counts them.
        Raises TypeError naming an item that is not a str, ValueError one that is not Unicode.
        """
        texts, lost = checks.check_texts(texts), Counter()
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        for block in self._blocks(texts, BLOCK, batch_size, show_progress, lost):
            vectors[lost.total() - len(block):lost.total()] = block
        checks.warn_of_cut(lost, self.max_length)
        return vectors

    def encode_iter(self, texts: Iterable[str], block: int = BLOCK, batch_size: int | None = None,
                    show_progress: bool = False) -> Iterator[np.ndarray]:
        """As `encode`, of any iterable, holding `block` texts at a time: yields (≤ block, D)."""
        checks.check_sequence(texts)
        lost = Counter()
        try:
            yield from self._blocks(texts, block, batch_size, show_progress, lost)
        finally:
            checks.warn_of_cut(lost, self.max_length)

    def token_ids(self, texts: Iterable[str]) -> list[list[int]]:
        """Input ids of each text, special tokens included, cut at `max_length`."""
        lost = Counter()
        rows = [row.tolist() for row in self._rows(texts, lost)]
        checks.warn_of_cut(lost, self.max_length)
        return rows

    def hidden_states(self, text: str) -> list[torch.Tensor]:
        """The embedding output and each layer's in `encode`: -> list of (1, T, D) float32."""
        return self.transformer.hidden_states(self._rows([text], Counter())[0])

    def pooled(self, text: str) -> torch.Tensor:
        """The vector of one text before normalization, as `encode` computes it: -> (1, D)."""
        return self.transformer.pooled(self._rows([text], Counter()), self.pooling)

    def _blocks(self, texts, size, batch_size, show_progress, lost):
        checks.check_whole("block", size)
        if batch_size is not None:
            checks.check_whole("batch_size", batch_size)
        total, texts = len(texts) if hasattr(texts, "__len__") else None, iter(texts)
        with tqdm(total=total, unit="text") if show_progress else contextlib.nullcontext() as bar:
            while rows := self._rows(list(itertools.islice(texts, size)), lost):
                vectors = self._vectors(rows, batch_size, bar)
                checks.check_finite(vectors, start=lost.total() - len(rows))
                yield self._finish(torch.from_numpy(vectors)).numpy()

    def _rows(self, texts, lost):
        """Input ids of each text, (T,) int64; how many tokens it lost is counted in `lost`."""
        texts = checks.check_texts(texts, start=lost.total())
        rows, added = [], self.tokenizer.num_special_tokens_to_add(False)
        for start in range(0, len(texts), PORTION):
            portion = [self.prompt + text for text in texts[start:start + PORTION]]
            for encoding in self.tokenizer.encode_batch_fast(portion):
                if not encoding.ids:
                    raise ValueError(f"texts[{lost.total()}] has no tokens, and the tokenizer adds "
                                     "none: leave it out")
                lost[sum(len(rest.ids) - added for rest in encoding.overflowing)] += 1
                rows.append(np.array(encoding.ids, dtype=np.int64))
        return rows

    def _vectors(self, rows, batch_size, bar):
        """Pooled vectors of rows of ids: -> np.ndarray (n, D) float32, before normalization."""
        def run(batch):
            return self.transformer.pooled([rows[i] for i in batch], self.pooling)

        workers, tokens = self.transformer.share(sum(map(len, rows)))
        longest_first = sorted(range(len(rows)), key=lambda i: -len(rows[i]))
        todo = list(batches(longest_first, rows, tokens, batch_size))
        workers = min(workers, len(todo))
        vectors = np.empty((len(rows), self.size), dtype=np.float32)
        results = side_by_side(run, todo, workers) if workers > 1 else map(run, todo)
        for batch, result in zip(todo, results, strict=True):
            vectors[batch] = result.numpy()
            if bar is not None:
                bar.update(len(batch))
        return vectors


def batches(order: list, rows: list, tokens: int | None, size: int | None = None) -> Iterator[list]:
    """Cut `order` (indices of `rows`, longest first) into batches of `size` texts, or `tokens`."""
    start = 0
    while start < len(order):
        count = size or max(1, tokens // len(rows[order[start]]))
        yield order[start:start + count]
        start += count
