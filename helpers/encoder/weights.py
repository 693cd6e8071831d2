"""Weights from a model's folder, mapped instead of copied, so that bge-m3 in float32 fits in 2 GB. Data, never code."""
import ctypes
import pathlib
import sys

import psutil
import torch

from helpers.models.folder import WEIGHTS, ModelFolderError, read_json

PIECE = 2**26               # bytes of a checkpoint that are converted before its mapping is let go
OTHER = 60_000_000          # bytes for transformers' own modules and the numbers of a short text, measured
PER_TOKENIZER_BYTE = 15     # and what a byte of tokenizer.json becomes while its tokenizer is built, measured

CONTAINER = pathlib.Path("/sys/fs/cgroup")      # where Linux tells a process the limits of its container


def load_model(folder, device, dtype):
    """The transformer in a folder, for inference: -> a transformers model. Raises ModelFolderError if weights are missing."""
    from transformers.utils import logging
    bar, level = logging.is_progress_bar_enabled(), logging.get_verbosity()
    logging.disable_progress_bar()                                  # loading takes a blink; the bar would stay
    logging.set_verbosity_error()                                   # what matters of its report is an error of ours
    try:
        return load_transformer(folder, dtype, device)
    finally:
        logging.set_verbosity(level)
        if bar:
            logging.enable_progress_bar()


def load_transformer(folder, dtype, device="cpu"):
    """The transformer in a folder, in a dtype, for inference: -> a transformers model.

    Raises MemoryError before anything is read if the CPU's memory is too small; ModelFolderError for weights that
    cannot be read, are not numbers alone, or lack a tensor (the pooler's aside: no vector here uses it).
    """
    if torch.device(device).type == "cpu":
        check_memory(folder, dtype)
    check_numbers(folder)
    config, kind = _architecture(folder)
    state = read_weights(folder, dtype)
    # with a state_dict, transformers takes the tensors as they are, without a copy
    model, report = kind.from_pretrained(None, config=config, state_dict=state, dtype=dtype, output_loading_info=True,
                                         ignore_mismatched_sizes=True)
    missing = sorted(name for name in report["missing_keys"] if not name.startswith("pooler."))
    wrong = missing or sorted(str(entry[0]) for entry in report["mismatched_keys"])
    if wrong:
        what = "lack" if missing else "have another shape than config.json says in"
        raise ModelFolderError(f"the weights in {folder} {what} {len(wrong)} tensors, the first is {wrong[0]}: they "
                               "belong to another model, or are not whole. Download the model again")
    give_back()
    return model.to(device).eval()


def check_numbers(folder):
    """Raise ModelFolderError for weights that are quantized, and for heads that do not divide the hidden size."""
    path = pathlib.Path(folder, "config.json")
    config = read_json(path)
    if config.get("quantization_config"):
        raise ModelFolderError(f"{path} says that the weights are quantized, which is not supported here. "
                               "Use the program that the model was made for, or its unquantized weights")
    D, H = config.get("hidden_size"), config.get("num_attention_heads")
    if isinstance(D, int) and isinstance(H, int) and (H < 1 or D % H):
        raise ModelFolderError(f"{path} says {H} heads for {D} numbers per token, which do not divide: it was changed, or "
                               "replaced. Download the model again")


def _architecture(folder):
    """A folder's config, and transformers' own class for it. Code that lies in the folder is not run."""
    import transformers
    try:
        config = transformers.AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        return config, transformers.MODEL_MAPPING[type(config)]
    except (ValueError, KeyError):
        path = pathlib.Path(folder, "config.json")
        raise ModelFolderError(f"{path} says model_type {read_json(path).get('model_type')!r}, which transformers does "
                               "not have. Use the program that the model was made for") from None


def read_weights(folder, dtype):
    """The tensors of a folder's checkpoint: -> dict. Those that have the dtype stay in the file until they are used.

    The others are converted piece by piece, and what was read leaves memory with its mapping.
    """
    path = weights_file(folder)
    state, source, read = map_weights(path), map_weights(path), 0
    for name, stored in list(state.items()):
        if not stored.is_floating_point() or stored.dtype == dtype:
            continue
        state[name] = torch.empty(stored.shape, dtype=dtype)
        whole, step = state[name].view(-1), PIECE // stored.itemsize
        for start in range(0, whole.numel(), step):
            part = source[name].flatten()[start:start + step]
            whole[start:start + step] = part
            read += part.nbytes
            if read > PIECE:
                del part
                source, read = map_weights(path), 0
    return state


