#!/usr/bin/env python3
"""Reliability and security checks against a release binary, each one JSON line with pass or fail and its figure.

    checks.py --server target/release/watchroom [--database sqlite|postgres|both] [--only kill,bombs,…] [--kills 50]

kill      kill -9 during ingest: every acknowledged event is there, none twice, the audit chain verifies
disk      the disk is full: a typed refusal, nothing acknowledged is lost, it recovers by itself (SQLite; needs root for tmpfs)
restart   PostgreSQL restarts under load: only 503 meanwhile, recovery, nothing acknowledged lost (its own cluster)
foreign   another organization's ids and markers: 404, and no marker in any answer
slow      slow heads and bodies do not starve others
bombs     decompression bombs, huge lines, deep nesting, NUL: refused in a second within memory
clock     the clock jumps back and forth: paging neither skips nor repeats, the chain holds (needs faketime)
chain     two servers on one database write concurrently: one unbroken chain an organization; tampering is named
session   fixation, CSRF, brute force, sign-out, headers

Loopback only, bounded in time, standard library only.
"""

import argparse, concurrent.futures, gzip, http.client, json, os, pathlib, random, re, shutil, signal, socket, sqlite3, statistics, subprocess, sys, tempfile, threading, time, urllib.parse, uuid

ROOT = pathlib.Path(__file__).resolve().parent.parent
PASSWORD = "correct horse battery staple"
FORM = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}


