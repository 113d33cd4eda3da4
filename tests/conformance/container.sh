#!/usr/bin/env bash
# Runs through Latchkey, with the pipeline package's own SDK, against its own container app (what `pipeline container up`
# runs, without Docker), for each version of it in PIPELINE_AI. Needs Python 3.10 to 3.12 as $PYTHON or python3, and the
# network for pip; $CONTAINER_PYTHON is an interpreter that has all that is needed, for one version.
set -euo pipefail
cd "$(dirname "$0")/../.."

tmp=$(mktemp -d "${TMPDIR:-/tmp}/latchkey-container.XXXXXX")
server='' containers=()
trap 'kill $server "${containers[@]}" 2>/dev/null; wait; rm -rf "$tmp"' EXIT

free_port() { node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })'; }

pipelines=(add count sleep broken digest nested names picture pictures letters)
declare -A ports
for name in "${pipelines[@]}"; do ports[$name]=$(free_port); done

start_containers() { # the rest are names; there is no pipeline called broken
  local name
  for name in "$@"; do
    PIPELINE_DIR=$tmp/dir PIPELINE_PATH=container_pipelines:${name}_pipeline "$python" -W ignore -m uvicorn \
      pipeline.container.startup:create_app --factory --app-dir tests/conformance --host 127.0.0.1 --port "${ports[$name]}" \
      >"$tmp/$name.log" 2>&1 &
    containers+=($!)
  done
  for name in "$@"; do
    for _ in $(seq 300); do curl -s -o "$tmp/state" "http://127.0.0.1:${ports[$name]}/v4/container/state" && break || sleep 0.2; done
  done
}

stop_containers() {
  kill "${containers[@]}"
  wait "${containers[@]}" || true
  containers=()
}

PORT=0 LATCHKEY_DATA=$tmp/data LATCHKEY_OWNER_PASSWORD='correct horse battery' LATCHKEY_PRIVATE_CONTAINERS=true \
  LATCHKEY_APPLICATION_KEY=conformance00000000000000000000000000000 node --import tsx src/main.ts >"$tmp/server.log" 2>&1 &
server=$!
for _ in $(seq 300); do [ -e "$tmp/data/env" ] && break || sleep 0.2; done
url=$(. "$tmp/data/env" && echo "$LATCHKEY_URL") || { cat "$tmp/server.log"; exit 1; }

field() { node -pe "JSON.parse(require('node:fs').readFileSync(0, 'utf8')).$1"; }
json='content-type: application/json'
session=$(curl -sf "$url/auth/v1/token?grant_type=password" -H 'apikey: conformance00000000000000000000000000000' -H "$json" \
  -d '{"email":"owner@localhost","password":"correct horse battery"}' | field access_token)
token=$(curl -sf "$url/functions/v1/manage-api-keys" -H "Authorization: Bearer $session" -H "$json" \
  -d '{"action":"generate","name":"conformance"}' | field key)

for version in ${PIPELINE_AI:-2.6.0 2.8.0}; do
  python=${CONTAINER_PYTHON:-}
  if [ -z "$python" ]; then
    "${PYTHON:-python3}" -m venv "$tmp/python-$version"
    # As the package's own Dockerfile has it; pkg_resources went away in setuptools 81.
    "$tmp/python-$version/bin/pip" install --quiet "pipeline-ai==$version" fastapi==0.105.0 uvicorn==0.25.0 \
      python-multipart==0.0.6 loguru==0.7.2 httpx==0.27.0 'setuptools<81'
    python=$tmp/python-$version/bin/python
  fi
  "$python" -c 'from importlib.metadata import version; print("pipeline-ai", version("pipeline-ai"))'
  check() { # what to check, and with which pipelines
    local name addresses=()
    for name in "${@:2}"; do addresses+=("$name=http://127.0.0.1:${ports[$name]}"); done
    PIPELINE_DIR=$tmp/dir PIPELINE_API_URL=$url PIPELINE_API_TOKEN=$token CHECK_DIR=$tmp "$python" -W ignore \
      "tests/conformance/$1" "${addresses[@]}"
  }
  files=(digest nested names picture pictures letters)
  start_containers "${pipelines[@]}"
  check container_check.py add count sleep broken
  check container_files_before.py "${files[@]}"
  stop_containers
  # What came out of them is not with them any more.
  rm -rf /tmp/run_files
  start_containers digest
  check container_files_after.py digest
  stop_containers
done
