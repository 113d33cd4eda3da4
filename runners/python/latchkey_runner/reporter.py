"""Tells the server how a run goes, in order, and hears from it whether the run is still ours."""

import json
import threading
import time

from .settings import say
from .server import Lost, Refused, Unreachable

most_events = 500
most_bytes = 400_000
# Without anything to tell, how often the server is asked whether the run is still ours; seconds.
heartbeat = 2


class Reporter:
    def __init__(self, server, run, on_lost):
        self._server, self._run, self._on_lost = server, run, on_lost
        self._until = time.monotonic() + run["lease_seconds"]
        self._events, self._first = [], 1
        # Whether something is there that people wait for: lines go together.
        self._urgent = False
        self._turn = threading.Condition()
        self._over = False
        self.lost = None
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def tell(self, urgent=True, **event):
        """Gives the number of the event."""
        with self._turn:
            # Where the server is away, lines wait; not without end.
            while len(self._events) > 20_000 and not self._over and self.lost is None:
                self._turn.wait(0.1)
            self._events.append(event)
            self._urgent = self._urgent or urgent
            self._turn.notify_all()
            return self._first + len(self._events) - 1

    def is_told(self, number, cut):
        """Waits until the server has an event; false where it will not hear of it, or `cut` is set before."""
        with self._turn:
            while self._first <= number and self.lost is None and not self._over and not cut.is_set():
                self._turn.wait(0.1)
            return self._first > number

    def drain(self):
        """Waits until all is told, or the run is lost."""
        with self._turn:
            self._urgent = True
            self._turn.notify_all()
            while self._events and self.lost is None:
                self._turn.wait(0.1)
                self._turn.notify_all()

    def end(self):
        with self._turn:
            self._over = True
            self._turn.notify_all()
        self._thread.join()

    def _work(self):
        last = time.monotonic()
        while True:
            with self._turn:
                if not self._events and not self._over:
                    self._turn.wait(heartbeat)
                if self._events:
                    self._turn.wait_for(self._is_pressing, 0.3)
                if self._over or self.lost is not None:
                    return
                batch = self._batch()
                if len(batch) == len(self._events):
                    self._urgent = False
            try:
                if batch:
                    body = {"lease": self._run["lease"], "first": self._first, "events": batch}
                    self._ask("report", body)
                    with self._turn:
                        del self._events[: len(batch)]
                        self._first += len(batch)
                        self._turn.notify_all()
                elif time.monotonic() - last >= heartbeat / 2:
                    self._ask("renew", {"lease": self._run["lease"]})
                last = time.monotonic()
            except (Lost, Refused, Unreachable) as error:
                if isinstance(error, Refused):
                    say(f"Run {self._run['id']}: the server refuses what is told of it: {error}")
                with self._turn:
                    self.lost = error
                    self._turn.notify_all()
                self._on_lost()
                return

    def _is_pressing(self):
        return self._urgent or self._over or len(self._events) >= most_events

    def _batch(self):
        batch, room = [], most_bytes
        for event in self._events[:most_events]:
            room -= len(json.dumps(event))
            if room < 0 and batch:
                break
            batch.append(event)
        return batch

    def _ask(self, what, body):
        asked = time.monotonic()
        # Somewhat before the server gives it to another one.
        self._server.again(f"runs/{self._run['id']}/{what}", body, until=self._until - 2, timeout=10)
        self._until = asked + self._run["lease_seconds"]
