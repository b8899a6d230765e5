#!/usr/bin/env bash
# ci.sh TARGET…: runs Make targets one after the other, stops at the first that fails, and ends with a table of times.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

scripts/ci-step.sh begin
trap 'scripts/ci-step.sh end' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
for step in "$@"; do
  scripts/ci-step.sh "$step" "${MAKE:-make}" --no-print-directory "$step"
done
