"""The process of a block, seen from outside: its lines, its end, and the limits that it does not keep itself."""

import json
import os
import selectors
import signal
import subprocess
import sys
import time

longest_line = 16 * 1024
longest_message = 8 * 1024 * 1024
most_lines = 20_000


class Stopped(Exception):
    """The process was ended because its run is over, or the runner is."""


def run_process(job, say, stopping):
    """
    Runs a job and gives what became of it. `say(level, message)` hears each line; where `stopping` is set, the process is ended and `Stopped`
    raised.
    """
    reading, writing = os.pipe()
    # Nothing is imported from the folder of the blocks before the limits are set.
    begin = "import sys; sys.path[:] = [one for one in sys.path if one]; from latchkey_runner.child import main; main()"
    command = [sys.executable, "-c", begin, str(writing)]
    own = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    path = os.pathsep.join(filter(None, [own, os.environ.get("PYTHONPATH")]))
    # The runner's own key is not for the code that it runs.
    environment = {name: value for name, value in os.environ.items() if name != "LATCHKEY_API_KEY"}
    environment.update(PYTHONPATH=path, PYTHONUNBUFFERED="1", PYTHONIOENCODING="utf-8")
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        pass_fds=(writing,),
        start_new_session=True,
        cwd=job["folder"],
        env=environment,
    )
    os.close(writing)
    try:
        return _Watched(process, reading, job, say, stopping).ending()
    finally:
        _kill(process)
        process.wait()
        for stream in (process.stdin, process.stdout):
            try:
                stream.close()
            except OSError:
                pass
        os.close(reading)


def _kill(process):
    """With all that it has started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass


class _Watched:
    def __init__(self, process, reading, job, say, stopping):
        self._process, self._job, self._say, self._stopping = process, job, say, stopping
        self._reading, self._printed = reading, process.stdout.fileno()
        self._rest = {self._reading: b"", self._printed: b""}
        self._end = None
        self._lines = 0

    def ending(self):
        limit = self._job["seconds"]
        until = time.monotonic() + limit if limit else None
        with selectors.DefaultSelector() as selector:
            data = memoryview(json.dumps(self._job).encode() + b"\n")
            for descriptor in self._rest:
                os.set_blocking(descriptor, False)
                selector.register(descriptor, selectors.EVENT_READ)
            os.set_blocking(self._process.stdin.fileno(), False)
            selector.register(self._process.stdin, selectors.EVENT_WRITE)
            open_ones = set(self._rest)
            while open_ones:
                if self._stopping.is_set():
                    raise Stopped
                if until is not None and time.monotonic() >= until:
                    self._flush()
                    return _failed(f"The block took longer than {limit:g} seconds")
                for key, _ in selector.select(0.1):
                    if key.fileobj is self._process.stdin:
                        data = self._feed(selector, data)
                    elif not self._read(key.fd):
                        selector.unregister(key.fd)
                        open_ones.discard(key.fd)
                # What it has started may hold its output open.
                if self._end is not None or self._process.poll() is not None:
                    for descriptor in list(open_ones):
                        while self._read(descriptor):
                            pass
                    break
        self._flush()
        return self._end or self._died()

    def _feed(self, selector, data):
        try:
            data = data[os.write(self._process.stdin.fileno(), data) :]
        except BlockingIOError:
            return data
        except OSError:
            data = data[:0]
        if not data:
            # Open, and silent, for as long as we live.
            selector.unregister(self._process.stdin)
        return data

    def _read(self, descriptor):
        try:
            piece = os.read(descriptor, 65536)
        except BlockingIOError:
            return False if self._end is not None or self._process.poll() is not None else True
        if not piece:
            return False
        *lines, rest = (self._rest[descriptor] + piece).split(b"\n")
        is_print = descriptor == self._printed
        if len(rest) > (longest_line if is_print else longest_message):
            lines.append(rest)
            rest = b""
        self._rest[descriptor] = rest
        for line in lines:
            self._print(line) if is_print else self._hear(line)
        return True

    def _flush(self):
        if self._rest[self._printed]:
            self._print(self._rest[self._printed])
            self._rest[self._printed] = b""

    def _print(self, line):
        self._line("INFO", line.decode("utf-8", "replace").rstrip("\r"))

    def _line(self, level, message):
        self._lines += 1
        if self._lines < most_lines:
            self._say(level, message)
        elif self._lines == most_lines:
            self._say("WARNING", f"No more than {most_lines} lines of a block are kept")

    def _hear(self, line):
        """Code may write here as well: what is nothing of ours is passed over."""
        try:
            message = json.loads(line)
            if message["t"] == "log":
                self._line(str(message["level"]), str(message["message"]))
            elif message["t"] == "end" and self._end is None:
                if message["status"] == "failed":
                    str(message["error"]["error"])
                self._end = {name: message[name] for name in ("status", "outputs", "error") if name in message}
        except (ValueError, KeyError, TypeError):
            pass

    def _died(self):
        code = self._process.wait()
        if code == -signal.SIGXCPU:
            return _failed(f"The block used more than {self._job['cpu_seconds']} seconds of the processor")
        if code == -signal.SIGKILL:
            return _failed("The block's process was killed: it may have taken more memory than the machine has")
        how = f"by signal {-code}" if code < 0 else f"with code {code}"
        return _failed(f"The block's process ended {how}")


def _failed(sentence):
    return {"status": "failed", "error": {"error": sentence, "errors": [], "message": sentence}}
