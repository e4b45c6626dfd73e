# README's command, as a reader types it: the server starts, says where it listens, serves its page and its health, and
# ends on SIGTERM with status 0.
set -uo pipefail
. .ci/lib.sh
. tests/server.sh
need curl curl ca-certificates || { fail "no curl to ask the server with"; exit 1; }
grep -qx 'cargo run --release' README.md || { fail "README.md has no line 'cargo run --release'"; exit 1; }

# Its output is the program's: without the build before, the time to start would be the compiler's.
cargo build --quiet --locked --release || exit 1
log=$(mktemp)
trap 'stop_server; rm -f "$log"' EXIT
if ! start_server "$log" cargo run --release; then
  grep -q 'already in use' "$log" || { fail "'cargo run --release' did not start"; exit 1; }
  echo "the default port is taken here; again with a free one"
  start_server "$log" cargo run --release -- serve --addr 127.0.0.1:0 || { fail "the server did not start"; exit 1; }
fi
echo "listening on $SERVER_URL"

broken=0
# serves PATH PATTERN   the path answers 200 with a body that has the pattern.
serves() {
  local body
  if body=$(curl --silent --show-error --fail --max-time 10 "$SERVER_URL$1") && grep -qi "$2" <<<"$body"; then
    echo "GET $1: ok"
  else
    fail "GET $1 did not answer 200 with '$2'"
    broken=1
  fi
}
serves / '<title>.*fanfare'
serves /ws/health '"status":"healthy"'

stop_server
status=$?
if [ "$status" != 0 ]; then
  fail "SIGTERM ended the server with status $status, not 0; it said:"
  tail -n 20 "$log"
  broken=1
fi
exit "$broken"
