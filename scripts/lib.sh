# shellcheck shell=bash
# What every script here begins with: strict mode, the root folder, one way to speak. Sourced, never run.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
# The scripts and the documents name `target/…`, so a target folder set for the whole machine does not apply here.
# WATCHROOM_TARGET moves it (a second toolchain beside the first, a build on a faster disk).
target=${WATCHROOM_TARGET:-$root/target}
export CARGO_TARGET_DIR=$target
export CARGO_NET_RETRY=${CARGO_NET_RETRY:-10}
# Tools that are built once a machine, not once a checkout.
# shellcheck disable=SC2034
tools=${WATCHROOM_TOOLS:-${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/watchroom}/tools

# Tests the API by its document; of one version, so that it asks the same today and tomorrow.
# shellcheck disable=SC2034
schemathesis_version=4.32.5 schemathesis=$tools/schemathesis-4.32.5/bin/schemathesis

# A sign-in provider for the browser's tests. The last version that Python 3.11 runs.
# shellcheck disable=SC2034
oidc_mock_version=0.3.4
export WATCHROOM_OIDC_MOCK=${WATCHROOM_OIDC_MOCK:-$tools/oidc-provider-mock-0.3.4/bin/oidc-provider-mock}

# Standard output belongs to results (a URL, JSON lines); everything said goes to standard error.
say() { printf '%s\n' "$*" >&2; }
die() { printf 'watchroom: %s\n' "$*" >&2; exit 1; }

# A folder for data that is thrown away: in memory where there is plenty, else with other temporary files. Tests make and drop
# hundreds of databases; on a disk they wait for most of their time.
scratch_parent() {
  local free memory
  free=$(df --output=avail -k /dev/shm 2>/dev/null | tail -n 1) || free=0
  memory=$(awk '/^MemAvailable/ { print $2 }' /proc/meminfo 2>/dev/null) || memory=0
  if [ -z "${TMPDIR:-}" ] && [ -w /dev/shm ] && [ "${free:-0}" -gt 6000000 ] && [ "${memory:-0}" -gt 12000000 ]; then
    echo /dev/shm
  else
    echo "${TMPDIR:-/tmp}"
  fi
}

# Puts the toolchain that setup.sh chose on PATH.
use_tools() {
  [ -f "$target/toolchain.env" ] || die "no toolchain chosen yet: run scripts/setup.sh"
  # shellcheck source=/dev/null
  . "$target/toolchain.env"
}
