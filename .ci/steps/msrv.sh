# The oldest toolchain that Cargo.toml claims can build everything. Where that is the one in use, the other steps have
# shown it.
set -euo pipefail
. .ci/lib.sh
claimed=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
[ -n "$claimed" ] || fail "Cargo.toml has no rust-version"
in_use=$(rustc --version | cut -d ' ' -f 2)
case $in_use in
  "$claimed" | "$claimed".*)
    echo "rust-version $claimed is the toolchain in use ($in_use)"
    exit 0
    ;;
esac
if rustup run "$claimed" rustc --version 2>/dev/null; then
  CARGO_TARGET_DIR=$TARGET/msrv rustup run "$claimed" cargo check --locked --workspace --all-targets
else
  skip "msrv (the toolchain in use is $in_use, and $claimed is not installed)"
fi
