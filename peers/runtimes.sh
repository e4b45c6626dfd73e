#!/usr/bin/env bash
# What each runtime costs, plain and over TLS, on one shard: CPU per delivery one at a time and in
# bursts of 16, and memory per idle connection: `runtimes.sh [CONNECTIONS] [ROUNDS]`.
# Builds everything for release; the certificate is made for the occasion, by openssl.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
connections=${1:-10000}
rounds=${2:-7}

directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=localhost \
  -addext subjectAltName=IP:127.0.0.1 -keyout "$directory/key.pem" -out "$directory/cert.pem" 2>/dev/null

servers=()
for runtime in tokio smol std-threads; do
  command="${CARGO_TARGET_DIR:-../target}/release/fanfare serve --addr 127.0.0.1:0 --shards 1 --runtime $runtime"
  servers+=("fanfare-$runtime=$command")
  servers+=("fanfare-$runtime-tls=$command --tls-cert $directory/cert.pem --tls-key $directory/key.pem")
done

./compare.sh fanout --members 1000 --bytes 64 --window 1 --insecure --seconds 1 --rounds "$rounds" "${servers[@]}"
./compare.sh fanout --members 1000 --bytes 64 --window 16 --insecure --seconds 1 --rounds "$rounds" "${servers[@]}"
./compare.sh idle --connections "$connections" --insecure --rounds 1 "${servers[@]}"
