"""A container of pipelines in this process, as docs/compat/mystic.md: Containers has them: what a run gets depends on its first input."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def value(kind: str, what: object) -> dict:
    return {"type": kind, "value": what, "file": None}


def result(outputs: list | None, error: dict | None = None) -> dict:
    return {"inputs": None, "outputs": outputs, "error": error}


def failure(kind: str, message: str, traceback: str | None = None) -> dict:
    return {"type": kind, "message": message, "traceback": traceback}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.answer(200, {"state": "loaded", "message": None, "current_run": None})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
        inputs = body.get("inputs") or []
        self.server.inputs = inputs
        first = inputs[0].get("value") if inputs else None
        if self.path.endswith("/stream"):
            self.stream(first)
        elif first == "raise":
            self.answer(200, result(None, failure("pipeline_error", "ValueError('no')", "Traceback ...")))
        elif first == "refuse":
            self.answer(400, result(None, failure("input_error", "Inputs do not match graph inputs")))
        else:
            self.answer(200, result([value("integer", len(inputs))]))

    def stream(self, first: object) -> None:
        lines = [result([value("string", "hello")]), result([value("string", "world")])]
        if first == "raise":
            lines[1] = result(None, failure("pipeline_error", "Exception('dummy error')", "Traceback ..."))
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for line in lines:
            piece = (json.dumps(line) + "\n").encode()
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        self.wfile.write(b"0\r\n\r\n")

    def answer(self, status: int, body: object) -> None:
        written = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(written)))
        self.end_headers()
        self.wfile.write(written)

    def log_message(self, *_: object) -> None:
        pass


class Container:
    """Listens on the loopback while it is entered."""

    def __init__(self) -> None:
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.inputs = []
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    @property
    def inputs(self) -> list[dict]:
        """What the last run had."""
        return self.server.inputs

    def __enter__(self) -> "Container":
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()
