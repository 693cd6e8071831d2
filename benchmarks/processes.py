"""The processes that are measured, from outside: one for each method, one at work at a time."""
import contextlib
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import threading
import time

import numpy as np
import peers
import texts
from methods import METHODS
from report import cores
from tqdm import tqdm

HERE = pathlib.Path(__file__).resolve().parent
PATIENCE = 900          # seconds that an answer may take
QUIET = {"HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "TRANSFORMERS_VERBOSITY": "error",
         "HF_HUB_DISABLE_PROGRESS_BARS": "1", "TOKENIZERS_PARALLELISM": "true"}
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS")


class Failed(Exception):
    """Why a method cannot be measured."""


class Worker:
    """A process with one method: `answer()` when it has loaded, then `ask(do="run", …)`."""

    def __init__(self, name: str, model: str):
        python = peers.PYTHON if METHODS[name].needs else sys.executable
        place = {"model": model, "threads": cores(),
                 **{what: str(peers.MODELS / what) for what in peers.EXPORTS}}
        self.name, self.log, self.began = name, tempfile.TemporaryFile(), time.perf_counter()
        self.process = subprocess.Popen(
            [python, HERE / "worker.py", name, json.dumps(place)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, text=True,
            env={**os.environ, **QUIET, **dict.fromkeys(THREADS, str(cores())),
                 "PYTHONPATH": str(HERE.parent)})

    def ask(self, **job) -> dict:
        """The answer to one of worker.py's jobs."""
        with contextlib.suppress(OSError):                      # it has ended: answer() says why
            print(json.dumps(job), file=self.process.stdin, flush=True)
        return self.answer()

    def answer(self) -> dict:
        """The next answer; raises Failed if it is a failure, or the process has ended."""
        timer = threading.Timer(PATIENCE, self.process.kill)
        timer.start()
        line = self.process.stdout.readline()
        timer.cancel()
        answer = json.loads(line) if line else {"failed": self.last_words()}
        if "failed" in answer:
            raise Failed(answer["failed"])
        return answer

    def last_words(self) -> str:
        """How a process ended that gave no answer."""
        status = self.process.wait()
        self.log.seek(0)
        lines = self.log.read().decode("utf-8", "replace").strip().splitlines()
        return f"ended with status {status}: {lines[-1] if lines else 'no word'}"

    def peak(self) -> float | None:
        """The most memory that it has held, in MB (10⁶ bytes); None on other systems than Linux."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status")
        if status.exists():
            return int(re.search(r"VmHWM:\s*(\d+)", status.read_text())[1]) * 1024 / 1e6

    def close(self) -> None:
        """End it."""
        self.process.kill()
        self.process.communicate()
        self.log.close()


class Run:
    """What the parts share: the processes, what has `failed` ({method: why}), texts and sizes.

    `missing`: {what of the peers' environment: why}. `files`: a folder for vectors.
    """

    def __init__(self, model: str, files, missing: dict, quick: bool = False, corpora=None):
        self.model, self.files, self.quick = model, pathlib.Path(files), quick
        self.corpora = corpora or texts.corpora(model, quick)
        self.chance, self.workers = random.Random(0), {}
        self.failed = {name: missing[m.needs] for name, m in METHODS.items() if m.needs in missing}

    def ask(self, name: str, **job) -> dict | None:
        """A method's answer, or None if it has failed, now or before; its process stays."""
        with self.failing(name):
            if name not in self.workers and name not in self.failed:
                self.workers[name] = Worker(name, self.model)
                self.workers[name].answer()                     # it has loaded
            if name in self.workers:
                return self.workers[name].ask(**job)

    def alone(self, name: str, action):
        """What `action` makes of a process of its own, which then ends; None if it fails."""
        with self.failing(name):
            if name not in self.failed:
                with contextlib.closing(Worker(name, self.model)) as worker:
                    worker.answer()
                    return action(worker)

    @contextlib.contextmanager
    def failing(self, name: str):
        """Keep the reason of a method that fails in this block, and end its process."""
        try:
            yield
        except Failed as error:
            self.failed[name] = plain(str(error))
            if name in self.workers:
                self.workers.pop(name).close()

    def job(self, corpus: str, batch: int | None = None, save: str | None = None) -> dict:
        """The words that ask for the vectors of a corpus; `save`: the file to keep them in."""
        return {"do": "run", "texts": self.corpora[corpus], "batch": batch, "save": save}

    def vectors(self, name: str, corpus: str) -> np.ndarray | None:
        """(n, D) float32, of a method that has encoded a corpus or does now; None if it fails."""
        file = self.files / f"{name} {corpus}.npy"
        if file.exists() or self.ask(name, **self.job(corpus, save=str(file))):
            return np.load(file)

    def timed(self, rounds: int, jobs: dict) -> dict:
        """{what: its seconds, of each round that it did}; each round has its own order.

        `jobs`: {what: (method, the words to ask it)}.
        """
        seconds = {what: [] for what in jobs}
        order = [what for _ in range(rounds) for what in self.shuffled(jobs)]
        for what in tqdm(order, leave=False):
            answer = self.ask(jobs[what][0], **jobs[what][1])
            seconds[what] += answer["seconds"] if answer else []
        return seconds

    def shuffled(self, names) -> list:
        """The names in a random order."""
        return self.chance.sample(list(names), len(names))

    def close(self) -> None:
        """End all processes."""
        for worker in self.workers.values():
            worker.close()


def plain(words: str) -> str:
    """One line without a path of this machine."""
    words = " ".join(words.split())
    for path, short in ((HERE.parent, "."), (pathlib.Path.home(), "~")):
        words = words.replace(str(path), short)
    return re.sub(r"(?<![\w.])/(?:[\w.+-]+/){2,}", ".../", words)[:200]
