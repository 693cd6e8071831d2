"""Loaded into the kernel by refresh.py: notes each number that another processor might round apart.

Formatted values in f-strings, round() and printed tensors are checked: a number within 2e-6 of the
point where its last printed digit would change is noted in `close_calls`. The notebook then needs
another sentence, or fewer digits.
"""
import ast
import math
import re

import torch
from IPython import get_ipython

MARGIN = 2e-6
close_calls = []


def near(value, spec):
    """`value`, noted if `spec` (".3f", "8.2%", ".3g") rounds it within MARGIN of a boundary."""
    digits = re.search(r"\.(\d+)([fFeEgG%])$", spec)
    if digits and _is_float(value) and math.isfinite(value) and value:
        count, kind = int(digits[1]), digits[2].lower()
        size = math.floor(math.log10(abs(value)))
        powers = {"f": -count, "%": -count - 2, "e": size - count, "g": size - count + 1}
        unit = 10.0 ** powers[kind]
        if abs(abs(value) / unit % 1 - 0.5) * unit < MARGIN:
            close_calls.append(f"{float(value)!r} printed as {value:{spec}}")
    return value


def _is_float(value):
    zero_dim = getattr(value, "shape", None) == ()
    return isinstance(value, float) or (zero_dim and "float" in str(value.dtype))


class _Watch(ast.NodeTransformer):
    """Puts near(value, spec) around what f-strings and round() are about to shorten."""

    def visit_FormattedValue(self, node):
        self.generic_visit(node)
        if node.format_spec is not None:
            node.value = _near(node.value, node.format_spec)
        return node

    def visit_Call(self, node):
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id == "round" and len(node.args) == 2:
            digits = ast.FormattedValue(node.args[1], -1)
            spec = ast.JoinedStr([ast.Constant("."), digits, ast.Constant("f")])
            node.args[0] = _near(node.args[0], spec)
        return node


def _near(value, spec):
    return ast.Call(ast.Name("_near", ast.Load()), [value, spec], [])


def _format(self, value, original=torch._tensor_str._Formatter.format):
    if self.floating_dtype and not self.int_mode:
        kind = "e" if self.sci_mode else "f"
        near(float(value), f".{torch._tensor_str.PRINT_OPTS.precision}{kind}")
    return original(self, value)


torch._tensor_str._Formatter.format = _format
get_ipython().user_ns["_near"] = near
get_ipython().ast_transformers.append(_Watch())
