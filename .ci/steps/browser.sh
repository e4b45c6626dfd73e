# The page in a real browser, served on each runtime, with compression.
set -uo pipefail
. .ci/lib.sh
[ -e tests/browser/run.sh ] || { skip "browser test (no tests/browser in this tree)"; exit 0; }
need_fanfare || exit 1
# What cannot be had, run.sh finds missing and says so.
need chromium chromium || echo "chromium is not here and could not be installed"
need npm nodejs npm || echo "npm is not here and could not be installed"
broken=0
for runtime in tokio smol std-threads; do
  echo "--- $runtime"
  FANFARE_RUNTIME=$runtime FANFARE_COMPRESSION=on bash tests/browser/run.sh "$FANFARE" || broken=1
done
exit "$broken"
