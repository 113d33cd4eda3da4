"""SQL blocks, on connections that whoever runs the runner has named."""

import configparser
import re
import sqlite3

from .values import plain


class NoConnection(Exception):
    """A connection that is not named, or cannot be had."""


def run_sql(block, inputs, variables, secrets, path):
    """Runs the statements of a block, the last one's rows being its output."""
    name = connection_name(block)
    url = _url_of(name, path)
    text = filled(block["content"], variables, secrets)
    kind = url.partition(":")[0]
    if kind == "sqlite":
        with sqlite3.connect(re.sub(r"^sqlite:(///?)?", "", url)) as connection:
            return _run(connection, text, inputs, "sqlite")
    if kind in ("postgres", "postgresql"):
        try:
            import psycopg
        except ImportError:
            raise NoConnection("Postgres needs psycopg: pip install 'psycopg[binary]'") from None
        with psycopg.connect(url) as connection:
            return _run(connection, text, inputs, "postgres")
    raise NoConnection(f"The connection {name} is neither sqlite nor postgresql")


def connection_name(block):
    configuration = block.get("configuration") or {}
    name = configuration.get("connection") or configuration.get("data_provider_profile")
    if not name:
        raise NoConnection(f"Block {block['uuid']} names no connection: set configuration.connection")
    return str(name)


def _url_of(name, path):
    if not path:
        raise NoConnection(f"There is no connection {name}: start the runner with --connections FILE")
    file = configparser.ConfigParser(interpolation=None)
    file.read(path, "utf-8")
    if not file.has_option(name, "url"):
        raise NoConnection(f"There is no connection {name} in {path}")
    return file.get(name, "url")


def filled(text, variables, secrets):
    """`{{ name }}`, `{{ mage_secret_var('name') }}` and, for the tables that inputs become, `{{ df_1 }}`."""

    def one(match):
        secret, name = match.group(1), match.group(2)
        if secret is not None:
            if secret not in secrets:
                raise NoConnection(f"There is no secret {secret}")
            return secrets[secret]
        if re.fullmatch(r"df_\d+", name):
            return name
        if name not in variables:
            raise NoConnection(f"There is no variable {name}")
        return str(variables[name])

    return re.sub(r"""\{\{\s*(?:mage_secret_var\(\s*['"]([^'"]+)['"]\s*\)|([A-Za-z_]\w*))\s*\}\}""", one, text)


def _run(connection, text, inputs, kind):
    cursor = connection.cursor()
    for number, value in enumerate(inputs, 1):
        if re.search(rf"\bdf_{number}\b", text):
            _load(cursor, f"df_{number}", value, kind)
    columns, rows = None, []
    for statement in statements(text):
        cursor.execute(statement)
        columns, rows = None, []
        if cursor.description:
            columns = [one[0] for one in cursor.description]
            rows = cursor.fetchall()
    connection.commit()
    if columns is None:
        return None
    try:
        import pandas

        return pandas.DataFrame([tuple(row) for row in rows], columns=columns)
    except ImportError:
        # In a list of its own: a list is several outputs.
        return [[dict(zip(columns, row)) for row in rows]]


def statements(text):
    """The statements of a text, at the semicolons that are in no quotes and no comment."""
    pattern = r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|/\*.*?\*/|\$(\w*)\$.*?\$\1\$|;|[^;'"$/-]+|."""
    found, current = [], ""
    for match in re.finditer(pattern, text, re.S):
        if match.group(0) == ";":
            found.append(current)
            current = ""
        elif not match.group(0).startswith(("--", "/*")):
            current += match.group(0)
    return [one.strip() for one in [*found, current] if one.strip()]


def _load(cursor, table, value, kind):
    """An input as a table of this connection alone."""
    columns, rows = _rows_of(value)
    if not columns:
        raise NoConnection(f"{table} is no table")
    quoted = ['"' + name.replace('"', '""') + '"' for name in columns]
    types = [_type([row[at] for row in rows]) if kind == "postgres" else "" for at in range(len(columns))]
    described = ", ".join(f"{name} {its}" for name, its in zip(quoted, types))
    cursor.execute(f"create temporary table {table} ({described})")
    mark = "?" if kind == "sqlite" else "%s"
    marks = ", ".join([mark] * len(columns))
    if rows:
        cursor.executemany(f"insert into {table} values ({marks})", rows)


def _rows_of(value):
    if hasattr(value, "itertuples"):
        columns = [str(name) for name in value.columns]
        return columns, [tuple(plain(one) for one in row) for row in value.itertuples(index=False, name=None)]
    rows = [value] if isinstance(value, dict) else value
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        return [], []
    columns = list(dict.fromkeys(str(name) for row in rows for name in row))
    return columns, [tuple(plain(row.get(name)) for name in columns) for row in rows]


def _type(values):
    kinds = {type(value) for value in values if value is not None}
    if kinds and kinds <= {bool}:
        return "boolean"
    if kinds and kinds <= {int}:
        return "bigint"
    return "double precision" if kinds and kinds <= {int, float} else "text"
