"""Wrong answers that people give in notebook 08, and the words that name the mistake."""
import numpy as np
import torch

from helpers import bootstrap_interval


def gelu(x):
    return x * 0.5 * (1 + torch.erf(x / 2 ** 0.5))


def add(old, new):
    return old + new


def answer(first=add, second=lambda x, y, new: y + new, norms=("attention.output", "output"),
           bend=gelu, fed=lambda x, y: y, bias=1, after=lambda new: new, inner=None):
    """my_layer, written another way than in helpers.check, with a step changed."""
    def unit(z, name, w):
        if name is None:
            return z
        z = z - z.mean(-1, keepdim=True)
        z = z / (z.pow(2).mean(-1, keepdim=True) + 1e-12).sqrt()
        return z * w[f"{name}.LayerNorm.weight"] + w[f"{name}.LayerNorm.bias"]

    def my_layer(x, attended, w):
        early = inner or ()
        y = (x + unit(attended, norms[0], w) if "first" in early
             else unit(first(x, attended), norms[0], w))
        wide = bend(torch.einsum("btd,id->bti", fed(x, y), w["intermediate.dense.weight"])
                    + bias * w["intermediate.dense.bias"])
        new = after(torch.einsum("bti,di->btd", wide, w["output.dense.weight"])
                    + bias * w["output.dense.bias"])
        return (y + unit(new, norms[1], w) if "second" in early
                else unit(second(x, y, new), norms[1], w))
    return my_layer


def half(x, attended, w):
    weight, bias = (w["attention.output.LayerNorm." + part] for part in ("weight", "bias"))
    return torch.nn.functional.layer_norm(x + attended, x.shape[-1:], weight, bias)


def judge(line):
    """can_go from (low, high, most) of the interval of the differences."""
    return lambda before, after, most: line(*bootstrap_interval(after - before), most)


def rule(low, high, most):
    return "no" if high < -most else "cannot tell" if low < -most else "yes"


def by_the_mean(before, after, most):
    return "yes" if before.mean() - after.mean() <= most else "no"


def lost_alone(before, after, most):
    lost = (before == 1) & (after == 0)
    low, high = bootstrap_interval(lost)
    return rule(-high, -low, most)


def apart(before, after, most):
    (a, b), (c, d) = bootstrap_interval(before), bootstrap_interval(after)
    return rule(c - b, d - a, most)


def of_those_found(before, after, most):
    low, high = bootstrap_interval(after - before)
    return rule(low / before.mean(), high / before.mean(), most)


WRONG = {
    "my_layer": [
        (answer(first=lambda x, attended: attended), "the first residual is missing"),
        (answer(second=lambda x, y, new: new), "the second residual is missing"),
        (answer(second=lambda x, y, new: x + new), "starts from the wrong state"),
        (answer(fed=lambda x, y: x), "was given the wrong state"),
        (answer(inner=("first", "second")), "not yet: you normalize before you add"),
        (answer(inner=("first",)), "in the first half you normalize"),
        (answer(inner=("second",)), "in the second half you normalize"),
        (answer(norms=(None, "output")), "LayerNorm after attention is missing"),
        (answer(norms=("attention.output", None)), "LayerNorm at the end is missing"),
        (answer(norms=("attention.output", "attention.output")), "the same LayerNorm twice"),
        (answer(bend=lambda wide: wide), "the GELU is missing"),
        (answer(bend=lambda wide: wide.clamp(min=0)), "this is ReLU"),
        (answer(bend=torch.nn.GELU(approximate="tanh")), "by tanh"),
        (answer(bend=lambda wide: wide, after=gelu), "after the second matrix"),
        (answer(bias=0), "the biases are missing"),
        (half, "only the first half"),
    ],
    "can_go": [
        (judge(lambda low, high, most: "yes" if high >= 0 else rule(low, high, most)),
         "an interval that includes 0"),
        (judge(lambda low, high, most: rule(low, high, 0)), "is not used"),
        (by_the_mean, "by the mean alone"),
        (judge(lambda low, high, most: "no" if high < -most else "yes"), "the better end"),
        (judge(lambda low, high, most: "no" if low < -most else "yes"), "for both answers"),
        (lambda before, after, most: rule(*bootstrap_interval(before - after), most),
         "turned around"),
        (lost_alone, "and not the won ones"),
        (apart, "two intervals"),
        (lambda before, after, most: rule(*bootstrap_interval(after), most), "`after` alone"),
        (of_those_found, "share of all questions"),
    ],
}


def more_layers(generator):
    cases = []
    for B, T, D, wide in [(1, 1, 3, 3), (2, 2, 5, 20), (3, 4, 8, 8)]:
        x, attended = torch.randn(2, B, T, D, generator=generator)
        w = {}
        for name, shape in [("attention.output.LayerNorm", (D,)), ("output.LayerNorm", (D,)),
                            ("intermediate.dense", (wide, D)), ("output.dense", (D, wide))]:
            w[name + ".weight"] = torch.randn(shape, generator=generator)
            w[name + ".bias"] = torch.randn(shape[0], generator=generator)
        cases.append((x, attended, w))
    return cases


def more_ablations(generator):
    cases = []
    for n, most in [(20, 0.05), (40, 0.1), (100, 0.03), (214, 0.05), (214, 0.2)]:
        drawn = torch.rand(3, n, generator=generator).numpy()
        before = (drawn[0] < 0.7) * 1.0
        after = np.where(drawn[1] < 0.1, drawn[2] < 0.2, before) * 1.0
        cases += [(before, after, most), (after, before, most)]
    return cases


WIDE = {"my_layer": more_layers, "can_go": more_ablations}
