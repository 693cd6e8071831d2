"""How much memory does bge-m3 take? Measured on a random model of its full size, made and removed.

    python benchmarks/memory.py [FOLDER]    (2.3 GB of disk, 3 GB of memory, 2 minutes)

Each row is a process of its own: resident memory at its peak until the first vector, in GB (1e9
bytes), and what of it is its own (the rest is the mapped file, which the system takes back when it
needs to). FOLDER: measure that model instead.
"""
import contextlib
import pathlib
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
FULL = {"hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16,
        "intermediate_size": 4096, "vocab_size": 250002, "initializer_range": 0.02}
ROWS = {"transformers": "tf-1", "LangChain": "langchain", "float32": "ours", "bfloat16": "bf16",
        "float16": "fp16"}
TEXT = "hello world!"


class Peak(threading.Thread):
    """The most memory of a process while a block runs, in bytes, looked at 200 times a second.

    `rss`: resident. `own`: without what it shares, such as a mapped file.
    """

    def __init__(self, pid: int | None = None):
        import psutil
        super().__init__(daemon=True)
        self.process, self.ended, self.rss, self.own = psutil.Process(pid), threading.Event(), 0, 0

    def run(self) -> None:
        """Look until the block has ended, and once more."""
        last = False
        while not last:
            last, info = self.ended.wait(0.005), self.process.memory_info()
            self.rss = max(self.rss, info.rss)
            self.own = max(self.own, info.rss - getattr(info, "shared", 0))

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *error):
        self.ended.set()
        self.join()


def main(folder: str | None = None) -> None:
    """Print the table."""
    sys.path.insert(0, str(ROOT / "tests"))
    with tempfile.TemporaryDirectory() as place:
        if folder is None:
            from tiny import build_bge
            folder = str(build_bge(pathlib.Path(place, "bge-m3"), **FULL))
        print(f"{'loaded by':<14}{'peak GB':>9}{'own GB':>9}{'load s':>9}{'text s':>9}"
              f"{'tokens/s':>10}")
        for label, method in ROWS.items():
            print(row(label, method, folder), flush=True)


def row(label: str, method: str, folder: str) -> str:
    """Load, put one short text through, then a longer one for the speed."""
    import texts
    from processes import Worker
    long = " ".join([TEXT] * 40)
    with contextlib.closing(Worker(method, folder)) as worker:
        with Peak(worker.process.pid) as peak:
            worker.answer()
            loaded = time.perf_counter() - worker.began
            first = worker.ask(do="query", text=TEXT)["seconds"][0]
        seconds = worker.ask(do="query", text=long)["seconds"][0]
    speed = texts.count_tokens(folder, [long])[0] / seconds
    return (f"{label:<14}{peak.rss / 1e9:>9.2f}{peak.own / 1e9:>9.2f}{loaded:>9.1f}{first:>9.2f}"
            f"{speed:>10.0f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
