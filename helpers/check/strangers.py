"""Vectors as seven other programs give them: the cases of notebook 09. Read it after that."""
import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from helpers.diagnosis.model import tanh_gelu
from helpers.models.folder import Recipe
from helpers.pooling import POOLINGS, normalize


@torch.inference_mode()
def strangers(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, recipe: Recipe,
              text: str) -> dict[str, list[float]]:
    """Seven vectors of one text, each from a program that does something differently.

    `model` and `tokenizer` are those of the folder that `recipe` describes.
    """
    own = recipe.pooling[0]
    other = "cls" if own != "cls" else "mean"

    def program(text, pooling=own, limit=recipe.max_length, pads=0, unit=recipe.normalize,
                keep=None):
        tokens = tokenizer(text, truncation=True, max_length=limit, return_tensors="pt")
        tokens = {name: rows[:, :keep] for name, rows in tokens.items()}    # cuts [SEP] off, too
        length = tokens["input_ids"].shape[1]
        tokens = tokenizer.pad(tokens, padding="max_length", max_length=length + pads)
        hidden = model(**tokens).last_hidden_state                      # (1, T, D)
        mask = torch.ones_like(tokens["attention_mask"])                # (1, T) pads count, too
        vector = POOLINGS[pooling](hidden, mask)                        # (1, D)
        return (normalize(vector) if unit else vector)[0].tolist()

    with tanh_gelu(model):
        approximate = program(text)
    return {"A": [round(number, 4) for number in program(text, unit=not recipe.normalize)],
            "B": program(text, pooling=other), "C": program("query: " + text),
            "D": program(text, limit=32), "E": approximate,
            "F": program(text, pooling="mean", pads=7),
            "G": program(text, pooling="max", keep=40)}
