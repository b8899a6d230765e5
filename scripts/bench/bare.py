"""The ceiling: a bare bulk insert of the same rows into the same engine, with the same keys and the same index of words."""

import hashlib, json, pathlib, random, re, sqlite3, subprocess, time, uuid

from data import BATCH, events

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
COLUMNS = "organization_id occurred_at id ingested_at severity severity_text component service environment system_id event_type source_id message raw_payload fingerprint group_id".split()


def bare_rows(count, start):
    org, now = str(uuid.uuid4()), time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime())
    rng = random.Random(3)
    severities = {"info": "info", "notice": "low", "warning": "medium", "error": "high", "critical": "critical"}
    sources = [str(uuid.uuid4()) for _ in range(6)]
    for i, e in enumerate(events(0, count, count, start)):
        print_ = hashlib.md5(e["message"].split(" for ")[0].encode()).hexdigest()
        yield (org, e["occurred_at"], f"0{0x18bcfe50000 + i * 9:011x}"[:8] + f"-{i & 0xffff:04x}-7{i & 0xfff:03x}-8000-{rng.getrandbits(48):012x}", now, severities[e["severity"]], e["severity"],
               e["component"], e["service"], e["environment"], e["system_id"], e["event_type"], sources[i % 6], e["message"], json.dumps(e), print_, str(uuid.UUID(print_)))


def words(row):
    """The words of the message as the store gives them to the index; these messages are ASCII."""
    return re.findall("[a-z0-9]+", row[COLUMNS.index("message")].lower())


def migration(dialect, name):
    return (ROOT / "migrations" / dialect / name).read_text()


def bare_sqlite(folder, rows, with_words):
    """Rows a second. The index of words lacks contentless_delete where Python's SQLite is older than 3.43: that costs an insert nothing."""
    db = sqlite3.connect(folder / f"bare-{with_words}.db", isolation_level=None)
    for pragma in ("page_size=8192", "journal_mode=wal", "synchronous=full", "cache_size=-65536", "wal_autocheckpoint=4000"):
        db.execute(f"pragma {pragma}")
    text = migration("sqlite", "0007_search.sql")
    db.execute(re.search(r"CREATE TABLE events_numbered \(.*?\n\)[^;]*;", text, re.S).group(0))
    index = re.search(r"CREATE VIRTUAL TABLE event_words[^;]*;", text).group(0)
    db.execute(index if sqlite3.sqlite_version_info >= (3, 43) else index.replace(" contentless_delete = 1,", ""))
    db.execute(re.search(r"INSERT INTO event_words [^;]*;", text).group(0))
    statement = f"insert into events_numbered ({','.join(['seq', *COLUMNS])}) values ({','.join('?' * (len(COLUMNS) + 1))})"
    numbered = [(seq, *row) for seq, row in enumerate(rows, 1)]
    indexed = [(seq, " ".join(words(row))) for seq, row in enumerate(rows, 1)] if with_words else []
    started = time.perf_counter()
    for at in range(0, len(rows), BATCH):
        db.execute("begin immediate")
        db.executemany(statement, numbered[at:at + BATCH])
        db.executemany("insert into event_words (rowid, words) values (?, ?)", indexed[at:at + BATCH])
        db.execute("commit")
    rate = len(rows) / (time.perf_counter() - started)
    db.close()
    return rate


def psql(url, *args, stdin=None):
    done = subprocess.run(["psql", url, "-v", "ON_ERROR_STOP=1", "-qAt", *args], input=stdin, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"psql: {done.stderr}")
    return done.stdout


def copied(row, with_words):
    """A line of COPY."""
    line = "\t".join(v.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n") for v in row)
    if with_words:
        line += "\t" + " ".join(f"{word}:{at}" for at, word in enumerate(words(row), 1))
    return line + "\n"


def bare_postgres(url, folder, rows, with_words):
    """Rows a second."""
    schema, script = f"bare_{with_words}".lower(), folder / "bare.sql"
    table = re.search(r"CREATE TABLE events \(.*?\n\)[^;]*;", migration("postgres", "0004_events.sql"), re.S).group(0)
    indexes = re.findall(r"(?:ALTER TABLE events ADD COLUMN|CREATE INDEX events_)[^;]*;", migration("postgres", "0007_search.sql")) if with_words else []
    psql(url, "-c", f"CREATE SCHEMA {schema}; CREATE TYPE {schema}.severity AS ENUM ('info','low','medium','high','critical')",
         "-c", f"SET search_path TO {schema}; " + " ".join([table, *indexes]))
    columns = ",".join([*COLUMNS, *["words"] * with_words])
    with open(script, "w") as out:
        out.write(f"SET search_path TO {schema};\n")
        for at in range(0, len(rows), BATCH):
            out.write(f"COPY events ({columns}) FROM STDIN;\n")
            out.writelines(copied(row, with_words) for row in rows[at:at + BATCH])
            out.write("\\.\n")
    started = time.perf_counter()
    psql(url, "-f", str(script))
    return len(rows) / (time.perf_counter() - started)
