#!/usr/bin/env bash
# api.sh [ARGUMENTS OF schemathesis run…]: sends what the OpenAPI document allows, and what it does not, to a debug server with a
# few things in it, and fails on an answer of 5xx and on one that the document does not describe. Needs setup.sh test and a
# built server (make unit builds it).
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

server=$target/debug/watchroom
[ -x "$schemathesis" ] || die "schemathesis is missing: run scripts/setup.sh test"
[ -x "$server" ] || die "no server at $server: make unit builds it"

dir=$(mktemp -d "${TMPDIR:-/tmp}/watchroom-api.XXXXXX")
pid=
end() {
  if [ -n "$pid" ]; then kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null; fi
  rm -rf "$dir"
}
trap end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

export WATCHROOM_DATA_DIR=$dir/data WATCHROOM_ADDR=127.0.0.1:0 WATCHROOM_LOG=warn
# The rates are for strangers; here one program asks as fast as it can.
export WATCHROOM_RATE_ADDRESS=100000 WATCHROOM_RATE_ADDRESS_BURST=100000 WATCHROOM_RATE_KEY=100000 WATCHROOM_RATE_KEY_BURST=100000
"$server" org add acme 2>"$dir/log"
key=$("$server" apikey create --org acme --name api --scope all 2>>"$dir/log")
for n in $(seq 40); do
  printf '{"occurred_at":"2026-11-23T09:%02d:00Z","severity":"high","message":"disk %d of host is full","component":"disk","source":"edge"}\n' "$n" "$n"
done | "$server" import --org acme --source edge --format ndjson - 2>>"$dir/log"
"$server" serve >"$dir/out" 2>>"$dir/log" &
pid=$!
url=
for _ in $(seq 100); do
  url=$(sed -n 's/^listening on //p' "$dir/out")
  [ -z "$url" ] || break
  sleep 0.1
done
[ -n "$url" ] || { cat "$dir/log" >&2 && die "the server did not start"; }

# The tail is a stream without an end, and a key that revokes itself would end the run. One worker: with two, Python 3.11 now and then
# fails in its own parser ("AST constructor recursion depth mismatch").
"$schemathesis" run "$url/api/v1/openapi.json" \
  --header "Authorization: Bearer $key" \
  --exclude-path /api/v1/events/tail --exclude-path '/api/v1/api-keys/{id}' \
  --checks not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance \
  --phases examples,coverage,fuzzing --max-examples 10 --seed 1 --workers 1 --no-shrink --max-time 90 \
  --request-timeout 20 --suppress-health-check all --warnings off --generation-database none "$@" || {
  tail -n 20 "$dir/log" >&2
  die "the API and its document differ"
}
