"""One snapshot_download in a process of its own; its result is one line of JSON. Started by download.py.

    python -P fetch.py modelscope BAAI/bge-m3 master FILE ...

In its own process, since a hub's client that waits for nothing cannot be stopped from a thread, and reads its limits
from the environment when it is imported. Needs nothing else of `helpers`.
"""
import errno
import json
import os
import sys
import threading


def main(source, repo, revision, *files):
    threading.Thread(target=end_with_parent, daemon=True).start()
    sys.modules["torch"] = None             # modelscope imports it if it can: a second, for nothing that is used here
    try:
        answer = {"folder": SOURCES[source](repo, revision, list(files))}
    except Exception as error:
        answer = explain(error)
    print(json.dumps(answer), flush=True)


def end_with_parent():
    """Whoever started this holds the other end of stdin: when it closes, that process is gone."""
    while os.read(0, 1024):                 # not sys.stdin: its lock would be held when this process ends
        pass
    os._exit(1)


def modelscope(repo, revision, files):
    from modelscope import snapshot_download
    return snapshot_download(repo, revision=revision, allow_patterns=files)


def huggingface(repo, revision, files):
    from huggingface_hub import snapshot_download
    return snapshot_download(repo, revision=revision, allow_patterns=files)


SOURCES = {"modelscope": modelscope, "huggingface": huggingface}


def explain(error):
    """What went wrong, whichever client and version said it: -> {"error": kind, "file": path or "", "detail": str}."""
    found = [(kind(one), file, one) for file, one in causes(error)]
    worst = min(found, key=lambda f: ORDER.index(f[0]))
    file = worst[1] or next((name for _, name, _ in found if name), "")
    return {"error": worst[0], "file": file, "detail": (str(worst[2]).strip().splitlines() or [""])[0][:200]}


def causes(error, file="", depth=6):
    """The error, the ones behind it, and the ones per file that modelscope collects: (file, error) pairs."""
    yield file, error
    for name, one in getattr(error, "failed_files", {}).items():
        yield from causes(one, name, depth)
    behind = error.__cause__ or error.__context__
    if behind is not None and depth:
        yield from causes(behind, file, depth - 1)


ORDER = ["full", "denied", "absent", "integrity", "server", "network", "other"]     # what to name first


def kind(error):
    """One of ORDER for one error."""
    number = getattr(error, "errno", None)
    status = getattr(error, "status_code", None) or getattr(getattr(error, "response", None), "status_code", None)
    name = " ".join(cls.__name__ for cls in type(error).__mro__)
    if number in (errno.ENOSPC, errno.EDQUOT):
        return "full"
    if number in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR):
        return "denied"
    if status in (401, 403, 404) or "NotExist" in name:
        return "absent"
    if "Integrity" in name or "SizeMismatch" in name:
        return "integrity"
    if status is not None and status >= 429:
        return "server"
    return "network" if any(word in name for word in ("Connection", "Timeout", "Network", "Incomplete")) else "other"


if __name__ == "__main__":
    main(*sys.argv[1:])