def weights_file(folder):
    """The checkpoint in a folder that check_folder has passed."""
    return next(path for path in (pathlib.Path(folder, name) for name in WEIGHTS) if path.is_file())


def map_weights(path):
    """A checkpoint's tensors, mapped. With weights_only torch builds tensors and nothing else from a pickle."""
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file
            return load_file(path)
        state = dict(torch.load(path, map_location="cpu", mmap=True, weights_only=True))
    except Exception as error:
        reason = "holds more than numbers" if "weights_only" in str(error) else "cannot be read"
        raise ModelFolderError(f"{path} ({path.stat().st_size:,} bytes) {reason}, so it is not loaded. "
                               "Delete it and download it again") from None
    if not all(map(torch.is_tensor, state.values())):
        raise ModelFolderError(f"{path} holds something other than a model's tensors, by name: it was saved as a part of "
                               "something else. Download the model again")
    return state


def give_back():
    """Hand freed memory back to the system: glibc keeps what building a large tokenizer took (60 MB for bge-m3's)."""
    if sys.platform == "linux":
        try:
            ctypes.CDLL("libc.so.6").malloc_trim(0)
        except (OSError, AttributeError):               # another C library, which does as it likes
            return


def choose_dtype(folder, device="cpu", packs=False):
    """float32 where it fits into the memory that is free, else bfloat16 where that fits and the processor has it.

    If neither will do: float32, and check_memory says what is missing. Only the CPU's memory is looked at.
    `packs`: helpers.encoder.forward will load it.
    """
    if torch.device(device).type == "cpu" and has_bfloat16():
        free = free_memory()
        if memory_needed(folder, torch.bfloat16, packs) <= free < memory_needed(folder, torch.float32, packs):
            return torch.bfloat16
    return torch.float32


def check_memory(folder, dtype, packs=False):
    """Raise MemoryError, with the figures and the way out, if a model will not fit into the memory that is free."""
    need, free = memory_needed(folder, dtype, packs), free_memory()
    if need <= free:
        return
    half = memory_needed(folder, torch.bfloat16, packs)
    speed = "" if has_bfloat16() else ", several times slower on this processor"
    smaller = f'dtype="bfloat16" ({half / 1e9:.1f} GB{speed}), or ' if half < need else ""
    raise MemoryError(f"{folder} needs about {need / 1e9:.1f} GB of memory in {str(dtype).rpartition('.')[2]}, and "
                      f"{free / 1e9:.1f} GB is free. Close other programs, or take {smaller}the embedded model")


def memory_needed(folder, dtype, packs=False):
    """About how many bytes a model takes once a text has gone through it, tokenizer included.

    `packs`: encoder.forward loads it, and its word table stays in the file in any dtype: of it, a text touches a few rows.
    """
    config = read_json(pathlib.Path(folder, "config.json"))
    other = OTHER + PER_TOKENIZER_BYTE * pathlib.Path(folder, "tokenizer.json").stat().st_size
    stored = getattr(torch, str(config.get("dtype") or config.get("torch_dtype")), torch.float32)
    size = weights_file(folder).stat().st_size
    if packs or stored == dtype:
        size -= config.get("vocab_size", 0) * config.get("hidden_size", 0) * stored.itemsize
    on_its_way = PIECE // 2 if packs else 0 if stored == dtype else PIECE      # a table is read and written at once
    return other + size // stored.itemsize * dtype.itemsize + on_its_way


def free_memory():
    """Bytes that a process may still take: of the machine, or of the container that it runs in (Binder's, Docker's)."""
    free = psutil.virtual_memory().available
    try:
        limit, used = (int((CONTAINER / name).read_text()) for name in ("memory.max", "memory.current"))
        files = next(int(line.split()[1]) for line in (CONTAINER / "memory.stat").read_text().splitlines()
                     if line.startswith("file "))       # pages of files can be given back
    except (OSError, ValueError, StopIteration):        # no container, or none with a limit
        return free
    return min(free, limit - used + files)


def has_bfloat16():
    """Does the processor compute in bfloat16 by itself?"""
    able = getattr(torch.cpu, "get_capabilities", dict)()
    return bool(able.get("avx512_bf16") or able.get("amx_bf16") or able.get("bf16"))
