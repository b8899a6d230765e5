"""What was acknowledged stays: kill -9, a full disk, a database that goes away."""

import collections, http.client, json, os, pathlib, random, re, shutil, signal, subprocess, threading, time

from room import NotApplicable, event, expect


def check_kill(room, args):
    acked, waiting, rng = set(), [], random.Random(1)
    for round_ in range(args.kills):
        room.start()
        stop = time.time() + rng.uniform(0.2, 1.0)

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

        threads = [threading.Thread(target=send, args=(w,)) for w in range(4)]
        [t.start() for t in threads]
        time.sleep(max(0, stop - time.time()))
        room.kill()
        [t.join() for t in threads]
    room.start()
    in_flight = len(waiting)
    for batch in waiting:  # in flight when the server died: sent again, must not double
        expect(room.send(batch)[0] == 200, "a batch in flight could not be sent again")
        acked.update(e["id"] for e in batch)
    room.holds_together(acked, exactly=True)
    room.figures.update(kills=args.kills, acknowledged=len(acked), sent_again=in_flight)
    room.start()
    room.figures["synced_before_answer"] = synced(room)
    if room.database == "sqlite":
        room.figures["disk_errors"] = broken_sync(room)
    else:
        said = {name: room.query(f"SHOW {name}")[0][0] for name in ("fsync", "synchronous_commit", "full_page_writes")}
        room.bound(set(said.values()) == {"on"}, f"the cluster does not sync: {said}")


