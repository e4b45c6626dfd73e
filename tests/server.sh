# Starts and stops a server for the scripts beside it; to be sourced.
#
#   start_server LOG COMMAND [ARG...]   sets SERVER_PID and SERVER_URL (http[s]://ADDR:PORT)
#   stop_server                         SIGTERM, and SIGKILL after 15 s; returns the exit status
#
# The server chooses its own free port and prints `listening on http[s]://ADDR:PORT` on stdout; both of
# its outputs go to LOG. Only the process started here is ever signalled, by its pid.

SERVER_PID=
SERVER_URL=

start_server() {
  local log=$1 deadline=$((SECONDS + ${SERVER_START_SECS:-30}))
  shift
  "$@" >"$log" 2>&1 </dev/null &
  SERVER_PID=$!
  SERVER_URL=
  while [ -z "$SERVER_URL" ]; do
    if ! kill -0 "$SERVER_PID" 2>/dev/null; then
      echo "the server ended before it listened; it said:" >&2
      tail -n 20 "$log" >&2
      wait "$SERVER_PID"
      SERVER_PID=
      return 1
    fi
    if [ "$SECONDS" -ge "$deadline" ]; then
      echo "the server did not print 'listening on http://ADDR:PORT' in time; it said:" >&2
      tail -n 20 "$log" >&2
      stop_server
      return 1
    fi
    SERVER_URL=$(sed -n 's|.*listening on \(https\{0,1\}://[^ /]*\).*|\1|p' "$log" | head -n 1)
    [ -n "$SERVER_URL" ] || sleep 0.1
  done
}

# It watches the server from here. A helper that is killed as soon as it has started may still run the
# script's own trap, and clean up under its feet.
stop_server() {
  [ -n "$SERVER_PID" ] || return 0
  local pid=$SERVER_PID deadline=$((SECONDS + 15))
  SERVER_PID=
  kill -TERM "$pid" 2>/dev/null
  while kill -0 "$pid" 2>/dev/null; do
    [ "$SECONDS" -lt "$deadline" ] || kill -KILL "$pid" 2>/dev/null
    sleep 0.05
  done
  wait "$pid" 2>/dev/null
}
