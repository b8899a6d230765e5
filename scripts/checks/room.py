"""A database with two organizations, a server on it that can be ended and started again, and what was found out on the way."""

import http.client, json, os, pathlib, re, sqlite3, subprocess, threading, urllib.parse, uuid

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PASSWORD = "correct horse battery staple"
FORM = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
# A check asks more in a row than one key or address may.
NO_RATES = {f"WATCHROOM_RATE_{name}": "1000000" for name in ("ADDRESS", "ADDRESS_BURST", "KEY", "KEY_BURST", "SIGN_IN")}


class NotApplicable(Exception):
    """The check has nothing to look at on this database; the text says why."""


def expect(condition, text):
    """What the rest of a check stands on."""
    if not condition:
        raise AssertionError(text)


def event(n, **more):
    return {"id": str(uuid.uuid4()), "occurred_at": "2026-01-02T03:04:05Z", "severity": "info", "message": f"check event {n}", "component": "check", **more}


class Cluster:
    """A PostgreSQL of a check's own, which it may end."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        started = subprocess.run([ROOT / "scripts/postgres.sh", "start", self.folder], check=True, capture_output=True, text=True)
        self.url = started.stdout.strip()
        self.programs = subprocess.run([ROOT / "scripts/postgres.sh", "where"], check=True, capture_output=True, text=True).stdout.strip()
        self.data = self.folder / "data"
        self.as_owner = ["runuser", "-u", self.data.owner(), "--"] if os.geteuid() == 0 else []

    def ctl(self, verb, *more, check=True):
        if verb == "start":  # it does not remember what the cluster was started with
            more = (*more, "-o", f"-h 127.0.0.1 -p {urllib.parse.urlsplit(self.url).port} -k '{self.folder}' -c max_connections=200")
        command = [*self.as_owner, f"{self.programs}/pg_ctl", "-D", str(self.data), "-w", "-l", f"{self.folder}/restart.log", verb, *more]
        return subprocess.run(command, check=check, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0

    def stop(self):
        subprocess.run([ROOT / "scripts/postgres.sh", "stop", self.folder], stderr=subprocess.DEVNULL)


class Room:
    """`bound` notes what does not hold and goes on, so that one run says all that is wrong; `figures` is what the line will say."""

    def __init__(self, binary, database, folder, pg_url=None):
        self.binary, self.database, self.folder = binary, database, pathlib.Path(folder)
        self.problems, self.figures, self.log, self.process = [], {}, [], None
        if database == "postgres":
            server = pg_url or os.environ["WATCHROOM_TEST_POSTGRES_URL"]
            self.name = "check_" + uuid.uuid4().hex[:12]
            subprocess.run(["psql", server, "-qc", f"CREATE DATABASE {self.name}"], check=True)
            self.server_url = server
            base, _, query = server.partition("?")
            self.url = base.rsplit("/", 1)[0] + "/" + self.name + ("?" + query if query else "")
        else:
            self.url = f"sqlite://{self.folder}/watchroom.db"
        self.env = dict(os.environ, WATCHROOM_DATABASE_URL=self.url, WATCHROOM_DATA_DIR=str(self.folder), WATCHROOM_ADDR="127.0.0.1:0", WATCHROOM_LOG="error", **NO_RATES)
        for org in ("org-a", "org-b"):
            self.run("org", "add", org)
        for email, org, role in (("admin@a.example", "org-a", "admin"), ("viewer@a.example", "org-a", "viewer"), ("admin@b.example", "org-b", "admin")):
            self.run("user", "add", email, "--org", org, "--role", role, "--password-stdin", stdin=PASSWORD)
        self.key_a = self.run("apikey", "create", "--org", "org-a", "--name", "a", "--scope", "all").strip()
        self.key_b = self.run("apikey", "create", "--org", "org-b", "--name", "b", "--scope", "all").strip()

    def bound(self, condition, text):
        if not condition:
            self.problems.append(text)
        return bool(condition)

    def twin(self):
        """Another server on the same database."""
        other = Room.__new__(Room)
        other.__dict__.update(self.__dict__, process=None)
        return other

    def run(self, *args, stdin=None, ok=True):
        done = subprocess.run([self.binary, *args], env=self.env, input=stdin, capture_output=True, text=True)
        if ok and done.returncode:
            raise AssertionError(f"{' '.join(args)} ended with {done.returncode}: {done.stderr}")
        return done.stdout if ok else done

    def start(self, **extra):
        self.process = subprocess.Popen([self.binary, "serve"], env=dict(self.env, **extra), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace")
        threading.Thread(target=self.keep_log, args=(self.process.stderr,), daemon=True).start()
        for line in self.process.stdout:
            found = re.search(r"listening on http://([\d.]+):(\d+)", line)
            if found:
                self.host, self.port = found.group(1), int(found.group(2))
                return self
        raise AssertionError("the server did not start: " + "".join(self.log[-5:]))

    def keep_log(self, stream):
        for line in stream:
            self.log.append(line)
            if "panic" in line:
                self.problems.append(line.strip()[:300])
            del self.log[:-20_000]

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(20)

    def call(self, method, path, body=None, headers=None, timeout=60, source=None):
        conn = http.client.HTTPConnection(self.host, self.port, timeout=timeout, source_address=source and (source, 0))
        try:
            conn.request(method, path, body, headers or {})
            answer = conn.getresponse()
            return answer.status, answer.read(), answer
        finally:
            conn.close()

    def api(self, method, path, body=None, key=None, **headers):
        """(status, what the JSON says)"""
        if body is not None:
            body, headers = json.dumps(body), {"Content-Type": "application/json", **headers}
        status, text, _ = self.call(method, "/api/v1" + path, body, {"Authorization": f"Bearer {key or self.key_a}", **headers})
        try:
            return status, json.loads(text)
        except ValueError:
            return status, text

    def send(self, events, key=None, **headers):
        body = "\n".join(json.dumps(e) for e in events)
        return self.call("POST", "/api/v1/events", body, {"Authorization": f"Bearer {key or self.key_a}", "Content-Type": "application/x-ndjson", **headers})

    def sign_in(self, email, password=PASSWORD, cookie=None, **headers):
        form = urllib.parse.urlencode({"email": email, "password": password})
        status, _, answer = self.call("POST", "/sign-in", form, {**FORM, **({"Cookie": cookie} if cookie else {}), **headers})
        return status, (answer.getheader("Set-Cookie") or ""), answer

    @staticmethod
    def server_functions():
        """Paths of the server functions, as the source names them: the module in the browser has only those that it calls."""
        return sorted({"/fn/" + name for file in (ROOT / "app/src").rglob("*.rs") for name in re.findall(r'endpoint = "([a-z_/]+)"', file.read_text())})

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

    def script(self, text):
        """Statements by somebody who holds the database."""
        if self.database == "sqlite":
            db = sqlite3.connect(f"{self.folder}/watchroom.db", timeout=20)
            try:
                db.executescript(text)
            finally:
                db.close()
            return
        done = subprocess.run(["psql", self.url, "-q", "-v", "ON_ERROR_STOP=1", "-c", text], capture_output=True, text=True)
        if done.returncode:
            raise sqlite3.DatabaseError(done.stderr.strip())

    def status_kb(self, name):
        return int(re.search(rf"{name}:\s+(\d+)", open(f"/proc/{self.process.pid}/status").read()).group(1))

    def peak_kb(self):
        return self.status_kb("VmHWM")

    def forget_peak(self):
        """From now on the peak is counted anew; returns what is resident."""
        pathlib.Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")
        return self.status_kb("VmRSS")

    def files(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def audit_holds(self):
        return self.run("audit", "verify", ok=False).returncode == 0

    def holds_together(self, acked=None, exactly=False):
        """What is stored is what was acknowledged, and all that is derived from it is as if computed anew. Ends the server."""
        self.stop()
        stored = [row[0] for row in self.query("SELECT id FROM events")]
        unique = set(stored)
        if acked is not None:
            self.bound(acked <= unique, f"{len(acked - unique)} acknowledged events are missing")
            self.bound(not exactly or len(unique) == len(acked), f"{len(unique)} rows for {len(acked)} events")
        self.bound(len(stored) == len(unique), f"{len(stored) - len(unique)} events are there twice")
        check = self.run("rollup", "check", ok=False)
        self.bound(check.returncode == 0, f"roll-ups, counts or the index of words differ from the events: {check.stdout.strip()[:300]}")
        self.bound(self.audit_holds(), "the audit chain is broken")
        if self.database == "sqlite":
            integrity = self.query("PRAGMA integrity_check")
            self.bound(integrity == [("ok",)], f"integrity_check: {integrity[:3]}")
        else:
            try:
                self.script("CREATE EXTENSION IF NOT EXISTS amcheck")
                self.query("SELECT bt_index_check(c.oid, true) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam"
                           " WHERE m.amname = 'btree' AND c.relkind = 'i' AND c.relpersistence = 'p' AND i.indisready AND i.indisvalid")
            except (AssertionError, sqlite3.DatabaseError) as problem:
                self.bound("amcheck" in str(problem) and "not available" in str(problem), f"amcheck: {problem}")
        return len(stored)

    def drop(self):
        """A database that nobody looks at again would fill the cluster of a long run."""
        if self.database == "postgres":
            subprocess.run(["psql", self.server_url, "-qc", f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)"], stderr=subprocess.DEVNULL)
