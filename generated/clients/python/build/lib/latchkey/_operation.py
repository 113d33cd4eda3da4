"""What the generated methods say of an operation, and the request that becomes of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Optional
from urllib.parse import quote

from ._decode import as_text, encode
from ._omit import OMIT
from ._upload import File, part

#: How a credential is sent: see ``_credentials.py``.
Scheme = str


@dataclass(frozen=True)
class Operation:
    """An operation of a contract."""

    verb: str
    #: From the root of the server, with its base: ``/v1/keys/{id}``.
    path: str
    #: Which credentials it takes, one of them: ``bearer``, ``api-key``, ``x-api-key``, ``application``.
    schemes: tuple[Scheme, ...] = ()
    #: What is sent: ``json``, ``form``, ``fields``, ``lines``, ``bytes``.
    sends: Optional[str] = None
    media: Optional[str] = None
    #: The fields of a form that are files.
    files: tuple[str, ...] = ()
    #: Parameters that take several values, with commas between them rather than again for each.
    joined: tuple[str, ...] = ()
    #: It may be sent again: it changes nothing, or the same thing once.
    repeats: bool = False
    #: It takes an ``Idempotency-Key``.
    keyed: bool = False
    #: A refusal comes with 200 and an ``error`` in it.
    hides: bool = False


@dataclass
class Request:
    """A request before credentials."""

    operation: Operation
    path: str
    query: list[tuple[str, str]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    content: Any = None
    data: Optional[dict[str, Any]] = None
    files: Optional[list[tuple[str, Any]]] = None
    sources: tuple[File, ...] = ()
    timeout: Optional[float] = None

    @property
    def repeats(self) -> bool:
        """Whether it may be sent again where nobody knows what became of it."""
        known = self.operation.repeats or "Idempotency-Key" in self.headers
        return known and all(source.rewinds for source in self.sources)

    def rewind(self) -> None:
        """Makes ready what is sent again."""
        for source in self.sources:
            source.rewind()


@dataclass(frozen=True)
class Arguments:
    """What a call was given, by its place in the request. What was omitted is in here, and is left out of it."""

    path: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, Any] = field(default_factory=dict)
    body: Any = OMIT
    #: Seconds for the answer to begin.
    timeout: Optional[float] = None


def request_of(operation: Operation, given: Arguments) -> Request:
    """The request of a call. Arguments that were omitted are left out."""
    steps = {}
    for name, value in given.path.items():
        step = as_text(value)
        if step in ("", ".", ".."):
            raise ValueError(f"{name} is {step!r}, which no address can have in it.")
        steps[name] = quote(step, safe="")
    address = operation.path
    for name, step in steps.items():
        address = address.replace(f"{{{name}}}", step)
    request = Request(operation, address, timeout=given.timeout)
    for name, value in given.query.items():
        if value is OMIT or value is None:
            continue
        several = isinstance(value, (list, tuple, set, frozenset))
        texts = [as_text(one) for one in value] if several else [as_text(value)]
        if name in operation.joined:
            texts = [",".join(texts)]
        request.query.extend((name, text) for text in texts)
    for name, value in given.headers.items():
        if value is not OMIT and value is not None:
            request.headers[name] = as_text(value)
    _fill(request, given.body)
    return request


def _fill(request: Request, body: Any) -> None:
    operation = request.operation
    if body is OMIT or operation.sends is None:
        return
    if operation.sends == "json":
        request.content = json.dumps(encode(body), ensure_ascii=False, allow_nan=False).encode()
        request.headers["Content-Type"] = "application/json"
    elif operation.sends == "lines":
        request.content = _lines(body)
        request.headers["Content-Type"] = operation.media or "application/x-ndjson"
    elif operation.sends == "bytes":
        source = part("content", body)
        request.sources = (source,)
        request.content = source
        request.headers["Content-Type"] = operation.media or "application/octet-stream"
        if source.size is not None:
            request.headers["Content-Length"] = str(source.size)
    else:
        _fill_form(request, {name: value for name, value in body.items() if value is not OMIT})


def _fill_form(request: Request, body: dict[str, Any]) -> None:
    operation = request.operation
    sources = []
    files: list[tuple[str, Any]] = []
    for name in operation.files:
        if name in body:
            source = part(name, body.pop(name))
            sources.append(source)
            files.append((name, source.part()))
    texts = {name: _field(value) for name, value in body.items() if value is not None}
    if operation.sends == "form" and not files:
        files = [(name, (None, text)) for name, text in texts.items()]
        texts = {}
    request.data = texts
    request.files = files or None
    request.sources = tuple(sources)


def _field(value: Any) -> str:
    given = encode(value)
    return json.dumps(given) if isinstance(given, (dict, list)) else as_text(given)


def _lines(items: Iterable[Any]) -> bytes:
    return b"".join(json.dumps(encode(item), ensure_ascii=False, allow_nan=False).encode() + b"\n" for item in items)
