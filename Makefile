# The way in. Every target uses the compiler and the tools that scripts/setup.sh chose (scripts/tools.sh runs a command
# with them); docs/BUILD.md says what set-up does on which machine.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules

T := scripts/tools.sh
target := $(or $(WATCHROOM_TARGET),target)
server := $(target)/release/watchroom
# `frontend` is built for wasm32 only: on the host it would unify the `ssr` and `hydrate` features of `app`.
host := --workspace --exclude frontend
wasm := --target wasm32-unknown-unknown
# A person sees what is being compiled; CI's log keeps to results.
quiet := $(if $(CI),--quiet)

# make bench SCALE=1m DATABASE=both
SCALE ?= 1m
DATABASE ?= both
# make e2e PROFILE=debug|release
PROFILE ?= debug

.PHONY: help run test setup setup-test fmt format lint lint-wasm lint-web compile unit api site size server e2e bench checks watch clean

help: ## this list
	@awk -F':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: setup site server ## build everything and serve the demo on http://127.0.0.1:3000
	@$(server) serve --demo

test: ## everything CI runs, with a table of times at the end
	@LINTED=1 scripts/ci.sh setup-test fmt lint-web site+compile size unit api e2e

setup: ## what `make run` needs: compiler with wasm32, npm packages, wasm-bindgen
	@scripts/setup.sh run

setup-test: ## also PostgreSQL, Chromium, schemathesis and a mock of a sign-in provider
	@scripts/setup.sh test

fmt: setup ## check the formatting (`make format` writes it)
	@$(T) cargo fmt --all --check

format: setup
	@$(T) cargo fmt --all

lint: setup ## clippy over the server's half and all tests
	@$(T) cargo clippy $(host) --all-targets $(quiet) -- -D warnings

lint-wasm: setup ## clippy over the browser's half
	@$(T) cargo clippy --package frontend --package app --package ui --package domain $(wasm) $(quiet) \
		--features app/hydrate,ui/hydrate -- -D warnings

lint-web: setup ## the types of the end-to-end tests, the scripts' syntax
	@$(T) node_modules/.bin/tsc --noEmit -p end2end
	@for script in scripts/*.sh .ci/run; do bash -n $$script; done
	@if command -v shellcheck >/dev/null; then shellcheck -x scripts/*.sh .ci/run; fi

# LINTED: clippy's driver is the compiler and lints on its way, here and in scripts/site.sh, so that `make test` compiles the
# dependencies of each half once, not twice.
linted := $(if $(LINTED),RUSTC_WORKSPACE_WRAPPER=clippy-driver CLIPPY_ARGS=-Dwarnings__CLIPPY_HACKERY__)

compile: setup-test ## what `make unit` runs and the server of the end-to-end tests
	@$(T) env $(linted) cargo test $(host) --no-run $(quiet)

unit: setup-test ## unit and integration tests, on SQLite and PostgreSQL
	@$(T) env $(linted) scripts/with-postgres.sh cargo test $(host) $(quiet)

api: setup-test ## schemathesis over the OpenAPI document against the server that `make unit` built, under two minutes
	@$(T) scripts/api.sh $(ARGS)

site: setup ## the browser's half into target/site
	@scripts/site.sh release

size: setup ## fails when the WASM is over its budget
	@scripts/size.sh

server: setup ## the server in release mode, with the site inside
	@$(T) cargo build --release --package server $(quiet)

e2e: setup-test ## Playwright with axe against the server that `make site unit` built; PROFILE=release: `make site server`
	@WATCHROOM_E2E_PROFILE=$(PROFILE) $(T) node_modules/.bin/playwright test --config end2end/playwright.config.ts $(ARGS)

bench: setup-test site server ## benchmarks as JSON lines: SCALE=1m|10m DATABASE=sqlite|postgres|both ARGS="--only queries"
	@$(T) cargo build --release --package domain --package drift --package causes --examples $(quiet)
	@WATCHROOM_POSTGRES_FSYNC=on $(T) scripts/with-postgres.sh \
		python3 scripts/bench --server $(server) --scale $(SCALE) --database $(DATABASE) $(ARGS)

checks: setup-test server ## the reliability and security checks against the release binary, on both databases
	@scripts/setup.sh checks
	@WATCHROOM_POSTGRES_FSYNC=on $(T) scripts/with-postgres.sh python3 scripts/checks --server $(server) $(ARGS)

watch: ## develop: cargo leptos watch (builds cargo-leptos the first time)
	@scripts/setup.sh watch
	@$(T) node scripts/site.mjs assets
	@rm -f target/site/manifest.json
	@$(T) cargo leptos watch

clean: ## remove what builds made (tools of the machine stay in ~/.cache/watchroom)
	rm -rf $(target) public/vendor end2end/test-results end2end/playwright-report
