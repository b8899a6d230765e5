#!/usr/bin/env python3
"""Benchmarks as JSON lines on standard output, progress on standard error.

    python3 scripts/bench --scale 20k|200k|1m|10m --database sqlite|postgres|both --only ingest,queries,browser,single,tail,cases,drift,retention,wasm,grouping,causes

For each database: events a second through HTTP (NDJSON batches of 1,000, gzip, one key, eight connections, durable) beside a bare
bulk insert of the same rows into the same engine with the same keys and index of words in the same run (ratio; without the index of words besides), the server's peak memory; what people look at (queries.py) at
1 M and, with 10m, at 10 M with the growth between (each in a database of its own); what a person feels in Chromium; single events; 20 live tails; cases (cases.py); drift (drift.py); retention,
which deletes half of the events and so comes after them (retention.py). Last, the size of the WebAssembly and, where labelled logs lie in
WATCHROOM_SHARED or beside the repository, Grouping Accuracy. Causes of drifts (causes.py) beside
scikit-learn's gradient boosting. Standard library only, but for that.
"""

import argparse, contextlib, os, pathlib, subprocess, sys, tempfile, time, uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import bare, cases, causes, data, drift, queries, retention, single, tail
from output import emit, say
from server import EMAIL, PASSWORD, Server, ingest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PARTS = ("ingest", "queries", "browser", "single", "tail", "cases", "drift", "retention", "wasm", "grouping", "causes")


def database_url(database, folder):
    if database == "sqlite":
        return f"sqlite://{folder}/watchroom.db"
    cluster = os.environ.get("WATCHROOM_TEST_POSTGRES_URL") or sys.exit("WATCHROOM_TEST_POSTGRES_URL is not set: use make bench")
    name = "bench_" + uuid.uuid4().hex[:12]
    bare.psql(cluster, "-c", f"CREATE DATABASE {name}")
    base, _, query = cluster.partition("?")
    return base.rsplit("/", 1)[0] + "/" + name + ("?" + query if query else "")


def one(database, total, folder, parts, args):
    start = int(time.time()) - data.DAYS * 86400
    sample = min(total, 200_000)
    ceiling = None
    if "ingest" in parts:
        say(f"{database}: bare bulk insert of {sample:,} rows")
        rows, url = list(bare.bare_rows(sample, start)), database_url(database, folder)
        ceiling, keys_alone = ((bare.bare_sqlite(folder, rows, with_words) if database == "sqlite" else bare.bare_postgres(url, folder, rows, with_words))
                               for with_words in (True, False))
        emit(bench="bare", database=database, rows=sample, per_s=round(ceiling), without_words_per_s=round(keys_alone))
        del rows
    before = {}
    if total > 1_000_000 and "queries" in parts:
        # A database of its own: what ten times as many cost is compared over the same 30 days, come in the same order.
        with filled(database, 1_000_000, folder / "before", start, args, None) as server:
            queries.run(server, database, 1_000_000, before)
    with filled(database, total, folder / "whole", start, args, ceiling) as server:
        if "queries" in parts:
            queries.run(server, database, total, before)
        if "browser" in parts:
            script = ROOT / "scripts/bench/browser.mjs"
            subprocess.run(["node", script, f"http://{server.host}:{server.port}", EMAIL, PASSWORD], check=True)
        if "single" in parts:
            single.run(server, database)
        if "tail" in parts:
            tail.tail(server, database)
        if "cases" in parts:
            cases.run(server, database, args.cases)
        if "drift" in parts:
            drift.run(server, database, args.server, server.folder, server.url, args.drifts)
        if "retention" in parts:
            retention.run(server, database)


@contextlib.contextmanager
def filled(database, total, folder, start, args, ceiling):
    """A server whose database holds so many events, in the order of their time."""
    folder.mkdir()
    sample, piece = min(total, 200_000), min(total, 1_000_000)
    say(f"{database}: preparing {piece:,} events")
    prepared = data.bodies(0, piece, total, start)
    server = Server(args.server, folder, database_url(database, folder))
    try:
        say(f"{database}: ingesting {total:,} events over HTTP")
        head = sample // data.BATCH
        rate = ingest(server, prepared[:head], sample)
        emit(bench="ingest", database=database, events=sample, events_per_s=round(rate), bare_insert_per_s=ceiling and round(ceiling), ratio=ceiling and round(rate / ceiling, 2), peak_mb=round(server.peak_mb(), 1), start_ms=round(server.start_ms))
        grow(server, database, prepared[head:], sample)
        del prepared
        # In pieces: ten million prepared requests would not fit beside the database.
        for at in range(piece, total, 1_000_000):
            say(f"{database}: {at:,} events are in")
            grow(server, database, data.bodies(at, min(1_000_000, total - at), total, start), at)
        yield server
    finally:
        server.stop()


def grow(server, database, prepared, already):
    if prepared:
        rate = ingest(server, prepared, len(prepared) * data.BATCH)
        emit(bench="ingest", database=database, events=len(prepared) * data.BATCH, already=already, events_per_s=round(rate), peak_mb=round(server.peak_mb(), 1))


def wasm():
    for module in sorted((ROOT / "target/site/pkg").glob("*.wasm")):
        compressed = module.with_name(module.name + ".br")
        emit(bench="wasm", raw_bytes=module.stat().st_size, brotli_bytes=compressed.stat().st_size if compressed.exists() else None)


def grouping(binary):
    logs = pathlib.Path(os.environ.get("WATCHROOM_SHARED", ROOT.parent / "shared")) / "data/loghub"
    program = pathlib.Path(binary).parent / "examples/grouping"
    if not logs.is_dir() or not program.exists():
        return say(f"grouping: left out, {logs if program.exists() else program} is not there")
    subprocess.run([program, logs], check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", default="1m", choices=["20k", "200k", "1m", "10m"])
    parser.add_argument("--database", default="both", choices=["sqlite", "postgres", "both"])
    parser.add_argument("--server", default=str(ROOT / "target/release/watchroom"))
    parser.add_argument("--only", default=",".join(PARTS), help="of " + ", ".join(PARTS))
    parser.add_argument("--cases", type=int, default=100_000, help="how many cases there are beside the one with everything")
    parser.add_argument("--drifts", type=int, default=4_500_000, help="how many drifts there are")
    parser.add_argument("--labels", type=int, default=50_000, help="labelled drifts that the models of causes learn from")
    args = parser.parse_args()
    parts = args.only.split(",")
    unknown = set(parts) - set(PARTS)
    if unknown:
        parser.error(f"--only: {', '.join(sorted(unknown))} is not one of {', '.join(PARTS)}")
    total = {"20k": 20_000, "200k": 200_000, "1m": 1_000_000, "10m": 10_000_000}[args.scale]
    if set(parts) & {"ingest", "queries", "browser", "single", "tail", "cases", "drift", "retention"}:
        for database in ("sqlite", "postgres") if args.database == "both" else (args.database,):
            with tempfile.TemporaryDirectory(prefix="watchroom-bench-") as folder:
                one(database, total, pathlib.Path(folder), parts, args)
    if "wasm" in parts:
        wasm()
    if "grouping" in parts:
        grouping(args.server)
    if "causes" in parts:
        causes.run(args.server, args.labels)


main()
