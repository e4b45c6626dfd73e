#!/usr/bin/env bash
# What an idle connection costs the program in memory: `idle.sh [CONNECTIONS] [FLAG OF FANFARE...]`.
# With `--tls-cert FILE --tls-key FILE` that of one over TLS.
# Builds the program and the load for release, starts the program on a free port, opens the
# connections from another process, and prints the growth per connection as `load idle` does.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
connections=${1:-15000}
[ $# -eq 0 ] || shift

cargo build --release --quiet --package load
(cd .. && cargo build --release --quiet)
. ../tests/server.sh
log=$(mktemp)
trap 'stop_server; rm -f "$log"' EXIT
# Each connection takes a descriptor at both ends; both raise their own limit as far as they may.
start_server "$log" "${CARGO_TARGET_DIR:-../target}/release/fanfare" --addr 127.0.0.1:0 --shards 1 "$@"
"${CARGO_TARGET_DIR:-target}/release/load" idle --connections "$connections" \
  --url "${SERVER_URL/http/ws}/ws/echo" --server-pid "$SERVER_PID"
