# Every lint on every target: with all features, and as a user without wishes gets it.
set -uo pipefail
broken=0
cargo clippy --locked --workspace --all-targets --all-features -- -D warnings || broken=1
cargo clippy --locked --workspace --all-targets -- -D warnings || broken=1
exit "$broken"
