#!/usr/bin/env bash
# Signs in, generates an API key, uses it, revokes it, and sees 401. It needs curl.
set -euo pipefail

needed() { # a variable that has no default, where it comes from
  [ -n "${!1:-}" ] || { echo "set $1: $2" >&2 && exit 2; }
}
needed LATCHKEY_OWNER_PASSWORD 'you choose it by the link of npm start; npm run reset-password sets another'
needed LATCHKEY_APPLICATION_KEY 'npm start wrote it to .latchkey/env: source .latchkey/env'
url=${LATCHKEY_URL:-http://localhost:6789}
email=${LATCHKEY_OWNER_EMAIL:-owner@localhost}
password=$LATCHKEY_OWNER_PASSWORD
apikey=$LATCHKEY_APPLICATION_KEY

field() { # a key, JSON: the first text value under that key
  [[ $2 =~ \"$1\":\"([^\"]*)\" ]] && printf '%s' "${BASH_REMATCH[1]}" || { echo "no $1 in: $2" >&2 && return 1; }
}

keys() { # a token, a body
  curl -sS "$url/functions/v1/manage-api-keys" -H "Authorization: Bearer $1" -H 'Content-Type: application/json' -d "$2"
}

session=$(curl -sS "$url/auth/v1/token?grant_type=password" -H "apikey: $apikey" -H 'Content-Type: application/json' \
  -d "{\"email\": \"$email\", \"password\": \"$password\"}")
access_token=$(field access_token "$session")
echo "signed in as $email"

made=$(keys "$access_token" '{"action": "generate", "name": "keys.sh"}')
key=$(field key "$made")
id=$(field id "$made")
echo "generated $(field key_prefix "$made")..."

listed=$(keys "$key" '{"action": "list"}')
[[ $listed == *"$id"* ]] || { echo "the key does not list itself: $listed" >&2 && exit 1; }
echo "used it: it lists itself"

keys "$key" "{\"action\": \"revoke\", \"key_id\": \"$id\"}"
echo
status=$(curl -sS -o /dev/null -w '%{http_code}' "$url/functions/v1/manage-api-keys" \
  -H "Authorization: Bearer $key" -d '{"action": "list"}')
echo "after it was revoked: $status"
[ "$status" = 401 ]
