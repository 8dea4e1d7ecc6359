"""Serve the built book on localhost, compressed as a real host would: `python tools/serve.py [--port 8000]`."""

from __future__ import annotations

import argparse
import gzip
import http.server
import io
import re
import sys
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from threading import Thread

SITE = Path(__file__).resolve().parent.parent / "_build" / "html"
COMPRESSIBLE = {".html", ".css", ".js", ".svg", ".json", ".xml", ".txt", ".ipynb", ".csv"}
NAMED_BY_CONTENT = re.compile(r"/_static/.*\.[0-9a-f]{10}\.\w+$")  # such a file never changes
ATTEMPTS = 100
LAST_PORT = 65_535


@cache
def compressed(path: Path, changed: int) -> bytes:
    """The file as it was at that time."""
    return gzip.compress(path.read_bytes(), 6, mtime=0)


class Compressed(http.server.SimpleHTTPRequestHandler):
    """Static files, gzip-encoded where the browser accepts it and it pays; quiet unless something is missing."""

    protocol_version = "HTTP/1.1"  # one connection for many files
    extensions_map = http.server.SimpleHTTPRequestHandler.extensions_map | {".woff2": "font/woff2", ".ipynb": "application/json"}

    def handle(self):
        try:
            super().handle()
        except ConnectionError:
            pass  # the reader has left

    def send_head(self):
        path = Path(self.translate_path(self.path))
        accepts = "gzip" in self.headers.get("Accept-Encoding", "")
        if not (accepts and path.is_file() and path.suffix in COMPRESSIBLE):
            return super().send_head()
        body = compressed(path, path.stat().st_mtime_ns)
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(path))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Last-Modified", self.date_time_string(path.stat().st_mtime))
        self.end_headers()
        return io.BytesIO(body)

    def end_headers(self):
        for_ever = NAMED_BY_CONTENT.search(self.path.partition("?")[0])
        self.send_header("Cache-Control", "public, max-age=31536000, immutable" if for_ever else "no-cache")
        super().end_headers()

    def log_request(self, code="-", size="-"):
        if str(code).startswith(("4", "5")):
            super().log_request(code, size)


class LocalServer(http.server.ThreadingHTTPServer):
    """On Windows "reuse" would share a port that is in use instead of refusing it."""

    allow_reuse_address = sys.platform != "win32"
    daemon_threads = True


def local_server(directory: Path, port: int = 0, answers: type[Compressed] = Compressed) -> LocalServer:
    """A server for `directory`, bound to 127.0.0.1 at `port` or the next free one above it (0: any free port)."""
    handler = partial(answers, directory=str(directory))
    last = min(port + ATTEMPTS - 1, LAST_PORT)
    for attempt in range(port, last + 1) if port else [0]:
        try:
            return LocalServer(("127.0.0.1", attempt), handler)
        except OSError:
            continue  # in use, or not ours to open
    raise OSError(f"no free port from {port} to {last}")


@contextmanager
def serving(directory: Path, answers: type[Compressed] = Compressed):
    """The address of a server for `directory`, without a slash at the end, for as long as the block runs."""
    server = local_server(directory, answers=answers)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def port_number(text: str) -> int:
    """A port that can be asked for."""
    if not text.isdecimal() or int(text) > LAST_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: a whole number from 0 to {LAST_PORT}")
    return int(text)


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--port", type=port_number, default=8000, help="first port to try (default: %(default)s)")
    wanted = arguments.parse_args().port
    if not (SITE / "index.html").is_file():
        print("The book is not built yet: run `make book` or `jupyter-book build .` first.", file=sys.stderr)
        return 1
    try:
        server = local_server(SITE, wanted)
    except OSError as error:
        print(f"Cannot serve the book: {error}.", file=sys.stderr)
        return 1
    if wanted and server.server_port != wanted:
        print(f"Port {wanted} is in use.")
    print(f"Fifty-Four Days is at http://127.0.0.1:{server.server_port}/ (Ctrl-C stops it)", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
