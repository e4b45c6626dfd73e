#!/usr/bin/env bash
# What an idle connection costs the program in memory: `idle.sh [CONNECTIONS] [FLAG OF FANFARE...]`.
# With `--tls-cert FILE --tls-key FILE` that of one over TLS.
# Builds the program for release, starts it on a free port, opens the connections from another
# process, and prints the growth per connection as `fanfare bench idle` does.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
connections=${1:-15000}
[ $# -eq 0 ] || shift

(cd .. && cargo build --release --quiet)
fanfare=${CARGO_TARGET_DIR:-../target}/release/fanfare
. ../tests/server.sh
log=$(mktemp)
trap 'stop_server; rm -f "$log"' EXIT
# Each connection takes a descriptor at both ends; both raise their own limit as far as they may.
start_server "$log" "$fanfare" --addr 127.0.0.1:0 --shards 1 "$@"
"$fanfare" bench idle --connections "$connections" --insecure \
  --url "$SERVER_URL/ws/echo" --server-pid "$SERVER_PID"
