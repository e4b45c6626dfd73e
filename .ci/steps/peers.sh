# The servers that fanfare is measured against: a workspace of its own.
set -uo pipefail
. .ci/lib.sh
[ -e peers/Cargo.toml ] || { skip "peers (no peers in this tree)"; exit 0; }
broken=0
cargo fmt --manifest-path peers/Cargo.toml --all --check || broken=1
cargo clippy --locked --manifest-path peers/Cargo.toml --workspace --all-targets -- -D warnings || broken=1
cargo build --locked --manifest-path peers/Cargo.toml --workspace --release || broken=1
exit "$broken"
