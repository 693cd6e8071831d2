"""Download a known model with its hub's own client, in a process that ends itself when it is idle.

A client reads its settings when it is imported, cannot be stopped, and waits minutes in silence.
"""
import contextlib
import importlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import threading
import time
import traceback

import psutil

from helpers.data import load
from helpers.models.files import ModelFolderError
from helpers.models.find import HUBS, digest, places

PATIENCE = 45       # seconds in which nothing arrives before a download is given up
IDLE = 3            # with this status a client's process ends then; data/faults.json knows it
# Retries that end before PATIENCE does; plain HTTP, which resumes; bars in notebooks too; and a
# network, although the notebooks switch Hugging Face's off: who names a hub wants it.
SETTINGS = {"MODELSCOPE_API_MAX_RETRIES": "1", "HF_HUB_DISABLE_XET": "1", "TQDM_POSITION": "-1",
            "HF_HUB_OFFLINE": "0"}


def download(known: dict, source: str) -> pathlib.Path:
    """Fetch what is missing of a model: its entry in models.json, a key of HUBS -> its folder."""
    need = sum(size for size, _ in known["files"].values()) - _arrived(known, source)
    print(f"{known['modelscope_id']} from {HUBS[source][0]}: {need / 1e6:,.1f} MB to download",
          flush=True)
    disk = next(place for place in places(source, known)[0].parents if place.is_dir())
    if shutil.disk_usage(disk).free < need:
        raise _fault(known, source, "Errno 28")
    folder = _run(known, source)
    for file, (_, sha) in known["files"].items():
        path = folder / file
        if not path.is_file():
            raise _fault(known, source, f"NotExist {file}")
        if source == "huggingface" and digest(path) != sha:     # its client keeps what it finds
            path.resolve().unlink()
            _run(known, source)
    return folder


def _run(known, source):
    """Start the client's process and wait for its end: -> folder."""
    order = json.dumps([known, source, PATIENCE, os.getpid()])
    paths = [str(pathlib.Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")]
    environment = {**os.environ, **SETTINGS, "PYTHONPATH": os.pathsep.join(paths)}
    done = subprocess.run([sys.executable, "-P", "-m", __name__, order], env=environment,
                          stdout=subprocess.PIPE, text=True)
    last = (done.stdout.splitlines() or [""])[-1]
    answer = json.loads(last) if last.startswith("{") else {"said": f"status {done.returncode}"}
    if "said" in answer:
        raise _fault(known, source, answer["said"])
    return pathlib.Path(answer["folder"])


def _fault(known, source, said):
    """A ModelFolderError for what a client said: what failed, where, and what to do."""
    hub, _, endpoint, cache = HUBS[source]
    address = os.environ.get(endpoint)
    say = next(say for sign, say in load("faults.json")["faults"].items() if re.search(sign, said))
    what = say.format(hub=f"{hub} at {address}" if address else hub, cache=cache,
                       place=places(source, known)[0], patience=PATIENCE,
                       said=said.splitlines()[-1][:200])
    file = max((file for file in known["files"] if file in said), key=len, default="")
    other = next(name for name in HUBS if name != source)
    return ModelFolderError(
        f"{file and f'{file} of '}{known['modelscope_id']}: {what}. Run this again (it resumes), "
        f'or model_dir("bge-m3", source="{other}"), or unset EMBED_MODEL for the embedded model')


def main(order: str) -> None:
    """The client's process: one snapshot_download; its result is a line of JSON."""
    known, source, patience, parent = json.loads(order)
    threading.Thread(target=_watch, args=(known, source, patience, parent), daemon=True).start()
    try:
        client = importlib.import_module(HUBS[source][1])
        if source == "huggingface":     # whose 10 MB take longer than PATIENCE on a slow line
            importlib.import_module("huggingface_hub.constants").DOWNLOAD_CHUNK_SIZE = 2**20
        answer = {"folder": client.snapshot_download(
            known[f"{source}_id"], revision=known[f"{source}_revision"],
            allow_patterns=list(known["files"]))}
    except Exception:
        answer = {"said": traceback.format_exc(limit=0)}    # with its causes, without their frames
    print(json.dumps(answer), flush=True)


def _watch(known, source, patience, parent):
    """End this process when the one that started it is gone, or when nothing arrives."""
    parent, arrived, since = psutil.Process(parent), 0, time.monotonic()
    while parent.is_running() and time.monotonic() - since < patience:
        time.sleep(0.1)
        before, arrived = arrived, _arrived(known, source)
        since = since if arrived == before else time.monotonic()
    os._exit(IDLE)


def _arrived(known, source):
    """Bytes of a model in a hub's cache, parts of files included: they grow while some arrive."""
    roots = places(source, known)
    roots.append(roots[0].parents[1] / "._____temp" / known["modelscope_id"])   # modelscope < 1.38
    total = 0
    for path in (path for root in roots for path in root.rglob("*")):
        with contextlib.suppress(OSError):              # renamed meanwhile
            total += path.lstat().st_size
    return total


if __name__ == "__main__":
    main(sys.argv[1])
