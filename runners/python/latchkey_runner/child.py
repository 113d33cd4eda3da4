"""One block, in a process of its own. What it is to do comes by the standard input, what became of it goes to a pipe."""

import datetime
import inspect
import json
import linecache
import logging
import os
import pickle
import signal
import sys
import threading
import time
import traceback

from . import shim, sql, values

try:
    import resource
except ImportError:  # Windows has none.
    resource = None


class BlockFailed(Exception):
    """A block that cannot be run, in a sentence."""


class TestsFailed(BlockFailed):
    """What a block gave is there, and is not what it should be."""

    def __init__(self, sentence, outputs):
        super().__init__(sentence)
        self.outputs = outputs


class Pipe:
    def __init__(self, descriptor):
        self._file = os.fdopen(descriptor, "w", encoding="utf-8", errors="replace")
        self._turn = threading.Lock()

    def say(self, **message):
        with self._turn:
            self._file.write(json.dumps(message) + "\n")
            self._file.flush()


class PipeHandler(logging.Handler):
    def __init__(self, pipe):
        super().__init__()
        self._pipe = pipe

    def emit(self, record):
        level = {"DEBUG": "INFO", "CRITICAL": "ERROR"}.get(record.levelname, record.levelname)
        self._pipe.say(t="log", level=level if level in ("INFO", "WARNING", "ERROR") else "INFO", message=self.format(record))


def limit(job):
    """Nobody takes these back, but for whoever is root."""
    if resource is None:
        return
    if job["memory_mb"]:
        size = job["memory_mb"] * 1024 * 1024
        # Of the address space some is mapped and never used: libraries, and stacks of threads.
        for name, most in (("RLIMIT_DATA", size), ("RLIMIT_AS", size + 1024 * 1024 * 1024)):
            _set_limit(getattr(resource, name, None), most)
    if job["cpu_seconds"]:
        _set_limit(resource.RLIMIT_CPU, job["cpu_seconds"], job["cpu_seconds"] + 1)
    _set_limit(resource.RLIMIT_CORE, 0)


def _set_limit(which, most, hardest=None):
    if which is None:
        return
    try:
        hard = resource.getrlimit(which)[1]
        hardest = hardest or most
        hardest = hardest if hard == resource.RLIM_INFINITY else min(hardest, hard)
        resource.setrlimit(which, (min(most, hardest), hardest))
    except (ValueError, OSError):
        pass


def end_with_parent(stream):
    """The runner holds the other end: where it dies, so do we, and what we have started."""

    def watch():
        while stream.read(4096):
            pass
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()


def main():
    descriptor = int(sys.argv[1])
    stream = os.fdopen(os.dup(0), "rb", buffering=0)
    first = b""
    while not first.endswith(b"\n"):
        piece = stream.read(65536)
        if not piece:
            return
        first += piece
    end_with_parent(stream)
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    job = json.loads(first)
    pipe = Pipe(descriptor)
    limit(job)
    try:
        sys.stdout.reconfigure(line_buffering=True, errors="replace")
        sys.stderr.reconfigure(line_buffering=True, errors="replace")
        pipe.say(t="end", **Work(job, pipe).do())
    except MemoryError:
        most = f"more than {job['memory_mb']} MiB of" if job["memory_mb"] else "more than there is of"
        pipe.say(t="end", **failure(f"The block took {most} memory"))
    except (BlockFailed, values.Unkept, sql.NoConnection) as error:
        pipe.say(t="end", **failure(str(error)))
    except BaseException as error:  # noqa: BLE001: sys.exit() in a block ends the block alone
        pipe.say(t="end", **failure(_sentence(error), error))
    sys.stdout.flush()
    sys.stderr.flush()
    # Threads that a block has left do not keep it.
    os._exit(0)


def failure(sentence, error=None):
    lines = traceback.format_exception(type(error), error, error.__traceback__) if error is not None else []
    own = os.path.dirname(__file__)
    lines = [line for line in lines if own not in line]
    text = "".join(lines)[-200_000:]
    clean = values.clean
    return {
        "status": "failed",
        "error": {"error": clean(sentence)[:60_000], "errors": [clean(one)[:60_000] for one in lines[-200:]], "message": clean(text) or clean(sentence)[:60_000]},
    }


def _sentence(error):
    if isinstance(error, SystemExit):
        return f"The block called exit({error.code!r})"
    return str(error) or type(error).__name__


