#!/usr/bin/env bash
# The block runner as a newcomer installs it, from the server that runs: a project of Mage's is brought here, its pipeline gives what it gave
# under mage-ai 0.9.79 (mage_outputs.jsonl), and what public scripts do is done by the runner. Needs a Python environment with `requests`,
# whose python is the one argument, a login of the command line, and LATCHKEY_URL with the rest of the server's env file.
set -euo pipefail
cd "$(dirname "$0")/../.."

python=$1
tmp=$(mktemp -d "${TMPDIR:-/tmp}/latchkey-runner.XXXXXX")
runner=''
finish() {
  [ -z "$runner" ] || kill -TERM "$runner" && wait "$runner" || true
  rm -rf "$tmp"
} 2>/dev/null
trap finish EXIT

"$python" -m pip install --quiet --disable-pip-version-check pandas
# From the server alone: no index is asked.
"$python" -m pip install --quiet --disable-pip-version-check --force-reinstall --index-url http://127.0.0.1:1 \
  "$LATCHKEY_URL/install/latchkey-runner.tar.gz"
LATCHKEY_API_KEY='' npx latchkey keys create runner --scopes runs:execute >"$tmp/key" 2>"$tmp/said"
LATCHKEY_API_KEY=$(cat "$tmp/key") "$(dirname "$python")/latchkey-runner" --work "$tmp/work" 2>"$tmp/runner.log" &
runner=$!

# By the login, and not by a key that is for containers.
unset LATCHKEY_API_KEY
npx latchkey mage import tests/conformance/mage_project >"$tmp/import" 2>&1
"$python" tests/conformance/mage_outputs.py fruit_shop 'by api' >"$tmp/outputs.jsonl"
diff tests/conformance/mage_outputs.jsonl "$tmp/outputs.jsonl"
echo 'a pipeline of Mage gives what it gave there'
"$python" tests/conformance/mage_scripts.py

kill -TERM "$runner"
wait "$runner"
runner=''
echo 'and the runner leaves as it is told'
