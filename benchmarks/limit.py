"""What a pass has to compute, and how fast this machine multiplies matrices at best."""
import concurrent.futures
import time

ROWS = 1536             # tokens in a batch: the middle of the 1,000 to 2,000 that are sensible
SECONDS = 0.4           # that each variant is run for, at each visit


def shapes(config: dict) -> list[tuple[int, int]]:
    """(in, out) of a layer's four matrices: Q, K and V in one, attention's output, up, down."""
    D, I = config["hidden_size"], config["intermediate_size"]
    return [(D, 3 * D), (D, D), (D, I), (I, D)]


def flops(lengths: list[int], config: dict) -> int:
    """Floating-point operations for texts of these lengths in tokens, without padding: in each
    layer 2 for each weight and token, and 4 · T² · D for the two products of attention."""
    D, L = config["hidden_size"], config["num_hidden_layers"]
    weights = sum(rows * columns for rows, columns in shapes(config))
    return sum(L * (2 * weights * T + 4 * T * T * D) for T in lengths)


class Limit:
    """The matrix products of a pass and nothing else, every layer with weights of its own."""

    def __init__(self, config: dict):
        import torch
        self.torch, self.cores = torch, torch.get_num_threads()
        sizes, layers = shapes(config), range(config["num_hidden_layers"])
        weights = [[torch.randn(o, i) for i, o in sizes] for _ in layers]
        self.inputs = [torch.randn(ROWS, i) for i, _ in sizes]
        self.biases = [torch.zeros(o) for _, o in sizes]
        self.work = 2 * ROWS * sum(i * o for i, o in sizes) * len(layers)
        self.kinds = {"linear": (torch.nn.functional.linear, weights)}
        if torch.backends.mkldnn.is_available():
            ops = torch.ops.mkldnn
            packed = [[ops._reorder_linear_weight(weight, ROWS) for weight in layer]
                      for layer in weights]
            self.kinds["oneDNN reordered"] = (
                lambda x, w, b: ops._linear_pointwise(x, w, b, "none", [], ""), packed)

    def rates(self) -> dict[str, float]:
        """10⁹ operations a second, once: all cores on one matrix, and each core on its own."""
        found = {}
        with concurrent.futures.ThreadPoolExecutor(self.cores) as pool:
            for kind in self.kinds:
                found[f"{kind}, all cores on one"] = self.rate(kind, self.cores)
                each = pool.map(self.rate, [kind] * self.cores, [1] * self.cores)
                found[f"{kind}, one core on each"] = sum(each)
        return found

    def rate(self, kind: str, cores: int) -> float:
        """The rate of this thread, with `cores` for each product."""
        self.torch.set_num_threads(cores)
        with self.torch.inference_mode():
            self.one_pass(kind)
            start, passes = time.perf_counter(), 0
            while time.perf_counter() - start < SECONDS:
                self.one_pass(kind)
                passes += 1
            return self.work * passes / (time.perf_counter() - start) / 1e9

    def one_pass(self, kind: str) -> None:
        """Every layer's four products, in the order the model has them."""
        product, layers = self.kinds[kind]
        for weights in layers:
            for x, weight, bias in zip(self.inputs, weights, self.biases, strict=True):
                product(x, weight, bias)
