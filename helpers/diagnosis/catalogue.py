"""What programs do differently to a text before the model runs: the catalogue behind `diagnose`.

A cause is written as `kind:what`, for example `text:lower`, `tokens:no_special` or `truncate:128`.
"""
from pathlib import Path
from typing import NamedTuple

from tokenizers import Tokenizer

from helpers.data import load
from helpers.encoder.tokenizer import read_tokenizer
from helpers.models.files import read_options
from helpers.models.folder import UNLIMITED, usable_positions

KNOWN = load("causes.json")
TEXT = {                # a change of the text: what it does
    "text:strip": str.strip,
    "text:lower": str.lower,
    "text:newline": lambda text: text.replace("\n", " "),
    "text:trailing_space": lambda text: text if text[-1:].isspace() else text + " ",
}


class Input(NamedTuple):
    """What goes into the model for one way to treat the text."""
    cause: str          # "" for the model's own way
    ids: tuple          # input ids, special tokens included
    special: tuple      # of 0 and 1: is this token one that the tokenizer added?


class Tokens:
    """Text to ids in the model's own way, and in each other way of the catalogue."""

    def __init__(self, folder, recipe, config):
        path = Path(folder, recipe.more.get("transformer", ""), "tokenizer.json")
        self.recipe, self.positions = recipe, usable_positions(config)
        self.tokenizer = self.as_file = read_tokenizer(path.parent, recipe, recipe.max_length)
        self.side = self.tokenizer.truncation["direction"]
        if path.is_file() and not recipe.lower_case:
            self.as_file = Tokenizer.from_file(str(path))
            self.as_file.no_padding()
        self.limits = [limit for limit in KNOWN["token_limits"]
                       if limit <= self.positions and limit != recipe.max_length]
        options = Path(folder, "config_sentence_transformers.json")
        said = read_options(options, options.name).get("prompts") or {}
        own = [form for prompt in filter(None, said.values())       # as it is, and: space or none
               for form in (prompt, prompt.rstrip(" "), prompt.rstrip(" ") + " ")]
        self.prefixes = list(dict.fromkeys([*own, *KNOWN["prefixes"]]))

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
        own, whole = self._input("", text), self._input("", text, limit=UNLIMITED)
        yield own
        yield self._input("tokens:no_special", text, add_special_tokens=False)
        start = next((i for i, special in enumerate(own.special) if not special), 0)
        end = next((i for i, special in enumerate(own.special[::-1]) if not special), 0)
        yield Input("tokens:no_end", *(row[:len(row) - end] for row in own[1:]))
        yield Input("tokens:special_twice", *(
            row[:start] + row + row[len(row) - end:] for row in own[1:]))
        for limit in self.limits:
            yield self._input(f"truncate:{limit}", text, limit=limit)
        for limit in (self.recipe.max_length, *self.limits):
            if limit < len(whole.ids):
                yield self._input(f"truncate:left={limit}", text, limit=limit, side="left")
        for cause in TEXT:
            yield self._input(cause, text)
        for prefix in self.prefixes:                        # instead of the model's prompt
            yield self._input(f"text:prefix={prefix}", prefix + text, prompt="")
        for limit in KNOWN["character_limits"]:
            yield self._input(f"text:chars={limit}", text[:limit])
        if self.recipe.prompt:
            yield self._input("text:no_prompt", text, prompt="")

    def telling(self, cause: str) -> str:
        """Which text `cause` would give other ids, in words."""
        for limit, why in KNOWN["limits"].items():
            if cause.startswith(limit):
                return why
        probe = KNOWN["probes"].get(cause)
        if probe and self._input(cause, probe).ids != self._input("", probe).ids:
            return f"a text like {probe!r} would tell"
        return "no text would tell, this tokenizer gives the same ids"

    def _input(self, cause, text, prompt=None, limit=None, side=None, **options):
        """The Input for a text, changed as TEXT says; what is None is as the model's files say."""
        spaced = cause == "text:trailing_space"     # which transformers 5 drops, other engines keep
        tokenizer = self.as_file if spaced else self.tokenizer
        tokenizer.enable_truncation(limit or self.recipe.max_length, direction=side or self.side)
        prompt = self.recipe.prompt if prompt is None else prompt
        made = tokenizer.encode(prompt + TEXT.get(cause, str)(text), **options)
        return Input(cause, tuple(made.ids), tuple(made.special_tokens_mask))
