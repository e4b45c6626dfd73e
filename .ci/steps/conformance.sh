# The Autobahn cases that do not take long, against the echo service on each runtime, with compression; and the quickest
# of them over TLS.
set -uo pipefail
. .ci/lib.sh
need_fanfare || exit 1
need python3 python3 || { skip "conformance (no python3 to install the suite with)"; exit 0; }
python3 -m pip --version >/dev/null 2>&1 || need pip3 python3-pip || { skip "conformance (no pip to install the suite with)"; exit 0; }
export FANFARE_COMPRESSION=on AUTOBAHN_FAIL_ON=unimplemented
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
broken=0
for runtime in tokio smol std-threads; do
  echo "--- $runtime"
  FANFARE_RUNTIME=$runtime tests/conformance/run.sh "$FANFARE" @ci || broken=1
done

if need openssl openssl && openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost \
  -keyout "$scratch/key.pem" -out "$scratch/cert.pem" 2>/dev/null; then
  for runtime in tokio smol std-threads; do
    echo "--- $runtime over TLS"
    FANFARE_RUNTIME=$runtime FANFARE_TLS_CERT=$scratch/cert.pem FANFARE_TLS_KEY=$scratch/key.pem \
      tests/conformance/run.sh "$FANFARE" @quick || broken=1
  done
else
  skip "conformance over TLS (no openssl to make a certificate with)"
fi
exit "$broken"
