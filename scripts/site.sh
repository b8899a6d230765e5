#!/usr/bin/env bash
# site.sh [dev|release]: builds the browser half into target/site, as cargo-leptos would, under content-hashed names.
#   1. cargo builds `frontend` for wasm32   2. wasm-bindgen makes module and script   3. wasm-opt shrinks (release)
#   4. site.mjs: styles, fonts, charts, names, compressed siblings, target/site/manifest.json
# Every name and flag comes from [[workspace.metadata.leptos]] of Cargo.toml. A step whose inputs are the same is skipped.
# Run it before a server build that is to embed the site.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
use_tools

mode=${1:-release}
work=$target/site-work
mkdir -p "$work"
if command -v flock >/dev/null; then
  exec 9>"$work/lock"
  flock 9
fi

setting() { node scripts/site.mjs setting "$1"; }
name=$(setting name)
package=$(setting lib-package)
case $mode in
  release)
    profile=$(setting lib-profile-release)
    folder=$profile
    mapfile -t shrink < <(setting wasm-opt-features)
    # Stripping is wasm-opt's: rustc's would take the section that tells wasm-bindgen which features the module uses.
    stripped=CARGO_PROFILE_${profile^^}_STRIP
    export "${stripped//-/_}=none"
    ;;
  dev)
    profile=dev
    folder=debug
    shrink=()
    # Unoptimised WASM is too slow to click through.
    export CARGO_PROFILE_DEV_OPT_LEVEL=1 CARGO_PROFILE_DEV_DEBUG=0
    ;;
  *) die "usage: site.sh [dev|release]" ;;
esac

# With LINTED (make test) clippy's driver is the compiler, so that the browser's half is compiled once, not twice.
if [ -n "${LINTED:-}" ]; then export RUSTC_WORKSPACE_WRAPPER=clippy-driver CLIPPY_ARGS=-Dwarnings__CLIPPY_HACKERY__; fi
cargo build ${CI:+--quiet} --package "$package" --target wasm32-unknown-unknown --profile "$profile"
built=$target/wasm32-unknown-unknown/$folder/$package.wasm

key=$({ sha256sum <"$built" && wasm-bindgen --version && node_modules/.bin/wasm-opt --version && echo "$mode ${shrink[*]}" && cat scripts/snip.mjs scripts/site.sh; } | sha256sum)
if [ "$key" != "$(cat "$work/key" 2>/dev/null)" ]; then
  rm -rf "$work/key" "$work/bindgen"
  wasm-bindgen "$built" --target web --no-typescript --out-dir "$work/bindgen" --out-name "$name"
  if [ ${#shrink[@]} -gt 0 ]; then
    node scripts/snip.mjs "$work/bindgen/${name}_bg.wasm"
    # Once more with another shape of control flow: 1 % smaller.
    node_modules/.bin/wasm-opt --flatten --rereloop -Oz "${shrink[@]}" "$work/bindgen/${name}_bg.wasm" -o "$work/shrunk.wasm"
    mv "$work/shrunk.wasm" "$work/bindgen/${name}_bg.wasm"
  fi
  echo "$key" >"$work/key"
fi

node scripts/site.mjs site "$mode" "$work"
