"""Run fetch.py beside this process, show what arrives, and end it when nothing does."""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

import psutil
from tqdm import tqdm

from helpers.models.copies import places

PATIENCE = 20               # seconds in which nothing arrives before a download is given up
# Fewer and shorter attempts than modelscope's own, which add up to minutes; a run that brought bytes is repeated here.
LIMITS = {"MODELSCOPE_DOWNLOAD_MAX_RETRIES": "2", "MODELSCOPE_DOWNLOAD_TIMEOUT": "15",
          "MODELSCOPE_API_MAX_RETRIES": "1", "MODELSCOPE_API_CONNECT_TIMEOUT": "10", "HF_HUB_DOWNLOAD_TIMEOUT": "15"}


class Failed(Exception):
    """A download that ended: `kind` is a key of download.REPAIR, `file` the file at fault, if it is one."""

    def __init__(self, kind, file="", detail=""):
        self.kind, self.file, self.detail = kind, file, detail


def transfer(known, source, listed):
    """Fetch the files in `listed` (file -> (bytes, sha256)): -> folder. One that is cut goes on while bytes arrive."""
    with tqdm(total=sum(size for size, _ in listed.values()), initial=arrived(known, source, listed),
              desc=known["modelscope_id"], unit="B", unit_scale=True) as bar:
        while True:
            before = bar.n
            answer = watch(known, source, listed, bar)
            if "folder" in answer:
                return pathlib.Path(answer["folder"])
            if answer["error"] not in ("network", "server", "other") or bar.n <= before:
                raise Failed(answer["error"], answer["file"], answer["detail"])


def watch(known, source, listed, bar):
    """One run of fetch.py, while the bar moves: -> its answer. Ended when nothing has arrived for PATIENCE seconds."""
    with tempfile.TemporaryFile() as output, start(known, source, output) as child:
        alive, work = time.monotonic(), 0.0
        try:
            while child.poll() is None:
                time.sleep(0.1)
                grown, spent = arrived(known, source, listed) - bar.n, seconds(child.pid)
                if grown:
                    bar.update(grown)
                if grown or spent > work + 1:           # one that only computes digests is alive too
                    alive, work = time.monotonic(), spent
                if time.monotonic() - alive > PATIENCE:
                    return {"error": "silent", "file": "", "detail": ""}
        finally:
            child.kill()
        bar.update(arrived(known, source, listed) - bar.n)
        output.seek(0)
        last = (output.read().decode("utf-8", "replace").strip().splitlines() or [""])[-1]
        ended = {"error": "other", "file": "", "detail": f"its process ended with status {child.returncode}"}
        return json.loads(last) if last.startswith("{") else ended


def start(known, source, output):
    """fetch.py as a process: it ends when this one does, since it reads the stdin that this one holds open."""
    environment = {**LIMITS, **os.environ}
    if source == "huggingface":                         # the notebooks set it; who names a hub wants the network
        environment.pop("HF_HUB_OFFLINE", None)
    revision = known["huggingface_revision"] if source == "huggingface" else "master"   # what listing() asks about
    program = pathlib.Path(__file__).with_name("fetch.py")
    return subprocess.Popen(
        [sys.executable, "-P", program, source, known[f"{source}_id"], revision, *known["files"]],
        stdin=subprocess.PIPE, stdout=output, stderr=subprocess.DEVNULL, env=environment)


def arrived(known, source, listed):
    """How many bytes of the files in `listed` are in a hub's cache, whole files and parts of files."""
    whole = partial = 0
    roots = [root for root in places(source, known) if root.is_dir()]
    for file, (size, _) in listed.items():
        paths = [path for root in roots for path in (root / file, *root.glob(f"snapshots/*/{file}"))]
        whole += size * any(path.is_file() and path.stat().st_size == size for path in paths)
    # where clients of different versions keep what has not arrived in full
    unfinished = [root.parents[1] / "._____temp" / known["modelscope_id"] for root in places(source, known)]
    for path in (path for root in (*roots, *unfinished) for path in root.rglob("*")):
        if path.name.endswith(".incomplete") or "._____temp" in path.parts or re.search(r"_\d+_\d+$", path.name):
            partial += size_of(path)
    return min(whole + partial, sum(size for size, _ in listed.values()))


def size_of(path):
    """The size of a file in bytes; 0 for one that has gone meanwhile, or is no file."""
    try:
        return path.stat().st_size if path.is_file() else 0
    except OSError:
        return 0


def seconds(pid):
    """Processor time that a process has used; 0 when it has ended."""
    try:
        times = psutil.Process(pid).cpu_times()
    except psutil.Error:
        return 0.0
    return times.user + times.system
