"""How much memory does bge-m3 take? Measured on a random model of its full size, which is made and removed.

    python benchmarks/memory.py [FOLDER]        (2.3 GB of disk, 3 GB of memory while it is made, 2 minutes)

Each row is a process of its own: resident memory at its peak, in GB (1e9 bytes), and what of it is the process's own
(the rest is the mapped file, which the system takes back when it needs to). FOLDER: measure that model instead.
"""
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
FULL = {"hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16, "intermediate_size": 4096,
        "vocab_size": 250002, "initializer_range": 0.02}
ROWS = ("transformers", "LangChain", "float32", "bfloat16", "float16")
TEXT = "hello world!"


def main(folder=None):
    with tempfile.TemporaryDirectory() as place:
        if folder is None:
            folder = pathlib.Path(place, "bge-m3")
            run("make", folder)
        print(f"{'loaded by':<14}{'peak GB':>9}{'own GB':>9}{'load s':>9}{'text s':>9}{'tokens/s':>10}")
        for row in ROWS:
            run(row, folder)


def run(what, folder):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1",
                   "TRANSFORMERS_VERBOSITY": "error"}
    subprocess.run([sys.executable, __file__, what, str(folder)], env=environment, check=True)


def make(folder):
    """A random model of bge-m3's sizes, its vocabulary filled up with made-up pieces."""
    sys.path.insert(0, str(ROOT / "tests"))
    from tiny import build_bge
    build_bge(folder, **FULL)


def measure(what, folder):
    """Load, put one short text through, then a longer one for the speed; print the row."""
    peak = Peak()
    start = time.perf_counter()
    encode = loaded(what, folder)
    ready = time.perf_counter()
    encode([TEXT])
    first = time.perf_counter()
    high, own = peak.stop()
    long = " ".join([TEXT] * 60)
    began = time.perf_counter()
    encode([long])
    speed = tokens(folder, long) / (time.perf_counter() - began)
    print(f"{what:<14}{high / 1e9:>9.2f}{own / 1e9:>9.2f}{ready - start:>9.1f}{first - ready:>9.2f}{speed:>10.0f}")


def loaded(what, folder):
    """A function from a list of texts to vectors."""
    if what == "LangChain":
        from langchain_huggingface import HuggingFaceEmbeddings
        return HuggingFaceEmbeddings(model_name=folder, model_kwargs={"device": "cpu"}).embed_documents
    if what == "transformers":
        import torch
        from transformers import AutoModel, AutoTokenizer
        tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder).eval()
        return torch.inference_mode()(lambda texts: model(**tokenizer(texts, return_tensors="pt")))
    from helpers import Encoder
    return Encoder(folder, dtype=what).encode


def tokens(folder, text):
    from transformers import AutoTokenizer
    return len(AutoTokenizer.from_pretrained(folder)(text)["input_ids"])


class Peak:
    """The largest resident and own memory of this process since it was made, looked at 200 times a second."""

    def __init__(self):
        import psutil
        self.process, self.high, self.own, self.ended = psutil.Process(), 0, 0, False
        self.thread = threading.Thread(target=self.watch, daemon=True)
        self.thread.start()

    def watch(self):
        while not self.ended:
            info = self.process.memory_info()
            self.high, self.own = max(self.high, info.rss), max(self.own, info.rss - getattr(info, "shared", 0))
            time.sleep(0.005)

    def stop(self):
        self.ended = True
        self.thread.join()
        return self.high, self.own


if __name__ == "__main__":
    if sys.argv[1:2] == ["make"]:
        make(sys.argv[2])
    elif len(sys.argv) == 3:
        measure(*sys.argv[1:])
    else:
        main(*sys.argv[1:])
