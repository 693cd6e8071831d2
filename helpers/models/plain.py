"""What the lessons read: a model's transformer, its pooling, its normalization, and no more."""
import pathlib

from helpers.models.files import read_json
from helpers.models.folder import Recipe, linked_copy, read_recipe


def plain_copy(folder: str) -> tuple[str, list[str]]:
    """The folder, or a copy without the steps that no lesson takes; and what was left out."""
    recipe, path = read_recipe(folder), pathlib.Path(folder)
    plain = Recipe(*recipe[:4], prompt="")
    without = [f"{name} = {value!r}" for name, value, usual in
               zip(recipe._fields, recipe, plain, strict=True) if value != usual]
    if not without:
        return folder, []
    first, pooling, *_, last = read_json(path / "modules.json", list)
    config = f"{pooling['path']}/config.json"
    return linked_copy(path / recipe.transformer, changes={
        "modules.json": [{**first, "path": ""}, pooling, *([last] if recipe.normalize else [])],
        config: {**read_json(path / config), "include_prompt": True},
        "config_sentence_transformers.json": {}}), without
