"""How MaiAgent's surface reads what is of another type, as Django REST framework does (docs/compat/maiagent.md: Reading a request)."""

import re

from fuzz.contract import resolved

TRUTHS = {"t", "true", "y", "yes", "on", "1"}
LIES = {"f", "false", "n", "no", "off", "0"}


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def read(schema, value):
    """A value as the server takes it, before it is checked."""
    schema = resolved(schema)
    if not isinstance(schema, dict):
        return value
    types = schema.get("type", [])
    types = [types] if isinstance(types, str) else types
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        return {name: read(properties.get(name, {}), one) for name, one in value.items()}
    if isinstance(value, list):
        return [read(schema.get("items", {}), one) for one in value]
    if "string" in types:
        return value.strip() if isinstance(value, str) else str(value) if is_number(value) else value
    if "integer" in types and isinstance(value, str) and re.fullmatch(r"\s*[+-]?\d+(\.0*)?\s*", value):
        return int(value.strip().split(".")[0])
    if "number" in types and isinstance(value, (str, bool)):
        try:
            return float(value)
        except ValueError:
            return value
    if "boolean" in types and (isinstance(value, str) or is_number(value)):
        word = str(value).lower()
        return True if word in TRUTHS else False if word in LIES else value
    return value
