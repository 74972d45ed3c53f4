"""A real S3 server on this machine, without Docker: the one of docker-compose.yml, behind a proxy that can refuse."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from urllib.parse import urlsplit

from tests.started import free_port, is_open, wait_until

MODULE, VERSION = "github.com/versity/versitygw/cmd/versitygw", "v1.8.0"
KEY, SECRET = "testing", "a-secret-that-no-file-may-hold"
REFUSAL = b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"


@dataclass(slots=True)
class Refusals:
    """The requests, 'PUT /weir/lake/raw', that are answered 503 Slow Down, up to `most` of them."""

    matching: re.Pattern[str] | None = None
    most: int | None = None
    made: list[str] = field(default_factory=list)

    def begin(self, pattern: str, most: int | None = None) -> None:
        """Refuse from now on; those made before are forgotten."""
        self.matching, self.most, self.made = re.compile(pattern), most, []

    def end(self) -> None:
        self.matching = None

    def refuses(self, request: str) -> bool:
        refused = bool(self.matching and self.matching.search(request)) and len(self.made) != self.most
        if refused:
            self.made.append(request)
        return refused


@contextmanager
def s3_server(folder: Path) -> Iterator[Refusals]:
    """A server over a folder, whose folders are buckets, at AWS_ENDPOINT_URL_S3 while the block runs."""
    port, refusals = free_port(), Refusals()
    with _served(folder, port), _proxied(port, refusals):
        yield refusals


def program() -> Path:
    """The server's program, built when this environment has none yet: that takes Go and about two minutes."""
    built = Path(sys.prefix, "bin", f"versitygw-{VERSION}")
    if not built.exists():
        if shutil.which("go") is None:
            raise RuntimeError(f"install Go: the tests on S3 build {MODULE}@{VERSION} with it")
        with TemporaryDirectory(dir=built.parent) as place:
            install = ["go", "install", "-ldflags=-s -w", f"{MODULE}@{VERSION}"]
            subprocess.run(install, env={**os.environ, "GOBIN": place}, check=True, capture_output=True)
            Path(place, "versitygw").rename(built)
    return built


@contextmanager
def _served(folder: Path, port: int) -> Iterator[None]:
    command = [program(), "--port", f"127.0.0.1:{port}", "--health", "/health", "--quiet", "posix", folder]
    keys = {"ROOT_ACCESS_KEY": KEY, "ROOT_SECRET_KEY": SECRET}
    with subprocess.Popen(
        command, env=os.environ | keys, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            wait_until(lambda: is_open(f"http://127.0.0.1:{port}/health"), process)
            yield
        finally:
            process.terminate()


@contextmanager
def _proxied(port: int, refusals: Refusals) -> Iterator[None]:
    """Answer where every client of these tests looks for S3: Spark's Python workers know of no other place."""

    class Forward(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # an answer is sent as two packets, and the second would wait 40 ms for word that the first has come
        disable_nagle_algorithm = True

        def _forward(self) -> None:
            in_chunks = self.headers.get("Transfer-Encoding") == "chunked"
            length = int(self.headers.get("Content-Length", 0))
            body = b"".join(self._chunks()) if in_chunks else self.rfile.read(length)
            if refusals.refuses(f"{self.command} {self.path}"):
                return self._answer(503, {"Content-Type": "application/xml"}, REFUSAL)
            server = HTTPConnection("127.0.0.1", port)
            # the signature is of every header, Host too, so all go on as they came
            server.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                server.putheader(name, value)
            server.endheaders(iter([body]) if in_chunks else body, encode_chunked=in_chunks)
            answer = server.getresponse()
            self._answer(answer.status, dict(answer.getheaders()), answer.read())
            server.close()

        def _chunks(self) -> Iterator[bytes]:
            while length := int(self.rfile.readline().split(b";")[0], 16):
                yield self.rfile.read(length)
                self.rfile.readline()
            while self.rfile.readline().strip():
                pass

        def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response_only(status)
            # of an object that is only asked about, the length of what is not sent
            length = headers.pop("Content-Length", None) if self.command == "HEAD" else None
            for name, value in headers.items():
                if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                    self.send_header(name, value)
            self.send_header("Content-Length", length or str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _forward

    place = urlsplit(os.environ["AWS_ENDPOINT_URL_S3"])
    server = ThreadingHTTPServer(("127.0.0.1", place.port or 0), Forward)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
