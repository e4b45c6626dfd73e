#!/usr/bin/env bash
# Tests the client against servers of other languages: `ws` on Node and `websockets` on Python.
#
#   tests/foreign/run.sh
#
# Installs both beside this script, once. What cannot be had is left out, and a line that begins with `skipped:` says so.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

scratch=$(mktemp -d)
servers=()
finish() {
  local server
  for server in ${servers[@]+"${servers[@]}"}; do
    kill "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
  done
  rm -rf "$scratch"
}
trap finish EXIT

# start NAME COMMAND...   its first line is the URL that the tests are told as FOREIGN_NAME.
start() {
  local name=$1 url=
  shift
  "$@" >"$scratch/$name" 2>"$scratch/$name.log" &
  servers+=($!)
  for _ in $(seq 100); do
    url=$(head -n 1 "$scratch/$name")
    [ -z "$url" ] || break
    sleep 0.1
  done
  [ -n "$url" ] || { cat "$scratch/$name.log" >&2; echo "foreign: $name did not start" >&2; exit 1; }
  export "FOREIGN_$name=$url"
}

filters=()
if command -v npm >/dev/null && npm ci --no-audit --no-fund --loglevel=error; then
  start WS node server.mjs
  filters+=(node_ws)
else
  echo "skipped: the client against ws (no npm, or no registry for it)"
fi
if python3 -m pip install --quiet --disable-pip-version-check --target .python websockets==15.0.1; then
  PYTHONPATH=.python start WEBSOCKETS python3 server.py
  filters+=(python_websockets)
else
  echo "skipped: the client against websockets (no python3 with pip, or no index for it)"
fi
[ ${#filters[@]} -gt 0 ] || exit 0
cargo test --locked -p fanfare --all-features --test foreign -- --ignored "${filters[@]}"
