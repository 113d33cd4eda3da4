#!/usr/bin/env bash
# Latchkey behind Debian's nginx and Caddy, both with TLS: the address of limits and audit rows is the client's, links and iss
# are the public name's, and what a client writes into the headers of proxies changes nothing. Clients come from several
# addresses of loopback; the proxies are at 127.0.0.1, and are the only ones that are trusted. Needs nginx, caddy, openssl, curl.
set -euo pipefail
cd "$(dirname "$0")/../.."

tmp=$(mktemp -d "${TMPDIR:-/tmp}/latchkey-proxies.XXXXXX")
chmod 755 "$tmp"
started=()
trap 'kill "${started[@]}" 2>/dev/null || true; wait; rm -rf "$tmp"' EXIT

free_port() { node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })'; }
field() { node -pe "JSON.parse(require('node:fs').readFileSync(0, 'utf8')).$1"; }
claim() { field access_token | cut -d. -f2 | node -pe "JSON.parse(Buffer.from(require('node:fs').readFileSync(0, 'utf8'), 'base64url')).$1"; }
checks=0
is() { # what, what it is, what it has to be
  [ "$2" = "$3" ] || { echo "$1: $2 instead of $3"; tail -n 5 "$tmp"/*.log; exit 1; }
  checks=$((checks + 1))
}

name=keys.example.test
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj "/CN=$name" \
  -addext "subjectAltName=DNS:$name" -keyout "$tmp/key.pem" -out "$tmp/cert.pem" 2>"$tmp/openssl.log"
chmod 644 "$tmp/key.pem"
back=$(free_port) nginx=$(free_port) caddy=$(free_port)

cat >"$tmp/nginx.conf" <<CONF
daemon off; pid $tmp/nginx.pid; error_log $tmp/nginx.log;
events {}
http {
  access_log off; client_body_temp_path $tmp/body; proxy_temp_path $tmp/proxy;
  fastcgi_temp_path $tmp/f; uwsgi_temp_path $tmp/u; scgi_temp_path $tmp/s;
  server {
    listen 127.0.0.1:$nginx ssl; server_name $name;
    ssl_certificate $tmp/cert.pem; ssl_certificate_key $tmp/key.pem;
    location / {
      proxy_pass http://127.0.0.1:$back;
      proxy_set_header Host \$http_host;
      proxy_set_header X-Forwarded-For \$proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto \$scheme;
      proxy_set_header X-Forwarded-Host \$http_host;
    }
  }
}
CONF
cat >"$tmp/Caddyfile" <<CONF
{
  admin off
  auto_https off
}
https://$name:$caddy {
  bind 127.0.0.1
  tls $tmp/cert.pem $tmp/key.pem
  reverse_proxy 127.0.0.1:$back
}
CONF
/usr/sbin/nginx -c "$tmp/nginx.conf" -e "$tmp/nginx.log" 2>"$tmp/nginx.err" & started+=($!)
XDG_DATA_HOME=$tmp XDG_CONFIG_HOME=$tmp caddy run --config "$tmp/Caddyfile" --adapter caddyfile >"$tmp/caddy.log" 2>&1 & started+=($!)

serve() { # more settings
  env PORT="$back" LATCHKEY_DATA="$tmp/data" LATCHKEY_OWNER_PASSWORD='correct horse' LATCHKEY_DRAIN_SECONDS=0 \
    LATCHKEY_APPLICATION_KEY=conformance00000000000000000000000000000 LATCHKEY_TRUSTED_PROXIES=127.0.0.1/32 "$@" \
    node --import tsx src/main.ts >"$tmp/server.log" 2>&1 &
  server=$!
  started+=($server)
  for _ in $(seq 300); do grep -q 'is ready\.$' "$tmp/server.log" && return || sleep 0.2; done
  cat "$tmp/server.log"
  return 1
}
ask() { # port, address of the client, and what curl takes
  curl -s --cacert "$tmp/cert.pem" --resolve "$name:$1:127.0.0.1" --interface "$2" -H 'content-type: application/json' \
    -H 'apikey: conformance00000000000000000000000000000' "${@:3}"
}
sign_in() { # port, client, password, more
  ask "$1" "$2" "https://$name:$1/auth/v1/token?grant_type=password" -d "{\"email\":\"owner@localhost\",\"password\":\"$3\"}" "${@:4}"
}
audited() { # the address of the last refusal
  node --import tsx -e "
    const { runningUrl } = await import('./src/database/postgres/cluster.ts');
    const { connect } = await import('./src/database/database.ts');
    const db = connect(runningUrl('$tmp/data'));
    const { address } = await db('audit_log').where({ action: 'sign_in_failed' }).orderBy('id', 'desc').first('address');
    console.log(address);
    await db.destroy();"
}
forged=(-H 'X-Forwarded-For: 6.6.6.6' -H 'Forwarded: for=6.6.6.6;proto=http;host=evil.test' -H 'X-Forwarded-Proto: http'
  -H 'X-Forwarded-Host: evil.test' -H 'X-Real-IP: 6.6.6.6')

serve
for proxy in nginx caddy; do
  port=${!proxy}
  [ $proxy = nginx ] && last=10 || last=20
  for _ in $(seq 50); do ask "$port" 127.0.0.1 -o "$tmp/health" "https://$name:$port/healthz" && break || sleep 0.2; done
  is "$proxy: audit row" "$(sign_in "$port" 127.0.0.$last wrong >"$tmp/out"; audited)" "127.0.0.$last"
  is "$proxy: audit row, forged" "$(sign_in "$port" 127.0.0.$last wrong "${forged[@]}" >"$tmp/out"; audited)" "127.0.0.$last"
  for _ in $(seq 8); do sign_in "$port" 127.0.0.$last wrong "${forged[@]}" >"$tmp/out"; done
  is "$proxy: the eleventh" "$(sign_in "$port" 127.0.0.$last 'correct horse' -o "$tmp/out" -w '%{http_code}' "${forged[@]}")" 429
  session=$(sign_in "$port" 127.0.0.$((last + 1)) 'correct horse' | tee "$tmp/session" | field access_token)
  is "$proxy: another client" "$(claim role <"$tmp/session")" authenticated
  upload() {
    ask "$port" 127.0.0.$last "https://$name:$port/api/v1/upload-presigned-url/" -H "Authorization: Bearer $session" \
      -d '{"filename":"a.pdf","modelName":"attachment","fieldName":"file","fileSize":1}' "$@" | field url
  }
  is "$proxy: address of an upload" "$(upload)" "https://$name:$port/api/v1/upload/"
  is "$proxy: address of an upload, forged" "$(upload "${forged[@]}")" "https://$name:$port/api/v1/upload/"
  for pipeline in one two; do
    ask "$port" 127.0.0.$last "https://$name:$port/api/v1/pipelines/" -H "Authorization: Bearer $session" \
      -d "{\"name\":\"$proxy $pipeline\"}" >"$tmp/out"
  done
  next=$(ask "$port" 127.0.0.$last "https://$name:$port/api/v1/pipelines/?pageSize=1" -H "Authorization: Bearer $session" "${forged[@]}" | field next)
  is "$proxy: next page" "${next%%\?*}" "https://$name:$port/api/v1/pipelines/"

  # The console's cookie: over TLS it has the name that only this host may set, and a page of another site gets nothing by it.
  console() { # client, method and path, and what curl takes
    ask "$port" "$1" -b "$tmp/jar" -o "$tmp/out" -w '%{http_code}' -X "$2" "https://$name:$port/v1$3" "${@:4}"
  }
  rm -f "$tmp/jar"
  signed=$(ask "$port" 127.0.0.$((last + 2)) -c "$tmp/jar" -o "$tmp/out" -w '%{http_code}' "https://$name:$port/v1/sessions" \
    -d '{"email":"owner@localhost","password":"correct horse","cookie":true}')
  is "$proxy: signing in with a cookie" "$signed" 201
  is "$proxy: its name" "$(grep -o '__Host-latchkey' "$tmp/jar")" __Host-latchkey
  is "$proxy: who is signed in" "$(console 127.0.0.$last GET /me)" 200
  for site in 'Sec-Fetch-Site: cross-site' 'Origin: https://evil.test'; do
    is "$proxy: a foreign POST, $site" "$(console 127.0.0.$last POST /pipelines -H "$site" -d '{"name":"foreign"}')" 403
    is "$proxy: a foreign verify, $site" "$(console 127.0.0.$last POST /verify -H "$site" -d '{"key":"none"}')" 401
    is "$proxy: a foreign introspect, $site" "$(console 127.0.0.$last POST /introspect -H "$site" -d '{"token":"none"}')" 401
    is "$proxy: a foreign forward-auth, $site" "$(console 127.0.0.$last GET /forward-auth -H "$site")" 401
  done
  is "$proxy: our own POST" "$(console 127.0.0.$last POST /pipelines -H 'Sec-Fetch-Site: same-origin' -d "{\"name\":\"own $proxy\"}")" 201
  is "$proxy: our own POST by Origin" \
    "$(console 127.0.0.$last POST /pipelines -H "Origin: https://$name:$port" -d "{\"name\":\"by origin $proxy\"}")" 201
  is "$proxy: signing out" "$(console 127.0.0.$last DELETE /sessions/current -c "$tmp/jar")" 204
  is "$proxy: the cookie is gone" "$(grep -c latchkey "$tmp/jar" || true)" 0
done

# Past the proxies, from an address that nobody trusts.
curl -s --interface 127.0.0.30 "http://127.0.0.1:$back/auth/v1/token?grant_type=password" -H 'content-type: application/json' \
  -H 'apikey: conformance00000000000000000000000000000' "${forged[@]}" -d '{"email":"owner@localhost","password":"wrong"}' >"$tmp/out"
is 'past the proxies: audit row, forged' "$(audited)" 127.0.0.30

kill -TERM "$server" && wait "$server"
serve LATCHKEY_PUBLIC_URL="https://$name"
for port in "$nginx" "$caddy"; do
  sign_in "$port" 127.0.0.40 'correct horse' "${forged[@]}" >"$tmp/session"
  is 'iss' "$(claim iss <"$tmp/session")" "https://$name/auth/v1"
  session=$(field access_token <"$tmp/session")
  is 'address of an upload by the public URL' "$(upload "${forged[@]}")" "https://$name/api/v1/upload/"
done
echo "behind nginx and Caddy: $checks checks hold"
