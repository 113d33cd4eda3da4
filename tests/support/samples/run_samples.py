"""Runs samples of the docs: JSON of text by name on stdin, the status that each was answered with on stdout."""

import contextlib
import io
import json
import sys

from latchkey import LatchkeyError

statuses = {}
for name, text in json.load(sys.stdin).items():
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            exec(compile(text, name, "exec"), {"__name__": "__main__"})
        statuses[name] = 200
    except LatchkeyError as error:
        statuses[name] = error.status
json.dump(statuses, sys.stdout)
