# What the steps share; to be sourced from the root of the project.

TARGET=${CARGO_TARGET_DIR:-target}
FANFARE=$TARGET/release/fanfare

# Says that something was left out, and why. The summary repeats every such line.
skip() { echo "skipped: $*"; }

fail() {
  echo "failed: $*" >&2
  return 1
}

# need COMMAND PACKAGE...   true when COMMAND is there, or could be had from Debian's packages.
need() {
  local command=$1
  shift
  command -v "$command" >/dev/null && return 0
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
  echo "installing $*"
  DEBIAN_FRONTEND=noninteractive apt-get -qq update &&
    DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "$@" >/dev/null &&
    command -v "$command" >/dev/null
}

# The program, for the steps that run it; built by the `release` step.
need_fanfare() {
  [ -x "$FANFARE" ] || fail "no program at $FANFARE; the step 'release' builds it"
}
