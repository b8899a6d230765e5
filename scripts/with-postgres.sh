#!/usr/bin/env bash
# with-postgres.sh COMMAND…: runs the command with WATCHROOM_TEST_POSTGRES_URL set to a fresh private cluster, and stops
# the cluster however the command ends. A URL that is already set is used as it is. The cluster and the command's temporary
# files are kept in memory where there is room for them, but for figures (WATCHROOM_POSTGRES_FSYNC=on).
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
[ $# -gt 0 ] || die "usage: with-postgres.sh COMMAND…"

if [ -n "${WATCHROOM_TEST_POSTGRES_URL:-}" ]; then exec "$@"; fi

parent=${TMPDIR:-/tmp}
if [ "${WATCHROOM_POSTGRES_FSYNC:-off}" = off ]; then parent=$(scratch_parent); fi
dir=$(mktemp -d "$parent/watchroom-postgres.XXXXXX")
trap 'if [ -d "$dir/data" ]; then scripts/postgres.sh stop "$dir"; else rm -rf "$dir"; fi' EXIT
# Ctrl-C reaches the command by itself; a signal to this script alone takes effect when the command ends.
trap 'exit 130' INT
trap 'exit 143' TERM HUP

WATCHROOM_TEST_POSTGRES_URL=$(scripts/postgres.sh start "$dir")
export WATCHROOM_TEST_POSTGRES_URL
if [ "$parent" = /dev/shm ]; then
  export TMPDIR=$dir/tmp
  mkdir -m 1777 "$TMPDIR"
fi
"$@"
