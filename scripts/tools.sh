#!/usr/bin/env bash
# tools.sh COMMAND…: runs the command with the toolchain that setup.sh chose.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
use_tools
exec "$@"
