#!/usr/bin/env bash
# The three ways to send the API key and the token to the Mage surface, as its documentation writes them. It needs curl.
set -euo pipefail

needed() { # a variable that has no default, where it comes from
  [ -n "${!1:-}" ] || { echo "set $1: $2" >&2 && exit 2; }
}
needed LATCHKEY_OWNER_PASSWORD 'you choose it by the link of npm start; npm run reset-password sets another'
needed LATCHKEY_APPLICATION_KEY 'npm start wrote it to .latchkey/env: source .latchkey/env'
url=${LATCHKEY_URL:-http://localhost:6789}
email=${LATCHKEY_OWNER_EMAIL:-owner@localhost}
password=$LATCHKEY_OWNER_PASSWORD
api_key=$LATCHKEY_APPLICATION_KEY
name="quickstart $$ $RANDOM" # a pipeline's uuid is its name in lower case, with _ for what is no letter or digit
made=()

fail() { # what was asked, the answer
  printf 'unexpected answer to %s:\n%s\n' "$1" "$2" >&2
  exit 1
}

expect() { # what was asked, a part that the answer must have, the answer
  case $3 in *"$2"*) ;; *) fail "$1" "$3" ;; esac
}

field() { # a key, JSON: the first text value under that key
  [[ $2 =~ \"$1\"[[:space:]]*:[[:space:]]*\"([^\"]*)\" ]] && printf '%s' "${BASH_REMATCH[1]}"
}

json() { # a text as a JSON string
  local text=${1//\\/\\\\}
  text=${text//\"/\\\"}
  printf '"%s"' "$text"
}

decode_token() { # the raw token of a session, which is a JWT: its middle part is base64url of {"expires": …, "token": …}
  local part=${1#*.}
  part=${part%%.*}
  part=${part//-/+}
  part=${part//_/\/}
  while ((${#part} % 4)); do part+='='; done
  field token "$(printf '%s' "$part" | base64 --decode)"
}

remember() { # what was asked, the answer: a pipeline that was made
  expect "$1" '{"pipeline":{' "$2"
  local uuid
  uuid=$(field uuid "$2")
  made+=("$uuid")
  echo "$1: made the pipeline $uuid"
}

clean_up() { # deletes what was made, also when something failed before
  local status=$? uuid answer
  for uuid in ${made[@]+"${made[@]}"}; do
    answer=$(curl -sS -X DELETE "$url/api/pipelines/$uuid?api_key=$api_key" -H "OAUTH-TOKEN: $decoded") || status=1
    case $answer in '{"pipeline":{'*) echo "deleted $uuid" ;; *) echo "not deleted: $answer" >&2 && status=1 ;; esac
  done
  exit "$status"
}
trap clean_up EXIT

# A new session gives the raw token, which decodes to the other one.
answer=$(curl -sS -X POST "$url/api/sessions" \
    -H "Content-Type: application/json" \
    -H "X-API-KEY: $api_key" \
    -d "{\"session\": {\"email\": $(json "$email"), \"password\": $(json "$password")}}")
raw=$(field token "$answer") || fail 'a new session' "$answer"
decoded=$(decode_token "$raw") || fail 'a new session' "$answer"
echo "signed in as $email"

# Decoded token, API key in URL:
answer=$(curl -sS -X GET "$url/api/pipelines?api_key=$api_key" \
    -H "OAUTH-TOKEN: $decoded")
expect 'the list' '{"pipelines":[' "$answer"
echo "decoded token, key in the URL: $answer"

# Decoded token, API key in body. The documented line sends an empty pipeline: both credentials are accepted, and the
# answer is that a name is missing. curl sends it as a form, since nothing says otherwise; it is read as the JSON it is.
answer=$(curl -sS -X POST "$url/api/pipelines" \
    -H "OAUTH-TOKEN: $decoded" \
    -d '{
        "api_key": "'"$api_key"'",
        "pipeline": {}
    }')
expect 'a pipeline without a name' name "$(field message "$answer")"
echo "decoded token, key in the body: $answer"

answer=$(curl -sS -X POST "$url/api/pipelines" \
    -H "OAUTH-TOKEN: $decoded" \
    -d '{
        "api_key": "'"$api_key"'",
        "pipeline": {"name": "'"$name decoded"'"}
    }')
remember 'decoded token, key in the body' "$answer"

# Raw token, API key in body:
answer=$(curl -sS -X POST "$url/api/pipelines" \
    -H "Cookie: oauth_token=$raw" \
    -d '{
        "api_key": "'"$api_key"'",
        "pipeline": {}
    }')
expect 'a pipeline without a name' name "$(field message "$answer")"
echo "raw token, key in the body: $answer"

answer=$(curl -sS -X POST "$url/api/pipelines" \
    -H "Cookie: oauth_token=$raw" \
    -d '{
        "api_key": "'"$api_key"'",
        "pipeline": {"name": "'"$name raw"'"}
    }')
remember 'raw token, key in the body' "$answer"

# The same with the Content-Type said:
answer=$(curl -sS -X POST "$url/api/pipelines" \
    -H "Content-Type: application/json" \
    -H "OAUTH-TOKEN: $decoded" \
    -d '{
        "api_key": "'"$api_key"'",
        "pipeline": {"name": "'"$name typed"'"}
    }')
remember 'decoded token, key in a body of type JSON' "$answer"

answer=$(curl -sS -X GET "$url/api/pipelines?api_key=$api_key" \
    -H "OAUTH-TOKEN: $decoded")
for uuid in "${made[@]}"; do expect 'the list' "\"uuid\":\"$uuid\"" "$answer"; done
echo "the list has all ${#made[@]}"
