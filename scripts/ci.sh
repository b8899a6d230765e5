#!/usr/bin/env bash
# ci.sh STEP…: runs Make targets, stops at the first that fails, and ends with a table of times.
# `NAME&` starts a target beside those that follow, `wait` waits for them: cargo and wasm-opt leave a core idle for minutes.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
table=$target/ci-times.tsv
mkdir -p "$target"
: >"$table"

step() {
  local started=$SECONDS status=0
  say "== $1"
  "${MAKE:-make}" --no-print-directory "$1" || status=$?
  printf '%s\t%s\t%s\n' "$1" $((SECONDS - started)) "$status" >>"$table"
  return "$status"
}

beside=()
end() {
  # A step in the background is a group of its own (set -m).
  for group in "${beside[@]}"; do kill -- "-$group" 2>/dev/null || true; done
  awk -F'\t' -v together="$SECONDS" '
    function time(seconds) { return sprintf("%4d:%02d m", seconds / 60, seconds % 60) }
    BEGIN { printf "\n%-12s %9s  %s\n", "step", "time", "result" }
    { printf "%-12s %9s  %s\n", $1, time($2), $3 == 0 ? "ok" : "FAILED (" $3 ")" }
    END { printf "%-12s %9s\n\n", "together", time(together) }
  ' "$table"
}
trap end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

set -m
for name in "$@"; do
  case $name in
    *'&')
      step "${name%&}" &
      beside+=("$!")
      ;;
    wait)
      for group in "${beside[@]}"; do wait "$group"; done
      beside=()
      ;;
    *) step "$name" ;;
  esac
done
