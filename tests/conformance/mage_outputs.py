"""Fires a pipeline of a Mage, waits for its run, and prints as lines of JSON how each block went and what it gave: the same of a real Mage and
of a server that brought the project here (tests/conformance/mage_project). Needs `requests`.

    LATCHKEY_URL=… LATCHKEY_APPLICATION_KEY=… LATCHKEY_OWNER_EMAIL=… LATCHKEY_OWNER_PASSWORD=… python mage_outputs.py fruit_shop 'by api'
"""

import json
import os
import sys
import time

import requests

pipeline, name = sys.argv[1:3]
api = f"{os.environ['LATCHKEY_URL'].rstrip('/')}/api"
key = {"X-API-KEY": os.environ["LATCHKEY_APPLICATION_KEY"]}
owner = {"email": os.environ["LATCHKEY_OWNER_EMAIL"], "password": os.environ["LATCHKEY_OWNER_PASSWORD"]}
session = requests.post(f"{api}/sessions", headers=key, json={"session": owner}, timeout=30).json()["session"]
headers = {**key, "Cookie": f"oauth_token={session['token']}"}


def get(path: str, **params) -> dict:
    answer = requests.get(f"{api}{path}", headers=headers, params=params, timeout=30).json()
    assert "error" not in answer, answer
    return answer


def ended(run: dict) -> dict:
    for _ in range(900):
        found = get(f"/pipeline_runs/{run['id']}")["pipeline_run"]
        if found["status"] in ("completed", "failed", "cancelled"):
            return found
        time.sleep(0.3)
    raise AssertionError(f"run {run['id']} never ended")


trigger = next(one for one in get(f"/pipelines/{pipeline}/pipeline_schedules")["pipeline_schedules"] if one["name"] == name)
runs = []
for variables in ({"day": "2026-01-31"}, {"factor": 0}, {"skip": True}):
    path = f"{api}/pipeline_schedules/{trigger['id']}/pipeline_runs/{trigger['token']}"
    fired = requests.post(path, json={"pipeline_run": {"variables": variables}}, timeout=30).json()["pipeline_run"]
    run = ended(fired)
    blocks = {}
    for part in sorted(run["block_runs"], key=lambda one: one["block_uuid"]):
        outputs = get(f"/block_runs/{part['id']}/outputs")["outputs"]
        error = ((part["metrics"] or {}).get("error") or {}).get("error")
        blocks[part["block_uuid"]] = {"status": part["status"], "error": error, "outputs": outputs}
    runs.append({"variables": variables, "status": run["status"], "blocks": blocks})
for run in runs:
    print(json.dumps(run, ensure_ascii=False, sort_keys=True))
