#!/usr/bin/env python3
"""Benchmarks as JSON lines on standard output, progress on standard error.

    bench.py --scale 20k|200k|1m|10m --database sqlite|postgres|both [--server target/release/watchroom]

For each database: events a second through HTTP (NDJSON batches of 1,000, gzip, one key, eight connections, durable) beside a bare
bulk insert of the same rows and indexes into the same engine in the same run (ratio), the server's peak memory, then first byte
and size of Events and Overview at that scale, then 2,000 events a second to 20 live tails. Last, the size of the WebAssembly. Standard library only.
"""

import argparse, concurrent.futures, gzip, hashlib, http.client, json, os, pathlib, random, re, sqlite3, statistics, subprocess, sys, tempfile, threading, time, urllib.parse, uuid

ROOT = pathlib.Path(__file__).resolve().parent.parent
BATCH = 1000
PASSWORD = "correct horse battery staple"


def say(text):
    print(text, file=sys.stderr, flush=True)


def emit(**row):
    print(json.dumps(row), flush=True)


def events(count, seed=7):
    """Realistic rows over 30 days, about 500 bytes each, 500 templates."""
    rng = random.Random(seed)
    start = int(time.time()) - 30 * 86400
    words = "failed accepted timeout retry connection request session cache user disk queue token upstream backend payment".split()
    templates = [" ".join(rng.choices(words, k=5)) for _ in range(500)]
    for i in range(count):
        at = start + i * 30 * 86400 // count
        yield {
            "occurred_at": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at)) + ".%06dZ" % (i % 1000000),
            "severity": rng.choices(["info", "notice", "warning", "error", "critical"], [60, 20, 12, 7, 1])[0],
            "message": f"{templates[int(rng.paretovariate(1.1)) % 500]} for u{i % 977} from 10.{i % 256}.{i // 256 % 256}.7 port {1024 + i % 60000}",
            "component": f"component-{i % 17}", "service": f"service-{i % 29}", "environment": "prod" if i % 5 else "staging",
            "system_id": f"host-{i % 131}", "event_type": ("login", "request", "job", "audit")[i % 4], "source": f"source-{i % 6}",
            "pid": i % 32768, "tags": ["auth", "ssh"], "src": {"ip": f"10.{i % 256}.{i // 256 % 256}.7", "port": 1024 + i % 60000}, "n": i,
        }


class Server:
    """A release server on a database of its own."""

    def __init__(self, binary, folder, url):
        self.env = dict(os.environ, WATCHROOM_DATABASE_URL=url, WATCHROOM_DATA_DIR=str(folder), WATCHROOM_ADDR="127.0.0.1:0", WATCHROOM_LOG="warn",
                        WATCHROOM_RATE_KEY="100000", WATCHROOM_RATE_KEY_BURST="100000", WATCHROOM_RATE_ADDRESS="100000", WATCHROOM_RATE_ADDRESS_BURST="100000")
        self.binary = binary
        self.run("org", "add", "bench")
        self.run("user", "add", "bench@example.com", "--org", "bench", "--role", "admin", "--password-stdin", stdin=PASSWORD)
        self.key = self.run("apikey", "create", "--org", "bench", "--name", "bench", "--scope", "all").strip()
        started = time.perf_counter()
        self.process = subprocess.Popen([binary, "serve"], env=self.env, stdout=subprocess.PIPE, text=True)
        for line in self.process.stdout:
            found = re.search(r"listening on http://([\d.]+):(\d+)", line)
            if found:
                self.host, self.port = found.group(1), int(found.group(2))
                break
        else:
            raise SystemExit("the server did not start")
        self.start_ms = (time.perf_counter() - started) * 1000
        threading.Thread(target=self.process.stdout.read, daemon=True).start()

    def run(self, *args, stdin=None):
        done = subprocess.run([self.binary, *args], env=self.env, input=stdin, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"{' '.join(args)}: {done.stderr}")
        return done.stdout

    def peak_mb(self):
        return int(re.search(r"VmHWM:\s+(\d+)", open(f"/proc/{self.process.pid}/status").read()).group(1)) / 1024

    def stop(self):
        self.process.terminate()
        self.process.wait(20)


