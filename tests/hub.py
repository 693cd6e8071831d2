"""A hub on 127.0.0.1: enough of ModelScope's protocol and Hugging Face's for the real clients.

    with Hub(folder) as hub:            # serves the folder's files as one model
        hub.faults["pytorch_model.bin"] = cut(1000)
        ... MODELSCOPE_ENDPOINT=hub.url ...

A fault is a function (handler, body) that answers a request for that file; the key "list" is the
list of files. The fixtures that put a small model in bge-m3's place are in downloads.py.
"""
import hashlib
import http.server
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import threading
import time
from urllib.parse import parse_qs, unquote, urlparse

import pytest
import route

from helpers import model_dir
from helpers.models import find
from helpers.models.files import ModelFolderError

WEIGHTS = "pytorch_model.bin"
LFS_POINTER = (b"version https://git-lfs.github.com/spec/v1\n"
               b"oid sha256:" + b"0" * 64 + b"\nsize 2271145830\n")
WEB_PAGE = b"<!DOCTYPE html><html><title>Sign in to this network</title><body>Welcome</body></html>"


class Hub(http.server.ThreadingHTTPServer):
    """A server in a thread: `asked`, paths asked for; `pace`, bytes a second (None: no limit)."""

    daemon_threads = True

    def __init__(self, folder, repo="BAAI/bge-m3"):
        super().__init__(("127.0.0.1", 0), Handler)
        self.folder, self.repo = pathlib.Path(folder), repo
        self.faults, self.asked, self.pace = {}, [], None
        self.url = f"http://127.0.0.1:{self.server_port}"

    def __enter__(self):
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()

    def handle_error(self, request, client_address):
        """A client that was killed leaves a broken pipe behind: not this server's fault."""

    def rows(self):
        """The folder's files as ModelScope lists them."""
        files = sorted(path for path in self.folder.rglob("*") if path.is_file())
        return [{"Path": path.relative_to(self.folder).as_posix(), "Name": path.name,
                 "Type": "blob", "Size": path.stat().st_size,
                 "Sha256": hashlib.sha256(path.read_bytes()).hexdigest()} for path in files]


class Handler(http.server.BaseHTTPRequestHandler):
    """One request. GET and HEAD of files, with Range; the list of files; nothing else."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        url = urlparse(self.path)
        query = parse_qs(url.query)
        self.server.asked.append(self.path)
        if url.path.endswith("/repo/files"):
            body = {"Code": 200, "Success": True, "Data": {"Files": self.server.rows()}}
            self.server.faults.get("list", send)(self, json.dumps(body).encode())
        elif "FilePath" in query:
            self.send_file(query["FilePath"][0])
        elif match := re.fullmatch(rf"/{self.server.repo}/resolve/([^/]+)/(.+)", url.path):
            self.send_file(unquote(match[2]), match[1])
        elif match := re.fullmatch(rf"/api/models/{self.server.repo}/(tree|revision)/([^/]+).*",
                                   url.path):
            rows = [{"type": "file", "path": row["Path"], "size": row["Size"],
                     "oid": row["Sha256"]} for row in self.server.rows()]
            info = {"id": self.server.repo, "sha": match[2],
                    "siblings": [{"rfilename": row["path"]} for row in rows]}
            body = json.dumps(rows if match[1] == "tree" else info).encode()
            self.server.faults.get("list", send)(self, body)
        else:
            send(self, b'{"Code": 404, "Success": false}', 404)

    do_HEAD = do_GET

    def send_file(self, name, revision=None):
        path = self.server.folder / name
        if path.is_file():
            self.revision = revision
            self.server.faults.get(name, send)(self, path.read_bytes())
        else:
            send(self, b"{}", 404)

    def log_message(self, *_):
        """Quiet: pytest's output is the tests'."""


def send(handler, body, status=200, length=None, keep=None):
    """Answer with a body, or the part that was asked for; `length`: the one announced.

    `keep`: close the connection after that many bytes.
    """
    total = len(body)
    asked = re.fullmatch(r"bytes=(\d+)-(\d*)", handler.headers.get("Range") or "")
    if asked and status == 200:
        status, start, end = 206, int(asked[1]), int(asked[2] or total - 1)
        body = body[start:end + 1]
    handler.send_response(status)
    if status == 206:
        handler.send_header("Content-Range", f"bytes {start}-{end}/{total}")
    if getattr(handler, "revision", None):
        handler.send_header("X-Repo-Commit", handler.revision)
        handler.send_header("ETag", f'"{hashlib.sha256(body).hexdigest()}"')
    handler.send_header("Content-Length", str(len(body) if length is None else length))
    handler.end_headers()
    if handler.command == "GET":
        _write(handler, body if keep is None else body[:keep])
    if keep is not None:
        handler.close_connection = True


def _write(handler, body):
    step = len(body) or 1 if handler.server.pace is None else handler.server.pace // 50
    for start in range(0, len(body), step):
        handler.wfile.write(body[start:start + step])
        if handler.server.pace is not None:
            handler.wfile.flush()
            time.sleep(1 / 50)


def cut(*offsets):
    """The connection closes after so many bytes, once per offset; then the file is sent whole."""
    left = list(offsets)
    return lambda handler, body: send(handler, body, keep=left.pop(0) if left else None)


def status(code):
    """Always this status."""
    return lambda handler, body: send(handler, b'{"Code": %d, "Success": false}' % code, code)


def instead(other):
    """Always this body instead of the file's, with status 200."""
    return lambda handler, body: send(handler, other)


