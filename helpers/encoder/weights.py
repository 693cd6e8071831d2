"""Weights from a model's folder: data, never code, and of a large model only what is used."""
import zipfile
from pathlib import Path
from typing import Any

import psutil
import torch
from safetensors.torch import load_file

from helpers.models.files import ModelFolderError, damaged, read_json, weights_files

SMALL = 2**29               # bytes of weights that are copied: at most a quarter of Binder's 2 GB
OTHER = 95_000_000          # bytes for the library's modules and the numbers of a text, measured
PER_TOKENIZER_BYTE = 15     # what a byte of tokenizer.json becomes as it is built, measured
CONTAINER = Path("/sys/fs/cgroup")      # where Linux tells a process the limits of its container


def load_model(folder: str | Path, device: Any, dtype: torch.dtype) -> Any:
    """The transformer in a folder, for inference: -> a transformers model.

    Raises MemoryError before anything is read if the CPU's memory is too small, ModelFolderError
    for an architecture that transformers lacks (code in the folder is not run), and for weights
    that cannot be read, are not numbers alone, or lack a tensor (the pooler's aside).
    """
    import transformers
    if torch.device(device).type == "cpu":
        check_memory(folder, dtype)
    said, paths = read_config(folder), weights_files(folder)
    if str(said.get("model_type")) not in transformers.CONFIG_MAPPING:
        raise ModelFolderError(
            f"{folder}/config.json says model_type {said.get('model_type')!r}, which transformers "
            "does not have. Use the model's own program")
    state = {name: keep(tensor.to(dtype) if tensor.is_floating_point() else tensor, paths)
             for name, tensor in map_weights(paths).items()}
    try:
        config = transformers.CONFIG_MAPPING[said["model_type"]].from_dict(said)
        model, report = model_class(config).from_pretrained(
            None, config=config, state_dict=state, dtype=dtype,     # taken as it is, not copied
            output_loading_info=True, ignore_mismatched_sizes=True)
    except Exception as error:              # of many kinds, from many architectures
        raise ModelFolderError(f"transformers makes no model of {folder}/config.json: "
                               f"{' '.join(str(error).split()):.150}. Correct it, or use the "
                               "model's own program") from None
    missing = sorted(name for name in report["missing_keys"] if not name.startswith("pooler."))
    wrong = missing or sorted(str(entry[0]) for entry in report["mismatched_keys"])
    if wrong:
        what = "lack" if missing else "have another shape than config.json says in"
        raise ModelFolderError(f"the weights in {folder} {what} {len(wrong)} tensors, the first is "
                               f"{wrong[0]}: another model's. Download the model again")
    return model.to(device).eval()


def model_class(config: Any) -> Any:
    """transformers' class for a configuration; of an encoder and a decoder (T5), the encoder's."""
    import transformers
    kind = transformers.MODEL_MAPPING[type(config)]
    kind = kind[0] if isinstance(kind, tuple) else kind     # Funnel has two
    name = kind.__name__.replace("Model", "EncoderModel")
    encoder = getattr(transformers, name, None)
    if config.is_encoder_decoder and not encoder:
        raise ValueError(f"it is an encoder and a decoder, and there is no {name}")
    config.is_encoder_decoder = False       # T5Gemma's encoder asks for it
    return encoder or kind


def read_config(folder: str | Path) -> dict:
    """config.json of a model whose weights are not quantized."""
    config = read_json(f"{folder}/config.json")
    if config.get("quantization_config"):
        raise ModelFolderError(f"{folder}/config.json says that the weights are quantized, which "
                               "is not supported here. Use the model's own program, or its "
                               "unquantized weights")
    return config


def map_weights(paths: list[Path]) -> dict[str, torch.Tensor]:
    """A checkpoint's tensors by name, mapped. Of a pickle torch builds tensors, nothing else."""
    state = {}
    for path in paths:
        try:
            state |= (load_file(path) if path.suffix == ".safetensors" else torch.load(
                path, map_location="cpu", mmap=zipfile.is_zipfile(path), weights_only=True))
        except Exception as error:          # of many kinds, from two libraries
            more = "weights_only" in str(error)
            raise damaged(path, "holds more than numbers" if more else "cannot be read") from None
        if not all(map(torch.is_tensor, state.values())):
            raise damaged(path, "holds something other than a model's tensors, by name")
    return state


def keep(tensor: torch.Tensor, paths: list[Path]) -> torch.Tensor:
    """A tensor that is mapped from a checkpoint, for good: of a small one a copy.

    Who writes into a mapped file changes the numbers; who shortens it ends Python (a bus error).
    """
    return tensor.clone() if sum(path.stat().st_size for path in paths) <= SMALL else tensor


def choose_dtype(asked: str, folder: str | Path, device: torch.device, packs: bool) -> torch.dtype:
    """The dtype asked for; for "auto" float32, or bfloat16 where only that fits and is fast."""
    if asked != "auto":
        return getattr(torch, asked)
    half, full = (memory_needed(folder, t, packs) for t in (torch.bfloat16, torch.float32))
    tight = device.type == "cpu" and half <= free_memory() < full
    return torch.bfloat16 if tight and has_bfloat16() else torch.float32


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
    config = read_json(f"{folder}/config.json")
    size = sum(path.stat().st_size for path in weights_files(folder))
    stored = getattr(torch, str(config.get("dtype") or config.get("torch_dtype")), torch.float32)
    numbers = size // stored.itemsize
    if size > SMALL and (packs or stored == dtype):
        numbers -= config.get("vocab_size", 0) * config.get("hidden_size", 0)
    tokenizer = sum(path.stat().st_size for path in Path(folder).glob("tokenizer.json"))
    return OTHER + PER_TOKENIZER_BYTE * tokenizer + numbers * dtype.itemsize


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
    return any(able.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16"))
