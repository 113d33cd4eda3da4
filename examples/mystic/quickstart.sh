#!/usr/bin/env bash
# An API key, tested as the vendor's documents say; then the command line: a pipeline, a pointer, a file, and all of it gone.
set -euo pipefail

[ -n "${LATCHKEY_API_KEY:-}" ] || { echo 'set LATCHKEY_API_KEY: npx latchkey keys create NAME prints one' >&2 && exit 2; }
URL=${LATCHKEY_URL:-http://localhost:6789}
USERNAME=${LATCHKEY_OWNER_USERNAME:-owner}
TOKEN=$LATCHKEY_API_KEY
unset LATCHKEY_API_KEY # From here on somebody is signed in, and that goes first.

curl -sSf -X GET "$URL/v4/users/$USERNAME" -H "Authorization: Bearer $TOKEN"
echo

# The command line of this clone. Installed from the package, it is `npx latchkey`.
latchkey() { node "$(dirname "$0")/../../generated/clients/typescript/cli/main.js" "$@"; }
export PIPELINE_DIR
PIPELINE_DIR=$(mktemp -d)
trap 'rm -rf "$PIPELINE_DIR"' EXIT

latchkey cluster login home - -u "$URL" -a <<<"$TOKEN"
name="$USERNAME/quickstart-$$"
latchkey pipelines create "$name" --image "localhost:5000/$name:1"
latchkey pointers create "$name:latest" "$name:v1"
latchkey pointers list --name "$name"

file=$(latchkey files upload "$0" --json | sed 's/.*"id":"\([^"]*\)".*/\1/')
latchkey files download "$file" --output - | cmp - "$0" && echo 'the file came back as it was'

# Nobody runs it: it has no container.
code=0
latchkey runs create "$name:latest" --input 5 || code=$?
echo "a run without a container ends with exit code $code"

id=$(latchkey pipelines get "$name:v1" --json | sed 's/.*"id":"\(pipeline_[^"]*\)".*/\1/')
latchkey pipelines delete "$id"
latchkey files delete "$file"
