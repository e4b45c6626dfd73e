# What Prometheus itself says of /metrics, on each runtime: its `promtool` reads the text and minds names and units.
set -uo pipefail
. .ci/lib.sh
. tests/server.sh
need_fanfare || exit 1
need curl curl ca-certificates || { skip "metrics (no curl to ask the server with)"; exit 0; }
scratch=$(mktemp -d)
trap 'stop_server; rm -rf "$scratch"' EXIT

# Debian's package is a server with many files; of all that, one program is wanted, and nothing installed.
promtool=$(command -v promtool) || {
  command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || { skip "metrics (no promtool, no apt-get)"; exit 0; }
  fetch() { (cd "$scratch" && apt-get -qq download prometheus 2>/dev/null); }
  fetch || { apt-get -qq update && fetch; } || { skip "metrics (no promtool: the package prometheus cannot be had)"; exit 0; }
  dpkg-deb --extract "$scratch"/prometheus_*.deb "$scratch" || { fail "the package prometheus cannot be unpacked"; exit 1; }
  promtool=$scratch/usr/bin/promtool
}

broken=0
for runtime in tokio smol std-threads; do
  export FANFARE_RUNTIME=$runtime
  : >"$scratch/$runtime.log"
  start_server "$scratch/$runtime.log" "$FANFARE" --addr 127.0.0.1:0 || exit 1
  if curl --silent --show-error --fail --max-time 10 "$SERVER_URL/metrics" >"$scratch/metrics" &&
    said=$("$promtool" check metrics <"$scratch/metrics" 2>&1) && [ -z "$said" ]; then
    echo "$runtime: promtool has read $(grep -c '^# TYPE ' "$scratch/metrics") families and says nothing"
  else
    fail "$runtime: promtool says: ${said:-nothing, for there was no answer}"
    broken=1
  fi
  stop_server || { fail "SIGTERM did not end the server with status 0"; broken=1; }
done
exit "$broken"
