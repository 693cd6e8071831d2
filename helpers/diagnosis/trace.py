"""Two pipelines side by side, stage by stage: where do they part? Notebook 09."""
import os
import warnings
from typing import NamedTuple

import torch

from helpers.diagnosis.report import html_table
from helpers.encoder.encoder import Encoder

TOLERANCE = 1e-5        # of the largest number of a stage: float32 in another order of operations


class Trace(NamedTuple):
    """What `trace` found. Printed, it is a table."""
    rows: tuple             # of (stage, "OK" or "DIFF" or "SHAPE", detail)
    first: str | None       # the first stage that differs; None if the two agree everywhere

    def __str__(self):
        lines = [f"{stage:<12}{verdict:<7}{detail}" for stage, verdict, detail in self.rows]
        return "\n".join([*lines, f"first difference: {self.first or 'none'}"])

    __repr__ = __str__

    def _repr_html_(self):
        return f"{html_table(self.rows)}\n<b>first difference: {self.first or 'none'}</b>"


def trace(a: object, b: object, text: str) -> Trace:
    """Where two pipelines part on one text: a row for each stage from the text to the vector.

    `a`, `b`: folders or model names, `Encoder`s, or `SentenceTransformer`s. OK: no number differs
    by more than 1e-5 of the stage's largest one. SHAPE: the two have different shapes there, or
    only one of them has the stage. Raises TypeError for a pipeline of another kind.
    """
    one, two = stages(a, text), stages(b, text)
    longer = max(one, two, key=len)                     # it has every stage of the other
    rows = tuple((name, *compare(one.get(name), two.get(name))) for name in longer)
    return Trace(rows, next((name for name, verdict, _ in rows if verdict != "OK"), None))


@torch.inference_mode()
def stages(pipeline: object, text: str) -> dict[str, str | torch.Tensor]:
    """What a pipeline makes of a text, stage by stage, in order."""
    if not isinstance(text, str):
        raise TypeError(f"text must be a str, not {type(text).__name__}")
    if isinstance(pipeline, (str, os.PathLike)):
        pipeline = Encoder(pipeline)
    if isinstance(pipeline, Encoder):
        made = _of_encoder(pipeline, text)
    elif hasattr(pipeline, "default_prompt_name"):      # so that its library need not be imported
        made = _of_sentence_transformer(pipeline, text)
    else:
        raise TypeError("trace takes folders, Encoders and SentenceTransformers, "
                        f"not {type(pipeline).__name__}")
    text, ids, mask, hidden, pooled, normalized = made
    first, *layers = (states.float().cpu() for states in hidden)                        # (1, T, D)
    return {"text": text, "ids": ids.cpu(), "mask": mask.cpu(), "embeddings": first,
            **{f"layer {i}": states for i, states in enumerate(layers, 1)},
            "pooled": pooled.float().cpu(), "normalized": normalized.float().cpu()}


def _of_encoder(encoder, text):
    vector = torch.from_numpy(encoder.encode([text]))   # warns of a text that is cut
    with warnings.catch_warnings(action="ignore"):      # the same once more
        ids = torch.tensor(encoder.token_ids([text]))                                   # (1, T)
    return (encoder.prompt + text, ids, torch.ones_like(ids), encoder.hidden_states(text),
            encoder.pooled(text), vector)


def _of_sentence_transformer(model, text):
    prompt = (model.prompts or {}).get(model.default_prompt_name, "")
    made = (model.preprocess([text], prompt=prompt) if hasattr(model, "preprocess")
            else model.tokenize([prompt + text]))       # before 6.0
    features = {name: value.to(model.device) if torch.is_tensor(value) else value
                for name, value in made.items()}
    given = {name: features[name] for name in ("input_ids", "attention_mask", "token_type_ids")
             if name in features}                                                       # (1, T)
    out = model[0].auto_model(**given, output_hidden_states=True)
    vectors = []
    for module in model.eval():                         # as it is when it encodes
        features = module(features)
        if "sentence_embedding" in features:
            vectors.append(features["sentence_embedding"])
    pooled = vectors[-1 - (type(model[-1]).__name__ == "Normalize")]
    return (prompt + text, given["input_ids"], given["attention_mask"], out.hidden_states, pooled,
            vectors[-1][:, :model.truncate_dim])


def compare(one, two) -> tuple[str, str]:
    """Two results of one stage: -> ("OK", "DIFF" or "SHAPE", detail)."""
    if one is None or two is None:
        return "SHAPE", f"only in the {'second' if one is None else 'first'}"
    if isinstance(one, str):
        return ("OK", "the same") if one == two else ("DIFF", f"{one[:30]!r} and {two[:30]!r}")
    if one.shape != two.shape:
        return "SHAPE", f"{tuple(one.shape)} and {tuple(two.shape)}"
    off = (one.double() - two.double()).abs().max().item()
    allowed = TOLERANCE * one.abs().max().item() if one.is_floating_point() else 0   # ids: equal
    shape = f"shape {tuple(one.shape)}"
    return ("OK", shape) if off <= allowed else ("DIFF", f"max |Δ| {off:.1e}, {shape}")
