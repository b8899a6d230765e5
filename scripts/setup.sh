#!/usr/bin/env bash
# setup.sh [run|test|watch|checks]: brings what the stage needs, and nothing when it is all there.
#   run    a Rust compiler with the wasm32 target, Node with the packages of package.json, wasm-bindgen
#   test   also PostgreSQL, a Chromium, schemathesis and a mock of a sign-in provider (the default)
#   watch  run's, and cargo-leptos
#   checks run's, and faketime and strace
# WATCHROOM_TOOLCHAIN=auto|rustup|debian|system says which compiler: auto takes rustup where it has or gets the wasm32
# target, else a compiler on PATH that has it, else Debian's packages. The choice is written to target/toolchain.env.
# WATCHROOM_TOOLS is the folder of tools built once a machine (default ~/.cache/watchroom).
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

stage=${1:-test}
case $stage in run | test | watch | checks) ;; *) die "usage: setup.sh [run|test|watch|checks]" ;; esac

wasm=wasm32-unknown-unknown
node_least=20           # Playwright's floor
node_packaged=22.23.3   # taken from npm where the system's Node is older than that

mkdir -p "$target" "$tools"
# One set-up at a time: two would build the same things twice.
if command -v flock >/dev/null; then
  exec 9>"$tools/.lock"
  flock 9
fi

# ---- helpers ------------------------------------------------------------------------------------------------------

has() { command -v "$1" >/dev/null 2>&1; }

# quietly WHAT COMMAND…: one line before, the output only when it fails.
quietly() {
  local what=$1 log started=$SECONDS
  shift
  log=$(mktemp)
  say "setup: $what …"
  if "$@" >"$log" 2>&1; then
    rm -f "$log"
    [ $((SECONDS - started)) -lt 5 ] || say "setup: $what: $((SECONDS - started)) s"
  else
    tail -n 30 "$log" >&2
    rm -f "$log"
    die "$what failed (the lines above are the end of its output)"
  fi
}

# patiently COMMAND…: three times where it must: a mirror that stalls for half a minute is no reason to give up.
patiently() {
  local left=2
  until "$@"; do
    [ $left -gt 0 ] || return 1
    left=$((left - 1))
    echo "trying again in 10 s"
    sleep 10
  done
}

apt_fresh=
# apt_get WHY PACKAGE…: installs what is missing of the packages; fails with one line where that cannot be.
apt_get() {
  local why=$1 missing=() package
  shift
  for package in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  apt_newest "$why" "${missing[@]}"
}

# apt_newest WHY PACKAGE…: installs the packages, or what apt has newer of them.
apt_newest() {
  local why=$1 as_root=()
  shift
  if [ "$(id -u)" != 0 ]; then
    has sudo || die "$why is missing: as root, apt-get install $*"
    as_root=(sudo)
  fi
  if [ -z "$apt_fresh" ]; then
    quietly "apt-get update" patiently "${as_root[@]}" apt-get update -q
    apt_fresh=yes
  fi
  quietly "apt-get install $*" patiently "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -q --no-install-recommends "$@"
}

# need COMMAND WHY PACKAGE…: the command, else its Debian packages, else one line.
need() {
  local command=$1 why=$2
  shift 2
  if has "$command"; then return 0; fi
  has apt-get || die "$why is missing: install $command and run this again"
  apt_get "$why" "$@"
  has "$command" || die "$why is missing: apt-get install $* did not bring $command"
}

# ---- the compiler -------------------------------------------------------------------------------------------------

# New enough for the manifests, by the version the compiler on PATH prints.
new_enough() {
  local least have
  least=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
  have=$(rustc --version 2>/dev/null | cut -d' ' -f2) || return 1
  [ "$(printf '%s\n' "$least" "$have" | sort -V | head -n 1)" = "$least" ]
}

# Compiles a line for wasm32 against the standard library: a missing or a stale one does not pass.
wasm_works() {
  echo 'pub fn f() -> String { String::new() }' |
    rustc --target $wasm --crate-type rlib --crate-name probe --emit metadata -o "$tools/.probe" - >/dev/null 2>&1
}

