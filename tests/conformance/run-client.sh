#!/usr/bin/env bash
# Runs the Autobahn suite against the built client, with compression:
#
#   tests/conformance/run-client.sh target/release/examples/autobahn_client RUNTIME [CASE...]
#
# RUNTIME: tokio, smol or std-threads. CASE, exit status and AUTOBAHN_DIR as in run.sh.
#
#   AUTOBAHN_OUT       where the reports go (default: report-client-RUNTIME under AUTOBAHN_DIR)
#   AUTOBAHN_FAIL_ON   more verdicts that fail (default: unimplemented)
set -uo pipefail
if [ $# -lt 2 ] || [ ! -x "$1" ]; then
  echo "usage: $0 CLIENT_BINARY RUNTIME [CASE...] (cargo build --release --all-features --example autobahn_client)" >&2
  exit 2
fi
binary=$(realpath "$1")
runtime=$2
shift 2
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

export AUTOBAHN_DIR=${AUTOBAHN_DIR:-$here/.suite} AUTOBAHN_FAIL_ON=${AUTOBAHN_FAIL_ON-unimplemented}
out=${AUTOBAHN_OUT:-$AUTOBAHN_DIR/report-client-$runtime}
"$here/install-autobahn.sh" "$AUTOBAHN_DIR" || { echo "conformance: the suite could not be installed" >&2; exit 1; }

# The suite's server must be told a port. This one was free a moment ago.
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])') || exit 1
"$here/run-autobahn-fuzzingserver.sh" "$port" "$out" "$@" -- "$binary" --runtime "$runtime"
