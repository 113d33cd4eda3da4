"""Whether a refusal is about what is there and when it is, which no schema knows."""

import json
import re

from fuzz.contract import ALIASES, CONTRACT, SURFACE, marked

# What each error of OAuth is about (RFC 6749, 5.2; RFC 8628, 3.5): its answers name no field.
OAUTH = {
    "invalid_client": "client_id",
    "unsupported_grant_type": "grant_type",
    **dict.fromkeys(["invalid_grant", "authorization_pending", "slow_down", "expired_token", "access_denied"], "device_code"),
}
# The same of GoTrue's codes, where the sentence has no field in it.
GOTRUE = {
    "invalid_credentials": "password",
    "weak_password": "password",
    "same_password": "password",
    "user_already_exists": "email",
    "email_exists": "email",
    "anonymous_provider_disabled": "email",
    **dict.fromkeys(
        ["refresh_token_not_found", "refresh_token_already_used", "session_not_found", "session_expired"], "refresh_token"
    ),
}


def of_latchkey(body):
    lines = body.get("lines")
    fields = set(body) if lines is None else {name for line in lines for name in line["errors"]}
    if "error_description" in body:
        return {OAUTH[body["error"]]} if body["error"] in OAUTH else set()
    return fields


def of_mystic(body):
    detail = body["detail"]
    if isinstance(detail, list):
        return {str(fault["loc"][-1]) for fault in detail}
    return {detail.get("parameter", "")}


def of_maiagent(body):
    """The innermost names: a list of objects has its errors by item."""
    if not isinstance(body, dict):
        return set().union(*map(of_maiagent, [one for one in body if isinstance(one, dict)])) if isinstance(body, list) else set()
    names = set()
    for name, said in body.items():
        below = of_maiagent(said)
        names |= below or {"" if name in ("nonFieldErrors", "detail") else name}
    return names


def in_words(sentence, names):
    """The names that a sentence has in it."""
    # Mage's other name for them.
    said = sentence.lower().replace("roles with ids", "roles_new")
    return {name for name in names if name and re.search(rf"\b{name.replace('_', '[_ ]')}s?\b", said)}


def named(body, names):
    """The fields that an answer is about; of sentences, those of `names` that stand in it."""
    if SURFACE == "latchkey":
        return of_latchkey(body)
    if SURFACE == "maiagent":
        return of_maiagent(body)
    if SURFACE.startswith("mystic"):
        return of_mystic(body)
    if SURFACE == "mage":
        error = body["error"]
        broken = error.get("errors") if isinstance(error.get("errors"), dict) else {}
        # "Record is invalid" has the attribute beside it.
        if isinstance(broken.get("metadata"), dict):
            return {broken["metadata"]["key"]}
        return in_words(error.get("message", ""), names) or {""}
    if SURFACE == "magpipe":
        return in_words(body["error"], names)
    code = body.get("error_code", body.get("code"))
    return {GOTRUE[code]} if code in GOTRUE else in_words(body.get("msg", body.get("message", "")), names)


def depends(case, response):
    """Whether what fits the schema may be refused so: what is refused is marked in the contract."""
    headers = {name.lower() for name in case.headers or {}}
    if response.status_code == 412:
        return "if-match" in headers
    if response.status_code == 422 and "idempotency-key" in headers:
        return True
    if response.status_code not in (400, 422):
        return False
    # Postgres keeps no NUL, and names have no characters that nobody sees.
    if "\\u0000" in json.dumps([case.body, case.query, case.path_parameters], default=str):
        return True
    try:
        body = response.json()
        said = json.dumps(body)
        # Django REST framework's 404 for what a body names.
        if "invisible or control character" in said or (SURFACE == "maiagent" and "object does not exist" in said):
            return True
        names = marked(case.operation.definition.raw) | (marked(CONTRACT["paths"].get(case.operation.path, {})) - {""})
        fields = {ALIASES.get(name, name) for name in named(body, names)}
    except (ValueError, TypeError, AttributeError, KeyError):
        return False
    return fields != set() and fields <= names