# The folder with nothing but the chosen compiler's programs, so that the rest of PATH stays as it is.
bin=$target/toolchain/bin

take_rustup() {
  has rustup || return 1
  new_enough || rustup update stable >/dev/null 2>&1 || return 1
  # rustup keeps a broken half of a target after some failures: what counts is that it compiles.
  wasm_works || { rustup target add $wasm >/dev/null 2>&1 && wasm_works; } || return 1
  rustup component list --installed 2>/dev/null | grep -q '^clippy' ||
    rustup component add clippy rustfmt >/dev/null 2>&1 || return 1
  new_enough
}

take_system() { has cargo && new_enough && wasm_works; }

take_debian() {
  has apt-get || return 1
  local rust=(rustc-web cargo-web rust-web-src rust-web-clippy rustfmt-web)
  apt_get "Debian's current Rust" "${rust[@]}" lld-19 || return 1
  rm -rf "$bin"
  mkdir -p "$bin"
  local program
  for program in cargo rustc rustdoc rustfmt cargo-fmt cargo-clippy clippy-driver; do
    ln -s "/usr/bin/$program" "$bin/$program"
  done
  # LLVM's linker takes 3 s where binutils' takes 9, for each of a dozen test programs.
  ln -s /usr/bin/ld.lld-19 "$bin/ld.lld"
  printf '%s\n' '#!/bin/sh' 'exec cc -fuse-ld=lld "$@"' >"$bin/cc-lld"
  chmod +x "$bin/cc-lld"
  export PATH=$bin:$PATH
  # It may be from before a security update.
  new_enough || apt_newest "Debian's current Rust" "${rust[@]}" || return 1
  new_enough || die "Debian's rustc-web is $(rustc --version | cut -d' ' -f2), older than Cargo.toml asks for: apt needs bookworm-security, which every Debian 12 comes with"
  wasm_works || quietly "building the wasm32 standard library" patiently build_wasm_std
  wasm_works || die "the wasm32 standard library was built but does not compile a line"
}

# Debian packages no wasm32 standard library for this compiler, but its source: built once from a throw-away crate.
build_wasm_std() {
  local work lib as_root=()
  work=$(mktemp -d)
  lib=$(rustc --print sysroot)/lib/rustlib
  [ -w "$lib" ] || as_root=(sudo)
  mkdir "$work/src"
  echo '' >"$work/src/lib.rs"
  # As small as ours: what it is used for is sent to browsers.
  printf '%s\n' '[package]' 'name = "throwaway"' 'edition = "2024"' '[lib]' 'crate-type = ["cdylib"]' '[workspace]' \
    '[profile.release]' 'opt-level = "z"' >"$work/Cargo.toml"
  # Bit code is kept for the link-time optimisation of release builds. The last link may fail, which does not matter.
  env -u CARGO_BUILD_TARGET RUSTC_BOOTSTRAP=1 RUSTFLAGS="-C embed-bitcode=yes" CARGO_TARGET_DIR="$work/target" \
    CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=wasm-ld-19 \
    cargo build --release --manifest-path "$work/Cargo.toml" -Z build-std=std,panic_abort -Z build-std-features=optimize_for_size --target $wasm
  # Never a half-done folder: filled beside its place, then renamed.
  compgen -G "$work/target/$wasm/release/deps/libstd-*.rlib" >/dev/null &&
    "${as_root[@]}" rm -rf "$lib/.$wasm.new" &&
    "${as_root[@]}" mkdir -p "$lib/.$wasm.new/lib" &&
    "${as_root[@]}" cp "$work/target/$wasm/release/deps/"*.rlib "$lib/.$wasm.new/lib/" &&
    "${as_root[@]}" rm -rf "${lib:?}/$wasm" &&
    "${as_root[@]}" mv -T "$lib/.$wasm.new" "$lib/$wasm" &&
    rm -rf "$work"
}

