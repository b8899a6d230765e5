"""Many write to two servers on one database, one of which is killed: one unbroken chain an organization, and each tampering is named."""

import concurrent.futures, http.client, random, re, sqlite3, threading, time, uuid

from room import expect

THREADS, CALLS = 16, 200


def check_chain(room, args):
    room.start()
    second = room.twin().start()
    written, lost, lock, refused = {}, set(), threading.Lock(), {}
    done = threading.Event()

    def write(n):
        """Changes until so many were acknowledged; one whose answer was lost may be there or not."""
        server, (key, org) = (room, second)[n % 2], ((room.key_a, "org-a"), (room.key_b, "org-b"))[n // 2 % 2]
        taken = 0
        while taken < CALLS:
            name = f"{n}-{uuid.uuid4().hex[:12]}"
            try:
                status, answer = server.api("POST", "/tags", {"name": name}, key)
            except (OSError, http.client.HTTPException):
                with lock:
                    lost.add(name)
                time.sleep(0.05)
                continue
            with lock:
                if status == 201:
                    written[name] = org
                    taken += 1
                else:
                    refused[status] = refused.get(status, 0) + 1
                    expect(status in (429, 503) and sum(refused.values()) < 2000, f"a change is answered {status} {answer}")

    def kill():
        """One server ends in the middle of it, three times."""
        for share in (0.25, 0.5, 0.75):
            while len(written) < THREADS * CALLS * share and not done.is_set():
                time.sleep(0.02)
            second.kill()
            second.start()

    killer = threading.Thread(target=kill)
    killer.start()
    started = time.time()
    try:
        with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(write, range(THREADS)))
    finally:
        took = time.time() - started
        done.set()
        killer.join()
        second.stop()
        room.stop()
    room.bound(not forks(room), f"the chain forked or has gaps: {forks(room)}")
    room.bound(room.audit_holds(), "the chain does not verify")
    stored = {name: slug for name, slug in room.query("SELECT t.name, o.slug FROM tags t JOIN organizations o ON o.id = t.organization_id")}
    entries = room.query("SELECT o.slug, count(*), count(DISTINCT a.target_id) FROM audit_log a JOIN organizations o ON o.id = a.organization_id WHERE a.action = 'TAG_CREATED' GROUP BY o.slug ORDER BY o.slug")
    by_org = {slug: sum(1 for s in stored.values() if s == slug) for slug in ("org-a", "org-b")}
    room.bound(all(stored.get(name) == org for name, org in written.items()), f"{sum(stored.get(n) != o for n, o in written.items())} acknowledged changes are missing")
    room.bound(set(stored) <= set(written) | lost, "there are changes that nobody made")
    room.bound({slug: int(n) for slug, n, _ in entries} == {slug: int(n) for slug, _, n in entries} == by_org, f"entries {entries} for changes {by_org}")
    room.figures.update(changes=len(stored), acknowledged=len(written), answers_lost=len(lost), refused={str(k): v for k, v in refused.items()}, kills=3, changes_a_second=round(len(written) / took), entries={slug: int(n) for slug, n, _ in entries})
    room.figures["refused_by_the_database"] = guarded(room)
    room.figures["tampering_found"] = tamper(room)


def forks(room):
    return room.query("SELECT organization_id, prev_hash FROM audit_log GROUP BY organization_id, prev_hash HAVING count(*) > 1") + \
        room.query("SELECT organization_id, min(seq), max(seq), count(*) FROM audit_log GROUP BY organization_id HAVING max(seq) <> count(*) OR min(seq) <> 1")


