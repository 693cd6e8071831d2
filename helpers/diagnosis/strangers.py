"""Vectors as seven other programs give them: the cases of notebook 09. To be read after it, not before."""
import contextlib

import torch

from helpers.pooling import POOLINGS, normalize


@torch.inference_mode()
def strangers(model, tokenizer, recipe, text):
    """Seven vectors of one text, each from a program that does something differently: {name: list of D floats}.

    `model`, `tokenizer`: transformers' own, of the folder that `recipe` (from `read_recipe`) describes.
    """
    own = recipe.pooling[0]
    other = "cls" if own != "cls" else "mean"

    def program(text, pooling=own, limit=recipe.max_length, pads=0, unit=recipe.normalize):
        tokens = tokenizer(text, truncation=True, max_length=limit, return_tensors="pt")
        length = tokens["input_ids"].shape[1]
        tokens = tokenizer.pad(tokens, padding="max_length", max_length=length + pads)
        hidden = model(**tokens).last_hidden_state                                      # (1, T, D)
        mask = torch.ones_like(tokens["attention_mask"])                                # (1, T) pads count as tokens
        vector = POOLINGS[pooling](hidden, mask)                                        # (1, D)
        return (normalize(vector) if unit else vector)[0].tolist()

    with _tanh(model):
        approximate = program(text)
    return {"A": [round(number, 4) for number in program(text, unit=not recipe.normalize)],
            "B": program(text, pooling=other), "C": program("query: " + text), "D": program(text, limit=32),
            "E": approximate, "F": program(text, pooling="mean", pads=7),
            "G": program("passage: " + text, pooling="max")}


@contextlib.contextmanager
def _tanh(model):
    """The model with the tanh form of GELU, until the end of the block."""
    places = [layer.intermediate for layer in model.encoder.layer]
    exact = [place.intermediate_act_fn for place in places]
    for place in places:
        place.intermediate_act_fn = torch.nn.GELU(approximate="tanh")
    yield
    for place, function in zip(places, exact, strict=True):
        place.intermediate_act_fn = function
