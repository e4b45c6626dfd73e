# Every test: units, properties, behaviour under every runtime, tidy, and the examples in the documentation.
set -euo pipefail
cargo test --locked --workspace --no-fail-fast
