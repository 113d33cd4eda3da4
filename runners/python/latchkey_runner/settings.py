"""What a runner is told: by flags, and by LATCHKEY_URL and LATCHKEY_API_KEY."""

import argparse
import os
import pathlib
import sys
from dataclasses import dataclass
from urllib.parse import urlsplit

from . import __version__


@dataclass(frozen=True)
class Settings:
    url: str
    key: str
    runs: int = 4
    blocks: int = 4
    memory_mb: int = 2048
    seconds: float = 3600
    cpu_seconds: int = 0
    sensor_seconds: float = 60
    grace: float = 10
    folder: str = "."
    work: str = ""
    connections: str = ""
    environment: str = "prod"


class Mistake(Exception):
    """Something that whoever starts a runner has to change."""


class _Parser(argparse.ArgumentParser):
    def error(self, message):
        raise Mistake(f"{message}. See latchkey-runner --help.")


def _at_least(kind, least):
    def read(text):
        value = kind(text)
        if not value >= least or value == float("inf"):
            raise ValueError(text)
        return value

    read.__name__ = f"number that is {least} or more, not"
    return read


def _parser():
    parser = _Parser(
        prog="latchkey-runner",
        description="Takes runs of pipelines from a Latchkey server and executes their blocks.",
        epilog="LATCHKEY_URL is the server's address, LATCHKEY_API_KEY a key with the scope runs:execute.",
    )
    add = parser.add_argument
    add("--runs", type=_at_least(int, 1), default=4, help="runs at a time (4)")
    add("--blocks", type=_at_least(int, 1), default=4, help="blocks of one run at a time (4)")
    add("--memory-mb", type=_at_least(int, 0), default=2048, help="memory of a block, MiB; 0: no limit (2048)")
    add("--seconds", type=_at_least(float, 0), default=3600, help="how long a block may take; 0: no limit (3600)")
    add("--cpu-seconds", type=_at_least(int, 0), default=0, help="processor time of a block; 0: no limit (0)")
    add("--sensor-seconds", type=_at_least(float, 0.01), default=60, help="between two looks of a sensor (60)")
    add("--grace", type=_at_least(float, 0), default=10, help="for blocks at work when the runner is stopped (10 s)")
    add("--folder", default=".", help="where blocks run, and what they may import (this folder)")
    add("--work", default="", help="where outputs are kept that are too large for the server (~/.cache/latchkey-runner)")
    add("--connections", default="", help="the file that names the connections of SQL blocks")
    add("--env", dest="environment", default="prod", help="what blocks get as env (prod)")
    add("--version", action="version", version=__version__)
    return parser


def read_settings(arguments, environment=os.environ):
    """Settings, from flags and the environment. Raises `Mistake`."""
    given = vars(_parser().parse_args(arguments))
    url = environment.get("LATCHKEY_URL", "").rstrip("/")
    if not url:
        raise Mistake("LATCHKEY_URL is missing: set it to the server's address, such as http://localhost:6789")
    try:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
            raise ValueError(url)
    except ValueError:
        raise Mistake("LATCHKEY_URL is no http or https address") from None
    key = environment.get("LATCHKEY_API_KEY", "").strip()
    if not key:
        raise Mistake("LATCHKEY_API_KEY is missing: set it to a key with the scope runs:execute")
    if not key.isascii() or any(character <= " " for character in key):
        raise Mistake("LATCHKEY_API_KEY is no key: it has blanks or characters that no key has")
    for name, exists in (("folder", os.path.isdir), ("connections", os.path.isfile)):
        if given[name] and not exists(given[name]):
            raise Mistake(f"--{name}: {given[name]} is not there")
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.join(pathlib.Path.home(), ".cache")
    given["work"] = os.path.abspath(given["work"] or os.path.join(cache, "latchkey-runner"))
    given["folder"] = os.path.abspath(given["folder"])
    if given["connections"]:
        given["connections"] = os.path.abspath(given["connections"])
    try:
        os.makedirs(given["work"], mode=0o700, exist_ok=True)
        if not os.access(given["work"], os.W_OK):
            raise OSError(13, "it cannot be written to")
    except OSError as error:
        raise Mistake(f"--work: {given['work']}: {error.strerror}") from None
    return Settings(url=url, key=key, **given)


def say(line):
    """One line, for whoever looks after the runner."""
    try:
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()
    except OSError:
        pass
