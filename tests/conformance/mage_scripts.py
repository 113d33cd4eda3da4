"""What public scripts do with Mage's API, against a server that runs: fire and wait, make a pipeline of three blocks and read what one
gave, an hourly trigger made, listed and disabled, cancel, retry. Needs `requests`.

    LATCHKEY_URL=… LATCHKEY_APPLICATION_KEY=… LATCHKEY_OWNER_EMAIL=… LATCHKEY_OWNER_PASSWORD=… LATCHKEY_API_KEY=… python mage_scripts.py

With LATCHKEY_API_KEY, a container is served here and attached to the pipeline. Without it blocks are run: by a runner of the account,
or by the server, where that is a real Mage.
"""

import json
import os
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests

url = os.environ["LATCHKEY_URL"].rstrip("/")
api = f"{url}/api"
key = os.environ["LATCHKEY_APPLICATION_KEY"]
api_key = os.environ.get("LATCHKEY_API_KEY")
owner = {"email": os.environ["LATCHKEY_OWNER_EMAIL"], "password": os.environ["LATCHKEY_OWNER_PASSWORD"]}
name = f"scripts_{uuid.uuid4().hex[:8]}"
ends = ("completed", "failed", "cancelled")
seen: list[dict] = []


class Container(BaseHTTPRequestHandler):
    """Keeps the container contract (docs/compat/mystic.md: Containers): gives back the sum of what it is given."""

    def answer(self, body: dict) -> None:
        data = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self) -> None:
        self.answer({"state": "loaded", "message": None, "current_run": None})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        seen.append(body)
        values = [one["value"] for one in body["inputs"]]
        if "slow" in values:
            time.sleep(30)
        total = sum(value for value in values if isinstance(value, int))
        error = {"type": "pipeline_error", "message": "kaboom", "traceback": None} if "fail" in values else None
        outputs = None if error else [{"type": "integer", "value": total, "file": None}]
        try:
            self.answer({"inputs": None, "outputs": outputs, "error": error})
        except (BrokenPipeError, ConnectionResetError):
            pass  # The run was cancelled.

    def log_message(self, *_args) -> None:
        pass


def sign_in() -> dict:
    answer = requests.post(f"{api}/sessions", headers={"X-API-KEY": key}, json={"session": owner}, timeout=30).json()
    return {"X-API-KEY": key, "Cookie": f"oauth_token={answer['session']['token']}"}


headers = sign_in()


def call(method: str, path: str, body: dict | None = None, **params) -> dict:
    answer = requests.request(method, f"{api}{path}", headers=headers, json=body, params=params, timeout=30)
    answer.raise_for_status()
    said = answer.json()
    assert "error" not in said, said
    return said


def attach() -> None:
    """Has the pipeline run in a container of ours."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Container)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    bearer = {"Authorization": f"Bearer {api_key}"}
    found = requests.get(f"{url}/v1/pipelines", headers=bearer, params={"query": name}, timeout=30).json()
    pipeline = found["results"][0]["id"]
    address = {"url": f"http://127.0.0.1:{server.server_port}"}
    requests.put(f"{url}/v4/pipelines/{pipeline}/container", headers=bearer, json=address, timeout=30).raise_for_status()


def fire(trigger: dict, variables: dict) -> dict:
    """The call that most scripts make: nothing but the token in the path."""
    path = f"{api}/pipeline_schedules/{trigger['id']}/pipeline_runs/{trigger['token']}"
    return requests.post(path, json={"pipeline_run": {"variables": variables}}, timeout=30).json()["pipeline_run"]


def wait(run: dict, until: tuple = ends) -> dict:
    """The loop that scripts have: it has to end."""
    for _ in range(600):
        found = call("GET", f"/pipeline_runs/{run['id']}")["pipeline_run"]
        if found["status"] in until:
            return found
        time.sleep(0.2)
    raise AssertionError(f"run {run['id']} never ended")


loader = """
import time


@data_loader
def load(*args, **kwargs):
    if kwargs.get("how") == "slow":
        time.sleep(30)
    if kwargs.get("how") == "fail":
        raise ValueError("kaboom")
    return {"sum": kwargs.get("a", 0) + kwargs.get("b", 0)}
"""
transformer = """
@transformer
def double(data, *args, **kwargs):
    return {"sum": data["sum"] * 2}


@test
def test_it(output, *args):
    assert output is not None
"""
exporter = """
@data_exporter
def export(data, *args, **kwargs):
    print(data)