def guarded(room):
    """Statements that nobody gets through, the server's own role of organizations least."""
    prefixes = ("",) if room.database == "sqlite" else ("", "SET ROLE watchroom_app; ")
    statements = ["UPDATE audit_log SET actor = 'nobody'", "DELETE FROM audit_log", "DELETE FROM audit_log WHERE seq = 2"]
    if room.database == "postgres":
        statements += ["TRUNCATE audit_log", "TRUNCATE audit_heads"] + [f"TRUNCATE {row[0]}" for row in room.query("SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'audit_log'::regclass")]
    refused, before = 0, room.query("SELECT count(*) FROM audit_log")
    for prefix in prefixes:
        for statement in statements:
            if "audit_heads" in statement and not prefix:
                continue  # of the owner; what was exported tells it
            try:
                room.script(f"BEGIN; {prefix}{statement}; ROLLBACK" if room.database == "postgres" else f"BEGIN; {statement}; ROLLBACK")
                room.bound(False, f"the database lets through: {prefix}{statement}")
            except sqlite3.DatabaseError as why:
                refused += room.bound("append-only" in str(why) or "permission denied" in str(why), f"{prefix}{statement} fails by accident: {why}")
    room.bound(room.query("SELECT count(*) FROM audit_log") == before, "entries are gone")
    return refused


def tamper(room, times=100):
    """Random edits, deletions, reorderings and tail cuts by SQL, each undone before the next: all are found, at the right entry.
    A cut rewrites the head as well; what tells it is a head that was exported earlier."""
    organization, entries = room.query("SELECT id, (SELECT count(*) FROM audit_log a WHERE a.organization_id = o.id) FROM organizations o WHERE slug = 'org-a'")[0]
    rng, head, found = random.Random(11), str(room.folder / "head.json"), dict.fromkeys(("edit", "delete", "reorder", "cut"), 0)

    def verify():
        done = room.run("audit", "verify", "--org", "org-a", "--head", head, ok=False)
        named = re.search(r"BROKEN at (\d+)", done.stdout)
        return done.returncode, int(named.group(1)) if named else None

    room.run("audit", "verify", "--org", "org-a", "--save-head", head)
    off = "DROP TRIGGER audit_log_no_update; DROP TRIGGER audit_log_no_delete" if room.database == "sqlite" else "ALTER TABLE audit_log DISABLE TRIGGER USER"
    room.script(f"CREATE TABLE kept_log AS SELECT * FROM audit_log; CREATE TABLE kept_heads AS SELECT * FROM audit_heads; {off}")
    mine = f"organization_id = '{organization}'"
    undo = f"""DELETE FROM audit_log WHERE {mine}; INSERT INTO audit_log SELECT * FROM kept_log WHERE {mine};
               DELETE FROM audit_heads WHERE {mine}; INSERT INTO audit_heads SELECT * FROM kept_heads WHERE {mine}"""
    edits = ("actor = 'nobody'", "action = 'NOTHING'", "target_id = 'elsewhere'", "metadata = '{\"x\":1}'", "ip_address = '203.0.113.9'",
             "created_at = '2026-01-01T00:00:00.000000Z'", "error_message = 'no'")
    for n in range(times):
        kind, at = tuple(found)[n % 4], rng.randrange(2, int(entries) - 1)
        change, expected = {
            "edit": (f"UPDATE audit_log SET {rng.choice(edits)} WHERE {mine} AND seq = {at}", at),
            "delete": (f"DELETE FROM audit_log WHERE {mine} AND seq = {at}", at),
            "reorder": (f"UPDATE audit_log SET seq = -1 WHERE {mine} AND seq = {at}; UPDATE audit_log SET seq = {at} WHERE {mine} AND seq = {at + 1}; UPDATE audit_log SET seq = {at + 1} WHERE {mine} AND seq = -1", at),
            "cut": (f"DELETE FROM audit_log WHERE {mine} AND seq > {at}; UPDATE audit_heads SET seq = {at}, hash = (SELECT hash FROM audit_log WHERE {mine} AND seq = {at}) WHERE {mine}", at + 1),
        }[kind]
        room.script(change)
        got = verify()
        room.bound(got == (1, expected), f"{change}: {got} instead of entry {expected}")
        room.script(undo)
        found[kind] += got == (1, expected)
        room.bound(n % 10 or verify() == (0, None), f"the log does not hold after {kind} at {at} was undone")
    return found