def flipped(handler, body):
    """The file with one byte changed: right in length, wrong in SHA-256."""
    send(handler, bytes([body[0] ^ 1]) + body[1:])


def silent(handler, body):
    """Headers, and then nothing, for longer than anybody waits."""
    if handler.command == "HEAD":
        return send(handler, body)
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.flush()
    time.sleep(90)


def right(folder, known):
    """Does a folder hold every file of the model, byte for byte?"""
    return all(hashlib.sha256(pathlib.Path(folder, file).read_bytes()).hexdigest() == sha
               for file, (_, sha) in known["files"].items())


def refused(**options):
    """The message of the ModelFolderError that model_dir("bge-m3") raises: one paragraph, soon."""
    start = time.monotonic()
    with pytest.raises(ModelFolderError) as caught:
        model_dir("bge-m3", **options)
    message = str(caught.value)
    print(message)
    assert time.monotonic() - start < 20 and "\n" not in message and len(message) < 700
    return message


def put(tiny_bge, known, source="modelscope", layout=0, without=()):
    """Copy the small model into a hub's cache, laid out as its clients do: -> folder."""
    place = find.places(source, known)[layout]
    folder = place / "snapshots" / "master" if "--" in place.name else place
    shutil.copytree(tiny_bge, folder, ignore=shutil.ignore_patterns(*without))
    return folder


def flip(path, place=-100_000):
    """Change one byte of a file."""
    body = bytearray(path.read_bytes())
    body[place] ^= 1
    path.write_bytes(body)


def cut_in_half(path):
    path.write_bytes(path.read_bytes()[:path.stat().st_size // 2])


DAMAGE = {"flipped": flip, "half": cut_in_half, "zero": lambda path: path.write_bytes(b""),
          "pointer": lambda path: path.write_bytes(LFS_POINTER),
          "page": lambda path: path.write_bytes(WEB_PAGE)}


def run_route(tiny_bge, **options):
    """The route in a process of its own, to its end."""
    return subprocess.run([sys.executable, route.__file__, tiny_bge], capture_output=True,
                          text=True, timeout=60, env=environment(), **options)


def environment():
    """This process's, with this checkout's helpers first."""
    paths = [str(pathlib.Path(find.__file__).parents[2]), os.environ["PYTHONPATH"]]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}


def kill_when(ready, tiny_bge):
    """Start a download in another process, and kill it (no chance to tidy up) once `ready()`."""
    process = subprocess.Popen([sys.executable, route.__file__, tiny_bge], env=environment(),
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not ready() and process.poll() is None:
        time.sleep(0.01)
    process.kill()
    assert process.wait() < 0 or os.name == "nt"    # it was at work, and did not end by itself
