#!/usr/bin/env bash
# Records what a real Mage gives for tests/conformance/mage_project, in mage_outputs.jsonl, and holds it against mage_scripts.py: installs
# mage-ai, which is large, into a folder that is removed at the end. Needs Python 3.10 or 3.11, and curl. Takes some minutes.
set -euo pipefail
cd "$(dirname "$0")"

python=${1:-python3.11}
folder=$(mktemp -d "${TMPDIR:-/tmp}/latchkey-mage.XXXXXX")
mage=''
trap '[ -z "$mage" ] || kill "$mage"; rm -rf "$folder"' EXIT

"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet mage-ai==0.9.79 pandas==2.2.3 numpy==1.26.4 pyarrow==17.0.0 requests
cp -r mage_project "$folder/project"
port=$((20000 + RANDOM % 20000))
cd "$folder/project"
HOME=$folder MAGE_DATA_DIR=$folder/data ENV=prod REQUIRE_USER_AUTHENTICATION=1 DEFAULT_OWNER_EMAIL=owner@localhost \
  DEFAULT_OWNER_USERNAME=owner DEFAULT_OWNER_PASSWORD='only for this' \
  "$folder/venv/bin/mage" start . --host 127.0.0.1 --port "$port" >"$folder/log" 2>&1 &
mage=$!
cd - >/dev/null
for _ in $(seq 120); do curl -s -m 2 "http://127.0.0.1:$port/api/statuses" | grep -q repo_path && break || sleep 1; done

# The key is the one that every Mage has.
export LATCHKEY_URL=http://127.0.0.1:$port LATCHKEY_APPLICATION_KEY=zkWlN0PkIKSN0C11CfUHUj84OT5XOJ6tDZ6bDRO2
export LATCHKEY_OWNER_EMAIL=owner@localhost LATCHKEY_OWNER_PASSWORD='only for this'
"$folder/venv/bin/python" mage_scripts.py
"$folder/venv/bin/python" mage_outputs.py fruit_shop 'by api' >"$folder/outputs.jsonl"
mv "$folder/outputs.jsonl" mage_outputs.jsonl
echo 'mage_outputs.jsonl is as this Mage gives it'
