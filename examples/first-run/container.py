"""A pipeline's container in one file, of Python's standard library alone: it adds two numbers.

Latchkey sends each run here as `POST /v4/runs` and keeps what comes back. Start it, attach it to a pipeline, run:

    python3 examples/first-run/container.py 14300
"""

import json
import sys
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def add(first: int, second: int) -> int:
    """The pipeline. Make it yours: change the name, the inputs, and what is done with them."""
    return first + second


# The types of Mystic's protocol, by Python's. `True` is an `int` in Python: it is looked for first.
TYPES = [(bool, "boolean"), (int, "integer"), (float, "fp"), (str, "string"), (dict, "dictionary"), (list, "array")]


def output_of(value: object) -> dict:
    kind = next((name for python, name in TYPES if isinstance(value, python)), "none")
    return {"type": kind, "value": value, "file": None}


def error_of(kind: str, message: str, trace: str | None = None) -> dict:
    return {"inputs": None, "outputs": None, "error": {"type": kind, "message": message, "traceback": trace}}


def run(inputs: list[dict]) -> tuple[int, dict]:
    """What the pipeline makes of a run's inputs: a status, and the body of the answer."""
    values = [each.get("value") for each in inputs]
    if len(values) != 2 or not all(isinstance(value, (int, float)) for value in values):
        return 400, error_of("input_error", "Two numbers are needed, as --input 5 --input 4")
    try:
        return 200, {"inputs": None, "outputs": [output_of(add(*values))], "error": None}
    except Exception as error:
        return 200, error_of("pipeline_error", repr(error), traceback.format_exc())


class Container(BaseHTTPRequestHandler):
    def answer(self, status: int, body: object) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Nothing: it shares a terminal with whoever tries it."""

    def do_GET(self) -> None:
        if self.path == "/v4/container/state":
            self.answer(200, {"state": "loaded", "message": None, "current_run": None})
        else:
            self.answer(404, {"detail": "Not Found"})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or "{}")
        if self.path == "/v4/runs":
            self.answer(*run(body.get("inputs") or []))
        else:
            self.answer(404, {"detail": "Not Found"})


if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 14300
    print(f"Ready at http://localhost:{port}. Ctrl-C stops it.", flush=True)
    try:
        ThreadingHTTPServer(("127.0.0.1", port), Container).serve_forever()
    except KeyboardInterrupt:
        pass
