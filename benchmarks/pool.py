"""The workers: one process for each method, of which one works at a time; a method that fails is kept with its reason."""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import time

import peers
from methods import METHODS

HERE = pathlib.Path(__file__).resolve().parent
PATIENCE = 900          # seconds that an answer may take


class Failed(Exception):
    pass


class Worker:
    """A process with one method: `wait()` until it has loaded, then `ask(do="run", …)`."""

    def __init__(self, name, place):
        python = peers.PYTHON if METHODS[name].needs else sys.executable
        self.log = tempfile.TemporaryFile()
        self.began = time.perf_counter()
        self.process = subprocess.Popen(
            [python, str(HERE / "worker.py"), name, json.dumps(place)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=self.log, text=True, env=surroundings())

    def ask(self, **job):
        try:
            self.process.stdin.write(json.dumps(job) + "\n")
            self.process.stdin.flush()
        except OSError:
            pass                                            # it has ended: wait() says why
        return self.wait()

    def wait(self):
        timer = threading.Timer(PATIENCE, self.process.kill)
        timer.start()
        line = self.process.stdout.readline()
        timer.cancel()
        if not line:
            raise Failed(self.last_words())
        answer = json.loads(line)
        if "failed" in answer:
            raise Failed(plain(answer["failed"]))
        return answer

    def last_words(self):
        status = self.process.wait()
        self.log.seek(0)
        lines = self.log.read().decode("utf-8", "replace").strip().splitlines()
        return plain(f"ended with status {status}: " + (lines[-1] if lines else "no word"))

    def peak(self):
        """The most memory the process has held, in MB (10⁶ bytes); None where the system does not say."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status")
        return int(status.read_text().partition("VmHWM:")[2].split()[0]) * 1024 / 1e6 if status.exists() else None

    def close(self):
        self.process.kill()
        self.process.communicate()
        self.log.close()


class Pool:
    """Workers for methods, made when first needed. `failed`: {method: why}, what `missing` of the peers excludes included."""

    def __init__(self, place, missing):
        self.place, self.workers = place, {}
        self.failed = {name: missing[m.needs] for name, m in METHODS.items() if m.needs in missing}

    def start(self, names):
        """Load all of them side by side; -> the names that are ready."""
        for name in names:
            if name not in self.failed and name not in self.workers:
                self.workers[name] = Worker(name, self.place)
                self.workers[name].loading = True
        return [name for name in names if name not in self.failed and self.ready(name)]

    def ready(self, name):
        if not self.workers[name].loading:
            return True
        self.workers[name].loading = False
        return self.keep(name, self.workers[name].wait) is not None

    def ask(self, name, **job):
        """The worker's answer, or None if the method has failed, now or before."""
        return None if name in self.failed else self.keep(name, lambda: self.workers[name].ask(**job))

    def keep(self, name, action):
        try:
            return action()
        except Failed as error:
            self.failed[name] = str(error)
            self.workers.pop(name).close()

    def fresh(self, name):
        """A new process of its own, for cold starts and memory."""
        return Worker(name, self.place)

    def close(self):
        for worker in self.workers.values():
            worker.close()


def surroundings():
    """No network, no bars; threads as each program chooses them."""
    kept = {name: value for name, value in os.environ.items() if name not in ("OMP_NUM_THREADS", "MKL_NUM_THREADS")}
    return {**kept, "HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1", "TOKENIZERS_PARALLELISM": "true",
            "TRANSFORMERS_VERBOSITY": "error", "PYTHONPATH": str(HERE.parent), "HF_HUB_DISABLE_TELEMETRY": "1"}


def plain(words):
    """One line without a path of this machine."""
    words = words.replace(str(HERE.parent), ".").replace(str(pathlib.Path.home()), "~")
    return re.sub(r"(?<![\w.])/(?:[\w.+-]+/){2,}", ".../", words)[:200]