"""


def three_blocks() -> None:
    call("POST", "/pipelines", {"pipeline": {"name": name, "type": "python"}})
    before: list[str] = []
    kinds = (("data_loader", "load it", loader), ("transformer", "trans", transformer), ("data_exporter", "export", exporter))
    for kind, title, content in kinds:
        block = {"name": title, "type": kind, "language": "python", "content": content, "upstream_blocks": before}
        before = [call("POST", f"/pipelines/{name}/blocks", {"block": block})["block"]["uuid"]]
    blocks = call("GET", f"/pipelines/{name}/blocks")["blocks"]
    assert [block["uuid"] for block in blocks] == ["load_it", "trans", "export"], blocks
    assert [block["downstream_blocks"] for block in blocks] == [["trans"], ["export"], []], blocks


def trigger_of(**its) -> dict:
    sent = {"name": "from a script", "schedule_type": "api", **its}
    made = call("POST", f"/pipelines/{name}/pipeline_schedules", {"pipeline_schedule": sent})["pipeline_schedule"]
    return call("PUT", f"/pipeline_schedules/{made['id']}", {"pipeline_schedule": {"status": "active"}})["pipeline_schedule"]


def fire_and_wait(trigger: dict) -> None:
    run = fire(trigger, {"a": 3, "b": 4})
    assert run["status"] == "initial", run
    ended = wait(run)
    assert ended["status"] == "completed" and ended["completed_at"], ended
    assert [part["status"] for part in ended["block_runs"]] == ["completed"] * 3, ended
    if api_key:
        assert ended["metrics"]["container"]["outputs"][0]["value"] == 7, ended
    else:
        part = next(one for one in ended["block_runs"] if one["block_uuid"] == "trans")
        [output] = call("GET", f"/block_runs/{part['id']}/outputs")["outputs"]
        assert output["sample_data"] == {"columns": ["sum"], "rows": [[14]]}, output
    listed = call("GET", "/pipeline_runs", pipeline_uuid=name, _limit=1)
    assert listed["pipeline_runs"][0]["id"] == run["id"] and listed["metadata"]["count"] == 1, listed


def by_bearer(trigger: dict) -> None:
    answer = requests.post(
        f"{api}/pipeline_schedules/{trigger['id']}/api_trigger",
        headers={"Authorization": f"Bearer {trigger['token']}"},
        json={"pipeline_run": {"variables": {"a": 1}}},
        timeout=30,
    ).json()
    wait(answer["pipeline_run"])
    wrong = requests.post(f"{api}/pipeline_schedules/{trigger['id']}/pipeline_runs/wrong", json={}, timeout=30).json()
    assert wrong["error"]["exception"] == f"Invalid token for pipeline schedule ID {trigger['id']}.", wrong


def hourly() -> None:
    made = trigger_of(schedule_type="time", schedule_interval="@hourly")
    listed = call("GET", f"/pipelines/{name}/pipeline_schedules")["pipeline_schedules"]
    found = next(one for one in listed if one["id"] == made["id"])
    assert found["status"] == "active" and found["next_pipeline_run_date"], found
    off = call("PUT", f"/pipeline_schedules/{made['id']}", {"pipeline_schedule": {"status": "inactive"}})
    assert off["pipeline_schedule"]["status"] == "inactive", off


def cancel_and_retry(trigger: dict) -> None:
    run = fire(trigger, {"a": 1, "how": "slow"})
    answer = call("PUT", f"/pipeline_runs/{run['id']}", {"pipeline_run": {"status": "cancelled"}})
    assert answer["pipeline_run"]["status"] == "cancelled", answer
    assert wait(run)["status"] == "cancelled"
    failed = wait(fire(trigger, {"how": "fail"}))
    assert failed["status"] == "failed", failed
    body = {"pipeline_run": {"pipeline_run_action": "retry_blocks"}}
    again = call("PUT", f"/pipeline_runs/{failed['id']}", body)["pipeline_run"]
    assert again["status"] == "running", again
    assert wait(failed)["status"] == "failed"


three_blocks()
if api_key:
    attach()
api_trigger = trigger_of()
for step in (fire_and_wait, by_bearer):
    step(api_trigger)
hourly()
cancel_and_retry(api_trigger)
call("DELETE", f"/pipelines/{name}")
print("fired and waited for, by path and by Bearer; three blocks, an output; hourly made, listed, disabled; cancelled; retried")
