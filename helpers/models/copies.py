"""Copies of a known model on this machine: where one may lie, and is it whole and the right one? Never the network.

`known` is a model's entry in models.json: its files with their sizes and SHA-256, its architecture, its ids on hubs.
"""
import os
import pathlib
import zipfile

from helpers.models.digests import digest, recall
from helpers.models.folder import ModelFolderError, check_folder, read_json, read_recipe

_CONFIG = {"layers": "num_hidden_layers", "hidden": "hidden_size", "heads": "num_attention_heads",
           "intermediate": "intermediate_size", "vocabulary": "vocab_size", "positions": "max_position_embeddings",
           "pad_id": "pad_token_id", "layer_norm_eps": "layer_norm_eps", "type_vocabulary": "type_vocab_size"}


def find_copy(known):
    """The first whole, verified copy: -> (folder or None, what is wrong with the copies that are no use or None)."""
    trouble = None
    for place in places("modelscope", known) + places("huggingface", known):
        for folder in [place, *sorted(place.glob("snapshots/*"))]:
            if not any((folder / file).is_file() for file in known["files"]):
                continue
            try:
                check_copy(folder, known)
                return folder, None
            except ModelFolderError as error:
                trouble = trouble or str(error)
    return None, trouble


def places(source, known):
    """Folders where a hub's client keeps this model, in every layout that its versions have had (none need exist)."""
    home = pathlib.Path.home() / ".cache"
    if source == "huggingface":
        home = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or home)
        hub = os.environ.get("HF_HUB_CACHE") or pathlib.Path(os.environ.get("HF_HOME") or home / "huggingface", "hub")
        return [pathlib.Path(hub).expanduser() / f"models--{known['huggingface_id'].replace('/', '--')}"]
    name = known["modelscope_id"]
    layouts = (f"models/{name.replace('/', '--')}", f"models/{name}", f"hub/models/{name}", name, f"hub/{name}")
    bases = [pathlib.Path(os.environ.get("MODELSCOPE_CACHE") or home / "modelscope").expanduser(), home / "modelscope"]
    return [base / layout for base in dict.fromkeys(bases) for layout in layouts]


def check_copy(folder, known, listed=None):
    """Raise ModelFolderError, naming the file, unless a folder holds this model, whole.

    Weights and tokenizer are held to their SHA-256 (or to what a hub lists: `listed`, file -> (bytes, sha256));
    the small JSON files to what they mean, since mirrors change their bytes.
    """
    folder = pathlib.Path(folder)
    for file, (size, sha) in known["files"].items():
        path = folder / file
        if not path.is_file():
            raise ModelFolderError(f"{path} is missing")
        if is_data(file):
            _check_identity(path, [(size, sha), *_vouched(file), *([listed[file]] if listed else [])])
    check_folder(folder)
    _check_meaning(folder, known)


def is_data(file):
    """Is a file held to its bytes (weights, tokenizer), not to what it means (the small JSON files)?"""
    return file == "tokenizer.json" or not file.endswith(".json")


def check_named_folder(folder, identities):
    """Raise ModelFolderError if weights in a user's own folder are a known model's with bytes that have changed.

    Weights of the same size and another digest are a damaged copy or a model trained further: the checksums inside
    a .bin file tell which. A safetensors file has none, and is taken as the user's own model.
    """
    for known in identities:
        for file, (size, sha) in known["files"].items():
            path = pathlib.Path(folder, file)
            if path.suffix != ".bin" or not path.is_file() or path.stat().st_size != size or digest(path) == sha:
                continue
            with zipfile.ZipFile(path) as archive:
                bad = archive.testzip()
            if bad:
                raise ModelFolderError(f"{path} ({size:,} bytes) is damaged: the checksum of {bad} in it is wrong. "
                                       "Delete it and download it again")


def _vouched(file):
    return [(size, sha) for sha, (name, size) in recall("listed").items() if name == file]


def _check_identity(path, right):
    size = path.stat().st_size
    if size not in [n for n, _ in right]:
        raise ModelFolderError(f"{path} has {size:,} bytes and should have {right[0][0]:,}")
    if (size, digest(path)) not in [tuple(pair) for pair in right]:
        raise ModelFolderError(f"{path} ({size:,} bytes) is not the file that was published: its SHA-256 should begin "
                               f"with {right[0][1][:12]}. It is damaged, or of another revision: delete it and run "
                               "this again")


def _check_meaning(folder, known):
    """What would change the vector: the sizes in config.json, the pooling, Normalize, the number of tokens."""
    config = read_json(folder / "config.json")
    for ours, theirs in _CONFIG.items():
        if config.get(theirs) != known["architecture"].get(ours):
            raise ModelFolderError(f"{folder / 'config.json'} says {theirs} = {config.get(theirs)} and should say "
                                   f"{known['architecture'].get(ours)}: it belongs to another model")
    recipe = read_recipe(folder)
    for what, found, right in (("pooling", "+".join(recipe.pooling), known["pooling"]),
                               ("a Normalize module", recipe.normalize, known["normalize"]),
                               ("max_length", recipe.max_length, known["architecture"]["usable_tokens"])):
        if found != right:
            raise ModelFolderError(f"the JSON files in {folder} say {what}: {found}, and should say {right}: "
                                   "they belong to another model")
