# The program over TLS on each runtime, as strangers see it: curl and openssl, keys in each form that people have, and a
# new certificate on SIGHUP.
set -uo pipefail
. .ci/lib.sh
. tests/server.sh
need_fanfare || exit 1
need openssl openssl || { skip "tls (no openssl to make certificates with)"; exit 0; }
scratch=$(mktemp -d)
trap 'stop_server; rm -rf "$scratch"' EXIT
broken=0

# certificate KEY NAME   signs itself, for localhost.
certificate() {
  openssl req -x509 -key "$1" -out "$scratch/$2.pem" -days 2 -subj "/CN=$2" \
    -addext "subjectAltName=DNS:localhost,IP:127.0.0.1" 2>/dev/null
}
# shown   the name in the certificate that the server shows now.
shown() {
  openssl s_client -connect "${SERVER_URL#https://}" -servername localhost </dev/null 2>/dev/null |
    openssl x509 -noout -subject -nameopt multiline | sed -n 's/ *commonName *= //p'
}

openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$scratch/pkcs8.key" 2>/dev/null &&
  openssl ec -in "$scratch/pkcs8.key" -out "$scratch/sec1.key" 2>/dev/null &&
  openssl genrsa -traditional -out "$scratch/pkcs1.key" 2048 2>/dev/null || { fail "openssl made no keys"; exit 1; }
# check RUNTIME FORM   sets `broken` where something is not as it should be.
check() {
  local form=$2 version
  export FANFARE_RUNTIME=$1
  echo "--- $1, $2"
  certificate "$scratch/$form.key" "$form" || { fail "openssl made no certificate for $form"; return 1; }
  # A log of its own, so that no address of a former server is read.
  : >"$scratch/$form.log"
  start_server "$scratch/$form.log" "$FANFARE" --addr 127.0.0.1:0 \
    --tls-cert "$scratch/$form.pem" --tls-key "$scratch/$form.key" || return 1
  if [ "$(shown)" = "$form" ]; then echo "$form: shown to openssl"; else fail "$form is not shown"; broken=1; fi
  for version in tls1_2 tls1_3; do
    if openssl s_client -connect "${SERVER_URL#https://}" -"$version" -alpn http/1.1 -CAfile "$scratch/$form.pem" \
      -verify_return_error </dev/null 2>/dev/null | grep -q 'ALPN protocol: http/1.1'; then
      echo "$form: $version with http/1.1"
    else
      fail "$form: no $version with http/1.1"
      broken=1
    fi
  done
  if ! need curl curl ca-certificates; then
    skip "tls with curl (no curl)"
  elif curl --silent --show-error --fail --max-time 10 --cacert "$scratch/$form.pem" "$SERVER_URL/ws/health" |
    grep -q '"healthy"'; then
    echo "$form: curl trusts it, and GET /ws/health is healthy"
  else
    fail "$form: curl got no answer"
    broken=1
  fi
  if [ "$form" = pkcs1 ]; then
    certificate "$scratch/$form.key" renewed && mv "$scratch/renewed.pem" "$scratch/$form.pem"
    kill -HUP "$SERVER_PID"
    for _ in $(seq 50); do [ "$(shown)" != renewed ] || break; done
    if [ "$(shown)" = renewed ]; then echo "SIGHUP: the new certificate is shown"; else fail "SIGHUP changed nothing"; broken=1; fi
  fi
  stop_server || { fail "$form: SIGTERM did not end the server with status 0"; broken=1; }
  return 0
}

for runtime in tokio smol std-threads; do
  for form in pkcs8 sec1 pkcs1; do
    check "$runtime" "$form" || exit 1
  done
done
exit "$broken"
