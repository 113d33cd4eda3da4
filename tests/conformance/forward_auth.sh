#!/usr/bin/env bash
# examples/forward-auth in front of an app, for real, with Debian's nginx, Caddy and HAProxy: what passes, what does not, and what is
# answered while Latchkey is down. Prints a table of proxy and case. Needs nginx, caddy, haproxy and Node.
set -euo pipefail
cd "$(dirname "$0")/../.."

tmp=$(mktemp -d "${TMPDIR:-/tmp}/latchkey-forward-auth.XXXXXX")
chmod 755 "$tmp"
started=()
trap 'kill "${started[@]}" 2>/dev/null || true; wait; rm -rf "$tmp"' EXIT

free_port() { node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })'; }
latchkey=$(free_port) app=$(free_port) nginx=$(free_port) caddy=$(free_port) haproxy=$(free_port)

example() { # the port of the proxy, a file of examples/forward-auth, where it goes
  sed "s/127\.0\.0\.1:6789/127.0.0.1:$latchkey/g; s/127\.0\.0\.1:8080/127.0.0.1:$app/g; s/127\.0\.0\.1:8000/127.0.0.1:$1/g" \
    "examples/forward-auth/$2" >"$3"
}
example "$nginx" nginx/nginx.conf "$tmp/nginx.conf"
example "$caddy" caddy/Caddyfile "$tmp/Caddyfile"
example "$haproxy" haproxy/haproxy.cfg "$tmp/haproxy.cfg"
example "$haproxy" haproxy/latchkey.lua "$tmp/latchkey.lua"
# Where it may write: that is nothing of the example.
sed -i "1i daemon off; pid $tmp/nginx.pid; error_log $tmp/nginx.log;" "$tmp/nginx.conf"
sed -i "s#^http {#http { access_log off; client_body_temp_path $tmp/b; proxy_temp_path $tmp/p; fastcgi_temp_path $tmp/f; uwsgi_temp_path $tmp/u; scgi_temp_path $tmp/s;#" "$tmp/nginx.conf"
printf '{\n\tadmin off\n}\n' | cat - "$tmp/Caddyfile" >"$tmp/Caddyfile.run"

/usr/sbin/nginx -c "$tmp/nginx.conf" -e "$tmp/nginx.log" 2>"$tmp/nginx.err" & started+=($!)
XDG_DATA_HOME=$tmp XDG_CONFIG_HOME=$tmp caddy run --config "$tmp/Caddyfile.run" --adapter caddyfile >"$tmp/caddy.log" 2>&1 & started+=($!)
(cd "$tmp" && exec haproxy -db -f haproxy.cfg) >"$tmp/haproxy.log" 2>&1 & started+=($!)

env PORT="$latchkey" LATCHKEY_DATA="$tmp/data" LATCHKEY_OWNER_PASSWORD='correct horse' LATCHKEY_DRAIN_SECONDS=0 \
  LATCHKEY_TRUSTED_PROXIES=127.0.0.1 node --import tsx src/main.ts >"$tmp/server.log" 2>&1 &
server=$!
started+=($server)
for _ in $(seq 300); do grep -q 'is ready\.$' "$tmp/server.log" && break || sleep 0.2; done

node --import tsx tests/conformance/forward_auth.ts "$server" "$latchkey" "$app" "nginx=$nginx" "caddy=$caddy" "haproxy=$haproxy" ||
  { tail -n 8 "$tmp"/*.log "$tmp/nginx.err"; exit 1; }
