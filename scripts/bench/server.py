"""A release server on a database of its own, and what sends to it."""

import concurrent.futures, http.client, json, os, re, subprocess, threading, time, urllib.parse

EMAIL = "bench@example.com"
PASSWORD = "correct horse battery staple"


class Server:
    """A release server on a database of its own."""

    def __init__(self, binary, folder, url):
        self.env = dict(os.environ, WATCHROOM_DATABASE_URL=url, WATCHROOM_DATA_DIR=str(folder), WATCHROOM_ADDR="127.0.0.1:0", WATCHROOM_LOG="warn",
                        WATCHROOM_RATE_KEY="100000", WATCHROOM_RATE_KEY_BURST="100000", WATCHROOM_RATE_ADDRESS="100000", WATCHROOM_RATE_ADDRESS_BURST="100000")
        self.binary, self.folder, self.url = binary, folder, url
        self.run("org", "add", "bench")
        self.run("user", "add", EMAIL, "--org", "bench", "--role", "admin", "--password-stdin", stdin=PASSWORD)
        self.key = self.run("apikey", "create", "--org", "bench", "--name", "bench", "--scope", "all").strip()
        self.cookie = None
        self.start()

    def start(self):
        started = time.perf_counter()
        self.process = subprocess.Popen([self.binary, "serve"], env=self.env, stdout=subprocess.PIPE, text=True)
        for line in self.process.stdout:
            found = re.search(r"listening on http://([\d.]+):(\d+)", line)
            if found:
                self.host, self.port = found.group(1), int(found.group(2))
                break
        else:
            raise SystemExit("the server did not start")
        self.start_ms = (time.perf_counter() - started) * 1000
        self.conn = http.client.HTTPConnection(self.host, self.port, timeout=120)
        threading.Thread(target=self.process.stdout.read, daemon=True).start()

    def run(self, *args, stdin=None):
        done = subprocess.run([self.binary, *args], env=self.env, input=stdin, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"{' '.join(args)}: {done.stderr}")
        return done.stdout

    def peak_mb(self):
        return int(re.search(r"VmHWM:\s+(\d+)", open(f"/proc/{self.process.pid}/status").read()).group(1)) / 1024

    def get(self, path):
        """(seconds to the last byte, seconds to the first, bytes), over the one connection that is kept."""
        headers = {"Authorization": f"Bearer {self.key}"} if path.startswith("/api/") else {"Cookie": self.cookie}
        started = time.perf_counter()
        self.conn.request("GET", path, headers=headers)
        answer = self.conn.getresponse()
        content = answer.read(1)
        first = time.perf_counter() - started
        content += answer.read()
        whole = time.perf_counter() - started
        if answer.status != 200:
            raise SystemExit(f"{path}: {answer.status} {content[:300]}")
        return whole, first, content

    def sign_in(self):
        # The kept connection may have been idle for minutes; the server has closed it.
        self.conn.close()
        form = urllib.parse.urlencode({"email": EMAIL, "password": PASSWORD})
        self.conn.request("POST", "/sign-in", form, {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"})
        answer = self.conn.getresponse()
        answer.read()
        self.cookie = (answer.getheader("Set-Cookie") or "").split(";")[0]

    def restart(self):
        self.stop()
        self.start()

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
            if answer.status != 200 or json.loads(text)["rejected"]:
                problems.append((answer.status, text[:300]))

    started = time.perf_counter()
    with concurrent.futures.ThreadPoolExecutor(connections) as pool:
        list(pool.map(lambda _: work(), range(connections)))
    if problems:
        raise SystemExit(f"ingest failed: {problems[0]}")
    return total / (time.perf_counter() - started)
