# The documentation, with every broken link an error: with all features, and of the facade and each adapter as it comes.
set -euo pipefail
export RUSTDOCFLAGS="-D warnings"
cargo doc --locked --workspace --no-deps --all-features
for package in fanfare fanfare-tokio fanfare-smol fanfare-std-threads; do
  cargo doc --locked --no-deps --package "$package"
done
