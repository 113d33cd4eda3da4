#!/usr/bin/env bash
# Runs through Latchkey, with the pipeline package's own SDK, against its own container app (what `pipeline container up`
# runs, without Docker). Needs Python 3.10 to 3.12 as $PYTHON or python3, and the network for pip.
set -euo pipefail
cd "$(dirname "$0")/../.."

tmp=$(mktemp -d "${TMPDIR:-/tmp}/latchkey-container.XXXXXX")
started=()
trap 'kill "${started[@]}" 2>/dev/null; wait; rm -rf "$tmp"' EXIT

python=${CONTAINER_PYTHON:-}
if [ -z "$python" ]; then
  "${PYTHON:-python3}" -m venv "$tmp/python"
  # As the package's own Dockerfile has it; pkg_resources went away in setuptools 81.
  "$tmp/python/bin/pip" install --quiet 'pipeline-ai==2.6.0' fastapi==0.105.0 uvicorn==0.25.0 python-multipart==0.0.6 \
    loguru==0.7.2 httpx==0.27.0 'setuptools<81'
  python=$tmp/python/bin/python
fi

free_port() { node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })'; }

addresses=()
for pipeline in add_pipeline count_pipeline sleep_pipeline no_pipeline; do
  port=$(free_port)
  PIPELINE_DIR=$tmp/dir PIPELINE_PATH=container_pipelines:$pipeline "$python" -W ignore -m uvicorn \
    pipeline.container.startup:create_app --factory --app-dir tests/conformance --host 127.0.0.1 --port "$port" \
    >"$tmp/$pipeline.log" 2>&1 &
  started+=($!)
  addresses+=("http://127.0.0.1:$port")
done

PORT=0 LATCHKEY_DATA=$tmp/data LATCHKEY_OWNER_PASSWORD='correct horse' LATCHKEY_PRIVATE_CONTAINERS=true \
  LATCHKEY_APPLICATION_KEY=conformance00000000000000000000000000000 node --import tsx src/main.ts >"$tmp/server.log" 2>&1 &
started+=($!)
for _ in $(seq 150); do grep -q 'ready at' "$tmp/server.log" && break || sleep 0.2; done
url=$(sed -n 's/^Latchkey is ready at \([^ ]*\) .*/\1/p' "$tmp/server.log")
[ -n "$url" ] || { cat "$tmp/server.log"; exit 1; }
for address in "${addresses[@]}"; do
  for _ in $(seq 100); do curl -s -o "$tmp/state" "$address/v4/container/state" && break || sleep 0.2; done
done

field() { node -pe "JSON.parse(require('node:fs').readFileSync(0, 'utf8')).$1"; }
json='content-type: application/json'
session=$(curl -sf "$url/auth/v1/token?grant_type=password" -H 'apikey: conformance00000000000000000000000000000' -H "$json" \
  -d '{"email":"owner@localhost","password":"correct horse"}' | field access_token)
token=$(curl -sf "$url/functions/v1/manage-api-keys" -H "Authorization: Bearer $session" -H "$json" \
  -d '{"action":"generate","name":"conformance"}' | field key)

PIPELINE_DIR=$tmp/dir PIPELINE_API_URL=$url PIPELINE_API_TOKEN=$token "$python" -W ignore \
  tests/conformance/container_check.py "${addresses[@]}"
