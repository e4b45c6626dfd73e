# The page in a real browser.
set -uo pipefail
. .ci/lib.sh
[ -e tests/browser/run.sh ] || { skip "browser test (no tests/browser in this tree)"; exit 0; }
need_fanfare || exit 1
# What cannot be had, run.sh finds missing and says so.
need chromium chromium || echo "chromium is not here and could not be installed"
need npm nodejs npm || echo "npm is not here and could not be installed"
bash tests/browser/run.sh "$FANFARE"
