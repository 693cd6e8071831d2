"""The files of a model's folder: are they there and whole, and what stands in those of JSON."""
import contextlib
import json
import pathlib
import zipfile
from typing import Any

from safetensors import SafetensorError, safe_open

from helpers.data import load

WEIGHTS = ("model.safetensors", "pytorch_model.bin")        # or an index of several files
FOREIGN = {".gguf": "llama.cpp", ".onnx": "onnxruntime", ".xml": "OpenVINO", ".h5": "TensorFlow",
           ".msgpack": "Flax"}      # how a file of weights ends -> the program that reads it
BEFORE_ZIP = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."    # how torch.save began before 1.6
AGAIN, OTHERWISE = "Download the model again", "Use sentence-transformers for this model"


class ModelFolderError(OSError):
    """A model's folder or one of its files cannot be used; the message names it and the repair."""


def is_there(path: pathlib.Path) -> bool:
    """Is there such a file? Raises ModelFolderError for a link to one that is gone."""
    if path.is_symlink() and not path.exists():
        raise ModelFolderError(f"{path} is a link to a file that is gone. {AGAIN}")
    return path.is_file()


def read_json(path: pathlib.Path | str, kind: type = dict) -> Any:
    """The content of a JSON file: an object, or a list (`kind`); else a ModelFolderError."""
    path = pathlib.Path(path)
    if not is_there(path):
        raise ModelFolderError(f"{path} is missing: the model's folder is not whole. {AGAIN}")
    try:
        content = json.loads(path.read_text("utf-8"))
    except (ValueError, RecursionError):
        raise damaged(path, "is not JSON: it was cut short or replaced") from None
    if not isinstance(content, kind):
        raise damaged(path, f"holds {type(content).__name__}, not {kind.__name__}: it was replaced")
    return content


def read_options(path: pathlib.Path, kind: str) -> dict:
    """The options in a file that are followed, by name, as helpers/data/options.json lists them.

    `kind`: "model", or a module's class. Raises ModelFolderError for an option that may change the
    vector and is not followed, and for one of another type. {} for a file that need not be there.
    """
    if kind not in ("Pooling", "Dense") and not is_there(path):
        return {}
    table, content = load("options.json"), read_json(path)
    followed, only = table["followed"][kind], table["only"][kind]
    harmless = {*followed, *table["ignored"][kind]}
    for name, value in content.items():
        allowed = followed.get(name, [])
        wrong = allowed and type(value).__name__ not in [*allowed, "NoneType"]
        if wrong or "int" in allowed and value is not None and value < 1:
            raise ModelFolderError(f"{path} says {name} = {value!r:.60}, which cannot be. "
                                   "Correct it, or download the model again")
        if not (name in harmless or value in (None, only.get(name), {}, [], "") or isinstance(
                value, dict) and set(value) <= set(table["harmless arguments"])):
            raise ModelFolderError(f"{path} says {name} = {value!r:.60}, which is not supported "
                                   f"here. {OTHERWISE}")
    return {name: value for name, value in content.items() if name in followed}


def damaged(path: pathlib.Path, what: str) -> ModelFolderError:
    """The error that says what is wrong with a file that is there."""
    return ModelFolderError(f"{path} ({path.stat().st_size:,} bytes) {what}. "
                            "Delete it and download it again")


def weights_files(folder: pathlib.Path | str) -> list[pathlib.Path]:
    """The files that hold a folder's weights: one, or those that an index names.

    Raises ModelFolderError if there are none, or only those of another program.
    """
    folder = pathlib.Path(folder)
    for name in WEIGHTS:
        if is_there(folder / name):
            return [folder / name]
        index = folder / f"{name}.index.json"
        if is_there(index):
            files = read_json(index).get("weight_map")
            if not isinstance(files, dict):
                raise damaged(index, "does not say which file holds which weights")
            return [folder / file for file in sorted(set(files.values()))]
    others = [path for path in folder.rglob("*.*") if path.suffix in FOREIGN]
    if others:
        program = FOREIGN[others[0].suffix]
        raise ModelFolderError(f"{others[0]} holds weights for {program}, and the folder none for "
                               f"transformers ({' or '.join(WEIGHTS)}). Use {program}")
    raise ModelFolderError(f"{folder} has no weights ({' or '.join(WEIGHTS)}). {AGAIN}")


def check_weights(folder: pathlib.Path) -> None:
    """Raise ModelFolderError unless a folder's weights are there, each file in one piece."""
    for path in weights_files(folder):
        if not is_there(path):
            raise ModelFolderError(f"{path} is missing: the weights are not whole. {AGAIN}")
        with open(path, "rb") as file:
            start = file.read(64).lstrip()
        for sign, what in (b"version https://git-lfs", "Git LFS pointer"), (b"<", "web page"):
            if start.startswith(sign):
                raise damaged(path, f"is a {what}, not the weights")
        with contextlib.suppress(SafetensorError):  # are there as many bytes as it says itself?
            if (safe_open(path, "numpy") if path.suffix == ".safetensors"
                    else start.startswith(BEFORE_ZIP) or zipfile.is_zipfile(path)):
                continue
        raise damaged(path, "was cut short or replaced")
