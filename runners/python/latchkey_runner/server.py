"""The server, as a runner knows it: /v1/runner, asked again where the connection breaks."""

import http.client
import json
import random
import socket
import ssl
import threading
import time
from urllib.parse import urlsplit

from . import __version__
from .settings import say


class Lost(Exception):
    """The run is not ours any more."""


class Refused(Exception):
    """The server has said no, and would again."""

    def __init__(self, status, sentence):
        super().__init__(sentence)
        self.status = status


class Unreachable(Exception):
    """The server could not be asked."""


class Server:
    """Each thread has a connection of its own."""

    def __init__(self, url, key):
        parts = urlsplit(url)
        self._secure = parts.scheme == "https"
        self._host, self._port = parts.hostname, parts.port
        self._base = f"{parts.path.rstrip('/')}/v1/runner"
        self._headers = {
            "Authorization": f"Bearer {key}",
            "Content-Type": "application/json",
            "Accept": "application/json",
            "User-Agent": f"latchkey-runner/{__version__}",
        }
        self._own = threading.local()
        self._open = set()
        self._is_closed = False
        self._told = False

    def ask(self, path, body, timeout=30):
        """The answer's status and JSON. Raises `Unreachable`."""
        data = json.dumps(body, ensure_ascii=True).encode()
        connection = getattr(self._own, "connection", None)
        if connection is None:
            kind = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
            connection = self._own.connection = kind(self._host, self._port, timeout=timeout)
            self._open.add(connection)
        try:
            connection.timeout = timeout
            if self._is_closed:
                raise OSError("we have hung up")
            if connection.sock is not None:
                connection.sock.settimeout(timeout)
            connection.request("POST", f"{self._base}/{path}", data, self._headers)
            if connection.sock is not None:
                connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            response = connection.getresponse()
            text = response.read()
            self._own.wait = response.headers.get("Retry-After")
            return response.status, json.loads(text) if text else None
        except (OSError, http.client.HTTPException, ValueError, ssl.SSLError) as error:
            connection.close()
            self._open.discard(connection)
            self._own.connection = None
            raise Unreachable(f"{type(error).__name__}: {error}") from None

    def hang_up(self):
        """Nobody waits for an answer any more, and the server is to know it."""
        self._is_closed = True
        for connection in list(self._open):
            try:
                connection.sock.shutdown(socket.SHUT_RDWR)
            except (OSError, AttributeError):
                pass

    def once(self, path, body, timeout=30):
        """The answer. Raises `Unreachable` for what may be tried again, `Lost` and `Refused` for what may not."""
        status, answer = self.ask(path, body, timeout)
        if status in (200, 204):
            return answer
        sentence = str(answer.get("detail") or answer) if isinstance(answer, dict) else f"status {status}"
        if status in (404, 409) and path != "take":
            raise Lost(sentence)
        if status >= 500 or status in (408, 425, 429):
            raise Unreachable(f"{status}: {sentence}")
        raise Refused(status, sentence)

    def again(self, path, body, until=None, stopped=None, timeout=30):
        """The same, tried until it is answered, or until a moment of `time.monotonic()`; then `Unreachable`."""
        for pause in pauses():
            try:
                answer = self.once(path, body, timeout)
                if self._told:
                    self._told = False
                    say("The server answers again.")
                return answer
            except Unreachable as error:
                if not self._told and not self._is_closed:
                    self._told = True
                    say(f"The server does not answer ({error}): trying again.")
                pause = max(pause, self._asked_to_wait())
                if until is not None and time.monotonic() + pause >= until:
                    raise
                if stopped is not None:
                    if stopped.wait(pause):
                        raise
                else:
                    time.sleep(pause)

    def _asked_to_wait(self):
        wait = getattr(self._own, "wait", None)
        return min(int(wait), 60) if wait and wait.isdigit() else 0


def pauses(first=0.1, most=5):
    """How long to wait between tries: twice as long each time, and not all runners in the same moment."""
    pause = first
    while True:
        yield pause * (0.5 + random.random() / 2)
        pause = min(pause * 2, most)