choose_toolchain() {
  local want=${WATCHROOM_TOOLCHAIN:-auto} chosen='' path=$PATH
  case $want in auto | rustup | debian | system) ;; *) die "WATCHROOM_TOOLCHAIN is auto, rustup, debian or system" ;; esac
  # What was chosen before holds as long as it works.
  if [ -f "$target/toolchain.env" ]; then
    local before
    before=$(sed -n 's/^WATCHROOM_CHOSEN=//p' "$target/toolchain.env")
    if [ "$want" = auto ] || [ "$want" = "$before" ]; then
      # shellcheck source=/dev/null
      . "$target/toolchain.env"
      if has cargo && new_enough && wasm_works; then return 0; fi
      PATH=$path
    fi
  fi
  case $want in
    rustup) take_rustup || die "rustup is missing or does not get the $wasm target" ;;
    system) take_system || die "the Rust on PATH is missing, too old, or has no $wasm target" ;;
    debian) take_debian || die "WATCHROOM_TOOLCHAIN=debian needs Debian (apt-get)" ;;
    auto)
      if take_rustup; then want=rustup
      elif take_system; then want=system
      elif take_debian; then want=debian
      else die "no Rust with the $wasm target: install rustup (and run 'rustup target add $wasm'), or use Debian 12 or later"
      fi
      ;;
  esac
  chosen=$want
  {
    echo "# Written by scripts/setup.sh; sourced by the other scripts."
    echo "WATCHROOM_CHOSEN=$chosen"
    if [ "$chosen" = debian ]; then
      # Cargo looks for clippy in its own folder first unless PATH names that folder: so it does, last.
      # shellcheck disable=SC2016
      printf 'export PATH="%s:$PATH:${CARGO_HOME:-$HOME/.cargo}/bin"\n' "$tools/bin:$bin"
      echo "unset RUSTC RUSTDOC RUSTUP_TOOLCHAIN"
      echo "export CARGO_TARGET_$(rustc -vV | sed -n 's/^host: //p' | tr 'a-z-' 'A-Z_')_LINKER=cc-lld"
      echo "export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=wasm-ld-19"
    else
      # shellcheck disable=SC2016
      printf 'export PATH="%s:$PATH"\n' "$tools/bin"
    fi
  } >"$target/toolchain.env.new"
  mv "$target/toolchain.env.new" "$target/toolchain.env"
  PATH=$path
  # shellcheck source=/dev/null
  . "$target/toolchain.env"
  say "setup: $(rustc --version), chosen by $chosen"
}

# ---- the rest -----------------------------------------------------------------------------------------------------

node_major() { node --version 2>/dev/null | sed 's/^v\([0-9]*\).*/\1/'; }

have_node() {
  mkdir -p "$tools/bin"
  need node "Node" nodejs npm
  need npm "npm" npm
  if [ "$(node_major)" -ge $node_least ]; then return 0; fi
  # A distribution's Node may be older than what the tests' tools want: npm carries the newer one.
  local system package
  case $(uname -s)-$(uname -m) in
    Linux-x86_64) system=linux-x64 ;;
    Linux-aarch64) system=linux-arm64 ;;
    *) die "Node $node_least or later is missing (found $(node --version))" ;;
  esac
  package=node-$system
  quietly "Node $node_packaged (the system's is $(node --version))" \
    patiently npm install --prefix "$tools/node" --ignore-scripts --no-save --no-audit --no-fund "$package@$node_packaged"
  ln -sf "$tools/node/node_modules/$package/bin/node" "$tools/bin/node"
  hash -r
  [ "$(node_major)" -ge $node_least ] || die "Node $node_least or later is missing (found $(node --version))"
}

# The packages of package.json, again only when the lock file changed.
have_packages() {
  local stamp=node_modules/.watchroom-lock lock
  lock=$(sha256sum package-lock.json | cut -d' ' -f1)
  if [ -f $stamp ] && [ "$(cat $stamp)" = "$lock" ]; then return 0; fi
  # No package's install script runs; the browser comes from the system.
  quietly "npm ci" patiently env PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --ignore-scripts --no-audit --no-fund
  echo "$lock" >$stamp
}

