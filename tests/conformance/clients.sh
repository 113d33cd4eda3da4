#!/usr/bin/env bash
# The clients: their types are checked, their packages are installed as users install them, all do one scenario against a server
# of its own, with the same results, and the samples of the docs are run. Needs a build, Python 3.10 with venv, Go 1.24, which it gets
# from Go's module proxy where it lacks, and a compiler of C for Go's race detector, which is left out where there is none.
set -euo pipefail
cd "$(dirname "$0")/../.."
tmp=$(mktemp -d "${TMPDIR:-/tmp}/latchkey-clients.XXXXXX")
trap 'chmod -R u+w "$tmp"; rm -rf "$tmp"' EXIT

go_version=1.24.10
if ! go version 2>/dev/null | grep -qE 'go1\.(2[4-9]|[3-9][0-9])'; then
  proxy=${GOPROXY:-https://proxy.golang.org}
  arch=$(uname -m | sed 's/x86_64/amd64/; s/aarch64/arm64/')
  curl -fsSL -o "$tmp/go.zip" "${proxy%%[,|]*}/golang.org/toolchain/@v/v0.0.1-go$go_version.linux-$arch.zip"
  python3 -m zipfile -e "$tmp/go.zip" "$tmp/go"
  goroot=$(echo "$tmp"/go/golang.org/toolchain@*)
  chmod -R +x "$goroot/bin" "$goroot/pkg/tool"
  export PATH="$goroot/bin:$PATH" GOROOT="$goroot"
fi
export GOFLAGS=-mod=mod GOTOOLCHAIN=local

python3 -m venv "$tmp/python"
"$tmp/python/bin/pip" install --quiet --disable-pip-version-check dist/install/latchkey-*.whl mypy==2.4.1 ruff==0.17.6
"$tmp/python/bin/mypy" --strict --cache-dir "$tmp/mypy" generated/clients/python/latchkey
"$tmp/python/bin/python" -m doctest generated/clients/python/latchkey/_lines.py
npx --yes pyright@1.1.414 --pythonpath "$tmp/python/bin/python" generated/clients/python/latchkey
"$tmp/python/bin/ruff" check --no-cache --select F,E9 generated/clients/python tests/conformance/clients

test -z "$(gofmt -l generated/clients/go tests/conformance/clients/go)" || { echo 'gofmt would change something'; exit 1; }
(cd generated/clients/go && go vet ./...)
(cd tests/conformance/clients/go && go vet ./...)

# The newest staticcheck that this Go can build: an older one reads no newer Go.
case $(go env GOVERSION) in
  go1.24*) staticcheck=v0.6.1 ;;
  go1.25*) staticcheck=v0.7.0 ;;
  *) staticcheck=v0.8.2 ;;
esac
GOBIN="$tmp/bin" go install "honnef.co/go/tools/cmd/staticcheck@$staticcheck"
(cd generated/clients/go && "$tmp/bin/staticcheck" ./...)
(cd tests/conformance/clients/go && "$tmp/bin/staticcheck" ./...)
if command -v gcc >/dev/null; then race=-race; else race='' && echo 'no compiler of C: without the race detector'; fi
echo "$(go version); $("$tmp/bin/staticcheck" -version); $("$tmp/python/bin/mypy" --version)"

SCENARIO_PYTHON="$tmp/python/bin/python" SCENARIO_GO_FLAGS=$race node tests/conformance/clients/run.mjs "$@"

# The samples in Python and Go, as those of curl and TypeScript in the other tests.
node scripts/samples/write.js "$tmp/samples"
"$tmp/python/bin/mypy" --strict --scripts-are-modules --cache-dir "$tmp/mypy" "$tmp"/samples/python/*.py
(cd "$tmp/samples/go" && go vet ./...)
SAMPLES_PYTHON="$tmp/python/bin/python" SAMPLES_GO=$(command -v go) npm run --silent test:slow -- tests/slow/samples.test.ts -t 'for (python|go) '
