"""A hub on 127.0.0.1: enough of ModelScope's protocol (and Hugging Face's) for the real clients; with faults.

    with Hub(folder) as hub:            # serves the folder's files as one model
        hub.faults["pytorch_model.bin"] = cut(1000)
        ... MODELSCOPE_ENDPOINT=hub.url ...

A fault is a function (handler, body) that answers a request for that file; the key "list" is the list of files.
"""
import hashlib
import http.server
import json
import pathlib
import re
import threading
import time
from urllib.parse import parse_qs, unquote, urlparse

LFS_POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 2271145830\n"
WEB_PAGE = b"<!DOCTYPE html><html><title>Sign in to this network</title><body>Welcome</body></html>"


class Hub(http.server.ThreadingHTTPServer):
    """A server in a thread. `asked` lists the paths that were requested, `pace` is bytes a second (None: no limit)."""

    daemon_threads = True

    def __init__(self, folder, repo="BAAI/bge-m3"):
        super().__init__(("127.0.0.1", 0), Handler)
        self.folder, self.repo, self.faults, self.asked, self.pace = pathlib.Path(folder), repo, {}, [], None
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
        return [{"Path": path.relative_to(self.folder).as_posix(), "Name": path.name, "Type": "blob",
                 "Size": path.stat().st_size, "Sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
                for path in files]


class Handler(http.server.BaseHTTPRequestHandler):
    """One request. GET and HEAD of files, with Range; the list of files; nothing else."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        url = urlparse(self.path)
        query = parse_qs(url.query)
        self.server.asked.append(self.path)
        if url.path.endswith("/repo/files"):
            body = json.dumps({"Code": 200, "Success": True, "Data": {"Files": self.server.rows()}}).encode()
            self.server.faults.get("list", send)(self, body)
        elif "FilePath" in query:
            self.send_file(query["FilePath"][0])
        elif match := re.fullmatch(rf"/{self.server.repo}/resolve/([^/]+)/(.+)", url.path):
            self.send_file(unquote(match[2]), match[1])
        elif match := re.fullmatch(rf"/api/models/{self.server.repo}/(tree|revision)/([^/]+).*", url.path):
            rows = [{"type": "file", "path": row["Path"], "size": row["Size"], "oid": row["Sha256"]}
                    for row in self.server.rows()]
            info = {"id": self.server.repo, "sha": match[2], "siblings": [{"rfilename": row["path"]} for row in rows]}
            send(self, json.dumps(rows if match[1] == "tree" else info).encode())
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
    """Answer with a body, or the part that was asked for. `keep`: close after that many bytes; `length`: announced."""
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
    """The connection closes after so many bytes of the body, once per offset; then the file is sent whole."""
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
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.flush()
    time.sleep(60)
