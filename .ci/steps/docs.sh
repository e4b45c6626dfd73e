# The documentation, with every broken link an error.
set -euo pipefail
RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps --all-features
