#!/usr/bin/env bash
# ci-step.sh begin                 a new table
# ci-step.sh NAME COMMAND…         runs the command and notes how long it took and how it ended
# ci-step.sh end SECONDS           prints the table; SECONDS is what all took, which is less than the sum where steps overlap
# The table is target/ci-times.tsv: name, seconds, exit code.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
table=$target/ci-times.tsv
mkdir -p "$target"

case ${1:-} in
  begin) : >"$table" ;;
  end)
    awk -F'\t' -v total="$2" '
      BEGIN { printf "\n%-12s %8s  %s\n", "step", "time", "result" }
      { printf "%-12s %4d:%02d m  %s\n", $1, $2 / 60, $2 % 60, $3 == 0 ? "ok" : "FAILED (" $3 ")" }
      END { printf "%-12s %4d:%02d m\n\n", "together", total / 60, total % 60 }
    ' "$table"
    ;;
  '') die "usage: ci-step.sh begin | NAME COMMAND… | end SECONDS" ;;
  *)
    name=$1
    shift
    say "== $name"
    started=$SECONDS
    status=0
    "$@" || status=$?
    printf '%s\t%s\t%s\n' "$name" $((SECONDS - started)) "$status" >>"$table"
    exit "$status"
    ;;
esac
