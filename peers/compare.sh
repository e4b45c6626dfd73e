#!/usr/bin/env bash
# Builds everything here for release and compares: `compare.sh --help`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
cargo build --release --quiet --workspace
exec cargo run --release --quiet --package compare -- "$@"
