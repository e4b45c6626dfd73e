# The Autobahn cases that are quick, against the echo service.
set -uo pipefail
. .ci/lib.sh
need_fanfare || exit 1
need python3 python3 || { skip "conformance (no python3 to install the suite with)"; exit 0; }
python3 -m pip --version >/dev/null 2>&1 || need pip3 python3-pip || { skip "conformance (no pip to install the suite with)"; exit 0; }
tests/conformance/run.sh "$FANFARE" @quick
