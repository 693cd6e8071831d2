"""What a model's folder says: is it whole, and which pooling, normalization and length do its files ask for."""
import atexit
import json
import os
import pathlib
import shutil
import tempfile
import zipfile
from typing import NamedTuple

REQUIRED = ("config.json", "tokenizer.json", "tokenizer_config.json", "modules.json")
OPTIONS = tuple(f"sentence_{kind}_config.json" for kind in (        # names that sentence-transformers has used
    "bert", "roberta", "distilbert", "camembert", "albert", "xlm-roberta", "xlnet"))
STEPS = (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"])
WEIGHTS = ("model.safetensors", "pytorch_model.bin")
_OLD_FLAGS = {"pooling_mode_cls_token": "cls", "pooling_mode_max_tokens": "max", "pooling_mode_mean_tokens": "mean",
              "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len_tokens",
              "pooling_mode_weightedmean_tokens": "weightedmean", "pooling_mode_lasttoken": "last"}


class ModelFolderError(OSError):
    """A model's folder or one of its files cannot be used; the message names it and the repair."""


class Recipe(NamedTuple):
    """How a model turns token vectors into one vector, as its files say."""
    pooling: tuple          # names of poolings; the results of several are put side by side
    normalize: bool         # is there a Normalize module?
    max_length: int         # tokens, special tokens included
    lower_case: bool        # is the text lower-cased before the tokenizer?
    prompt: str             # put before every text; "" for most models


def check_folder(folder, names=()):
    """The absolute path of a model's folder. Raises ModelFolderError naming the first file that is not right.

    `folder`: a str or path; `~` and a trailing slash are understood. `names`: models to suggest in the message.
    """
    text = os.fspath(folder)
    if not text.strip():
        raise ModelFolderError("the model's folder is an empty string. Give a folder, or unset EMBED_MODEL")
    path = pathlib.Path(os.path.expanduser(text)).absolute()            # of a user that is not: left as it is
    if not path.is_dir():
        what = "is a file, not a folder" if path.exists() else "does not exist"
        known = f", or one of {', '.join(sorted(set(names)))}" if names else ""
        raise ModelFolderError(f"{text!r} {what}. Give the folder that holds the model's files{known}")
    for name in REQUIRED:
        _check_json(path / name)
    for kind, inside in _modules(path):
        if kind == "Pooling":
            read_json(path / inside / "config.json")
    _check_weights(path)
    return path


def read_recipe(folder):
    """The Recipe in a model's folder: modules.json, 1_Pooling/config.json, sentence_bert_config.json, and so on.

    Raises ModelFolderError for a missing file or anything that would change the vector and is not supported here.
    """
    folder = pathlib.Path(folder)
    steps = _modules(folder)
    kinds = dict(steps)
    if [kind for kind, _ in steps] not in STEPS or kinds["Transformer"]:
        listed = ", ".join(f"{kind} in {path}" if path else kind for kind, path in steps) or "nothing"
        raise ModelFolderError(f"{folder / 'modules.json'} lists {listed}: supported are Transformer (in the folder "
                               "itself) and Pooling, with or without Normalize, in this order. Use sentence-transformers "
                               "for this model")
    options = next((read_json(folder / name) for name in OPTIONS if (folder / name).is_file()), {})
    prompts = _optional(folder / "config_sentence_transformers.json")
    return Recipe(pooling=_pooling(folder / kinds["Pooling"] / "config.json"), normalize="Normalize" in kinds,
                  max_length=_max_length(folder, options), lower_case=bool(options.get("do_lower_case")),
                  prompt=prompts.get("prompts", {}).get(prompts.get("default_prompt_name"), ""))


def read_json(path, kind=dict):
    """The content of a JSON file: an object, or a list (`kind`). Raises ModelFolderError if it is not, or is missing."""
    path = pathlib.Path(path)
    if not path.is_file():
        raise ModelFolderError(f"{path} is missing: the model's folder is not whole. Download the model again")
    try:
        content = json.loads(path.read_text("utf-8"))
    except ValueError:
        raise ModelFolderError(_not_json(path)) from None
    if not isinstance(content, kind):
        raise ModelFolderError(f"{path} holds {type(content).__name__}, not {kind.__name__}: it was replaced. "
                               "Delete it and download it again")
    return content


def _check_json(path):
    """Raise ModelFolderError unless a file is JSON. Of a large one (bge-m3's tokenizer: 17 MB) only its two ends."""
    if not path.is_file() or path.stat().st_size < 2**20:
        read_json(path, list if path.name == "modules.json" else dict)
        return
    with open(path, "rb") as file:
        first = file.read(64).split()
        file.seek(-64, os.SEEK_END)
        last = b"".join(file.read().split())
    if not first or first[0][:1] != b"{" or not last.endswith(b"}}"):       # a tokenizer ends inside its last part
        raise ModelFolderError(_not_json(path))


def _not_json(path):
    return (f"{path} ({path.stat().st_size:,} bytes) is not JSON: it was cut short or replaced. "
            "Delete it and download it again")


def usable_positions(config):
    """How many tokens the position table of a model serves: its rows, less those that RoBERTa's family skips."""
    return (config.get("max_position_embeddings") or 10**9) - first_position(config)      # no table, no such limit


def first_position(config):
    """The position of a text's first token: 0, or in RoBERTa's family pad_token_id + 1."""
    pad = config.get("pad_token_id")
    return (1 if pad is None else pad) + 1 if shifts_positions(config.get("model_type", "")) else 0


def shifts_positions(model_type):
    """Does an architecture count positions from pad_token_id + 1, and real tokens only? RoBERTa's family does."""
    return any(name in model_type for name in ("roberta", "camembert", "mpnet"))


def _modules(folder):
    """What modules.json lists: (class, folder inside the model's folder) of each step, in order."""
    path = folder / "modules.json"
    try:
        return [(_class(module["type"]), module["path"]) for module in read_json(path, list)]
    except (TypeError, KeyError, AttributeError):
        raise ModelFolderError(f"{path} does not list modules, each with a type and a path. "
                               "Delete it and download it again") from None


def _class(name):
    """The last part of a class's name if it is sentence-transformers' own, else the whole of it."""
    return name.rpartition(".")[2] if name.startswith("sentence_transformers.") else name


def _optional(path):
    return read_json(path) if path.is_file() else {}


def _pooling(path):
    config = read_json(path)
    modes = config.get("pooling_mode") or [name for flag, name in _OLD_FLAGS.items() if config.get(flag)] or ["mean"]
    modes = tuple({"lasttoken": "last"}.get(m, m) for m in ([modes] if isinstance(modes, str) else modes))
    strange = set(modes) - {"cls", "mean", "max", "last"}
    if strange or config.get("include_prompt") is False:
        what = f"the pooling {', '.join(sorted(strange))}" if strange else "include_prompt = false"
        raise ModelFolderError(f"{path} asks for {what}, which is not supported here (cls, mean, max, last are). "
                               "Use sentence-transformers for this model")
    return modes


def _max_length(folder, options):
    asked = options.get("max_seq_length") or read_json(folder / "tokenizer_config.json").get("model_max_length")
    return int(min(asked or 10**9, usable_positions(read_json(folder / "config.json"))))


def _check_weights(folder):
    path = next((folder / name for name in WEIGHTS if (folder / name).is_file()), None)
    if path is None:
        what = ("has its weights split into several files, which is not supported here. Use sentence-transformers for it"
                if any(folder.glob("*.index.json")) else f"has no weights ({' or '.join(WEIGHTS)}). Download the model again")
        raise ModelFolderError(f"{folder} {what}")
    size = path.stat().st_size
    with open(path, "rb") as file:
        start = file.read(64)
    if start.startswith(b"version https://git-lfs"):
        what = "is a Git LFS pointer, not the weights"
    elif start.lstrip().startswith(b"<"):
        what = "is a web page, not the weights"
    elif size < 1024 or not _whole(path, size, start):
        what = "was cut short or replaced"
    else:
        return
    raise ModelFolderError(f"{path} ({size:,} bytes) {what}. Delete it and download it again")


def _whole(path, size, start):
    """Is a weight file as long as it says it is? Reads its table of contents, not its numbers."""
    if path.suffix == ".bin":
        return zipfile.is_zipfile(path)                             # a zip's table of contents is at its end
    header = int.from_bytes(start[:8], "little")                    # safetensors: length of the JSON that follows
    if header > size - 8:
        return False
    try:
        with open(path, "rb") as file:
            table = json.loads(file.read(8 + header)[8:])
    except ValueError:
        return False
    return 8 + header + max((t["data_offsets"][1] for k, t in table.items() if k != "__metadata__"), default=0) == size


def linked_copy(folder, without=(), changes=None):
    """A temporary folder with the files of `folder`, linked where the system allows, removed when Python ends.

    `without`: file names to leave out, relative to the folder. `changes`: file name -> content that replaces it, written
    as JSON. Returns the path as a str.
    """
    copy = pathlib.Path(tempfile.mkdtemp(prefix="model-"))
    atexit.register(shutil.rmtree, copy, ignore_errors=True)
    for path in pathlib.Path(folder).rglob("*"):
        name = path.relative_to(folder)
        if path.is_file() and name.as_posix() not in {*without, *(changes or {})} and name.parts[0] != "onnx":
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            try:
                os.symlink(path.resolve(), copy / name)
            except OSError:                             # Windows, unless its developer mode is on
                shutil.copy2(path, copy / name)
    for name, content in (changes or {}).items():
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_text(json.dumps(content), "utf-8")
    return str(copy)
