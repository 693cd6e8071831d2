"""What programs do differently to a text before the model runs: the catalogue behind `diagnose`.

A cause is written as `kind:what`, for example `text:lower`, `tokens:no_special` or `truncate:128`.
"""
from pathlib import Path
from typing import NamedTuple

from tokenizers import Tokenizer

from helpers.data import load
from helpers.encoder.tokenizer import load_tokenizer
from helpers.models.files import read_json
from helpers.models.folder import usable_positions

KNOWN = load("causes.json")
TEXT = {                # a change of the text: what it does
    "text:strip": str.strip,
    "text:lower": str.lower,
    "text:newline": lambda text: text.replace("\n", " "),
    "text:trailing_space": lambda text: text if text[-1:].isspace() else text + " ",
}
PROBES = {              # a change of the text: a text that it may give other ids
    "text:strip": " hello\n", "text:lower": "Hello",
    "text:newline": "hello\nworld", "text:trailing_space": "hello"}
UNCUT = {"truncation": False, "verbose": False}                   # of the tokenizer
UNITS = {"truncate:": "tokens", "text:chars=": "characters"}      # limits, and of what they are


class Input(NamedTuple):
    """What goes into the model for one way to treat the text."""
    cause: str          # "" for the model's own way
    ids: tuple          # input ids, special tokens included
    special: tuple      # of 0 and 1: is this token one that the tokenizer added?


class Tokens:
    """Text to ids in the model's own way, and in each other way of the catalogue."""

    def __init__(self, folder, recipe, config):
        self.positions = usable_positions(config)
        self.recipe, self.tokenizer = recipe, load_tokenizer(folder, recipe)
        self.as_file = Tokenizer.from_file(f"{folder}/tokenizer.json")
        self.as_file.no_truncation()
        self.as_file.no_padding()
        self.limits = [limit for limit in KNOWN["token_limits"]
                       if limit <= self.positions and limit != recipe.max_length]
        self.changes = TEXT | {f"text:prefix={prefix}": prefix.__add__
                               for prefix in (*own_prompts(folder), *KNOWN["prefixes"])}

    def inputs(self, text: str) -> tuple[list[Input], dict[str, str]]:
        """The Inputs that differ, the model's own first; and {cause: the one with the same ids}."""
        seen, same = {}, {}
        for made in self._all(text):
            if made.ids in seen:
                same[made.cause] = seen[made.ids].cause
            elif made.ids:
                seen[made.ids] = made
        return list(seen.values()), same

    def _all(self, text):
        own, whole = (self._input("", text, **options) for options in ({}, UNCUT))
        yield own
        yield self._input("tokens:no_special", text, add_special_tokens=False)
        start, end = ends(own)
        if end:
            yield Input("tokens:no_end", *(row[:-end] for row in own[1:]))
        yield Input("tokens:special_twice", *(
            row[:start] + row + row[len(row) - end:] for row in own[1:]))
        for limit in self.limits:
            yield self._input(f"truncate:{limit}", text, max_length=limit)
        for limit in (self.recipe.max_length, *self.limits):
            if limit < len(whole.ids):
                yield Input(f"truncate:left={limit}", *(
                    row[:start] + row[len(row) - limit + start:] for row in whole[1:]))
        for cause in self.changes:
            yield self._changed(cause, text)
        for limit in KNOWN["character_limits"]:
            yield self._input(f"text:chars={limit}", text[:limit])
        if self.recipe.prompt:
            yield self._input("text:no_prompt", text, prompt="")

    def telling(self, cause: str) -> str:
        """Which text `cause` would give other ids, in words."""
        for limit, unit in UNITS.items():
            if cause.startswith(limit):
                return f"a text with more {unit} would tell"
        probe = PROBES.get(cause)
        if probe and self._changed(cause, probe).ids != self._input("", probe).ids:
            return f"a text like {probe!r} would tell"
        return "no text would tell, this tokenizer gives the same ids"

    def _changed(self, cause, text):
        """The Input for `text` after a change of TEXT."""
        changed = self.changes[cause](text)
        prompt = "" if cause.startswith("text:prefix=") else None       # instead of the model's
        made = self._input(cause, changed, prompt=prompt)
        if cause == "text:trailing_space" and made.ids == self._input("", text).ids:
            kept = self.as_file.encode(self.recipe.prompt + changed)    # transformers 5 drops " "
            if len(kept) <= self.recipe.max_length:
                return Input(cause, tuple(kept.ids), tuple(kept.special_tokens_mask))
        return made

    def _input(self, cause, text, prompt=None, max_length=None, **options):
        """The Input for a text; what is None is as the model's files say."""
        prompt = self.recipe.prompt if prompt is None else prompt
        made = self.tokenizer(prompt + text, return_special_tokens_mask=True, **{
            "truncation": True, "max_length": max_length or self.recipe.max_length, **options})
        return Input(cause, tuple(made["input_ids"]), tuple(made["special_tokens_mask"]))


def ends(made: Input) -> tuple[int, int]:
    """How many special tokens stand before the text, and how many after it."""
    start = next((i for i, special in enumerate(made.special) if not special), 0)
    return start, next((i for i, special in enumerate(made.special[::-1]) if not special), 0)


def own_prompts(folder: str) -> list[str]:
    """The prompts of the model's own file, each with and without a space after its colon."""
    path = Path(folder, "config_sentence_transformers.json")
    listed = (read_json(path) if path.is_file() else {}).get("prompts") or {}
    found = []
    for prompt in filter(None, listed.values()):
        bare = prompt.rstrip(" ")
        found += [prompt, bare, bare + " "] if bare.endswith(":") else [prompt]
    return list(dict.fromkeys(found))
