"""Two pipelines side by side, stage by stage: where do they part? Notebook 09."""
import html
import os
from typing import NamedTuple

import torch

from helpers.encoder.encoder import Encoder
from helpers.pooling import POOLINGS, normalize

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
        cells = (map(html.escape, row) for row in self.rows)
        rows = "".join(f"<tr><td>{'</td><td>'.join(row)}</td></tr>\n" for row in cells)
        return f"<table><tbody>\n{rows}</tbody></table>\n<b>first difference: {html.escape(self.first or 'none')}</b>"


def trace(a, b, text):
    """Where two pipelines part on one text: -> Trace, a row for each stage from the text to the final vector.

    `a`, `b`: folders or model names, `Encoder`s, or `SentenceTransformer`s. OK: no number differs by more than 1e-5 of
    the stage's largest one. SHAPE: the two have different shapes there, or only one of them has the stage.
    Raises TypeError for a pipeline of another kind.
    """
    one, two = stages(a, text), stages(b, text)
    names = sorted({*one, *two}, key=[*max(one, two, key=len)].index)
    rows = tuple((name, *compare(one.get(name), two.get(name))) for name in names)
    return Trace(rows, next((name for name, verdict, _ in rows if verdict != "OK"), None))


@torch.inference_mode()
def stages(pipeline, text):
    """What a pipeline makes of a text: {stage: a str or a tensor}, in order."""
    if not isinstance(text, str):
        raise TypeError(f"text must be a str, not {type(text).__name__}")
    if isinstance(pipeline, (str, os.PathLike)):
        pipeline = Encoder(pipeline)
    if isinstance(pipeline, Encoder):
        return _of_encoder(pipeline, text)
    if not hasattr(pipeline, "default_prompt_name"):                # sentence-transformers is not imported to ask
        raise TypeError(f"trace takes folders, Encoders and SentenceTransformers, not {type(pipeline).__name__}")
    return _of_sentence_transformer(pipeline, text)


def _of_encoder(encoder, text):
    ids = torch.tensor(encoder.token_ids([text]))                                           # (1, T)
    mask = torch.ones_like(ids)                                                             # (1, T)
    out = encoder.model(input_ids=ids.to(encoder.model.device), attention_mask=mask.to(encoder.model.device),
                        output_hidden_states=True)
    hidden = out.last_hidden_state.cpu()                                                    # (1, T, D)
    pooled = torch.cat([POOLINGS[name](hidden, mask) for name in encoder.pooling], dim=-1)  # (1, D)
    return _named(encoder.prompt + text, ids, mask, out, pooled, normalize(pooled) if encoder.normalize else pooled)


def _of_sentence_transformer(model, text):
    text = (model.prompts or {}).get(model.default_prompt_name, "") + text
    tokenize = getattr(model, "preprocess", None) or model.tokenize          # before 6.0: tokenize
    features = {name: value.to(model.device) for name, value in tokenize([text]).items() if torch.is_tensor(value)}
    out = model[0].auto_model(**{name: features[name] for name in ("input_ids", "attention_mask")},
                              output_hidden_states=True)
    steps = []
    for module in model:
        features = module(features)
        steps += [features["sentence_embedding"].cpu()] if "sentence_embedding" in features else []
    return _named(text, features["input_ids"].cpu(), features["attention_mask"].cpu(), out, steps[0], steps[-1])


def _named(text, ids, mask, out, pooled, normalized):
    layers = [hidden.float().cpu() for hidden in out.hidden_states]                         # (1, T, D) each
    return {"text": text, "ids": ids, "mask": mask, "embeddings": layers[0],
            **{f"layer {i}": hidden for i, hidden in enumerate(layers[1:], 1)},
            "pooled": pooled.float(), "normalized": normalized.float()}


def compare(one, two):
    """Two results of one stage: -> ("OK", "DIFF" or "SHAPE", detail)."""
    if one is None or two is None:
        return "SHAPE", f"only in the {'second' if one is None else 'first'}"
    if isinstance(one, str):
        return ("OK", "the same") if one == two else ("DIFF", f"{one[:30]!r} and {two[:30]!r}")
    if one.shape != two.shape:
        return "SHAPE", f"{tuple(one.shape)} and {tuple(two.shape)}"
    off = (one.double() - two.double()).abs().max().item()
    if off <= (TOLERANCE * one.abs().max().item() if one.is_floating_point() else 0):      # ids and masks: equal
        return "OK", f"shape {tuple(one.shape)}"
    return "DIFF", f"max |Δ| {off:.1e}, shape {tuple(one.shape)}"
