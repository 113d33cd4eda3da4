"""`latchkey-runner`: asks for runs, works on them, and leaves as it was asked to."""

import os
import platform
import shutil
import signal
import sys
import threading
import time

from . import __version__
from .run import Run
from .server import Lost, Refused, Server, Unreachable, pauses
from .settings import Mistake, read_settings, say

# What is too large for the server is kept for so long, for whoever retries a run; seconds.
kept = 7 * 24 * 3600


class Runner:
    def __init__(self, settings):
        self._settings = settings
        self._server = Server(settings.url, settings.key)
        self._taking = Server(settings.url, settings.key)
        self._stopping = threading.Event()
        self._turn = threading.Lock()
        self._runs = set()
        self.refused = None

    def work(self):
        """Until it is stopped; gives the code to exit with."""
        threads = [threading.Thread(target=self._take, daemon=True) for _ in range(self._settings.runs)]
        for thread in threads:
            thread.start()
        while not self._stopping.wait(0.2):
            pass
        self._leave(threads)
        if self.refused is not None:
            say(f"The server refuses this runner: {self.refused}")
            return 1
        return 0

    def stop(self, *_signal):
        if self._stopping.is_set():
            for run in list(self._runs):
                run.cut()
        self._stopping.set()

    def _leave(self, threads):
        # What is given back is for others: first of all nobody here waits for runs any more.
        self._taking.hang_up()
        with self._turn:
            runs = list(self._runs)
        for run in runs:
            run.close()
        self._wait(threads, self._settings.grace)
        for run in list(self._runs):
            run.cut()
        self._wait(threads, 10)

    def _wait(self, threads, seconds):
        until = time.monotonic() + seconds
        while any(thread.is_alive() for thread in threads) and time.monotonic() < until:
            time.sleep(0.05)

    def _take(self):
        steps = pauses(0.2, 5)
        while not self._stopping.is_set():
            asked = time.monotonic()
            try:
                answer = self._taking.again("take", {"wait_seconds": 20}, stopped=self._stopping, timeout=35)
            except Unreachable:
                continue
            except Refused as error:
                # A key that is gone, or may not: nothing that waiting would mend.
                self.refused = error
                return self._stopping.set()
            except Lost:
                continue
            run = answer and answer["run"]
            if run:
                self._perform(run)
                steps = pauses(0.2, 5)
            elif time.monotonic() - asked < 1:
                # A server on its way out does not let anybody wait.
                self._stopping.wait(next(steps))

    def _perform(self, run):
        work = Run(self._server, run, self._settings)
        with self._turn:
            self._runs.add(work)
            if self._stopping.is_set():
                work.close()
        try:
            work.perform()
        except Exception as error:  # noqa: BLE001: the next run is not to suffer from it
            say(f"Run {run['id']}: {type(error).__name__}: {error}")
        finally:
            with self._turn:
                self._runs.discard(work)


def hide():
    """From what blocks are to see of us in /proc, our key."""
    try:
        import ctypes

        ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)  # PR_SET_DUMPABLE
    except (ImportError, OSError, AttributeError):
        pass


def forget_old(work):
    """Outputs that nobody has come back for."""
    place = os.path.join(work, "kept")
    if not os.path.isdir(place):
        return
    for name in os.listdir(place):
        path = os.path.join(place, name)
        try:
            if time.time() - os.path.getmtime(path) > kept:
                shutil.rmtree(path, ignore_errors=True)
        except OSError:
            pass


def main(arguments=None):
    try:
        settings = read_settings(sys.argv[1:] if arguments is None else arguments)
    except Mistake as mistake:
        say(str(mistake))
        return 2
    if os.name != "posix":
        say("The runner needs Linux or macOS")
        return 2
    hide()
    forget_old(settings.work)
    runner = Runner(settings)
    signal.signal(signal.SIGTERM, runner.stop)
    signal.signal(signal.SIGINT, runner.stop)
    say(f"Latchkey runner {__version__} on Python {platform.python_version()}: taking runs from {settings.url}, {settings.runs} at a time.")
    return runner.work()


if __name__ == "__main__":
    sys.exit(main())
