"""Drift: pushes of 10,000 resources with 500 drifted, beside a plain JSON diff library, and what people look at beside as many drifts as asked for.

The pushes go through the API, so the drifts that are then multiplied are real ones: each copy is the same resource with another set of
paths, at another time of 90 days, 1 in 50 open, 1 in 50 acknowledged, the rest resolved. What a drift consists of (its changes, its
history) is copied with it; the figures of the days are then computed by `watchroom rollup rebuild`.
"""

import gzip, http.client, json, pathlib, sqlite3, subprocess, time, urllib.parse

import bare
from output import emit, say, spread

RESOURCES, DRIFTED, PUSHES, PLACES = 10_000, 500, 7, 10
ROUNDS = 21
DAYS = 90
TYPES = ("aws_instance", "aws_s3_bucket", "aws_security_group", "aws_iam_role", "aws_db_instance")
COPIED = ("drift_events", "drift_changes", "drift_history")


def state(n, changed):
    """A resource of about a kilobyte; `changed` moves three of its properties, by other values each time."""
    tags = {f"tag-{k}": f"value-{n % (k + 3)}" for k in range(12)}
    rules = [{"from_port": 1000 + k, "to_port": 1000 + k, "protocol": "tcp", "cidr_blocks": [f"10.{n % 256}.{k}.0/24"]} for k in range(4)]
    if changed:
        tags["tag-3"] = f"by-hand-{changed}"
        rules[1]["cidr_blocks"] = ["0.0.0.0/0"]
    return {"id": f"i-{n:016x}", "name": f"resource {n}", "instance_type": f"t3.x{changed}" if changed else "t3.large", "monitoring": True, "tags": tags,
            "ingress": rules, "subnet_ids": [f"subnet-{n % 97}-{k}" for k in range(3)], "description": "made by the bench " * 4}


def plan(first, resources, drifted, changed):
    """What `terraform show -json` prints of a plan."""
    def entry(n, after):
        kind = TYPES[n % len(TYPES)]
        return {"address": f"module.m{n % 40}.{kind}.r{n}", "mode": "managed", "type": kind, "name": f"r{n}", "provider_name": "registry.terraform.io/hashicorp/aws",
                "change": {"actions": ["no-op"] if after is None else ["update"], "before": state(n, 0), "after": after or state(n, 0), "after_unknown": {}}}
    numbers = range(first, first + resources)
    step = resources // drifted
    return {"format_version": "1.2", "terraform_version": "1.9.0", "planned_values": {"root_module": {}},
            "resource_changes": [entry(n, None) for n in numbers], "resource_drift": [entry(n, state(n, changed)) for n in numbers[::step]]}


class Pusher:
    def __init__(self, server):
        self.server = server

    def push(self, place, document):
        """(seconds, the report). A connection each: pushes are rare, and the server closes those that rest."""
        body = gzip.compress(json.dumps(document).encode(), 1)
        query = urllib.parse.urlencode({"environment": ("prod", "staging", "dev")[place % 3], "repository": f"repository-{place}", "format": "terraform-plan"})
        conn = http.client.HTTPConnection(self.server.host, self.server.port, timeout=600)
        started = time.perf_counter()
        conn.request("POST", f"/api/v1/drift?{query}", body, {"Authorization": f"Bearer {self.server.key}", "Content-Type": "application/json", "Content-Encoding": "gzip"})
        answer = conn.getresponse()
        text = answer.read()
        took = time.perf_counter() - started
        conn.close()
        if answer.status != 200:
            raise SystemExit(f"push: {answer.status} {text[:300]}")
        return took, json.loads(text)