class Work:
    def __init__(self, job, pipe):
        self._job = job
        self._pipe = pipe
        self._block = job["block"]
        logger = logging.getLogger(f"block.{self._block['uuid']}")
        logger.setLevel(logging.DEBUG)
        logger.propagate = False
        logger.addHandler(PipeHandler(pipe))
        self._logger = logger
        sys.path.insert(0, job["folder"])

    def do(self):
        if self._job["mode"] == "callback":
            return self._call_back()
        inputs = [self._load(path) for path in self._job["inputs"]]
        for condition in self._job["conditions"]:
            if not self._holds(condition, inputs):
                return {"status": "condition_failed"}
        try:
            return {"status": "completed", "outputs": self._keep(self._outputs(inputs))}
        except TestsFailed as error:
            return {**failure(str(error)), "outputs": self._keep(error.outputs)}

    def _keep(self, outputs):
        kept = []
        for at, value in enumerate(outputs):
            data = values.pickled(value)
            with open(os.path.join(self._job["place"], f"output_{at}.pickle"), "wb") as file:
                file.write(data)
            kept.append({**values.shown(value), "bytes": len(data)})
        return kept

    def _load(self, path):
        found, at = [], 0
        while os.path.exists(os.path.join(path, f"output_{at}.pickle")):
            with open(os.path.join(path, f"output_{at}.pickle"), "rb") as file:
                found.append(pickle.load(file))
            at += 1
        return values.argument_of(found)

    def _outputs(self, inputs):
        block, kind = self._block, self._block["type"]
        if block["language"] == "sql":
            variables = {**self._job["variables"], **{name: self._keywords()[name] for name in ("ds", "hr", "env")}}
            return values.outputs_of(sql.run_sql(block, inputs, variables, self._job["secrets"], self._job["connections"]))
        decorated = self._execute(block)
        functions = decorated.functions.get(kind, [])
        if not functions:
            raise BlockFailed(
                f"Block {block['uuid']} does not have any decorated functions. "
                f"Make sure that a function in the block is decorated with @{kind}."
            )
        if kind == "sensor":
            self._wait_for(functions[0], inputs)
            return []
        outputs = values.outputs_of(self._call(functions[0], inputs))
        self._test(decorated.functions.get("test", []), outputs)
        return outputs

    def _execute(self, block):
        decorated = shim.Decorated()
        shim.install(decorated, self._job["secrets"], self._job["variables"], self._job["folder"])
        name = f"{'custom' if block['type'] == 'custom' else block['type'] + 's'}/{block['uuid']}.py"
        linecache.cache[name] = (len(block["content"]), None, block["content"].splitlines(True), name)
        get_secret_value = shim.secret_reader(self._job["secrets"])
        namespace = {
            **decorated.names(),
            "__name__": f"block_{block['uuid']}",
            "__file__": os.path.join(self._job["folder"], name),
            "get_secret_value": get_secret_value,
            "mage_secret_var": get_secret_value,
        }
        exec(compile(block["content"], name, "exec"), namespace)  # noqa: S102: what this process is for
        return decorated

    def _keywords(self):
        job = self._job
        when = datetime.datetime.fromisoformat(job["execution_date"])
        given = {**job["event"], **job["variables"]}
        names = {
            "block_uuid": self._block["uuid"],
            "configuration": self._block["configuration"],
            "context": {},
            "ds": when.strftime("%Y-%m-%d"),
            "env": job["env"],
            "event": job["event"],
            "execution_date": when,
            "execution_partition": job["execution_partition"],
            "hr": when.strftime("%H"),
            "logger": self._logger,
            "pipeline_run_id": job["pipeline_run_id"],
            "pipeline_uuid": job["pipeline_uuid"],
            "repo_path": job["folder"],
            "retry": {"attempts": job["attempt"]},
            "trigger_name": job["trigger_name"],
        }
        interval = job["interval"]
        if interval:
            read = lambda text: text and datetime.datetime.fromisoformat(text)  # noqa: E731
            names.update(
                interval_start_datetime=read(interval["start"]),
                interval_end_datetime=read(interval["end"]),
                interval_start_datetime_previous=read(interval["previous"]),
                interval_seconds=interval["seconds"],
            )
        return {**given, **names}

    def _call(self, function, inputs, more=None, strict=True):
        parameters = inspect.signature(function).parameters.values()
        places = [one for one in parameters if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)]
        has_rest = any(one.kind == one.VAR_POSITIONAL for one in parameters)
        has_keywords = any(one.kind == one.VAR_KEYWORD for one in parameters)
        needed = sum(one.default is one.empty for one in places)
        uuid = self._block["uuid"]
        if strict and needed > len(inputs):
            raise BlockFailed(
                f"Block {uuid} may be missing upstream dependencies. It expected to have {'at least ' if has_rest else ''}"
                f"{needed} arguments, but only received {len(inputs)}. Confirm that the block has the right upstream blocks."
            )
        if strict and places and len(inputs) > len(places) and not has_rest:
            raise BlockFailed(
                f"Block {uuid} has too many input arguments. It expected to have {len(places)} arguments, but received "
                f"{len(inputs)}. Confirm that the block has the right upstream blocks."
            )
        if not strict and not has_rest:
            inputs = inputs[: len(places)]
        keywords = {**self._keywords(), **(more or {})} if has_keywords else {}
        taken = {one.name for one in places[: len(inputs)]}
        return function(*inputs, **{name: value for name, value in keywords.items() if name not in taken})

    def _wait_for(self, function, inputs):
        while not self._call(function, inputs, strict=False):
            print(f"Sensor sleeping for {self._job['sensor_seconds']:g} seconds...")
            time.sleep(self._job["sensor_seconds"])

    def _test(self, tests, outputs):
        passed = 0
        for test in tests:
            try:
                self._call(test, outputs or [None], strict=False)
                passed += 1
            except AssertionError as error:
                print(f"FAIL: {test.__name__} (block: {self._block['uuid']})")
                print("".join(traceback.format_exception(type(error), error, error.__traceback__)))
        if tests:
            print(f"{passed}/{len(tests)} tests passed.")
        if passed < len(tests):
            raise TestsFailed(f"Failed to pass tests for block {self._block['uuid']}", outputs)

    def _holds(self, condition, inputs):
        functions = self._execute(condition).functions.get("condition", [])
        more = {"parent_block_uuid": self._block["uuid"], "pipeline_run": self._job["pipeline_run"]}
        return all(self._call(function, inputs, more, strict=False) for function in functions)

    def _call_back(self):
        outcome, error = self._job["outcome"], self._job["error"]
        functions = self._execute(self._job["callback"]).functions.get(f"callback {outcome}", [])
        output = [self._load(self._job["place"])]
        more = {"parent_block_uuid": self._block["uuid"], "pipeline_run": self._job["pipeline_run"]}
        if error is not None:
            more["__error"] = error
        for function in functions:
            self._call(function, output, more, strict=False)
        return {"status": "completed", "outputs": []}


if __name__ == "__main__":
    main()
