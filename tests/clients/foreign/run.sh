#!/usr/bin/env bash
# Runs the client's tests against the servers of others, on each runtime:
#
#   tests/clients/foreign/run.sh
#
# Installs ws (npm) and websockets (PyPI), in the versions named beside this script, into a folder `foreign` of the
# build's target folder. A server whose language or package cannot be had is left out, which a line `skipped: …` says.
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here/../../.." || exit 1
cache=$(mkdir -p "${CARGO_TARGET_DIR:-target}/foreign" && cd "${CARGO_TARGET_DIR:-target}/foreign" && pwd) || exit 1

# A folder is up to date when it was made from the same files.
is_installed() { cat "$1/.made-from" 2>/dev/null | cmp -s - <(cat "${@:2}"); }
made_from() { cat "${@:2}" >"$1/.made-from"; }

install_node() {
  local folder=$cache/node from=("$here/package-lock.json" "$here/node.mjs")
  ! is_installed "$folder" "${from[@]}" || return 0
  rm -rf "$folder" && mkdir -p "$folder" && cp "$here"/{package.json,package-lock.json,.npmrc,node.mjs} "$folder" &&
    (cd "$folder" && npm ci --no-audit --no-fund --loglevel=error) && made_from "$folder" "${from[@]}"
}

install_python() {
  local folder=$cache/python from=("$here/requirements.txt")
  ! is_installed "$folder" "${from[@]}" || return 0
  rm -rf "$folder" && mkdir -p "$folder" &&
    BUILD_EXTENSION=no python3 -m pip --quiet --disable-pip-version-check install --root-user-action=ignore --no-deps \
      --no-binary :all: --require-hashes --target "$folder" --requirement "$here/requirements.txt" &&
    made_from "$folder" "${from[@]}"
}

left_out=()
if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
  echo "skipped: the client against Node's ws (no node and npm; apt-get install nodejs npm)"
  left_out+=(--skip foreign::node)
elif ! install_node; then
  echo "skipped: the client against Node's ws (npm could not install it)"
  left_out+=(--skip foreign::node)
fi
if ! command -v python3 >/dev/null || ! python3 -m pip --version >/dev/null 2>&1; then
  echo "skipped: the client against Python's websockets (no python3 and pip; apt-get install python3-pip)"
  left_out+=(--skip foreign::python)
elif ! install_python; then
  echo "skipped: the client against Python's websockets (pip could not install it)"
  left_out+=(--skip foreign::python)
fi

FOREIGN_NODE=$cache/node FOREIGN_PYTHON=$cache/python cargo test --quiet --locked --workspace \
  --test clients -- --include-ignored foreign:: ${left_out[@]+"${left_out[@]}"}
