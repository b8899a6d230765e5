#!/usr/bin/env bash
# A private PostgreSQL cluster in a folder of its own: own port, socket in the folder, a superuser role without password,
# gone with the folder. For tests and benchmarks.
#   postgres.sh start DIR   makes and starts it; prints its URL on standard output
#   postgres.sh stop DIR    stops it and removes DIR
#   postgres.sh where       prints the folder of the server programs
# WATCHROOM_POSTGRES_FSYNC=on for figures that mean something (default off: tests).
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# Debian keeps the server's programs off PATH, one folder a version: the newest.
where() {
  local found
  found=$(printf '%s\n' /usr/lib/postgresql/*/bin/initdb | sort -V | tail -n 1)
  [ -x "$found" ] || found=$(command -v initdb || true)
  [ -x "$found" ] || die "PostgreSQL's server programs (initdb, pg_ctl) are missing: run scripts/setup.sh test"
  dirname "$(readlink -f "$found")"
}

# PostgreSQL refuses root: then the system's postgres user runs it.
as_owner() {
  if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi
}

free_port() {
  local port
  for _ in $(seq 50); do
    port=$((20000 + RANDOM % 12000))
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port" && return 0; }
  done
  die "no free port found"
}

start() {
  local dir=$1 programs port log fsync=${WATCHROOM_POSTGRES_FSYNC:-off}
  programs=$(where)
  mkdir -p "$dir"
  dir=$(cd "$dir" && pwd)
  log=$dir/log
  if [ "$(id -u)" = 0 ]; then
    id postgres >/dev/null 2>&1 || die "PostgreSQL does not run as root and there is no user postgres"
    chown postgres "$dir"
  fi
  # The server's own user has to be able to enter the folder and to stand in it.
  cd "$dir"
  as_owner "$programs/initdb" -D "$dir/data" -U watchroom -A trust -E UTF8 --no-locale --no-sync >"$log.initdb" 2>&1 ||
    { cat "$log.initdb" >&2 && die "initdb failed in $dir"; }
  for _ in 1 2 3; do
    port=$(free_port)
    if as_owner "$programs/pg_ctl" -D "$dir/data" -l "$log" -w -t 60 -o "-h 127.0.0.1 -p $port -k '$dir' \
      -c fsync=$fsync -c synchronous_commit=$fsync -c full_page_writes=$fsync \
      -c max_connections=200 -c shared_buffers=256MB -c autovacuum_naptime=10s" start >/dev/null 2>&1; then
      echo "postgres://watchroom@127.0.0.1:$port/postgres"
      return 0
    fi
  done
  tail -n 20 "$log" >&2
  die "PostgreSQL did not start in $dir"
}

stop() {
  local dir=$1
  [ -d "$dir/data" ] || die "no cluster in $dir"
  dir=$(cd "$dir" && pwd)
  local programs
  programs=$(where)
  cd "$dir"
  as_owner "$programs/pg_ctl" -D "$dir/data" -m immediate -w stop >/dev/null 2>&1 || true
  cd /
  rm -rf "$dir"
}

case ${1:-}/$# in
  start/2) start "$2" ;;
  stop/2) stop "$2" ;;
  where/1) where ;;
  *) die "usage: postgres.sh start DIR | stop DIR | where" ;;
esac
