#!/usr/bin/env bash
# What the vendor's example programs and a bot of LINE's kind do with MaiAgent (maiagent.py), against a server of its own over a model
# that answers at once. Its one argument is a python that has `requests`.
set -euo pipefail
cd "$(dirname "$0")/../.."

python=$1
tmp=$(mktemp -d "${TMPDIR:-/tmp}/latchkey-maiagent.XXXXXX")
server='' model=''
finish() {
  kill $server $model && wait || true
  rm -rf "$tmp"
} 2>/dev/null
trap finish EXIT

"$python" tests/conformance/openai_upstream.py >"$tmp/port" &
model=$!
for _ in $(seq 100); do [ -s "$tmp/port" ] && break || sleep 0.1; done
printf '{"models": [{"name": "Echo", "kind": "chat", "base_url": "http://127.0.0.1:%s/v1", "model": "echo"}]}' "$(cat "$tmp/port")" >"$tmp/models.json"

PORT=0 LATCHKEY_DATA=$tmp/data LATCHKEY_OWNER_PASSWORD='correct horse battery' LATCHKEY_PRIVATE_WEBHOOKS=true LATCHKEY_MODELS=$tmp/models.json \
  LATCHKEY_APPLICATION_KEY=conformance00000000000000000000000000000 node --import tsx src/main.ts >"$tmp/server.log" 2>&1 &
server=$!
for _ in $(seq 300); do [ -e "$tmp/data/env" ] && break || sleep 0.2; done
LATCHKEY_URL=$(. "$tmp/data/env" && echo "$LATCHKEY_URL") || { cat "$tmp/server.log"; exit 1; }

field() { node -pe "JSON.parse(require('node:fs').readFileSync(0, 'utf8')).$1"; }
json='content-type: application/json'
session=$(curl -sf "$LATCHKEY_URL/auth/v1/token?grant_type=password" -H 'apikey: conformance00000000000000000000000000000' -H "$json" \
  -d '{"email":"owner@localhost","password":"correct horse battery"}' | field access_token)
LATCHKEY_API_KEY=$(curl -sf "$LATCHKEY_URL/functions/v1/manage-api-keys" -H "Authorization: Bearer $session" -H "$json" \
  -d '{"action":"generate","name":"conformance"}' | field key)
export LATCHKEY_URL LATCHKEY_API_KEY

# Some programs are told the newer base, and some the older one.
for base in api/v1 api; do
  "$python" tests/conformance/maiagent.py "$LATCHKEY_URL/$base" || { tail -n 40 "$tmp/server.log"; exit 1; }
done
