"""What the lessons read: a model's transformer, its pooling, its normalization, and no more."""
import pathlib

from helpers.models.files import read_json
from helpers.models.folder import TAUGHT, linked_copy, read_recipe


def plain_copy(folder: str) -> tuple[str, list[str]]:
    """The folder, or a copy without the steps that no lesson takes; and what was left out."""
    recipe, path = read_recipe(folder), pathlib.Path(folder)
    asked = {"prompt": recipe.prompt, **recipe.more}
    without = [f"{name} = {value!r}" for name, value in asked.items() if value]
    if not without:
        return folder, []
    first, pooling, *_, last = read_json(path / "modules.json", list)
    config = f"{pooling['path']}/config.json"
    said = {key: value for key, value in read_json(path / config).items() if "dim" in key}
    taught = [mode for name in recipe.pooling for mode in TAUGHT if TAUGHT[mode] == name]
    return linked_copy(path / recipe.more.get("transformer", ""), changes={
        "modules.json": [{**first, "path": ""}, pooling, *([last] if recipe.normalize else [])],
        config: {**said, "pooling_mode": taught or "mean"},
        "config_sentence_transformers.json": {}}), without
