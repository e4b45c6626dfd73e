# The client: against the servers of others, and the Autobahn cases that do not take long; on each runtime, with
# compression. That it works with fanfare's own servers is shown by the step `test`.
set -uo pipefail
. .ci/lib.sh
broken=0

echo "--- servers of others"
# What cannot be had, run.sh finds missing and says so.
need npm nodejs npm || echo "npm is not here and could not be installed"
need python3 python3 || echo "python3 is not here and could not be installed"
python3 -m pip --version >/dev/null 2>&1 || need pip3 python3-pip || echo "pip is not here and could not be installed"
tests/clients/foreign/run.sh || broken=1

echo "--- the suite of Autobahn"
if python3 -m pip --version >/dev/null 2>&1; then
  # In the profile and with the features of the step `test`, which needs it, too: most of the time is the suite's own.
  cargo build --quiet --locked --workspace --example autobahn_client || exit 1
  for runtime in tokio smol std-threads; do
    echo "--- $runtime"
    tests/conformance/run-client.sh "$TARGET/debug/examples/autobahn_client" "$runtime" @ci || broken=1
  done
else
  skip "conformance of the client (no python3 and pip to install the suite with)"
fi
exit "$broken"
