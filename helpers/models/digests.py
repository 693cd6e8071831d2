"""SHA-256 of large files, worked out once: remembered per size and time of change in the user's cache folder."""
import hashlib
import json
import os
import pathlib
import tempfile


def sha256(path):
    """The SHA-256 of a file, as hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest(path):
    """The SHA-256 of a file, read only if its size or time of change is not the one remembered."""
    path = pathlib.Path(path).resolve()
    stat = path.stat()
    seen = recall("files").get(str(path))
    if seen and seen[:2] == [stat.st_size, stat.st_mtime_ns]:
        return seen[2]
    value = sha256(path)
    remember("files", str(path), [stat.st_size, stat.st_mtime_ns, value])
    return value


def recall(section):
    """What is remembered in a section ("files", or "listed": digests that a hub vouched for): -> dict."""
    try:
        found = json.loads(_memory().read_text("utf-8")).get(section)
    except (OSError, ValueError, AttributeError):
        found = None
    return found if isinstance(found, dict) else {}


def remember(section, key, value):
    """Keep one entry. A cache that cannot be written costs time at the next start, and is no error."""
    content = {"files": {path: entry for path, entry in recall("files").items() if os.path.exists(path)},
               "listed": recall("listed")}
    content[section][key] = value
    try:
        _memory().parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=_memory().parent, delete=False, encoding="utf-8") as file:
            json.dump(content, file, indent=1)
        os.replace(file.name, _memory())                # whole or not at all, whoever else is writing
    except OSError:
        return


def _memory():
    home = os.environ.get("LOCALAPPDATA") if os.name == "nt" else os.environ.get("XDG_CACHE_HOME")
    return pathlib.Path(home or pathlib.Path.home() / ".cache") / "inside-embeddings" / "verified.json"
