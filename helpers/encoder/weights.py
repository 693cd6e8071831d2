"""Weights from a model's folder: data, never code, and of a large model only what is used."""
import inspect
import zipfile
from pathlib import Path
from typing import Any

import psutil
import torch
from safetensors.torch import load_file

from helpers.models.files import OTHERWISE, ModelFolderError, damaged, read_json, weights_files

SMALL = 2**29               # bytes of weights that are copied: at most a quarter of Binder's 2 GB
OTHER = 95_000_000          # bytes for the library's modules and the numbers of a text, measured
PER_TOKENIZER_BYTE = 15     # what a byte of tokenizer.json becomes as it is built, measured
CONTAINER = Path("/sys/fs/cgroup")      # where Linux tells a process the limits of its container


def load_model(folder: str | Path, device: Any, dtype: torch.dtype, packs: bool = False) -> Any:
    """The transformer in a folder, for inference: -> a transformers model.

    `packs`: it is for encoder.forward's Packed, and keeps its files' dtype. Raises MemoryError
    before anything is read if the CPU's memory is too small, ModelFolderError for an architecture
    that transformers lacks (code in the folder is not run), and for weights that cannot be read,
    are not numbers alone, or lack a tensor (the pooler's aside).
    """
    if torch.device(device).type == "cpu":
        check_memory(folder, dtype, packs)
    kind, config = model_class(folder)
    files = weights_files(folder)
    state = map_weights(files)
    stored = next((t.dtype for t in state.values() if t.is_floating_point()), torch.float32)
    dtype = stored if packs else dtype
    state = {name: tensor.to(dtype) if tensor.is_floating_point() else tensor
             for name, tensor in state.items()}
    if sum(path.stat().st_size for path in files) <= SMALL:     # a mapped one must not be shortened
        state = {name: tensor.clone() for name, tensor in state.items()}
    try:
        model, report = kind.from_pretrained(   # which takes a state_dict as it is, without a copy
            None, config=config, state_dict=state, dtype=dtype, output_loading_info=True,
            ignore_mismatched_sizes=True)
    except Exception as error:          # of many kinds: heads that do not divide a size, and more
        raise ModelFolderError(f"{folder}/config.json is no {kind.__name__}: {error}") from None
    missing = sorted(name for name in report["missing_keys"] if not name.startswith("pooler."))
    wrong = missing or sorted(str(entry[0]) for entry in report["mismatched_keys"])
    if wrong:
        what = "lack" if missing else "have another shape than config.json says in"
        raise ModelFolderError(f"the weights in {folder} {what} {len(wrong)} tensors, the first is "
                               f"{wrong[0]}: another model's. Download the model again")
    return model.eval().to(device)


def model_class(folder: str | Path) -> tuple[type, Any]:
    """The class of transformers for what config.json says, and its config.

    Of an encoder-decoder it is the encoder alone, if transformers has that, as T5's.
    """
    import transformers
    said = read_json(f"{folder}/config.json")
    if said.get("quantization_config"):
        raise ModelFolderError(f"{folder}/config.json says that the weights are quantized, which "
                               f"is not supported here. {OTHERWISE}, or its unquantized weights")
    try:
        config = transformers.CONFIG_MAPPING[said.get("model_type")].from_dict(said)
        kind = transformers.MODEL_MAPPING[type(config)]
        if "decoder_input_ids" in inspect.signature(kind.forward).parameters:
            kind = transformers.MODEL_FOR_TEXT_ENCODING_MAPPING[type(config)]
    except (KeyError, ValueError, AttributeError):      # the last: Funnel's, of two classes
        raise ModelFolderError(
            f"{folder}/config.json says model_type {said.get('model_type')!r}, which transformers "
            "does not have as an encoder of text. Use the model's own program") from None
    config.use_cache = False            # what a causal model keeps for the next token
    return kind, config


def map_weights(files: list[Path]) -> dict[str, torch.Tensor]:
    """A checkpoint's tensors by name, mapped. Of a pickle torch builds tensors, nothing else."""
    state = {}
    for path in files:
        try:
            part = load_file(path) if path.suffix == ".safetensors" else dict(torch.load(
                path, map_location="cpu", mmap=zipfile.is_zipfile(path), weights_only=True))
        except Exception as error:              # of many kinds, from two libraries
            more = "weights_only" in str(error)
            raise damaged(path, "holds more than numbers" if more else "cannot be read") from None
        if not all(map(torch.is_tensor, part.values())):
            raise damaged(path, "holds something other than a model's tensors, by name")
        state |= part
    return state


def check_memory(folder: str | Path, dtype: torch.dtype, packs: bool = False) -> None:
    """Raise MemoryError, with the figures and the way out, if a model will not fit into memory."""
    need, free = memory_needed(folder, dtype, packs), free_memory()
    if need <= free:
        return
    half = memory_needed(folder, torch.bfloat16, packs)
    speed = "" if has_bfloat16() else ", several times slower on this processor"
    smaller = f'dtype="bfloat16" ({half / 1e9:.1f} GB{speed}), or ' if half < need else ""
    raise MemoryError(
        f"{folder} needs about {need / 1e9:.1f} GB of memory in {str(dtype)[6:]}, and "
        f"{free / 1e9:.1f} GB is free. Close other programs, or take {smaller}the embedded model")


def memory_needed(folder: str | Path, dtype: torch.dtype, packs: bool = False) -> int:
    """About how many bytes a model takes once a text has gone through it, tokenizer included.

    A large model's word table stays in its file for encoder.forward (`packs`), or if it has the
    dtype: a text touches a few rows of it.
    """
    config, files = read_json(f"{folder}/config.json"), weights_files(folder)
    size = sum(path.stat().st_size for path in files)
    stored = getattr(torch, str(config.get("dtype") or config.get("torch_dtype")), torch.float32)
    numbers = size // stored.itemsize
    if size > SMALL and (packs or stored == dtype):
        numbers -= config.get("vocab_size", 0) * config.get("hidden_size", 0)
    tokenizer = Path(folder, "tokenizer.json")
    built = PER_TOKENIZER_BYTE * tokenizer.stat().st_size if tokenizer.is_file() else 0
    return OTHER + built + numbers * dtype.itemsize


def free_memory() -> int:
    """Bytes that are free on the machine, or in its container if that has less (Binder, Docker)."""
    free = psutil.virtual_memory().available
    try:
        limit = int((CONTAINER / "memory.max").read_text())
        used = int((CONTAINER / "memory.current").read_text())
        stat = (CONTAINER / "memory.stat").read_text().split()
        files = int(stat[stat.index("file") + 1])       # pages of files can be given back
    except (OSError, ValueError):                       # no container, or none with a limit
        return free
    return min(free, limit - used + files)


def has_bfloat16() -> bool:
    """Does the processor compute in bfloat16 by itself?"""
    able = getattr(torch.cpu, "get_capabilities", dict)()
    return any(map(able.get, ("avx512_bf16", "amx_bf16", "bf16")))
