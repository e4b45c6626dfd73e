#!/usr/bin/env bash
# Runs the Autobahn suite against a built server:
#
#   tests/conformance/run.sh target/release/fanfare [CASE...]
#
# CASE as in run-autobahn.sh: 9.1.1, '6.4.*', 12, @quick, @ci, @deflate, '!9'; none = all 517.
# Exit: 0 when no case failed, 1 otherwise, 2 wrong use.
#
#   AUTOBAHN_DIR       where the suite is, or is to be installed (default: .suite beside this script)
#   AUTOBAHN_OUT       where the reports go (default: report under AUTOBAHN_DIR)
#   CONFORMANCE_PATH   the path of the echo service (default: /ws/echo)
#
# The server inherits the environment, so FANFARE_… variables change what is tested.
set -uo pipefail
if [ $# -lt 1 ] || [ ! -x "$1" ]; then
  echo "usage: $0 FANFARE_BINARY [CASE...] (build it with: cargo build --release)" >&2
  exit 2
fi
binary=$(realpath "$1")
shift
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/../server.sh"

export AUTOBAHN_DIR=${AUTOBAHN_DIR:-$here/.suite}
out=${AUTOBAHN_OUT:-$AUTOBAHN_DIR/report}
mkdir -p "$out" || exit 1
"$here/install-autobahn.sh" "$AUTOBAHN_DIR" || { echo "conformance: the suite could not be installed" >&2; exit 1; }

trap 'stop_server' EXIT
start_server "$out/server.log" "$binary" serve --preset conformance --addr 127.0.0.1:0 || exit 1
url=ws${SERVER_URL#http}${CONFORMANCE_PATH:-/ws/echo}

AUTOBAHN_AGENT=${AUTOBAHN_AGENT:-fanfare} "$here/run-autobahn.sh" "$url" "$out" "$@"
verdict=$?

# A server that dies in the last case fails no case.
if ! kill -0 "$SERVER_PID" 2>/dev/null; then
  echo "conformance: the server did not survive the suite; see $out/server.log" >&2
  verdict=1
fi
exit "$verdict"
