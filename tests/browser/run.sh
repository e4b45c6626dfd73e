#!/usr/bin/env bash
# Runs the browser tests, of the page and of the browser client, against a built server, and against
# the built example `poll` if one is given:
#
#   tests/browser/run.sh target/release/fanfare [target/debug/examples/poll]
#
# CHROMIUM names the browser (default: the first one found), SCREENSHOT_DIR where pictures go.
set -euo pipefail

if [ $# -lt 1 ] || [ ! -x "$1" ] || [ ! -x "${2:-$1}" ]; then
  echo "usage: $0 FANFARE_BINARY [POLL_BINARY] (cargo build --release; cargo build --example poll)" >&2
  exit 2
fi
binary=$(realpath "$1")
poll=${2:+$(realpath "$2")}
cd "$(dirname "$0")"

CHROMIUM=${CHROMIUM:-$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)}
if [ -z "$CHROMIUM" ]; then
  echo "skipped: browser test (no chromium; apt-get install chromium)"
  exit 0
fi
if ! command -v npm >/dev/null; then
  echo "skipped: browser test (no npm; apt-get install nodejs npm)"
  exit 0
fi

npm ci --no-audit --no-fund --loglevel=error

scratch=$(mktemp -d)
servers=()
finish() {
  local server
  for server in "${servers[@]}"; do
    kill "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
  done
  rm -rf "$scratch"
}
trap finish EXIT

# start SCHEME [FLAG...]   starts a server; sets $url.
start() {
  local scheme=$1 line said
  shift
  # A named pipe ends the wait for the first line when the server dies before it prints one.
  mkfifo "$scratch/$scheme"
  "$binary" serve --addr 127.0.0.1:0 "$@" >"$scratch/$scheme" &
  servers+=($!)
  exec {said}<"$scratch/$scheme"
  url=
  while [ -z "$url" ] && IFS= read -r -t 20 line <&"$said"; do
    if [[ $line =~ listening\ on\ ($scheme://[^[:space:]]+) ]]; then url=${BASH_REMATCH[1]}; fi
  done
  if [ -z "$url" ]; then
    echo "the server did not print 'listening on $scheme://ADDR:PORT' within 20 s" >&2
    exit 1
  fi
  # Whatever else it prints must not fill the pipe and stop it.
  cat <&"$said" >/dev/null &
}

tls_url=
if command -v openssl >/dev/null; then
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout "$scratch/key.pem" -out "$scratch/cert.pem" 2>/dev/null
  start https --tls-cert "$scratch/cert.pem" --tls-key "$scratch/key.pem"
  tls_url=$url
else
  echo "skipped: browser test over TLS (no openssl to make a certificate with)"
fi
start http

export CHROMIUM
FANFARE_URL=$url FANFARE_TLS_URL=$tls_url node --test --test-reporter=spec chat.test.mjs
FANFARE=$binary POLL=$poll node --test --test-reporter=spec client.test.mjs
