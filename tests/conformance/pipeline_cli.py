"""Holds a running Latchkey against the real `pipeline` command line and its SDK, pipeline-ai 2.6.0.

    LATCHKEY_URL=http://localhost:6789 LATCHKEY_API_KEY=... python3 tests/conformance/pipeline_cli.py

The token is an owner's. Nothing but the network is needed: the client gets a virtual environment of its own, in
MYSTIC_VENV if that is set (and kept there for the next time). What each command has to print is in `expectations.py`,
beside the facts of docs/compat/mystic.md. It prints a line for each, `same`, `DIFFERS` or `skipped`, and ends with 1
where one differs. Runs need a server that takes containers of this machine (docs/runs.md), as theirs is in this process.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
import venv
from pathlib import Path

sys.dont_write_bytecode = True

from container import Container  # noqa: E402
from expectations import Step, steps  # noqa: E402

CLIENT = "pipeline-ai==2.6.0"
# pydantic 1, which the client needs, stops at 3.12; the client itself begins at 3.10.
PYTHONS = [(3, 11), (3, 12), (3, 10)]


def python_that_fits() -> list[str] | None:
    """The command of a Python that can run the client, or None."""
    if sys.version_info[:2] in PYTHONS:
        return [sys.executable]
    for major, minor in PYTHONS:
        if found := shutil.which(f"python{major}.{minor}"):
            return [found]
    return None


def environment(folder: Path) -> Path:
    """Makes the client's environment where there is none, and gives its folder of programs."""
    programs = folder / "bin"
    if (programs / "pipeline").exists():
        return programs
    if python := python_that_fits():
        subprocess.run([*python, "-m", "venv", folder], check=True)
        subprocess.run([programs / "pip", "install", "--quiet", CLIENT], check=True)
    else:
        helper = folder.with_name(f"{folder.name}-uv")
        venv.create(helper, with_pip=True)
        subprocess.run([helper / "bin/pip", "install", "--quiet", "uv"], check=True)
        subprocess.run([helper / "bin/uv", "venv", "--quiet", "--seed", "--python", "3.11", folder], check=True)
        subprocess.run([programs / "pip", "install", "--quiet", CLIENT], check=True)
    return programs


class World:
    """What steps share: where the server is, what was made there, and the folders of the client."""

    def __init__(self, url: str, token: str, programs: Path, folder: Path) -> None:
        self.url = url.rstrip("/")
        self.token = token
        self.programs = programs
        self.folder = folder
        self.config = folder / "pipeline" / "config.yaml"
        self.container = Container()
        # What names of steps and their expectations may hold: {user}, {pipeline}, ...
        self.words = {"url": self.url, "token": token, "folder": str(folder), "run": os.urandom(4).hex()}

    def api(self, method: str, path: str, body: object = None) -> tuple[int, dict]:
        """Asks the server without the client. Gives the status and the JSON."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, json.loads(answer.read() or b"{}")
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read() or b"{}")

    def run(self, step: Step) -> tuple[int, str, str]:
        """Runs the command or the piece of Python of a step. Gives exit code, stdout and stderr, as they compare."""
        program = ["python", "-c", step.python] if step.python else ["pipeline", *step.command]
        arguments = [self.fill(word) for word in program]
        unset = {"PIPELINE_API_TOKEN", "PIPELINE_API_URL", "PIPELINE_DIR", "VERBOSE"}
        env = {name: value for name, value in os.environ.items() if name not in unset}
        folder = self.folder / "without" if step.without_config else self.config.parent
        env |= {"TZ": "UTC", "COLUMNS": "200", "PIPELINE_DIR": str(folder), "PYTHONUNBUFFERED": "1"}
        env |= {name: self.fill(value) for name, value in step.env.items()}
        arguments[0] = str(self.programs / arguments[0])
        done = subprocess.run(arguments, capture_output=True, env=env, cwd=self.folder, timeout=120)
        return done.returncode, plain(done.stdout.decode()), plain(done.stderr.decode())

    def fill(self, text: str) -> str:
        return re.sub(r"\{(\w+)\}", lambda match: self.words.get(match[1], match[0]), text)


def plain(text: str) -> str:
    """Without colours, times of day, and what names a request."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", text)
    text = re.sub(r"^Pipeline \d\d:\d\d:\d\d - \[(\w+)\]: ", r"\1 ", text, flags=re.M)
    return re.sub(r"request_id=[\w-]{8,}", "request_id=ID", text)


def differences(step: Step, world: World, code: int, stdout: str, stderr: str) -> list[str]:
    """What is otherwise than it should be, in words."""
    found = []
    if code != step.exit:
        found.append(f"exit code {code} instead of {step.exit}")
    for name, wanted, said in [("stdout", step.stdout, stdout), ("stderr", step.stderr, stderr)]:
        if wanted is not None and not re.fullmatch(world.fill(wanted), said, flags=re.S):
            found.append(f"{name} is {said!r}, which {world.fill(wanted)!r} does not match")
    if step.config is not None:
        written = world.config.read_text() if world.config.exists() else ""
        if written != world.fill(step.config):
            found.append(f"config.yaml is {written!r} instead of {world.fill(step.config)!r}")
    if step.then is not None and (complaint := step.then(world, stdout)):
        found.append(complaint)
    return found


def main() -> int:
    missing = [name for name in ("LATCHKEY_URL", "LATCHKEY_API_KEY") if not os.environ.get(name)]
    if missing:
        print(f"Set {' and '.join(missing)}.", file=sys.stderr)
        return 2
    counts = {"same": 0, "DIFFERS": 0, "skipped": 0}
    with tempfile.TemporaryDirectory(prefix="latchkey-pipeline-") as scratch:
        folder = Path(scratch)
        programs = environment(Path(os.environ.get("MYSTIC_VENV") or folder / "venv").absolute())
        world = World(os.environ["LATCHKEY_URL"], os.environ["LATCHKEY_API_KEY"], programs, folder)
        with world.container:
            for step in steps:
                why = step.skip or (step.before(world) if step.before else "")
                verdict, found = "skipped", [why] if why else []
                if not why:
                    found = differences(step, world, *world.run(step))
                    verdict = "DIFFERS" if found else "same"
                counts[verdict] += 1
                print(f"{verdict}: {world.fill(step.name)}" + (f" ({'; '.join(found)})" if found else ""), flush=True)
    print(", ".join(f"{count} {verdict}" for verdict, count in counts.items()))
    return 1 if counts["DIFFERS"] else 0


if __name__ == "__main__":
    sys.exit(main())
