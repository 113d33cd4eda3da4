"""What Schemathesis cannot know of our surfaces; it loads this file."""

import base64
import json
import os
import re

import requests
import schemathesis
from jsonschema_rs import Draft202012Validator
from schemathesis.specs.openapi.checks import (
    AcceptedNegativeData,
    RejectedPositiveData,
    negative_data_rejection,
    positive_data_acceptance,
)

from fuzz.beyond import depends
from fuzz.contract import CONTRACT, SURFACE, resolved
from fuzz.reading import read

URL = os.environ["LATCHKEY_FUZZ_URL"]
OWNER = json.loads(os.environ["LATCHKEY_FUZZ_OWNER"])
APPLICATION_KEY = os.environ["LATCHKEY_FUZZ_APPLICATION_KEY"]
# What these set, the tool needs as it is: it signs in with it, and wrong passwords would shut it out for a while.
KEPT = {
    "latchkey updateMe": {"email": OWNER["email"], "username": None},
    "latchkey changePassword": {"current_password": OWNER["password"], "new_password": OWNER["password"]},
    "latchkey reauthenticate": {"password": OWNER["password"]},
    "magpipe_auth updateUser": {"email": OWNER["email"], "password": OWNER["password"], "current_password": OWNER["password"]},
}
# What ends the session that it comes with gets one of its own.
SPENT = {"magpipe_auth logout", "mystic endCliSession"}
# What of a user the tool leaves alone on Mage's surface, whose first is the one that it signs in as.
OWN = {"email", "username", "password", "password_confirmation", "password_current", "roles", "roles_new", "owner", "project_access"}


def session():
    return requests.post(f"{URL}/v1/sessions", json=OWNER, timeout=10).json()["access_token"]


def mage_token():
    headers = {"X-API-KEY": APPLICATION_KEY}
    made = requests.post(f"{URL}/api/sessions", json={"session": OWNER}, headers=headers, timeout=10).json()
    payload = made["session"]["token"].split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=="))["token"]


# The token that the settings name, and the one that is good: signing out and other calls end it.
TOKEN = {"first": os.environ.get("LATCHKEY_FUZZ_MAGE_TOKEN"), "now": os.environ.get("LATCHKEY_FUZZ_MAGE_TOKEN")}


@schemathesis.hook
def after_call(context, case, response):
    """A token that was ended is followed by another."""
    if SURFACE == "mage" and response.status_code == 401 and case.headers and case.headers.get("OAUTH-TOKEN") == TOKEN["now"]:
        TOKEN["now"] = None


def end_run(run):
    """Whoever follows a run that goes on waits longer than the tool does."""
    if re.fullmatch(r"run_[0-9a-f]{32}", run):
        requests.post(f"{URL}/v1/runs/{run}/cancel", headers={"Authorization": f"Bearer {session()}"}, timeout=10)


def name_of(case):
    return f"{SURFACE} {case.operation.definition.raw.get('operationId')}"


def is_good(case):
    return case.meta is not None and case.meta.generation.mode.is_positive


@schemathesis.hook
def before_call(context, case, kwargs):
    """The user that the tool signs in as stays who they are. What is malformed on purpose is sent as it is."""
    operation = name_of(case)
    if operation == "latchkey followRunLog":
        end_run(str(case.path_parameters.get("id")))
    if operation == "latchkey takeRun" and isinstance(case.body, dict) and isinstance(case.body.get("wait_seconds"), (int, float)):
        # As long as it may, it waits longer than the tool does.
        case.body = {**case.body, "wait_seconds": min(case.body["wait_seconds"], 0)}
    if operation in SPENT and case.headers and "Authorization" in case.headers:
        case.headers["Authorization"] = f"Bearer {session()}"
    if SURFACE == "mage" and case.headers and case.headers.get("OAUTH-TOKEN") == TOKEN["first"]:
        TOKEN["now"] = TOKEN["now"] or mage_token()
        case.headers["OAUTH-TOKEN"] = TOKEN["now"]
    if operation == "mage updateUser" and isinstance(case.body, dict) and isinstance(case.body.get("user"), dict):
        case.body = {**case.body, "user": {name: value for name, value in case.body["user"].items() if name not in OWN}}
    if SURFACE == "mage" and isinstance(case.body, dict):
        # Two keys that differ are refused, and the other stands in a header.
        case.body = {name: value for name, value in case.body.items() if name != "api_key"}
    kept = KEPT.get(operation)
    if kept and isinstance(case.body, dict) and is_good(case):
        case.body = {name: kept.get(name, value) for name, value in case.body.items()}


@schemathesis.serializer("application/x-ndjson")
def lines(context, value):
    """A list as lines; what is none as it is."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return value.encode("utf-8", "replace")
    return "\n".join(json.dumps(one) for one in (value if isinstance(value, list) else [value])).encode()


class Told:
    """An answer by the status that it tells: Mage's errors come with 200, and their code in the body."""

    def __init__(self, response):
        self._response = response
        self.status_code = response.status_code
        try:
            error = response.json().get("error") if SURFACE == "mage" and response.status_code == 200 else None
        except (ValueError, AttributeError):
            error = None
        if isinstance(error, dict):
            code = error.get("code")
            # 200 where a rule of the record is broken.
            self.status_code = 400 if code == 200 else code

    def __getattr__(self, name):
        return getattr(self._response, name)


@schemathesis.check
def valid_is_accepted(ctx, response, case):
    """As `positive_data_acceptance`, but for what a schema cannot say."""
    told = Told(response)
    try:
        return positive_data_acceptance(ctx, told, case)
    except RejectedPositiveData:
        if depends(case, told):
            return None
        raise


@schemathesis.check
def invalid_is_refused(ctx, response, case):
    """As `negative_data_rejection`, but for what the surface reads as something valid."""
    try:
        return negative_data_rejection(ctx, Told(response), case)
    except AcceptedNegativeData:
        if SURFACE == "maiagent" and is_read_as_valid(case):
            return None
        raise


def is_read_as_valid(case):
    content = resolved(case.operation.definition.raw.get("requestBody", {})).get("content", {})
    schema = content.get(case.media_type or "", {}).get("schema")
    if schema is None or not isinstance(case.body, dict):
        return False
    whole = {**schema, "components": CONTRACT["components"]}
    # A parameter of the address that is a field of the body may stand in either place.
    properties = resolved(schema).get("properties", {})
    asked = {name: value for name, value in (case.query or {}).items() if name in properties}
    return Draft202012Validator(whole).is_valid(read(schema, {**asked, **case.body}))