def tracer(pids, out, *more):
    """strace on running processes, and whether it has them all."""
    command = ["strace", "-f", "-y", "-s", "48", "-o", out, *more]
    for pid in pids:
        command += ["-p", str(pid)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    tasks = [task for pid in pids for task in pathlib.Path(f"/proc/{pid}/task").iterdir()]
    until = time.time() + 10
    while time.time() < until and not all("TracerPid:\t0" not in (t / "status").read_text() for t in tasks if t.exists()):
        time.sleep(0.05)
    return process


def synced(room, requests=30):
    """kill -9 loses no page cache, so it proves nothing about a loss of power. This does: between a batch's arrival and its 200 the log of the
    database was synced."""
    if not shutil.which("strace"):
        return "not looked at: strace is missing"
    pids = [room.process.pid]
    if room.database == "postgres":
        backend = room.query("SELECT pg_backend_pid(), (SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer')")[0][1]
        parent = pathlib.Path(f"/proc/{backend}/stat")
        if not parent.exists() or "postgres" not in parent.read_text():
            return "not looked at: PostgreSQL runs elsewhere"
        postmaster = int(parent.read_text().rsplit(")", 1)[1].split()[1])
        # Backends that are there already are not the postmaster's to follow.
        pids += [postmaster] + [int(row[0]) for row in room.query("SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")]
    out = str(room.folder / "trace")
    strace = tracer(pids, out, "-e", "trace=fdatasync,fsync,read,recvfrom,readv,write,writev,sendto,sendmsg")
    answers = [room.send([event("synced")])[0] for _ in range(requests)]
    strace.send_signal(signal.SIGINT)
    strace.wait(20)
    expect(set(answers) == {200}, f"under strace: {collections.Counter(answers)}")
    log = "-wal>" if room.database == "sqlite" else "/pg_wal/"
    open_sync, waiting, done, before, unsynced = {}, False, False, 0, 0
    for line in open(out, errors="replace"):
        pid, _, text = line.partition(" ")
        text = text.strip()
        call = re.match(r"(?:<\.\.\. )?(fdatasync|fsync)\b", text)
        if call:
            if "unfinished" in text:
                open_sync[pid] = text
            elif text.endswith("= 0") and log in open_sync.pop(pid, "") + text:
                done = True
        elif "POST /api/v1/events" in text:
            waiting, done = True, False
        elif "HTTP/1.1 200" in text and waiting:
            before, unsynced, waiting = before + done, unsynced + (not done), False
    room.bound(before == requests and not unsynced, f"of {requests} answers {before} followed the sync of the log and {unsynced} did not")
    return f"{before} of {requests}"


def broken_sync(room):
    """While every sync fails, nothing is acknowledged; afterwards the server goes on and nothing is lost."""
    if not shutil.which("strace"):
        return "not looked at: strace is missing"
    strace = tracer([room.process.pid], "/dev/null", "-e", "trace=fdatasync,fsync", "-e", "inject=fdatasync,fsync:error=EIO")
    answers, acked = collections.Counter(), set()
    for _ in range(20):
        batch = [event("broken")]
        status, body, _ = room.send(batch)
        answers[status] += 1
        if status == 200:
            acked.add(batch[0]["id"])
    strace.send_signal(signal.SIGINT)
    strace.wait(20)
    room.bound(not acked, f"{len(acked)} of 20 batches were acknowledged while no sync succeeded")
    room.bound(all(status >= 500 for status in answers), f"answers while syncs fail: {dict(answers)}")
    until, status = time.time() + 20, 0
    while status != 200 and time.time() < until:
        batch = [event("whole again")]
        status = room.send(batch)[0]
        time.sleep(0.2)
    if room.bound(status == 200, f"after syncs succeed again: {status}"):
        acked.add(batch[0]["id"])
    room.kill()
    room.holds_together(acked)
    return {str(k): v for k, v in answers.items()}


def fill(folder, leave=0):
    """Takes what is left of the disk, as somebody else would."""
    file = os.open(pathlib.Path(folder) / "stranger", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    free = os.statvfs(folder).f_bavail * os.statvfs(folder).f_frsize - leave
    try:
        while free > 0 or not leave:
            free -= os.write(file, b"\0" * min(65536, free if leave else 65536))
    except OSError:
        pass  # that was all
    finally:
        os.close(file)


def send_until_refused(room, acked):
    """(status, Retry-After, type) of the first refusal; everything acknowledged before goes into `acked`."""
    for n in range(6000):
        batch = [event(n, padding="x" * 1000) for _ in range(100)]
        status, body, answer = room.send(batch)
        if status != 200:
            return status, answer.getheader("Retry-After"), json.loads(body).get("type")
        acked.update(e["id"] for e in batch)
    return None


def check_disk(room, args, cluster):
    """The folder is a small file system: SQLite's file, or PostgreSQL's data, and the server's own folder beside."""
    acked = set()
    room.start()
    cookie = room.sign_in("admin@a.example")[1].split(";")[0]
    case = room.api("POST", "/cases", {"title": "full"})[1]["id"]
    room.send([event("before")])
    (room.folder / "filler").write_bytes(b"\0" * 12_000_000)
    if room.database == "postgres":
        fill(room.folder, leave=24 << 20)
    refused = send_until_refused(room, acked)
    if room.database == "postgres":  # what is left of single pages
        for _ in range(200):
            batch = [event("last")]
            if room.send(batch)[0] == 200:
                acked.add(batch[0]["id"])
    room.figures.update(acknowledged=len(acked), refusal=refused)
    room.bound(refused and refused[0] in (503, 507) and refused[1] and refused[2], f"a full disk answers {refused}")
    look_at_full(room, cookie, "events filled it")
    # Now somebody else takes what SQLite keeps for everything else.
    fill(room.folder)
    look_at_full(room, cookie, "others filled it", strict=False)
    status = room.call("POST", f"/api/v1/cases/{case}/evidence?filename=x.bin", os.urandom(3_000_000), {"Authorization": f"Bearer {room.key_a}", "Content-Type": "application/octet-stream"})[0]
    room.figures["evidence_while_full"] = status
    room.bound(status in (503, 507), f"a file of evidence on a full disk: {status}")
    (room.folder / "stranger").unlink()
    (room.folder / "filler").unlink()
    recovers(room, acked)
    room.figures["rows"] = room.holds_together(acked)
    if room.database == "postgres":
        log_fills_disk(room, cluster)


def look_at_full(room, cookie, when, strict=True):
    room.bound(room.call("GET", "/health/live")[0] == 200, f"{when}: the server died")
    reads = {path: room.call("GET", path, headers={"Authorization": f"Bearer {room.key_a}", "Cookie": cookie})[0] for path in ("/api/v1/events?limit=10", "/api/v1/groups", "/o/org-a/events", "/o/org-a/overview")}
    room.bound(set(reads.values()) == {200}, f"{when}: reading answers {reads}")
    # More than what is left in single pages holds.
    signed = [room.sign_in("admin@a.example") for _ in range(20 if strict else 1)]
    said = collections.Counter("works" if status == 303 and "error" not in (answer.getheader("Location") or "") else f"{status} {answer.getheader('Location')}" for status, _, answer in signed)
    room.figures["sign_in, " + when] = dict(said)
    # Without any room nobody can be signed in; that has to be said, not to be a fault.
    fine = {"works"} if strict else {"works", "503 None", "507 None", "303 /sign-in?error=unavailable&email=admin%40a.example"}
    room.bound(set(said) <= fine, f"{when}: signing in answers {dict(said)}")


def recovers(room, acked):
    started, status = time.time(), 0
    while status != 200 and time.time() < started + 30:
        batch = [event("after")]
        status = room.send(batch)[0]
        time.sleep(0.1)
    if room.bound(status == 200, f"no recovery after space was freed: {status}"):
        acked.add(batch[0]["id"])
    room.figures["recovered_s"] = round(time.time() - started, 1)


def log_fills_disk(room, cluster):
    """PostgreSQL's log on the full disk as well: it stops by itself (PANIC), and may need to be started by hand once there is room."""
    room.stop()
    cluster.ctl("stop", "-m", "fast")
    log, outside = cluster.data / "pg_wal", pathlib.Path(os.readlink(cluster.data / "pg_wal"))
    log.unlink()
    shutil.copytree(outside, log)
    subprocess.run(["chown", "-R", f"{cluster.data.owner()}:", str(log)], check=True)
    log.chmod(0o700)
    # No checkpoint that would give back segments of the log.
    with open(cluster.data / "postgresql.auto.conf", "a") as settings:
        settings.write("max_wal_size = '4GB'\n")
    cluster.ctl("start")
    room.start()
    acked, stranger = set(), room.folder / "stranger"
    (room.folder / "filler").write_bytes(b"\0" * 24_000_000)
    fill(room.folder, leave=12 << 20)
    expect((send_until_refused(room, acked) or [0])[0] in (503, 507), "events did not fill the disk")
    fill(room.folder)  # what was kept for everything else too
    answers, bare, until = collections.Counter(), 0, time.time() + 60
    while time.time() < until and answers[503] < 20:
        case = json.dumps({"title": "full", "description": os.urandom(9_000).hex()})
        status, body, answer = room.call("POST", "/api/v1/cases", case, {"Authorization": f"Bearer {room.key_a}", "Content-Type": "application/json"})
        answers[status] += 1
        bare += status != 201 and not answer.getheader("Retry-After")
        if status == 507:  # rows get a little more room, a segment of the log (16 MB) never
            os.truncate(stranger, max(0, stranger.stat().st_size - (256 << 10)))
    room.bound(set(answers) <= {201, 503, 507} and not bare, f"PostgreSQL's log fills the disk: {dict(answers)}, {bare} without Retry-After")
    room.bound(answers[503], f"PostgreSQL's log did not fill the disk: {dict(answers)}")
    room.bound(room.call("GET", "/health/live")[0] == 200, "PostgreSQL's log filled the disk: the server died")
    (room.folder / "stranger").unlink()
    (room.folder / "filler").unlink()
    time.sleep(3)
    by_hand = not cluster.ctl("status", check=False)
    if by_hand:
        cluster.ctl("start")
    recovers(room, acked)
    room.holds_together(acked)
    room.figures["log_on_the_full_disk"] = {"answers": {str(k): v for k, v in answers.items()}, "acknowledged": len(acked), "postgres_started_by_hand": by_hand}


class Load:
    """Senders and readers at some 200 requests a second, and what they were answered."""

    def __init__(self, room):
        self.room, self.acked, self.answers, self.bare, self.over = room, set(), collections.Counter(), 0, threading.Event()
        self.threads = [threading.Thread(target=work) for work in [self.write] * 3 + [self.read] * 6]
        [t.start() for t in self.threads]

    def note(self, status, answer):
        self.answers[status] += 1
        self.bare += status in (503, 429) and not answer.getheader("Retry-After")

    def write(self):
        while not self.over.is_set():
            batch = [event("restart") for _ in range(20)]
            while not self.over.is_set():  # the same batch until it is taken, as a sender does
                status, _, answer = self.room.send(batch)
                self.note(status, answer)
                if status == 200:
                    self.acked.update(e["id"] for e in batch)
                    break
                self.over.wait(0.1)
            self.over.wait(0.02)

    def read(self):
        while not self.over.is_set():
            status, _, answer = self.room.call("GET", "/api/v1/events?limit=20", headers={"Authorization": f"Bearer {self.room.key_a}"})
            self.note(status, answer)
            self.over.wait(0.025)

    def end(self):
        self.over.set()
        [t.join() for t in self.threads]


def check_restart(room, args, cluster):
    if room.database != "postgres":
        raise NotApplicable("SQLite is a part of the server's process: there is nothing to restart beside it")
    room.start()
    room.send([event(n, component="job") for n in range(20_000)])
    load = Load(room)
    time.sleep(3)
    cluster.ctl("stop", "-m", "immediate")
    time.sleep(5)
    cluster.ctl("start")
    started = time.time()
    while room.send([event("probe")])[0] != 200 and time.time() < started + 15:
        time.sleep(0.02)
    recovered = time.time() - started
    while room.call("GET", "/api/v1/events?limit=1", headers={"Authorization": f"Bearer {room.key_a}"})[0] != 200 and time.time() < started + 15:
        time.sleep(0.02)
    reads = time.time() - started
    room.bound(max(recovered, reads) < 2, f"recovery took {recovered:.1f} s (writes) and {reads:.1f} s (reads)")
    room.bound(load.answers[503], "the outage was not seen")
    room.figures.update(recovered_s=round(max(recovered, reads), 2), answers_of_the_restart=dict(load.answers))
    load.answers.clear()
    # Each second all connections are ended, while a job links what a query finds.
    case = room.api("POST", "/cases", {"title": "terminated"})
    job, ended = None, 0
    for _ in range(30):
        ended += len(room.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"))
        if case[0] != 201:
            case = room.api("POST", "/cases", {"title": "terminated"})
        elif not job:
            answer = room.api("POST", f"/cases/{case[1]['id']}/jobs", {"q": "component:job"})
            job = answer[1]["id"] if answer[0] == 202 else None
        time.sleep(1)
    load.end()
    room.figures.update(terminated=ended, answers_of_terminations=dict(load.answers), without_retry_after=load.bare)
    room.bound(set(load.answers) <= {200, 503} and set(room.figures["answers_of_the_restart"]) <= {200, 503}, f"answers {room.figures['answers_of_the_restart']}, then {dict(load.answers)}")
    room.bound(not load.bare, f"{load.bare} refusals without Retry-After")
    expect(job, "no job could be started")
    state, until = {}, time.time() + 60
    while state.get("state") in (None, "running") and time.time() < until:
        jobs = room.api("GET", f"/cases/{case[1]['id']}/jobs")[1]["items"]
        state = next(j for j in jobs if j["id"] == job)
        time.sleep(0.3)
    linked = int(room.query(f"SELECT count(DISTINCT target_id) FROM case_links WHERE case_id = '{case[1]['id']}'")[0][0])
    room.figures["job"] = {"state": state.get("state"), "added": state.get("added"), "linked": linked}
    room.bound(state.get("state") == "done" and linked == state.get("added") == 20_000, f"the job of 20,000 events: {room.figures['job']}")
    room.holds_together(load.acked)
    room.figures["acknowledged"] = len(load.acked)
