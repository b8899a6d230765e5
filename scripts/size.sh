#!/usr/bin/env bash
# size.sh: fails when the WASM of the built site, as browsers load it, is over the budget.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
use_tools

# The one place of the number: bytes of the brotli-compressed module.
budget=450000

root=$(node scripts/site.mjs setting site-root)
[ -f "$root/manifest.json" ] || die "no site yet: run scripts/site.sh release"
module=$root$(node -p "JSON.parse(require('fs').readFileSync('$root/manifest.json', 'utf8')).wasm")
size=$(wc -c <"$module.br")
say "wasm: $(wc -c <"$module") bytes, brotli $size of $budget"
[ "$size" -le $budget ] || die "the WASM is $((size - budget)) bytes over its budget of $budget (brotli)"
