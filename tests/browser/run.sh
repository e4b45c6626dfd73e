#!/usr/bin/env bash
# Runs the browser test against a built server:
#
#   tests/browser/run.sh target/release/fanfare
#
# CHROMIUM names the browser (default: the first one found), SCREENSHOT_DIR where pictures go.
set -euo pipefail

if [ $# -ne 1 ] || [ ! -x "$1" ]; then
  echo "usage: $0 FANFARE_BINARY (build it with: cargo build --release)" >&2
  exit 2
fi
binary=$(realpath "$1")
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
server=
finish() {
  if [ -n "$server" ]; then
    kill "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
  fi
  rm -rf "$scratch"
}
trap finish EXIT

# A named pipe ends the wait for the first line when the server dies before it prints one.
mkfifo "$scratch/stdout"
"$binary" serve --addr 127.0.0.1:0 >"$scratch/stdout" &
server=$!
exec 3<"$scratch/stdout"
url=
while [ -z "$url" ] && IFS= read -r -t 20 line <&3; do
  if [[ $line =~ listening\ on\ (http://[^[:space:]]+) ]]; then url=${BASH_REMATCH[1]}; fi
done
if [ -z "$url" ]; then
  echo "the server did not print 'listening on http://ADDR:PORT' within 20 s" >&2
  exit 1
fi
# Whatever else it prints must not fill the pipe and stop it.
cat <&3 >/dev/null &

FANFARE_URL=$url CHROMIUM=$CHROMIUM node --test --test-reporter=spec chat.test.mjs
