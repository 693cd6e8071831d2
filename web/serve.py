"""Serve a built site on this machine alone, as its page live/ needs."""
import functools
import http.server


class Handler(http.server.SimpleHTTPRequestHandler):
    """Files, with the types that modules need, whatever this system's registry says of them."""
    extensions_map = {**http.server.SimpleHTTPRequestHandler.extensions_map,
                      ".js": "text/javascript", ".css": "text/css"}

    def log_message(self, *words):
        """Say nothing of each file."""


def server_of(folder, port: int = 8000) -> http.server.ThreadingHTTPServer:
    """A server of a folder at 127.0.0.1; on a free port if this one is taken."""
    handler = functools.partial(Handler, directory=folder)
    try:
        return http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)
    except OSError:
        return http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)


def serve(folder) -> None:
    """Serve it until Ctrl+C."""
    with server_of(folder) as server:
        print(f"Type a text: http://127.0.0.1:{server.server_port}/live/   (Ctrl+C ends it)",
              flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print()
