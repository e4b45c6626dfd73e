#!/usr/bin/env bash
# Builds everything here and fanfare itself for release, and compares: `compare.sh --help`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
(cd .. && cargo build --release --quiet)
cargo build --release --quiet --workspace
exec cargo run --release --quiet --package compare -- "$@"
