"""What a block gives: as the next blocks get it, as the server keeps it, and as people see it."""

import datetime
import json
import math
import pickle

rows_shown = 1000
columns_shown = 2000
bytes_shown = 200_000
bytes_of_value = 200_000
bytes_pickled = 500_000
text_shown = 64 * 1024
deepest = 40


class Unkept(Exception):
    """A value that cannot be passed on."""


def outputs_of(returned):
    """A tuple and a list are several outputs, and None is none."""
    if returned is None:
        return []
    if isinstance(returned, (tuple, list)):
        return list(returned)
    return [returned]


def argument_of(outputs):
    """What the blocks after it get: its only output, or all of them."""
    return outputs[0] if len(outputs) == 1 else list(outputs)


def pickled(value):
    try:
        return pickle.dumps(value, protocol=4)
    except Exception as error:  # noqa: BLE001: whatever a class makes of being pickled
        try:
            import cloudpickle

            return cloudpickle.dumps(value, protocol=4)
        except ImportError:
            raise Unkept(f"An output cannot be passed on: {error}") from None
        except Exception as other:  # noqa: BLE001
            raise Unkept(f"An output cannot be passed on: {other}") from None


def shown(value):
    """An output as the server shows it: a table with some of its rows, or a text; and itself where JSON has it."""
    # A number of numpy's is one all the same.
    if type(value).__module__ == "numpy" and getattr(value, "shape", None) == () and hasattr(value, "item"):
        value = value.item()
    frame = _frame(value)
    if frame is not None:
        return frame
    if isinstance(value, dict):
        columns = [_name(name) for name in value]
        row = [plain(one) for one in value.values()]
        output = {"type": "table", "sample_data": _fitting(columns, [row]), "shape": [1, len(columns)]}
    else:
        output = {"type": "text", "text_data": clean(value if isinstance(value, str) else _text(value))[:text_shown]}
    if is_plain(value):
        itself = plain(value)
        if len(json.dumps(itself)) <= bytes_of_value:
            output["value"] = itself
    return output


def _frame(value):
    """Of pandas and polars alike, without importing either."""
    kind = f"{type(value).__module__.partition('.')[0]}.{type(value).__name__}"
    if kind == "pandas.Series":
        value = value.to_frame()
    elif kind == "polars.DataFrame":
        rows = [list(row) for row in value.head(rows_shown).iter_rows()]
        return _table(list(value.columns), rows, value.shape)
    elif kind not in ("pandas.DataFrame", "geopandas.GeoDataFrame"):
        return None
    rows = [list(row) for row in value.head(rows_shown).itertuples(index=False, name=None)]
    return _table(list(value.columns), rows, value.shape)


def _table(columns, rows, shape):
    names = [_name(name) for name in columns[:columns_shown]]
    listed = [[plain(one) for one in row[:columns_shown]] for row in rows]
    return {"type": "table", "sample_data": _fitting(names, listed), "shape": [int(size) for size in shape]}


def _fitting(columns, rows):
    """As many rows as there is room for."""
    columns = columns[:columns_shown]
    kept, room = [], bytes_shown - len(json.dumps(columns))
    for row in rows[:rows_shown]:
        row = row[:columns_shown]
        room -= len(json.dumps(row)) + 1
        if room < 0:
            break
        kept.append(row)
    if not kept and rows and room < 0:
        kept = [[_short(one) for one in rows[0][:columns_shown]]] if len(columns) <= 500 else []
    return {"columns": columns, "rows": kept}


def _short(value):
    text = value if isinstance(value, str) else json.dumps(value)
    return value if len(text) <= 200 else f"{text[:199]}…"


def _name(name):
    return clean(name if isinstance(name, str) else str(name))[:1000]


def clean(text):
    """Text that every database takes: no NUL, no half of a surrogate pair."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")


def _text(value):
    try:
        return str(value)
    except Exception as error:  # noqa: BLE001
        return f"<{type(value).__name__}: {error}>"


def is_plain(value, depth=0):
    """Whether JSON has the value as it is."""
    if value is None or isinstance(value, (bool, str)) or type(value) is int:
        return True
    if type(value) is float:
        return math.isfinite(value)
    if depth > deepest:
        return False
    if type(value) is list:
        return all(is_plain(one, depth + 1) for one in value)
    if type(value) is dict:
        return all(isinstance(name, str) and is_plain(one, depth + 1) for name, one in value.items())
    return False


def plain(value, depth=0):
    """A value as JSON has it, or what comes nearest."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        return None if value != value else value.isoformat()
    if depth <= deepest:
        if isinstance(value, dict):
            return {_name(name): plain(one, depth + 1) for name, one in value.items()}
        if isinstance(value, (list, tuple, set, frozenset)):
            return [plain(one, depth + 1) for one in value]
        if type(value).__module__ == "numpy":
            return plain(value.tolist() if hasattr(value, "tolist") else str(value), depth + 1)
    text = _text(value)
    return None if text in ("NaT", "<NA>", "nan") else clean(text)
