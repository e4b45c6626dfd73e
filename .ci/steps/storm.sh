# Clients and servers in a storm: more seeds than the tests try, in the build that is shipped; and one seed in both
# builds, which leads to the same.
set -euo pipefail
. .ci/lib.sh
storm() { cargo test --locked -p fanfare-simulator --test storm "$@"; }
trace() { SEED=7 storm "$@" -- --exact one_seed --nocapture 2>&1 | sed -n 's/^ *trace: \([0-9]*\),$/\1/p'; }
SEEDS=200 storm --release -- all_is_well_after_a_storm
debug=$(trace)
release=$(trace --release)
[ -n "$debug" ] && [ "$debug" = "$release" ] || fail "a seed leads to '$debug' in a debug build, to '$release' in release"
echo "seed 7 leads to $debug in both builds"
