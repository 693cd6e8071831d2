"""What this machine could do at best: its own rate at the model's matrix products, and what a perfect pass has to compute."""
import threading
import time

ROWS = 1536             # tokens in a batch: the middle of the 1,000 to 2,000 that are sensible
SECONDS = 0.4           # that each variant is run for, at each visit
VARIANTS = {"linear, all cores on one": (False, False), "linear, one core on each": (False, True),
            "oneDNN reordered, all cores on one": (True, False), "oneDNN reordered, one core on each": (True, True)}


def shapes(config):
    """(in, out) of a layer's four matrices: Q, K and V in one, attention's output, up, down."""
    D, I = config["hidden_size"], config["intermediate_size"]
    return [(D, 3 * D), (D, D), (D, I), (I, D)]


def flops(lengths, config):
    """Floating-point operations for texts of these lengths in tokens, no padding: int.

    2 for each weight and token, and 4 · T² · D in each layer for the two products of attention.

    >>> flops([3], {"hidden_size": 2, "intermediate_size": 4, "num_hidden_layers": 1})
    264
    """
    D, L = config["hidden_size"], config["num_hidden_layers"]
    weights = sum(rows * columns for rows, columns in shapes(config))
    return sum(L * (2 * weights * T + 4 * T * T * D) for T in lengths)


class Limit:
    """The matrix products of one pass and nothing else: every layer's own weights, in the order the model uses them."""

    def __init__(self, config):
        import torch
        chance = torch.Generator().manual_seed(0)
        self.torch, self.shapes, self.cores = torch, shapes(config), torch.get_num_threads()
        self.weights = [[torch.randn(o, i, generator=chance) for i, o in self.shapes] for _ in
                        range(config["num_hidden_layers"])]
        self.biases = [torch.zeros(o) for _, o in self.shapes]
        self.inputs = [torch.randn(ROWS, i, generator=chance) for i, _ in self.shapes]
        self.work = flops([1], {**config}) - 4 * config["hidden_size"] * config["num_hidden_layers"]
        self.reordered = None
        if torch.backends.mkldnn.is_available():
            reorder = torch.ops.mkldnn._reorder_linear_weight
            self.reordered = [[reorder(weight, ROWS) for weight in layer] for layer in self.weights]

    def rates(self):
        """10⁹ floating-point operations a second of each variant, once: {variant: float}; None where oneDNN is missing."""
        return {name: None if reordered and not self.reordered else self.rate(reordered, apart)
                for name, (reordered, apart) in VARIANTS.items()}

    def rate(self, reordered, apart):
        """All cores on one matrix, or (`apart`) each core on a matrix of its own."""
        if not apart:
            return self.run(reordered, self.cores)
        found = []
        threads = [threading.Thread(target=lambda: found.append(self.run(reordered, 1))) for _ in range(self.cores)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return sum(found)

    def run(self, reordered, threads):
        """The rate of this thread, with `threads` cores to each product."""
        self.torch.set_num_threads(threads)
        with self.torch.inference_mode():
            self.one_pass(reordered)
            start, passes = time.perf_counter(), 0
            while time.perf_counter() - start < SECONDS:
                self.one_pass(reordered)
                passes += 1
            return self.work * ROWS * passes / (time.perf_counter() - start) / 1e9

    def one_pass(self, reordered):
        torch = self.torch
        for layer in self.reordered if reordered else self.weights:
            for x, weight, bias in zip(self.inputs, layer, self.biases, strict=True):
                if reordered:
                    torch.ops.mkldnn._linear_pointwise(x, weight, bias, "none", [], "")
                else:
                    torch.nn.functional.linear(x, weight, bias)
