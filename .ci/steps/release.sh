# What is shipped.
set -euo pipefail
cargo build --locked --release