def pushes(server, database, binary, folder):
    """The first push of everything, others with other drifts, and one that says the same again."""
    pusher, times = Pusher(server), []
    documents = [plan(0, RESOURCES, DRIFTED, changed) for changed in range(1, PUSHES + 1)]
    for at, document in enumerate(documents):
        took, report = pusher.push(0, document)
        if (report["resources"], report["drifted"]) != (RESOURCES, DRIFTED) or report["problems"]:
            raise SystemExit(f"push {at}: {json.dumps(report)[:400]}")
        if at == 0:
            emit(bench="drift push", name="first", database=database, resources=RESOURCES, drifted=DRIFTED, ms=round(took * 1000))
        else:
            times.append(took)
    emit(bench="drift push", name="other drifts", database=database, resources=RESOURCES, drifted=DRIFTED, mb=round(len(json.dumps(documents[0])) / 1e6, 1), **spread(times), peak_mb=round(server.peak_mb(), 1))
    again = [pusher.push(0, documents[-1])[0] for _ in range(3)]
    emit(bench="drift push", name="the same again", database=database, resources=RESOURCES, drifted=DRIFTED, **spread(again))
    program = pathlib.Path(binary).parent / "examples/compare"
    if program.exists():
        path = folder / "plan.json"
        path.write_text(json.dumps(documents[0]))
        print(subprocess.run([program, path], check=True, capture_output=True, text=True).stdout, end="", flush=True)
    else:
        say(f"drift compare: left out, {program} is not there")
    for place in range(1, PLACES):
        pusher.push(place, plan(0, 1000, DRIFTED, place + 20))


class Sqlite:
    """The file of a server that is stopped."""

    def __init__(self, url):
        self.db = sqlite3.connect(url.removeprefix("sqlite://"), isolation_level=None)
        self.db.execute("PRAGMA cache_size = -200000")

    def columns(self, table):
        return [row[1] for row in self.db.execute(f"PRAGMA table_info({table})")]

    def scalar(self, sql):
        return self.db.execute(sql).fetchone()[0]

    def run(self, sql):
        self.db.execute(sql)

    def together(self, statements):
        for statement in ("BEGIN", *statements, "COMMIT"):
            self.run(statement)

    def id(self, column, prefix):
        return f"printf('%08x', {prefix}) || substr({column}, 9)"

    def earlier(self, column):
        return f"strftime('%Y-%m-%dT%H:%M:%S', {column}, printf('-%d seconds', n * {{step}})) || '.000000Z'"

    def told(self, at):
        return f"json_object('status', 'resolved', 'resolution_type', 'codify_iac', 'resolved_at', {at})"


class Postgres:
    def __init__(self, url):
        self.url = url

    def columns(self, table):
        return self.scalar(f"SELECT string_agg(attname, ',' ORDER BY attnum) FROM pg_attribute WHERE attrelid = '{table}'::regclass AND attnum > 0 AND NOT attisdropped").split(",")

    def scalar(self, sql):
        return bare.psql(self.url, "-c", sql).strip()

    def run(self, sql):
        bare.psql(self.url, "-c", sql)

    def together(self, statements):
        self.run("; ".join(("BEGIN", *statements, "COMMIT")))

    def id(self, column, prefix):
        return f"(lpad(to_hex({prefix}), 8, '0') || substr({column}::text, 9))::uuid"

    def earlier(self, column):
        return f"{column} - n * {{step}} * INTERVAL '1 second'"

    def told(self, at):
        return f"jsonb_build_object('status', 'resolved', 'resolution_type', 'codify_iac', 'resolved_at', to_char(({at}) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'))"