class Room:
    """A database with the organizations a and b, and a server on it that can be ended and started again."""

    def __init__(self, binary, database, folder, pg_url=None):
        self.binary, self.database, self.folder = binary, database, pathlib.Path(folder)
        if database == "postgres":
            server = pg_url or os.environ["WATCHROOM_TEST_POSTGRES_URL"]
            name = "check_" + uuid.uuid4().hex[:12]
            subprocess.run(["psql", server, "-qc", f"CREATE DATABASE {name}"], check=True)
            base, _, query = server.partition("?")
            self.url = base.rsplit("/", 1)[0] + "/" + name + ("?" + query if query else "")
        else:
            self.url = f"sqlite://{self.folder}/watchroom.db"
        self.env = dict(os.environ, WATCHROOM_DATABASE_URL=self.url, WATCHROOM_DATA_DIR=str(self.folder), WATCHROOM_ADDR="127.0.0.1:0", WATCHROOM_LOG="error")
        self.process = None
        for org in ("org-a", "org-b"):
            self.run("org", "add", org)
        for email, org, role in (("admin@a.example", "org-a", "admin"), ("viewer@a.example", "org-a", "viewer"), ("admin@b.example", "org-b", "admin")):
            self.run("user", "add", email, "--org", org, "--role", role, "--password-stdin", stdin=PASSWORD)
        self.key_a = self.run("apikey", "create", "--org", "org-a", "--name", "a", "--scope", "all").strip()
        self.key_b = self.run("apikey", "create", "--org", "org-b", "--name", "b", "--scope", "all").strip()

    def run(self, *args, stdin=None, ok=True):
        done = subprocess.run([self.binary, *args], env=self.env, input=stdin, capture_output=True, text=True)
        if ok and done.returncode:
            raise AssertionError(f"{' '.join(args)} ended with {done.returncode}: {done.stderr}")
        return done.stdout if ok else done

    def start(self, *prefix, **extra):
        self.process = subprocess.Popen([*prefix, self.binary, "serve"], env=dict(self.env, **extra), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for line in self.process.stdout:
            found = re.search(r"listening on http://([\d.]+):(\d+)", line)
            if found:
                self.host, self.port = found.group(1), int(found.group(2))
                threading.Thread(target=self.process.stderr.read, daemon=True).start()
                return self
        raise AssertionError("the server did not start: " + self.process.stderr.read())

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(20)

    def call(self, method, path, body=None, headers=None, timeout=60):
        conn = http.client.HTTPConnection(self.host, self.port, timeout=timeout)
        try:
            conn.request(method, path, body, headers or {})
            answer = conn.getresponse()
            return answer.status, answer.read(), answer
        finally:
            conn.close()

    def send(self, events, key=None, **headers):
        body = "\n".join(json.dumps(e) for e in events)
        return self.call("POST", "/api/v1/events", body, {"Authorization": f"Bearer {key or self.key_a}", "Content-Type": "application/x-ndjson", **headers})

    def sign_in(self, email, password=PASSWORD, cookie=None, **headers):
        form = urllib.parse.urlencode({"email": email, "password": password})
        status, _, answer = self.call("POST", "/sign-in", form, {**FORM, **({"Cookie": cookie} if cookie else {}), **headers})
        return status, (answer.getheader("Set-Cookie") or ""), answer

    def query(self, statement):
        if self.database == "postgres":
            done = subprocess.run(["psql", self.url, "-qAt", "-F", "|", "-v", "ON_ERROR_STOP=1", "-c", statement], capture_output=True, text=True)
            if done.returncode:
                raise AssertionError(done.stderr)
            return [tuple(line.split("|")) for line in done.stdout.splitlines()]
        db = sqlite3.connect(f"{self.folder}/watchroom.db", timeout=20)
        try:
            return [tuple("" if v is None else str(v) for v in row) for row in db.execute(statement).fetchall()]
        finally:
            db.close()

    def peak_kb(self):
        return int(re.search(r"VmHWM:\s+(\d+)", open(f"/proc/{self.process.pid}/status").read()).group(1))

    def audit_holds(self):
        return self.run("audit", "verify", ok=False).returncode == 0


def event(n, **more):
    return {"id": str(uuid.uuid4()), "occurred_at": "2026-01-02T03:04:05Z", "severity": "info", "message": f"check event {n}", "component": "check", **more}


def expect(condition, text):
    if not condition:
        raise AssertionError(text)


def check_kill(room, args):
    acked, waiting, kills = set(), [], args.kills
    for round_ in range(kills):
        room.start()
        stop = time.time() + 0.15 + (round_ % 10) * 0.06

        def send(worker):
            while time.time() < stop + 1:
                batch = [event(f"{round_} {worker}") for _ in range(100)]
                waiting.append(batch)
                try:
                    status, _, _ = room.send(batch)
                except (OSError, http.client.HTTPException):
                    return
                if status == 200:
                    acked.update(e["id"] for e in batch)
                    waiting.remove(batch)

        threads = [threading.Thread(target=send, args=(w,)) for w in range(3)]
        [t.start() for t in threads]
        time.sleep(max(0, stop - time.time()))
        room.kill()
        [t.join() for t in threads]
    room.start()
    for batch in waiting:  # in flight when the server died: sent again, must not double
        expect(room.send(batch)[0] == 200, "a batch in flight could not be sent again")
        acked.update(e["id"] for e in batch)
    room.stop()
    stored = [row[0] for row in room.query("SELECT id FROM events")]
    expect(acked <= set(stored), f"{len(acked - set(stored))} acknowledged events are missing")
    expect(len(stored) == len(set(stored)) == len(acked), f"{len(stored)} rows for {len(acked)} events")
    groups = int(room.query("SELECT COALESCE(sum(event_count), 0) FROM groups")[0][0])
    rolled = int(room.query("SELECT COALESCE(sum(info + low + medium + high + critical), 0) FROM event_totals WHERE grain = 'hour'")[0][0])
    expect(groups == rolled == len(stored), f"derived counts differ: groups {groups}, roll-ups {rolled}, rows {len(stored)}")
    expect(room.audit_holds(), "the audit chain is broken")
    if room.database == "sqlite":
        expect(room.query("PRAGMA integrity_check") == [("ok",)], "integrity_check")
    return {"kills": kills, "acknowledged": len(acked)}


def check_disk(room, args):
    if room.database != "sqlite":
        return None
    room.start()
    (room.folder / "filler").write_bytes(b"\0" * 12_000_000)
    acked, refused = set(), None
    for n in range(4000):
        batch = [event(n, padding="x" * 1000) for _ in range(100)]
        status, body, answer = room.send(batch)
        if status == 200:
            acked.update(e["id"] for e in batch)
            continue
        refused = (status, answer.getheader("Retry-After"), json.loads(body).get("type"))
        break
    expect(refused and refused[0] in (503, 507) and refused[1], f"a full disk answers {refused}")
    expect(room.call("GET", "/health/live")[0] == 200, "the server died")
    expect(room.call("GET", "/api/v1/events?limit=10", headers={"Authorization": f"Bearer {room.key_a}"})[0] == 200, "reading fails while the disk is full")
    status, _, answer = room.sign_in("admin@a.example")
    expect(status == 303 and "error" not in answer.getheader("Location"), f"sign-in while the disk is full: {status} {answer.getheader('Location')}")
    (room.folder / "filler").unlink()
    deadline, status = time.time() + 20, 0
    while status != 200 and time.time() < deadline:
        batch = [event("after")]
        status = room.send(batch)[0]
        time.sleep(0.3)
    expect(status == 200, f"no recovery after space was freed: {status}")
    room.stop()
    stored = {row[0] for row in room.query("SELECT id FROM events")}
    expect(acked <= stored, f"{len(acked - stored)} acknowledged events are missing")
    expect(room.query("PRAGMA integrity_check") == [("ok",)], "integrity_check")
    return {"acknowledged": len(acked), "refusal": refused[0]}


def check_restart(room, args, cluster):
    room.start()
    acked, answers, done = set(), {}, time.time() + 14

    def send():
        while time.time() < done:
            batch = [event("restart") for _ in range(20)]
            status, _, answer = room.send(batch)
            answers[status] = answers.get(status, 0) + 1
            if status == 200:
                acked.update(e["id"] for e in batch)
            elif status == 503:
                expect(answer.getheader("Retry-After"), "503 without Retry-After")
                time.sleep(0.05)

    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        work = [pool.submit(send) for _ in range(3)]
        time.sleep(3)
        cluster("stop", "-m", "immediate")
        time.sleep(4)
        cluster("start")
        started = time.time()
        while room.send([event("probe")])[0] != 200 and time.time() < started + 15:
            time.sleep(0.1)
        recovered = time.time() - started
        [w.result() for w in work]
    expect(set(answers) <= {200, 503}, f"answers {answers}")
    expect(answers.get(503), "the outage was not seen")
    room.stop()
    stored = {row[0] for row in room.query("SELECT id FROM events")}
    expect(acked <= stored, f"{len(acked - stored)} acknowledged events are missing")
    expect(room.audit_holds(), "the audit chain is broken")
    return {"answers": {str(k): v for k, v in answers.items()}, "recovered_s": round(recovered, 1)}


def check_foreign(room, args):
    room.start()
    marker = "ZZB" + uuid.uuid4().hex
    theirs = event(marker, component=marker, service=marker, environment=marker, system_id=marker, event_type=marker, source=marker, extra=marker)
    expect(room.send([theirs], room.key_b)[0] == 200, "org b cannot send")
    a = {"Authorization": f"Bearer {room.key_a}"}
    b = {"Authorization": f"Bearer {room.key_b}"}
    group = json.loads(room.call("GET", f"/api/v1/events/{theirs['id']}", headers=b)[1])["group_id"]
    probes = 0
    for path in (f"/api/v1/events/{theirs['id']}", f"/api/v1/groups/{group}"):
        mine, absent = room.call("GET", path, headers=a), room.call("GET", path.rsplit("/", 1)[0] + "/" + str(uuid.uuid4()), headers=a)
        strip = lambda body: re.sub(rb'"correlation_id":"[^"]*"', b"", body)
        expect(mine[0] == absent[0] == 404 and strip(mine[1]) == strip(absent[1]), f"{path}: {mine[0]} and {absent[0]}")
        expect(room.call("GET", path)[0] == 401, f"{path} without a key")
        probes += 3
    cookie = room.sign_in("admin@a.example")[1].split(";")[0]
    pages = ["overview", "events", "groups", "sources", "audit", "settings/members", "settings/api-keys", f"events/{theirs['id']}", f"groups/{group}", "audit/export.csv", "audit/export.json"]
    paths = ["/api/v1/events", f"/api/v1/events?component={marker}", "/api/v1/groups", "/api/v1/sources", "/api/v1/audit"] + [f"/o/org-a/{p}" for p in pages]
    for path in paths:
        status, body, _ = room.call("GET", path, headers={**a, "Cookie": cookie})
        expect(status < 500, f"{path}: {status}")
        echoed = marker in path
        expect(echoed or marker.encode() not in body, f"{path} shows the other organization's marker")
        expect(not echoed or theirs["id"].encode() not in body, f"{path} shows the other organization's event")
        probes += 1
    for page in pages:
        status, body, _ = room.call("GET", f"/o/org-b/{page}", headers={"Cookie": cookie})
        expect(status in (404, 303, 302) and marker.encode() not in body, f"/o/org-b/{page}: {status}")
        probes += 1
    for text in ('"', "NEAR(", "*", "a:b", "-", "(" * 5000, "%_\\", "'; DROP TABLE events; --", "$..*", "\u0000", "\U0001f600"):
        for field in ("text", "component", "cursor", "severity", "limit", "order"):
            started = time.time()
            status, _, _ = room.call("GET", f"/api/v1/events?{field}={urllib.parse.quote(text)}", headers=a)
            expect(status in (200, 400, 414, 431) and time.time() - started < 2, f"{field}={text[:20]!r}: {status}")
            probes += 1
    return {"probes": probes}


def check_slow(room, args):
    room.start()
    socks = []
    for n in range(400):
        s = socket.create_connection((room.host, room.port))
        s.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: " if n % 2 else b"POST /api/v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\nAuthorization: Bearer " + room.key_a.encode() + b"\r\nContent-Type: application/x-ndjson\r\n\r\n{")
        socks.append(s)
    before, times, until = room.peak_kb(), [], time.time() + 12
    while time.time() < until:
        started = time.perf_counter()
        expect(room.call("GET", "/health/live")[0] == 200, "health does not answer")
        times.append((time.perf_counter() - started) * 1000)
        time.sleep(0.02)
    p99 = sorted(times)[int(len(times) * 0.99)]
    expect(p99 < 250, f"p99 {p99:.0f} ms")
    deadline, closed = time.time() + 40, 0
    for s in socks:
        s.settimeout(max(0.1, deadline - time.time()))
        try:
            while s.recv(4096):
                pass
            closed += 1
        except (ConnectionError, OSError):
            closed += isinstance(sys.exc_info()[1], ConnectionError)
        s.close()
    expect(closed == len(socks), f"only {closed} of {len(socks)} slow connections were closed")
    return {"connections": len(socks), "health_p99_ms": round(p99, 1), "grown_kb": room.peak_kb() - before}


def check_bombs(room, args):
    room.start()
    room.send([event("warm")])
    before, seen = room.peak_kb(), {}
    json_type, auth = {"Content-Type": "application/json"}, {"Authorization": f"Bearer {room.key_a}"}
    nd = {**auth, "Content-Type": "application/x-ndjson"}
    zeros = gzip.compress(b"\0" * 300_000_000, 9)
    good = json.dumps(event("good")).encode()
    cases = {
        "gzip bomb": (zeros, {**nd, "Content-Encoding": "gzip"}, (400, 413)),
        "gzip in gzip": (gzip.compress(gzip.compress(good)), {**nd, "Content-Encoding": "gzip, gzip"}, (400, 413, 415)),
        "unknown encoding": (good, {**nd, "Content-Encoding": "br"}, (400, 415)),
        "deep nesting": (b"[" * 100_000, {**auth, **json_type}, (200, 400)),
        "deep object": (b'{"a":' * 100_000, {**auth, **json_type}, (200, 400)),
        "long line": (b'{"occurred_at":"2026-01-01T00:00:00Z","severity":"info","message":"' + b"a" * 10_000_000 + b'"}', nd, (200, 400, 413)),
        "10,000 fields": (json.dumps({**event("wide"), **{f"f{i}": i for i in range(10_000)}}).encode(), nd, (200, 400)),
        "NUL and lone surrogates": (b'{"occurred_at":"2026-01-01T00:00:00Z","severity":"info","message":"a\\u0000b \\ud800","x\\u0000":"\\u0000"}', nd, (200,)),
        "invalid UTF-8": (b'{"occurred_at":"2026-01-01T00:00:00Z","severity":"info","message":"\xff\xfe"}', nd, (200, 400)),
        "over the limit": (b"x" * 70_000_000, nd, (400, 413)),
        "text/plain": (good, {**auth, "Content-Type": "text/plain"}, (200, 400, 415)),
    }
    for name, (body, headers, allowed) in cases.items():
        started = time.time()
        try:
            status, answer, _ = room.call("POST", "/api/v1/events", body, headers)
        except (BrokenPipeError, ConnectionResetError):
            status, answer = 413, b""  # refused by its length before it was read
        took = time.time() - started
        expect(status in allowed, f"{name}: {status} {answer[:200]}")
        expect(took < 3, f"{name} took {took:.1f} s")
        if name == "NUL and lone surrogates":
            expect(json.loads(answer)["accepted"] + json.loads(answer)["rejected"] == 1, name)
        seen[name] = status
    lines = [json.dumps(event(i)).encode() if i % 1000 else b'{"severity":"info"}' for i in range(1, 3001)]
    status, answer, _ = room.call("POST", "/api/v1/events", b"\n".join(lines), nd)
    receipt = json.loads(answer)
    expect(status == 200 and receipt["accepted"] == 2997 and receipt["rejected"] == 3, f"{status} {answer[:200]}")
    expect({r["index"] for r in receipt["rejections"]} == {999, 1999, 2999}, f"positions {receipt['rejections'][:4]}")
    grown = room.peak_kb() - before
    expect(grown < 160 * 1024, f"memory grew by {grown} kB")
    return {"grown_kb": grown, "answers": seen}


def check_clock(room, args):
    if not shutil.which("faketime"):
        raise AssertionError("faketime is not installed")
    sent = []
    for shift in ("+0", "-1h", "+1d", "+0"):
        room.start("faketime", "-f", shift) if shift != "+0" else room.start()
        for _ in range(5):
            batch = [event("clock") for _ in range(40)]
            expect(room.send(batch)[0] == 200, f"sending with the clock at {shift}")
            sent += [e["id"] for e in batch]
        cookie = room.sign_in("admin@a.example")[1].split(";")[0]
        expect(room.call("GET", "/o/org-a/events", headers={"Cookie": cookie})[0] == 200, f"signing in with the clock at {shift}")
        subprocess.run(["pkill", "-TERM", "-P", str(room.process.pid)])
        room.stop()
    for at in ("1969-12-31T23:59:59Z", "9999-12-31T23:59:59Z", "2024-02-29T12:00:00+14:00", "2016-12-31T23:59:60Z"):
        room.start()
        status, body, _ = room.send([event("odd", occurred_at=at)])
        room.stop()
        expect(status == 200, f"{at}: {status}")
    room.start()
    seen, cursor = [], ""
    while True:
        status, body, _ = room.call("GET", f"/api/v1/events?limit=37{cursor}", headers={"Authorization": f"Bearer {room.key_a}"})
        page = json.loads(body)
        seen += [e["id"] for e in page["items"] if e["message"] == "check event clock"]
        if not page["next_cursor"]:
            break
        cursor = "&cursor=" + urllib.parse.quote(page["next_cursor"])
    expect(sorted(seen) == sorted(sent), f"paging showed {len(seen)} of {len(sent)} events, {len(seen) - len(set(seen))} twice")
    room.stop()
    expect(room.audit_holds(), "the audit chain is broken")
    return {"events": len(sent)}


def check_chain(room, args):
    room.start()
    second = Room.__new__(Room)
    second.__dict__.update(room.__dict__)
    second.start()

    def write(n):
        server, key = (room, second)[n % 2], (room.key_a, room.key_b)[n // 2 % 2]
        return sum(server.send([event(n)], key)[0] == 200 for _ in range(40))

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        written = sum(pool.map(write, range(16)))
    second.stop()
    room.stop()
    expect(written == 640, f"only {written} of 640 writes were taken")
    forks = room.query("SELECT organization_id, prev_hash FROM audit_log GROUP BY organization_id, prev_hash HAVING count(*) > 1")
    expect(not forks, f"the chain forked: {forks}")
    gaps = room.query("SELECT organization_id FROM audit_log GROUP BY organization_id HAVING max(seq) <> count(*)")
    expect(not gaps, f"the chain has gaps: {gaps}")
    expect(room.audit_holds(), "the chain does not verify")
    # Requests that were committed together share an entry, which counts them.
    told = [json.loads(row[0]) for row in room.query("SELECT metadata FROM audit_log WHERE action = 'EVENTS_INGESTED'")]
    requests, accepted = sum(entry["requests"] for entry in told), sum(entry["accepted"] for entry in told)
    expect(requests == accepted == written, f"the log tells of {requests} requests and {accepted} events, {written} were written")
    return {"writes": written, "tampering_found": tamper(room)}


def tamper(room, times=100):
    """Random edits, deletions, reorderings and tail cuts by SQL, each undone before the next: all are found, at the right entry.
    A cut rewrites the head as well; what tells it is a head that was exported earlier."""
    organization, entries = room.query("SELECT id, (SELECT count(*) FROM audit_log a WHERE a.organization_id = o.id) FROM organizations o WHERE slug = 'org-a'")[0]
    rng, head, found = random.Random(11), str(room.folder / "head.json"), dict.fromkeys(("edit", "delete", "reorder", "cut"), 0)

    def script(text):
        if room.database == "sqlite":
            db = sqlite3.connect(f"{room.folder}/watchroom.db", timeout=20)
            db.executescript(text)
            db.close()
        else:
            subprocess.run(["psql", room.url, "-q", "-v", "ON_ERROR_STOP=1", "-c", text], check=True)

    def verify():
        done = room.run("audit", "verify", "--org", "org-a", "--head", head, ok=False)
        named = re.search(r"BROKEN at (\d+)", done.stdout)
        return done.returncode, int(named.group(1)) if named else None

    room.run("audit", "verify", "--org", "org-a", "--save-head", head)
    off = "DROP TRIGGER audit_log_no_update; DROP TRIGGER audit_log_no_delete" if room.database == "sqlite" else "ALTER TABLE audit_log DISABLE TRIGGER USER"
    script(f"CREATE TABLE kept_log AS SELECT * FROM audit_log; CREATE TABLE kept_heads AS SELECT * FROM audit_heads; {off}")
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
        script(change)
        expect(verify() == (1, expected), f"{change}: {verify()} instead of entry {expected}")
        script(undo)
        found[kind] += 1
        expect(n % 10 or verify() == (0, None), f"the log does not hold after {kind} at {at} was undone")
    return found


def check_session(room, args):
    room.start()
    status, cookie, _ = room.sign_in("admin@a.example", cookie="watchroom=attacker-chose-this")
    expect(status == 303 and "attacker-chose-this" not in cookie, "the session id was kept at sign-in")
    expect("HttpOnly" in cookie and "SameSite=Lax" in cookie, cookie)
    mine = cookie.split(";")[0]
    expect(room.call("GET", "/o/org-a/events", headers={"Cookie": mine})[0] == 200, "the session does not work")
    form = urllib.parse.urlencode({"x": "y"})
    for name, headers in (("evil origin", {"Origin": "http://evil.test"}), ("cross site", {"Sec-Fetch-Site": "cross-site"}), ("nothing", {})):
        for path in ("/sign-out", "/fn/anything"):
            status = room.call("POST", path, form, {"Cookie": mine, "Content-Type": "application/x-www-form-urlencoded", **headers})[0]
            expect(status == 403, f"{path} with {name}: {status}")
    status = room.call("POST", "/sign-out", "{}", {"Cookie": mine, "Content-Type": "text/plain", "Sec-Fetch-Site": "same-origin"})[0]
    expect(status in (403, 415), f"text/plain: {status}")
    expect(room.call("POST", "/sign-out", "", {**FORM, "Cookie": mine})[0] == 303, "sign-out")
    expect(room.call("GET", "/o/org-a/events", headers={"Cookie": mine})[0] in (302, 303), "the session outlives sign-out")
    times = {"known": [], "unknown": []}
    statuses = []
    for n in range(8):
        for kind, email in (("known", "viewer@a.example"), ("unknown", f"nobody{n}@a.example")):
            if kind == "known" and n >= 3:
                continue
            started = time.perf_counter()
            status, _, answer = room.sign_in(email, "wrong password here")
            times[kind].append(time.perf_counter() - started)
            statuses.append((status, answer.getheader("Location") or ""))
    known, unknown = statistics.median(times["known"]), statistics.median(times["unknown"])
    expect(abs(known - unknown) / max(known, unknown) < 0.5, f"known {known * 1000:.1f} ms, unknown {unknown * 1000:.1f} ms")
    locked = 0
    for _ in range(50):
        status, _, answer = room.sign_in("viewer@a.example", "wrong password here")
        locked += status == 429 or "locked" in (answer.getheader("Location") or "")
    expect(locked > 20, f"only {locked} of 50 attempts were refused")
    _, _, answer = room.call("GET", "/sign-in")
    csp = answer.getheader("Content-Security-Policy") or ""
    expect("unsafe-inline" not in csp and "'unsafe-eval'" not in csp and "frame-ancestors 'none'" in csp, csp)
    expect(answer.getheader("X-Content-Type-Options") == "nosniff", "nosniff")
    return {"known_ms": round(known * 1000, 1), "unknown_ms": round(unknown * 1000, 1), "locked_of_50": locked}


CHECKS = {"kill": (1, check_kill), "disk": (2, check_disk), "restart": (3, check_restart), "foreign": (5, check_foreign), "slow": (6, check_slow), "bombs": (7, check_bombs), "clock": (9, check_clock), "chain": (10, check_chain), "session": (11, check_session)}


def run(name, database, args):
    number, check = CHECKS[name]
    folder = tempfile.mkdtemp(prefix="watchroom-check-")
    room, mounted, figures, error, started = None, False, {}, None, time.time()
    try:
        if name == "restart":
            if database != "postgres":
                return True
            os.chmod(folder, 0o755)  # the server's own user enters it
            cluster_folder = pathlib.Path(folder) / "cluster"
            url = subprocess.run([ROOT / "scripts/postgres.sh", "start", cluster_folder], check=True, capture_output=True, text=True).stdout.strip()
            bin_ = subprocess.run("ls -d /usr/lib/postgresql/*/bin | tail -1", shell=True, capture_output=True, text=True).stdout.strip()
            owner = pathlib.Path(cluster_folder, "data").owner()
            as_owner = ["runuser", "-u", owner, "--"] if os.geteuid() == 0 else []

            # A start does not remember what the cluster was started with.
            where = f"-h 127.0.0.1 -p {urllib.parse.urlsplit(url).port} -k '{cluster_folder}'"

            def cluster(verb, *more):
                more = (*more, "-o", where) if verb == "start" else more
                subprocess.run([*as_owner, f"{bin_}/pg_ctl", "-D", f"{cluster_folder}/data", "-w", "-l", f"{cluster_folder}/restart.log", verb, *more], check=True, stdout=subprocess.DEVNULL)

            try:
                room = Room(args.server, database, folder, url)
                figures = check(room, args, cluster)
            finally:
                if room:
                    room.stop()
                subprocess.run([ROOT / "scripts/postgres.sh", "stop", cluster_folder])
        else:
            if name == "disk" and database == "sqlite":
                subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", folder], check=True)
                mounted = True
            room = Room(args.server, database, folder)
            figures = check(room, args)
            if figures is None:
                return True
    except AssertionError as problem:
        error = str(problem)
    except Exception as problem:  # a check that cannot run has not passed
        error = f"{type(problem).__name__}: {problem}"
    finally:
        if room and room.process and room.process.poll() is None:
            room.kill()
        if mounted:
            subprocess.run(["umount", "-l", folder])
        shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps({"check": number, "name": name, "database": database, "pass": error is None, **({"error": error} if error else {}), "seconds": round(time.time() - started, 1), **(figures or {})}), flush=True)
    return error is None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", default=str(ROOT / "target/release/watchroom"))
    parser.add_argument("--database", default="both", choices=["sqlite", "postgres", "both"])
    parser.add_argument("--only", default=",".join(CHECKS))
    parser.add_argument("--kills", type=int, default=50)
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    databases = ("sqlite", "postgres") if args.database == "both" else (args.database,)
    results = [run(name, database, args) for database in databases for name in args.only.split(",")]
    sys.exit(0 if all(results) else 1)


main()
