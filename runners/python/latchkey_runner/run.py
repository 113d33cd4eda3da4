"""A run in hand: its blocks in their order, those that do not wait for each other at once."""

import base64
import hashlib
import json
import os
import queue
import shutil
import threading
import time

from . import sql
from .block_process import Stopped, run_process
from .graph import Graph
from .masking import Mask
from .reporter import Reporter
from .server import Lost, Refused, Unreachable
from .values import bytes_pickled, clean

stopped_at_work = "The runner was stopped while the block was at work"


class Run:
    def __init__(self, server, run, settings):
        self._server, self._run, self._settings = server, run, settings
        self._graph = Graph(run["blocks"])
        self._mask = Mask(run["secrets"])
        # Set: blocks at work are ended at once.
        self._cut = threading.Event()
        # Set: nothing begins any more.
        self._closing = threading.Event()
        self._done = queue.Queue()
        # Set: the run is not ours any more, or nobody waits for it.
        self._gone = threading.Event()
        self._threads = []
        self._place = os.path.join(settings.work, "at_work", run["lease"])
        # Numbers of runs are those of one database.
        its = (settings.url, run["pipeline_run_id"], run["execution_partition"], run["execution_date"], run["pipeline"]["uuid"])
        self._kept = os.path.join(settings.work, "kept", hashlib.sha256(repr(its).encode()).hexdigest())
        self._reporter = None

    def close(self):
        """Begins nothing any more; what is at work may end."""
        self._closing.set()
        self._done.put(None)

    def cut(self):
        """Ends what is at work."""
        self._gone.set()
        self._closing.set()
        self._cut.set()
        self._done.put(None)

    def perform(self):
        """Does what is left of the run, and ends it or gives it back. Raises nothing of what becomes of it."""
        os.makedirs(self._place, mode=0o700, exist_ok=True)
        self._reporter = Reporter(self._server, self._run, self.cut)
        try:
            self._work()
            for thread in self._threads:
                thread.join()
            self._reporter.drain()
            if self._reporter.lost is None:
                self._finish()
            elif isinstance(self._reporter.lost, Refused) and self._reporter.lost.status in (400, 413):
                # What its code has given cannot be told: that is an end, and no reason to begin again.
                message = f"The server does not take what the runner says of the run: {self._reporter.lost}"[:8000]
                self._end({"lease": self._run["lease"], "state": "failed", "message": message})
        except (Lost, Refused, Unreachable):
            pass
        finally:
            self.cut()
            self._reporter.end()
            self._tidy()

    def _work(self):
        limit = min(self._run["block_run_limit"] or self._settings.blocks, self._settings.blocks)
        at_work = set()
        while True:
            if self._fails():
                self._closing.set()
                self._cut.set()
            elif not self._closing.is_set():
                for block in self._graph.ready()[: limit - len(at_work)]:
                    self._graph.begin(block["uuid"])
                    at_work.add(block["uuid"])
                    thread = threading.Thread(target=self._perform, args=(block,), daemon=True)
                    self._threads.append(thread)
                    thread.start()
            if not at_work:
                return
            ended = self._done.get()
            if ended is None:
                continue
            uuid, status = ended
            at_work.discard(uuid)
            self._graph.end(uuid, status)

    def _fails(self):
        return bool(self._graph.failed()) and not self._run["allow_blocks_to_fail"]

    def _finish(self):
        failed = self._graph.failed()
        lease = {"lease": self._run["lease"]}
        if failed and not self._run["allow_blocks_to_fail"]:
            self._end({**lease, "state": "failed", "message": f"Failed to execute block {failed[0]}"})
        elif self._closing.is_set() and any(status in ("initial", "running") for status in self._graph.status.values()):
            self._server.again(f"runs/{self._run['id']}/give-back", lease, until=self._soon(), timeout=5)
        else:
            self._end({**lease, "state": "completed"})

    def _end(self, body):
        self._server.again(f"runs/{self._run['id']}/finish", body, until=self._soon(), timeout=10)

    def _soon(self):
        return time.monotonic() + self._run["lease_seconds"]

    # One block.

    def _perform(self, block):
        uuid = block["uuid"]
        status, end = "failed", None
        try:
            status, end = self._tried(block)
        except Stopped:
            status = "stopped"
        except (Unserved, sql.NoConnection) as error:
            end = self._failure(str(error))
        except (Lost, Refused, Unreachable) as error:
            end = self._failure(f"The inputs of block {uuid} could not be read: {error}")
        except Exception as error:  # noqa: BLE001: whatever it is, the block has an end
            end = self._failure(f"The runner could not run the block: {type(error).__name__}: {error}")
        if status == "stopped":
            status = self._stopped(block)
        elif end is not None:
            self._tell_end(block, status, end)
        self._done.put((uuid, status))
        if end is not None:
            self._call_back(block, status, end)

    def _stopped(self, block):
        """One that may begin once more does so with another runner; of the others, this is the end."""
        isnt_ours = self._reporter.lost is not None or self._fails()
        if isnt_ours or block["tries"] <= _retries(block):
            return "running"
        self._tell_end(block, "failed", self._failure(stopped_at_work))
        return "failed"

    def _tried(self, block):
        self._refuse(block)
        settings = block["retries"]
        delay, waited = _number(settings.get("delay"), 5), 0
        most, longest = _retries(block) + 1, _number(settings.get("max_delay"), 60)
        while True:
            block["tries"] += 1
            # One that nobody knows of would begin again, were this runner lost.
            if not self._reporter.is_told(self._reporter.tell(type="began", block=block["uuid"]), self._cut):
                raise Stopped
            self._log(block, "INFO", f"Start executing block {block['uuid']}.")
            end = self._attempt(block)
            if end["status"] != "failed":
                self._log(block, "INFO", f"Finish executing block {block['uuid']}.")
                return end["status"], end
            if block["tries"] >= most or waited + delay > longest:
                return "failed", end
            self._log(block, "WARNING", f"{end['error']['error']}: attempt {block['tries'] + 1} of {most} in {delay:g} seconds")
            if self._closing.wait(delay):
                raise Stopped
            waited += delay
            if settings.get("exponential_backoff", True):
                delay *= 2

    def _refuse(self, block):
        language = block["language"]
        if language == "r":
            language = "R"
        elif language == "python" or (language == "sql" and sql.connection_name(block)):
            return
        raise Unserved(f"Block {block['uuid']} is written in {language}, which this runner does not run")

    def _attempt(self, block):
        place = self._place_of(block["uuid"])
        shutil.rmtree(place, ignore_errors=True)
        shutil.rmtree(self._place_of(block["uuid"], self._kept), ignore_errors=True)
        os.makedirs(place, mode=0o700)
        job = {**self._job(block), "mode": "block"}
        job["inputs"] = [self._inputs(one) for one in block["upstream_blocks"]]
        job["conditions"] = [one for one in self._run["conditionals"] if block["uuid"] in one["upstream_blocks"]]
        end = run_process(job, lambda level, line: self._log(block, level, line), self._cut)
        if end["status"] == "failed":
            end["error"] = self._bounded(end["error"])
        return end

    def _bounded(self, error):
        """An error as the server takes it, whatever a block has made of it: the end of a long traceback says most."""
        lines = [self._mask.text(str(line))[:10_000] for line in list(error.get("errors") or [])[-100:]]
        while sum(map(len, lines)) > 100_000:
            del lines[0]
        message = self._mask.text(str(error.get("message") or ""))[-100_000:]
        return {"error": self._mask.text(str(error["error"]))[:10_000], "errors": lines, "message": message}

    def _job(self, block):
        run, settings = self._run, self._settings
        trigger = run["trigger"] or {"name": None, "id": None}
        names = ("event", "variables", "execution_date", "execution_partition", "interval", "pipeline_run_id", "secrets")
        return {
            **{name: run[name] for name in names},
            "block": block,
            "place": self._place_of(block["uuid"]),
            "pipeline_uuid": run["pipeline"]["uuid"],
            "pipeline_run": {"id": run["pipeline_run_id"], "pipeline_uuid": run["pipeline"]["uuid"]},
            "trigger_name": trigger["name"],
            "env": settings.environment,
            "folder": settings.folder,
            "connections": settings.connections,
            "memory_mb": settings.memory_mb,
            "cpu_seconds": settings.cpu_seconds,
            # A sensor waits without limit, as long as its own timeout and its run's let it.
            "seconds": 0 if block["type"] == "sensor" else settings.seconds,
            "sensor_seconds": settings.sensor_seconds,
            "attempt": block["tries"],
        }

    def _place_of(self, uuid, folder=None):
        return os.path.join(folder or self._place, uuid.replace("/", "%2F"))

    def _inputs(self, uuid):
        """The folder of what a block gave: here, or, where that was another time, from the server."""
        place = self._place_of(uuid)
        if os.path.isdir(place) or self._graph.status.get(uuid) != "completed":
            return place
        if os.path.isdir(self._place_of(uuid, self._kept)):
            return self._place_of(uuid, self._kept)
        body = {"lease": self._run["lease"], "block": uuid}
        kept = self._server.again(f"runs/{self._run['id']}/outputs", body, until=self._soon())["outputs"]
        if any(one["pickled"] is None for one in kept):
            raise Unserved(
                f"What block {uuid} gave is not with the server (it is too large, or has a secret in it), nor with this runner: retry from that block"
            )
        os.makedirs(place, mode=0o700, exist_ok=True)
        for at, one in enumerate(kept):
            with open(os.path.join(place, f"output_{at}.pickle"), "wb") as file:
                file.write(base64.b64decode(one["pickled"]))
        return place

    def _call_back(self, block, status, end):
        outcome = {"completed": "success", "failed": "failure"}.get(status)
        for callback in self._run["callbacks"]:
            if outcome and block["uuid"] in callback["upstream_blocks"] and self._reporter.lost is None:
                error = end["error"]["error"] if outcome == "failure" else None
                self._call_one(block, callback, outcome, error)

    def _call_one(self, block, callback, outcome, error):
        job = {**self._job(block), "mode": "callback", "callback": callback, "outcome": outcome, "error": error}
        try:
            end = run_process(job, lambda level, line: self._log(block, level, line), self._gone)
        except Stopped:
            return
        except Exception as error:  # noqa: BLE001
            end = self._failure(str(error))
        if end["status"] == "failed":
            self._log(block, "ERROR", f"Callback {callback['uuid']} failed: {end['error']['error']}")

    # What is told.

    def _tell(self, **event):
        self._reporter.tell(**event)

    def _log(self, block, level, message):
        level = level if level in ("INFO", "WARNING", "ERROR", "EXCEPTION") else "INFO"
        message = clean(self._mask.text(message))[:60_000]
        self._reporter.tell(urgent=False, type="log", block=block["uuid"], level=level, message=message)

    def _failure(self, sentence):
        sentence = self._mask.text(clean(sentence))[:8000]
        return {"status": "failed", "error": {"error": sentence, "errors": [], "message": sentence}}

    def _tell_end(self, block, status, end):
        event = {"type": "ended", "block": block["uuid"], "status": status}
        if status == "failed":
            event["error"] = end["error"]
        if end.get("outputs"):
            event["outputs"] = self._told(block, end["outputs"])
        self._tell(**event)

    def _told(self, block, outputs):
        """What the server keeps of outputs: not what is too large, and no secret."""
        told, room = [], 700_000
        for at, output in enumerate(outputs[:1000]):
            size = output.pop("bytes", None)
            output = self._mask.value(output)
            room -= len(json.dumps(output))
            if room < 0:
                output = {"type": "text", "text_data": "Too large to be shown here"}
            if size is not None and size <= min(bytes_pickled, room * 3 // 4):
                with open(os.path.join(self._place_of(block["uuid"]), f"output_{at}.pickle"), "rb") as file:
                    data = file.read()
                if not self._mask.is_in(data):
                    output["pickled"] = base64.b64encode(data).decode()
                    room -= len(output["pickled"])
            told.append(output)
        return told

    def _tidy(self):
        """Outputs that the server has are not kept here as well; nor are those with secrets in them."""
        for name in os.listdir(self._place):
            place, kept = os.path.join(self._place, name), os.path.join(self._kept, name)
            if self._is_wanted(place):
                os.makedirs(self._kept, mode=0o700, exist_ok=True)
                shutil.rmtree(kept, ignore_errors=True)
                shutil.move(place, kept)
        shutil.rmtree(self._place, ignore_errors=True)

    def _is_wanted(self, place):
        found = False
        for name in os.listdir(place):
            path = os.path.join(place, name)
            if os.path.getsize(path) > bytes_pickled:
                with open(path, "rb") as file:
                    if self._mask.is_in(file.read()):
                        return False
                found = True
        return found


class Unserved(Exception):
    """A block that cannot be run here, in a sentence."""


def _retries(block):
    return int(_number(block["retries"].get("retries"), 0))


def _number(value, otherwise):
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0 else otherwise
