# The browser client alone, and its types; then it and the page in a real browser, served on each runtime, with
# compression.
set -uo pipefail
. .ci/lib.sh
[ -e tests/browser/run.sh ] || { skip "browser test (no tests/browser in this tree)"; exit 0; }
need_fanfare || exit 1
# What cannot be had, run.sh finds missing and says so.
need chromium chromium || echo "chromium is not here and could not be installed"
need npm nodejs npm || echo "npm is not here and could not be installed"
broken=0

echo "--- the browser client alone"
if command -v node >/dev/null; then
  node --test --test-reporter=spec clients/browser/tests/*.test.mjs || broken=1
else
  skip "unit tests of the browser client (no node; apt-get install nodejs)"
fi

# In the profile and with the features of the step `test`, which needs it, too.
cargo build --quiet --locked --workspace --example poll || broken=1
poll=$TARGET/debug/examples/poll
for runtime in tokio smol std-threads; do
  echo "--- $runtime"
  FANFARE_RUNTIME=$runtime FANFARE_COMPRESSION=on bash tests/browser/run.sh "$FANFARE" ${poll:+"$poll"} || broken=1
  # The example brings a runtime of its own: once is enough.
  poll=
done

echo "--- types of the browser client"
# run.sh has installed it.
tsc=tests/browser/node_modules/.bin/tsc
if [ -x "$tsc" ]; then
  "$tsc" --project clients/browser/tests && echo "ok" || broken=1
else
  skip "types of the browser client (no typescript; it comes with npm, as does the browser test)"
fi
exit "$broken"
