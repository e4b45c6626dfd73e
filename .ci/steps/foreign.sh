# The client against servers of other languages.
set -uo pipefail
. .ci/lib.sh
# What cannot be had, run.sh finds missing and says so.
need npm nodejs npm || echo "npm is not here and could not be installed"
need python3 python3 && { python3 -m pip --version >/dev/null 2>&1 || need pip3 python3-pip; } ||
  echo "pip is not here and could not be installed"
bash tests/foreign/run.sh