def ingest(server, bodies, total, connections=8):
    """Sends ready-made bodies; returns events a second. A refusal ends the run."""
    todo, lock, problems = iter(bodies), threading.Lock(), []

    def work():
        conn = http.client.HTTPConnection(server.host, server.port, timeout=120)
        while not problems:
            with lock:
                body = next(todo, None)
            if body is None:
                return
            conn.request("POST", "/api/v1/events", body, {"Authorization": f"Bearer {server.key}", "Content-Type": "application/x-ndjson", "Content-Encoding": "gzip"})
            answer = conn.getresponse()
            text = answer.read()
            if answer.status in (429, 503):
                time.sleep(0.2)
                raise SystemExit("refused under load: lower the connections")
            if answer.status != 200 or json.loads(text)["rejected"]:
                problems.append((answer.status, text[:300]))

    started = time.perf_counter()
    with concurrent.futures.ThreadPoolExecutor(connections) as pool:
        list(pool.map(lambda _: work(), range(connections)))
    if problems:
        raise SystemExit(f"ingest failed: {problems[0]}")
    return total / (time.perf_counter() - started)


COLUMNS = "organization_id occurred_at id ingested_at severity severity_text component service environment system_id event_type source_id message raw_payload fingerprint group_id".split()


def bare_rows(count):
    org, now = str(uuid.uuid4()), time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime())
    rng = random.Random(3)
    severities = {"info": "info", "notice": "low", "warning": "medium", "error": "high", "critical": "critical"}
    sources = [str(uuid.uuid4()) for _ in range(6)]
    for i, e in enumerate(events(count)):
        print_ = hashlib.md5(e["message"].split(" for ")[0].encode()).hexdigest()
        yield (org, e["occurred_at"], f"0{0x18bcfe50000 + i * 9:011x}"[:8] + f"-{i & 0xffff:04x}-7{i & 0xfff:03x}-8000-{rng.getrandbits(48):012x}", now, severities[e["severity"]], e["severity"],
               e["component"], e["service"], e["environment"], e["system_id"], e["event_type"], sources[i % 6], e["message"], json.dumps(e), print_, str(uuid.UUID(print_)))


def table_sql(dialect):
    """The events table as the migration writes it, with its keys."""
    text = (ROOT / "migrations" / dialect / "0004_events.sql").read_text()
    return re.search(r"CREATE TABLE events \(.*?\n\)[^;]*;", text, re.S).group(0)


def bare_sqlite(folder, rows):
    db = sqlite3.connect(folder / "bare.db", isolation_level=None)
    for pragma in ("page_size=8192", "journal_mode=wal", "synchronous=full", "cache_size=-65536", "wal_autocheckpoint=4000"):
        db.execute(f"pragma {pragma}")
    db.execute(table_sql("sqlite"))
    statement = f"insert into events ({','.join(COLUMNS)}) values ({','.join('?' * len(COLUMNS))})"
    started = time.perf_counter()
    for at in range(0, len(rows), BATCH):
        db.execute("begin immediate")
        db.executemany(statement, rows[at:at + BATCH])
        db.execute("commit")
    return len(rows) / (time.perf_counter() - started)


def psql(url, *args, stdin=None):
    done = subprocess.run(["psql", url, "-v", "ON_ERROR_STOP=1", "-qAt", *args], input=stdin, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"psql: {done.stderr}")
    return done.stdout