def multiply(engine, database, total):
    """Copies what the pushes made until there are `total` drifts."""
    base = int(engine.scalar("SELECT count(*) FROM drift_events"))
    copies = max(0, -(-total // base) - 1)
    step = DAYS * 86400 // max(copies, 1)
    earlier = lambda column: engine.earlier(column).replace("{step}", str(step))
    status = "CASE n % 50 WHEN 0 THEN 'open' WHEN 1 THEN 'acknowledged' ELSE 'resolved' END"
    resolved = "n % 50 > 1"
    replaced = {
        "drift_events": {
            "id": engine.id("d.id", "n"), "number": f"d.number + n * {base}", "fingerprint": "d.fingerprint || '-' || n",
            "detected_at": earlier("d.detected_at"), "last_seen_at": earlier("d.last_seen_at"), "status": status,
            "resolved_at": f"CASE WHEN {resolved} THEN {earlier('d.last_seen_at')} END",
            "resolution_type": f"CASE WHEN {resolved} THEN 'codify_iac' END", "case_id": "NULL",
            "absent_at": f"CASE WHEN {resolved} THEN {earlier('d.last_seen_at')} END",
        },
        "drift_changes": {"id": engine.id("d.id", "n"), "drift_event_id": engine.id("d.drift_event_id", "n"), "created_at": earlier("d.created_at")},
        "drift_history": {"id": engine.id("d.id", "n"), "drift_event_id": engine.id("d.drift_event_id", "n"), "at": earlier("d.at"), "action_id": "NULL"},
    }
    # What the pushes resolved themselves is not copied: a drift has then one onset and at most one end.
    once = {"drift_history": " AND d.step = 'detected'"}
    say(f"{database}: copying {base:,} drifts {copies:,} times")
    for first in range(1, copies + 1, 50):
        last = min(first + 49, copies)
        numbers = f"(WITH RECURSIVE k(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM k WHERE n < {last}) SELECT n FROM k) AS k"
        statements = []
        for table in COPIED:
            columns = engine.columns(table)
            values = ", ".join(replaced[table].get(column, f"d.{column}") for column in columns)
            source = f"bench_{table}"
            statements.append(f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM {source} d CROSS JOIN {numbers} WHERE TRUE{once.get(table, '')}")
        columns = engine.columns("drift_history")
        ends = dict(replaced["drift_history"], id=engine.id("d.id", "n + 1048576"), step="'resolved'", version="d.version + 1",
                    old="d.new", new=engine.told(earlier("d.at")))
        values = ", ".join(ends.get(column, f"d.{column}") for column in columns)
        statements.append(f"INSERT INTO drift_history ({', '.join(columns)}) SELECT {values} FROM bench_drift_history d CROSS JOIN {numbers} WHERE {resolved} AND d.step = 'detected'")
        engine.together(statements)
    return base * (copies + 1)


def fill(server, database, url, total):
    server.stop()
    engine = Sqlite(url) if database == "sqlite" else Postgres(url)
    for table in COPIED:
        engine.run(f"CREATE TABLE bench_{table} AS SELECT * FROM {table}")
    started = time.perf_counter()
    have = multiply(engine, database, total)
    for table in COPIED:
        engine.run(f"DROP TABLE bench_{table}")
    engine.run("ANALYZE")
    if database == "sqlite":
        engine.db.close()
    say(f"{database}: {have:,} drifts after {time.perf_counter() - started:.0f} s")
    started = time.perf_counter()
    server.run("rollup", "rebuild", "--org", "bench")
    emit(bench="drift rebuild", database=database, drifts=have, s=round(time.perf_counter() - started, 1))
    server.start()
    return have


def run(server, database, binary, folder, url, total):
    pushes(server, database, binary, folder)
    have = fill(server, database, url, total)
    server.sign_in()
    quote = urllib.parse.quote
    drift = "/o/bench/drift"
    number = json.loads(server.get("/api/v1/drifts?limit=1")[2])["items"][0]["number"]
    questions = [("drift list", name, f"{drift}?{query}") for name, query in (
        ("open", "show=open"), ("all", "show=all"), ("resolved", "show=resolved"), ("all, by onset", "show=all&sort=onset"),
        ("one type", "show=all&q=" + quote("type:aws_iam_role")), ("severity", "show=open&q=" + quote("severity>=high")),
        ("words", "show=all&q=" + quote("r4711")), ("path", "show=open&q=" + quote("path:tags*")))]
    questions += [("drift list over the API", "first page", "/api/v1/drifts?limit=50"), ("drift page", "one", f"{drift}/{number}"),
                  ("drift analytics", "90 days", f"{drift}/analytics?days=90"), ("drift analytics", "a year", f"{drift}/analytics?days=366"),
                  ("overview with drift", "7 days", "/o/bench/overview?range=7d"), ("drift resources", "all", f"{drift}/resources"), ("drift repositories", "all", f"{drift}/repositories")]
    for kind, name, path in questions:
        first = server.get(path)[0]
        # What takes a second does so every time.
        answers = [server.get(path) for _ in range(ROUNDS if first < 1 else 3)]
        emit(bench=kind, name=name, database=database, drifts=have, **spread(a[0] for a in answers), bytes=len(answers[0][2]))
