"""What the lessons read: a model's transformer, its pooling, its normalization, and no more."""
import pathlib

from helpers.models.files import read_json
from helpers.models.folder import TAUGHT, linked_copy, read_recipe


def plain_copy(folder: str) -> tuple[str, list[str]]:
    """The folder, or a copy without the steps that no lesson takes; and what was left out."""
    recipe, path = read_recipe(folder), pathlib.Path(folder)
    home = path / recipe.more.get("transformer", "")
    config = read_json(home / "config.json")
    stored = config.get("dtype", config.get("torch_dtype"))     # in which LangChain would compute
    asked = {"prompt": recipe.prompt, "dtype": {"float32": None}.get(stored, stored), **recipe.more}
    without = [f"{name} = {value!r}" for name, value in asked.items() if value]
    if not without:
        return folder, []
    first, pooling, *_, last = read_json(path / "modules.json", list)
    file = f"{pooling['path']}/config.json"
    taught = [mode for name in recipe.pooling for mode in TAUGHT if TAUGHT[mode] == name]
    return linked_copy(home, changes={
        "modules.json": [{**first, "path": ""}, pooling, *([last] if recipe.normalize else [])],
        file: {**read_json(path / file), "pooling_mode": taught or "mean", "include_prompt": True},
        "config.json": {**config, "dtype": "float32"},
        "config_sentence_transformers.json": {}}), without