def bare_postgres(url, folder, rows):
    psql(url, "-c", "CREATE SCHEMA bare; CREATE TYPE bare.severity AS ENUM ('info','low','medium','high','critical')", "-c", "SET search_path TO bare; " + table_sql("postgres"))
    script = folder / "bare.sql"
    with open(script, "w") as out:
        out.write("SET search_path TO bare;\n")
        for at in range(0, len(rows), BATCH):
            out.write(f"COPY events ({','.join(COLUMNS)}) FROM STDIN;\n")
            for row in rows[at:at + BATCH]:
                out.write("\t".join(v.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n") for v in row) + "\n")
            out.write("\\.\n")
    started = time.perf_counter()
    psql(url, "-f", str(script))
    return len(rows) / (time.perf_counter() - started)


def pages(server, database, total):
    """First byte and bytes of the two pages that everybody opens first, signed in, 21 times each."""
    conn = http.client.HTTPConnection(server.host, server.port, timeout=60)
    form = urllib.parse.urlencode({"email": "bench@example.com", "password": PASSWORD})
    conn.request("POST", "/sign-in", form, {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"})
    answer = conn.getresponse()
    answer.read()
    cookie = (answer.getheader("Set-Cookie") or "").split(";")[0]
    for name, path in (("events", "/o/bench/events"), ("overview", "/o/bench/overview")):
        times, size = [], 0
        for _ in range(21):
            started = time.perf_counter()
            conn.request("GET", path, headers={"Cookie": cookie, "Accept-Encoding": "identity"})
            answer = conn.getresponse()
            answer.read(1)
            times.append((time.perf_counter() - started) * 1000)
            size = 1 + len(answer.read())
            if answer.status != 200:
                raise SystemExit(f"{path}: {answer.status}")
        times.sort()
        emit(bench="page", page=name, database=database, events=total, first_byte_ms_p50=round(statistics.median(times), 1), first_byte_ms_p95=round(times[19], 1), bytes=size)
    for name, query in (("first page", ""), ("one field", "&severity=critical"), ("three fields", "&severity=high&component=component-3&environment=staging"), ("rare value", "&system_id=nowhere")):
        times = []
        for _ in range(11):
            started = time.perf_counter()
            conn.request("GET", "/api/v1/events?limit=50" + query, headers={"Authorization": f"Bearer {server.key}"})
            answer = conn.getresponse()
            answer.read()
            times.append((time.perf_counter() - started) * 1000)
            if answer.status != 200:
                raise SystemExit(f"list {name}: {answer.status}")
        times.sort()
        emit(bench="list", list=name, database=database, events=total, ms_p50=round(times[5], 1), ms_p95=round(times[10], 1))


def tail(server, database, rate=2_000, watchers=20, seconds=20):
    """So many events a second to so many who watch: what they were told, what was left out, what the server needs for it."""
    told, left_out, unread, broken, stop = [0] * watchers, [0] * watchers, [0] * watchers, [], threading.Event()

    def watch(n):
        conn = http.client.HTTPConnection(server.host, server.port, timeout=30)
        conn.request("GET", "/api/v1/events/tail?q=severity%3E%3Dinfo", headers={"Authorization": f"Bearer {server.key}"})
        answer = conn.getresponse()
        if answer.status != 200:
            broken.append(answer.status)
            return
        kind = ""
        while not stop.is_set():
            line = answer.readline().decode().rstrip()
            if line.startswith("event: "):
                kind = line[7:]
            elif line.startswith("data: ") and kind == "event":
                told[n] += 1
            elif line.startswith("data: ") and kind == "skipped":
                numbers = json.loads(line[6:])
                left_out[n] += numbers["matched"] - numbers["shown"]
                unread[n] += numbers["unread"]

    def cpu():
        fields = open(f"/proc/{server.process.pid}/stat").read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    threads = [threading.Thread(target=watch, args=(n,), daemon=True) for n in range(watchers)]
    for thread in threads:
        thread.start()
    time.sleep(1)
    conn = http.client.HTTPConnection(server.host, server.port, timeout=30)
    rng, before, started, sent, slowest = random.Random(5), cpu(), time.perf_counter(), 0, 0.0
    while sent < rate * seconds:
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        body = "\n".join(json.dumps({"occurred_at": now, "severity": "info", "message": f"request {sent + i} took {rng.randrange(900)} ms", "component": f"component-{i % 17}"}) for i in range(rate // 10))
        asked = time.perf_counter()
        conn.request("POST", "/api/v1/events", body, {"Authorization": f"Bearer {server.key}", "Content-Type": "application/x-ndjson"})
        answer = conn.getresponse()
        text = answer.read()
        if answer.status != 200:
            raise SystemExit(f"tail: ingest answered {answer.status} {text[:200]}")
        slowest = max(slowest, time.perf_counter() - asked)
        sent += rate // 10
        time.sleep(max(0, started + sent / rate - time.perf_counter()))
    took = time.perf_counter() - started
    used = cpu() - before
    time.sleep(3)
    stop.set()
    if broken:
        raise SystemExit(f"tail: a stream was refused: {broken[0]}")
    emit(bench="tail", database=database, watchers=watchers, events=sent, events_per_s=round(sent / took), told=sum(told), told_per_watcher_per_s=round(sum(told) / watchers / took), left_out=sum(left_out), unread=sum(unread),
         accounted=round((sum(told) + sum(left_out) + sum(unread)) / (sent * watchers), 3), cpu_cores=round(used / took, 2), peak_mb=round(server.peak_mb(), 1), slowest_ingest_ms=round(slowest * 1000))


def one(binary, database, total, folder):
    url = f"sqlite://{folder}/watchroom.db"
    if database == "postgres":
        server_url = os.environ.get("WATCHROOM_TEST_POSTGRES_URL") or sys.exit("WATCHROOM_TEST_POSTGRES_URL is not set: use make bench")
        name = "bench_" + uuid.uuid4().hex[:12]
        psql(server_url, "-c", f"CREATE DATABASE {name}")
        base, _, query = server_url.partition("?")
        url = base.rsplit("/", 1)[0] + "/" + name + ("?" + query if query else "")
    sample = min(total, 200_000)
    say(f"{database}: preparing {total:,} events")
    bodies, lines = [], []
    for event in events(total):
        lines.append(json.dumps(event))
        if len(lines) == BATCH:
            bodies.append(gzip.compress("\n".join(lines).encode(), 1))
            lines = []
    rows = list(bare_rows(sample))
    say(f"{database}: bare bulk insert of {sample:,} rows")
    bare = bare_sqlite(folder, rows) if database == "sqlite" else bare_postgres(url, folder, rows)
    del rows
    server = Server(binary, folder, url)
    try:
        say(f"{database}: ingesting {total:,} events over HTTP")
        head = sample // BATCH
        rate = ingest(server, bodies[:head], head * BATCH)
        emit(bench="ingest", database=database, events=head * BATCH, events_per_s=round(rate), bare_insert_per_s=round(bare), ratio=round(rate / bare, 2), peak_mb=round(server.peak_mb(), 1), start_ms=round(server.start_ms))
        if bodies[head:]:
            rest = len(bodies[head:]) * BATCH
            rate = ingest(server, bodies[head:], rest)
            emit(bench="ingest", database=database, events=rest, already=head * BATCH, events_per_s=round(rate), peak_mb=round(server.peak_mb(), 1))
        pages(server, database, total)
        tail(server, database)
    finally:
        server.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", default="1m", choices=["20k", "200k", "1m", "10m"])
    parser.add_argument("--database", default="both", choices=["sqlite", "postgres", "both"])
    parser.add_argument("--server", default=str(ROOT / "target/release/watchroom"))
    args = parser.parse_args()
    total = {"20k": 20_000, "200k": 200_000, "1m": 1_000_000, "10m": 10_000_000}[args.scale]
    for database in ("sqlite", "postgres") if args.database == "both" else (args.database,):
        with tempfile.TemporaryDirectory(prefix="watchroom-bench-") as folder:
            one(args.server, database, total, pathlib.Path(folder))
    for wasm in sorted((ROOT / "target/site/pkg").glob("*.wasm")):
        compressed = wasm.with_name(wasm.name + ".br")
        emit(bench="wasm", raw_bytes=wasm.stat().st_size, brotli_bytes=compressed.stat().st_size if compressed.exists() else None)


main()
