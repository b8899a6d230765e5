"""The ceiling: a bare bulk insert of the same rows and keys into the same engine."""

import hashlib, json, pathlib, random, re, sqlite3, subprocess, time, uuid

from data import BATCH, events

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
COLUMNS = "organization_id occurred_at id ingested_at severity severity_text component service environment system_id event_type source_id message raw_payload fingerprint group_id".split()


def bare_rows(count, start):
    org, now = str(uuid.uuid4()), time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime())
    rng = random.Random(3)
    severities = {"info": "info", "notice": "low", "warning": "medium", "error": "high", "critical": "critical"}
    sources = [str(uuid.uuid4()) for _ in range(6)]
    for i, e in enumerate(events(0, count, start)):
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