# crate_tool CRATE PROGRAM VERSION [ARGUMENT…]: a program built from crates.io into the tools folder.
crate_tool() {
  local crate=$1 program=$2 version=$3
  shift 3
  if [ "$("$tools/bin/$program" --version 2>/dev/null | awk '{print $NF}')" = "$version" ]; then return 0; fi
  if has cargo-binstall && cargo binstall -y --root "$tools" "$crate@$version" >/dev/null 2>&1; then return 0; fi
  # A debug build without debug info: a third of the time of a release build, and fast enough for what it does.
  quietly "building $crate $version (once a machine; some minutes)" \
    patiently env -u RUSTFLAGS CARGO_PROFILE_DEV_DEBUG=0 CARGO_BUILD_RUSTFLAGS='' CARGO_INCREMENTAL=0 \
    CARGO_TARGET_DIR="$tools/build-$crate" \
    cargo install --debug --quiet --root "$tools" --version "=$version" "$@" "$crate"
  rm -rf "$tools/build-$crate"
}

# The command line must be of the library's version exactly, which the lock file has.
have_wasm_bindgen() {
  local version
  version=$(awk '/^name = "wasm-bindgen"$/ { getline; gsub(/[^0-9.]/, ""); print; exit }' Cargo.lock)
  [ -n "$version" ] || die "Cargo.lock names no wasm-bindgen"
  # Not --locked: its own lock file can name crates that are withdrawn. The one program, without the download client of
  # its test runner.
  crate_tool wasm-bindgen-cli wasm-bindgen "$version" --bin wasm-bindgen --no-default-features
}

have_cargo_leptos() { crate_tool cargo-leptos cargo-leptos 0.3.11 --locked --features no_downloads; }

have_postgres() {
  # The same search as scripts/postgres.sh.
  if scripts/postgres.sh where >/dev/null 2>&1; then return 0; fi
  has apt-get || die "PostgreSQL's server programs (initdb, pg_ctl) are missing: install PostgreSQL 15 or later"
  apt_get "PostgreSQL" postgresql
  scripts/postgres.sh where >/dev/null
}

# NAME VERSION: a Python program in a folder of its own: the system's Python stays as it is.
have_python_tool() {
  local home=$tools/$1-$2
  # Half an installation has no program of this name: pip writes it last.
  if [ -x "$home/bin/$1" ]; then return 0; fi
  need python3 "Python" python3
  python3 -m venv --help >/dev/null 2>&1 && python3 -c 'import ensurepip' 2>/dev/null || {
    has apt-get || die "Python's venv is missing: install python3-venv and run this again"
    apt_get "Python's venv" python3-venv
  }
  quietly "$1 $2" patiently install_python_tool "$home" "$1==$2"
}

install_python_tool() {
  python3 -m venv --clear "$1" && "$1/bin/pip" install --quiet --disable-pip-version-check "$2"
}

have_chromium() {
  if [ -x /usr/bin/chromium ]; then return 0; fi
  if grep -qs '^ID=debian' /etc/os-release; then
    apt_get "Chromium" chromium
  else
    # Playwright's own browser; says nothing when it is there.
    quietly "a Chromium for Playwright" node_modules/.bin/playwright install chromium
  fi
}

if has apt-get && [ ! -e /etc/ssl/certs/ca-certificates.crt ]; then apt_get "the certificates" ca-certificates; fi
need cc "a C compiler" gcc libc6-dev
need make "make" make
choose_toolchain
have_node
have_packages
have_wasm_bindgen
if [ "$stage" = watch ]; then have_cargo_leptos; fi
if [ "$stage" = checks ]; then
	need faketime "faketime, for the check of the clock," faketime
	need strace "strace, for the order of syncs and answers," strace
fi
if [ "$stage" = test ]; then
  have_postgres
  have_chromium
  have_python_tool schemathesis "$schemathesis_version"
  have_python_tool oidc-provider-mock "$oidc_mock_version"
fi
