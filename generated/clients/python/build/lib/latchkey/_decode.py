"""From JSON to the models: dataclasses whose fields may have other names on the wire. What a model does not know is left out."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import Enum
from functools import lru_cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from ._omit import Omit


def decode(kind: Any, value: Any) -> Any:
    """``value`` as ``kind``; as it is where it does not fit, so that a server that is newer breaks nothing."""
    if kind is Any or kind is object or value is None:
        return value
    if dataclasses.is_dataclass(kind):
        return _model(kind, value) if isinstance(value, dict) else value
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return _any_of(get_args(kind), value)
    if origin in (list, Sequence) and isinstance(value, list):
        (item,) = get_args(kind)
        return [decode(item, one) for one in value]
    if origin in (dict, Mapping) and isinstance(value, dict):
        _, item = get_args(kind)
        return {name: decode(item, one) for name, one in value.items()}
    if kind is datetime and isinstance(value, str):
        return _time(value)
    return value


def _model(kind: Any, value: dict[str, Any]) -> Any:
    given = {}
    for name, wire, hint in _fields(kind):
        given[name] = decode(hint, value.get(wire))
    return kind(**given)


@lru_cache(maxsize=None)
def _fields(kind: Any) -> tuple[tuple[str, str, Any], ...]:
    hints = get_type_hints(kind)
    return tuple((f.name, f.metadata.get("wire", f.name), hints[f.name]) for f in dataclasses.fields(kind))


def _any_of(kinds: tuple[Any, ...], value: Any) -> Any:
    if isinstance(value, dict):
        models = [kind for kind in kinds if dataclasses.is_dataclass(kind)]
        if models:
            return decode(max(models, key=lambda kind: _likeness(kind, value)), value)
    for kind in kinds:
        origin = get_origin(kind)
        if kind is datetime and isinstance(value, str):
            return _time(value)
        if (isinstance(value, list) and origin in (list, Sequence)) or (isinstance(value, dict) and origin is dict):
            return decode(kind, value)
    return value


def _likeness(kind: Any, value: dict[str, Any]) -> int:
    """How many of its fields a value has, less those that it lacks and those with another word than they must have."""
    score = 0
    for _, wire, hint in _fields(kind):
        score += 1 if wire in value else -1
        if get_origin(hint) is Literal and value.get(wire) not in get_args(hint):
            score -= 100
    return score


def _time(text: str) -> Any:
    try:
        return datetime.fromisoformat(_padded(text))
    except ValueError:
        return text


def _padded(text: str) -> str:
    """Python 3.10 reads neither ``Z`` nor fractions of other than 3 or 6 digits."""
    if text.endswith(("Z", "z")):
        text = f"{text[:-1]}+00:00"
    head, dot, rest = text.partition(".")
    if not dot:
        return text
    digits = len(rest) - len(rest.lstrip("0123456789"))
    return f"{head}.{rest[:digits][:6].ljust(6, '0')}{rest[digits:]}"


def encode(value: Any) -> Any:
    """What JSON can say of an argument. What was omitted is left out."""
    if isinstance(value, Enum) and not isinstance(value, Omit):
        return encode(value.value)
    if isinstance(value, (datetime, date)):
        return _text(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        pairs = [(f.metadata.get("wire", f.name), getattr(value, f.name)) for f in dataclasses.fields(value)]
        return {name: encode(one) for name, one in pairs if one is not Omit.OMIT}
    if isinstance(value, Mapping):
        return {str(name): encode(one) for name, one in value.items() if one is not Omit.OMIT}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [encode(one) for one in value]
    return value


def _text(value: date) -> str:
    if isinstance(value, datetime) and value.tzinfo is None:
        raise ValueError("A time needs a time zone: datetime.now(timezone.utc), say.")
    return value.isoformat()


def as_text(value: Any) -> str:
    """A value of a path, a query or a header."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Enum):
        return as_text(value.value)
    if isinstance(value, (datetime, date)):
        return _text(value)
    return str(value)
