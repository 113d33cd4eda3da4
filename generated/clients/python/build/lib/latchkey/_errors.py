"""One tree of errors, whatever the envelope of the surface (docs/clients.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Optional


class LatchkeyError(Exception):
    """Something was refused, or nobody answered.

    ``str(error)`` is a sentence. ``fields`` says what is wrong where, by a path such as ``limits.0.requests``.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int = 0,
        code: Optional[str] = None,
        request_id: Optional[str] = None,
        docs: Optional[str] = None,
        fields: Optional[Mapping[str, list[str]]] = None,
        retry_after: Optional[float] = None,
    ) -> None:
        super().__init__(message)
        #: The HTTP status; 0 where nobody answered.
        self.status = status
        #: A stable name, where the surface has one.
        self.code = code
        #: The name of the request in the server's log.
        self.request_id = request_id
        #: The address of a page that says more.
        self.docs = docs
        self.fields: dict[str, list[str]] = dict(fields or {})
        #: Seconds, where the server said when to ask again.
        self.retry_after = retry_after


class Unauthenticated(LatchkeyError):
    """401: there is no credential, or it is not good."""


class Forbidden(LatchkeyError):
    """403: the credential may not do that."""


class NotFound(LatchkeyError):
    """404: it is not there, or it is not yours."""


class Conflict(LatchkeyError):
    """409 and 412: something else has changed meanwhile."""


class Invalid(LatchkeyError):
    """Any other 4xx: what was sent is wrong; ``fields`` says where."""


class TooMany(LatchkeyError):
    """429: a limit is reached; ``retry_after`` says until when."""


class Unavailable(LatchkeyError):
    """502, 503, 504, and no answer at all."""


_KINDS: dict[int, type[LatchkeyError]] = {
    401: Unauthenticated,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    412: Conflict,
    429: TooMany,
    502: Unavailable,
    503: Unavailable,
    504: Unavailable,
}
#: Mage answers its refusals with 200, and names them.
_MAGE = {
    "invalid_api_key": 401,
    "expired_oauth_token": 401,
    "invalid_oauth_token": 401,
    "unauthorized_access": 403,
    "record_not_found": 404,
    "record_invalid": 400,
}


def refusal(status: int, body: Any, headers: Mapping[str, str]) -> LatchkeyError:
    """The error for an answer that is one."""
    said = body if isinstance(body, dict) else {}
    error = said.get("error")
    inner: dict[str, Any] = error if isinstance(error, dict) else {}
    if status < 400:
        known = _MAGE.get(str(inner.get("type")))
        code = inner.get("code")
        status = known or (code if isinstance(code, int) and code >= 400 else 400)
    kind = _KINDS.get(status) or (Invalid if 400 <= status < 500 else LatchkeyError)
    fields = _fields(said)
    return kind(
        _sentence(said, inner, fields) or f"The server answered {status}.",
        status=status,
        code=_code(said, inner),
        request_id=headers.get("x-request-id") or headers.get("x-correlation-id"),
        docs=_docs(said, headers),
        fields=fields,
        retry_after=_seconds(headers.get("retry-after")),
    )


def _seconds(text: Optional[str]) -> Optional[float]:
    try:
        return max(0.0, float(text)) if text is not None else None
    except ValueError:
        return None


def _code(said: Mapping[str, Any], inner: Mapping[str, Any]) -> Optional[str]:
    for value in (inner.get("type"), inner.get("code"), said.get("error_code"), said.get("code"), said.get("type")):
        if isinstance(value, str):
            return value
    if isinstance(said.get("error"), str) and "error_description" in said:
        return str(said["error"])
    return None


def _sentence(said: Mapping[str, Any], inner: Mapping[str, Any], fields: Mapping[str, list[str]]) -> Optional[str]:
    detail = said.get("detail")
    if isinstance(detail, dict):
        detail = detail.get("message")
    candidates = (detail, inner.get("message"), said.get("error_description"), said.get("error"), said.get("msg"))
    for text in (*candidates, said.get("message")):
        if isinstance(text, str) and text:
            return text
    for name, sentences in fields.items():
        return f"{name}: {sentences[0]}" if name else sentences[0]
    return None


def _docs(said: Mapping[str, Any], headers: Mapping[str, str]) -> Optional[str]:
    kind = said.get("type")
    if isinstance(kind, str) and kind.startswith(("http://", "https://", "/")):
        return kind
    for link in headers.get("link", "").split(","):
        address, _, rest = link.strip().partition(">")
        if 'rel="help"' in rest:
            return address.lstrip("<")
    return None


#: Words of the envelopes that name no field.
_OURS = {"detail", "error", "status", "code", "msg", "message", "type", "title", "instance", "errors", "hint", "messages"}


def _fields(said: Mapping[str, Any]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    detail = said.get("detail")
    if isinstance(detail, list):
        for fault in detail:
            if isinstance(fault, dict) and isinstance(fault.get("loc"), list):
                name = ".".join(str(step) for step in fault["loc"] if step not in ("body", "query", "path"))
                found.setdefault(name, []).append(str(fault.get("msg", "")))
    errors = said.get("errors")
    if isinstance(errors, list):
        for fault in errors:
            if isinstance(fault, dict) and isinstance(fault.get("pointer"), str):
                name = fault["pointer"].strip("/?").replace("/", ".")
                found.setdefault(name, []).append(str(fault.get("detail", "")))
    for name, value in said.items():
        if name not in _OURS or isinstance(value, list) and name not in ("detail", "errors", "messages"):
            _walk(name, value, found)
    return found


def _walk(path: str, value: Any, found: dict[str, list[str]]) -> None:
    if isinstance(value, dict):
        for name, below in value.items():
            _walk(f"{path}.{name}", below, found)
    elif isinstance(value, list):
        sentences = [item for item in value if isinstance(item, str)]
        if sentences:
            found.setdefault(path, []).extend(sentences)
        for position, item in enumerate(value):
            if isinstance(item, (dict, list)):
                _walk(f"{path}.{position}", item, found)
