#!/usr/bin/env bash
# ci.sh STEP…: runs Make targets one after the other, stops at the first step that fails, and ends with a table of times.
# A step "A+B" runs A and B side by side: while one waits for a linker or an optimiser that uses one core, the other has it.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

scripts/ci-step.sh begin
trap 'scripts/ci-step.sh end $SECONDS' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
for step in "$@"; do
  jobs=()
  for name in ${step//+/ }; do
    scripts/ci-step.sh "$name" "${MAKE:-make}" --no-print-directory "$name" &
    jobs+=($!)
  done
  status=0
  for job in "${jobs[@]}"; do wait "$job" || status=$?; done
  [ "$status" = 0 ] || exit "$status"
done
