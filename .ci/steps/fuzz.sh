# Each fuzz target for a short time, from its committed corpus. What it finds is written to fuzz/artifacts; new inputs
# that merely add coverage go to a scratch folder, so that the tree stays clean.
#
#   FUZZ_SECS   seconds per target (default: 20)
set -uo pipefail
. .ci/lib.sh
[ -e fuzz/Cargo.toml ] || { skip "fuzz (no fuzz in this tree)"; exit 0; }
rustup run nightly rustc --version 2>/dev/null || { skip "fuzz (no nightly toolchain)"; exit 0; }
if ! cargo fuzz --version 2>/dev/null; then
  cargo install --quiet --locked --root "$TARGET/tools" cargo-fuzz || { fail "cargo-fuzz could not be installed"; exit 1; }
  PATH=$(realpath "$TARGET/tools/bin"):$PATH
fi

# No sanitizer: there is no unsafe code to catch, and without one it is four times as fast.
fuzz() { cargo +nightly fuzz "$1" -s none "${@:2}"; }
targets=$(cargo +nightly fuzz list) || exit 1
[ -n "$targets" ] || { fail "fuzz/Cargo.toml has no target"; exit 1; }
fuzz build || exit 1

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
broken=0
for target in $targets; do
  echo "--- $target"
  mkdir "$scratch/$target"
  # libFuzzer writes to the first folder and only reads the others.
  corpora=("$scratch/$target")
  if [ -d "fuzz/corpus/$target" ]; then corpora+=("fuzz/corpus/$target"); fi
  if ! fuzz run "$target" "${corpora[@]}" -- -max_total_time="${FUZZ_SECS:-20}" -timeout=10 -rss_limit_mb=2048 \
    -print_final_stats=1 >"$scratch/$target.log" 2>&1; then
    tail -n 40 "$scratch/$target.log"
    fail "$target found an input; it is in fuzz/artifacts/$target and becomes a regression test"
    broken=$((broken + 1))
  else
    grep -E 'stat::(number_of_executed_units|peak_rss_mb)' "$scratch/$target.log"
  fi
done
[ "$broken" = 0 ] || { fail "$broken fuzz targets failed"; exit 1; }
