"""Those who send slowly, too much, or nonsense."""

import collections, functools, gzip, io, json, pathlib, re, resource, socket, threading, time, urllib.parse, zipfile

from room import FORM, event, expect

MB = 1024


def check_slow(room, args):
    """1,000 connections that send heads slowly, then bodies, then read slowly, then 300 that read exports slowly, from an address of their own; others must
    not feel it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(8192, hard) if hard != resource.RLIM_INFINITY else 8192, hard))
    room.start()
    for n in range(50):
        room.send([event(n, padding="x" * 2000) for _ in range(100)])
    probe(room, 1)
    cookie = room.sign_in("admin@a.example")[1].split(";")[0]
    module = re.search(r"/pkg/[\w.-]+\.wasm", room.call("GET", "/sign-in")[1].decode()).group()
    # A file that anybody may read, a list, and an export of 12 MB that comes from the database as it is read.
    wanted = (f"GET {module} HTTP/1.1\r\nHost: x\r\n\r\n", f"GET /api/v1/events?limit=200 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {room.key_b}\r\n\r\n",
              f"GET /o/org-a/events/export.ndjson?from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00Z HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\nSec-Fetch-Site: same-origin\r\n\r\n")
    for name, opening, drip, limit in (
        ("heads", lambda n: b"GET / HTTP/1.1\r\nHost: x\r\n", b"X-Slow: 1\r\n", 30),
        ("bodies", body_of, b"x", 30),
        ("readers", lambda n: wanted[n % 2].encode(), None, 60),
        ("readers of exports", lambda n: wanted[2].encode(), None, 60),
    ):
        slow(room, name, (lambda n: opening(n, room)) if opening is body_of else opening, drip, limit)


def body_of(n, room):
    """Half to the sign-in, by anybody; half to the intake, with a key of the other organization."""
    if n % 2:
        return b"POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nSec-Fetch-Site: same-origin\r\nContent-Length: 100000\r\n\r\nemail="
    return b"POST /api/v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\nAuthorization: Bearer " + room.key_b.encode() + b"\r\nContent-Type: application/x-ndjson\r\n\r\n{"


def probe(room, seconds):
    """What others are answered meanwhile: (times of /health/live in ms, answers of a list, answers of an intake, most open files)"""
    times, lists, intake, files, until = [], {}, {}, 0, time.time() + seconds
    auth = {"Authorization": f"Bearer {room.key_a}"}
    while time.time() < until:
        started = time.perf_counter()
        expect(room.call("GET", "/health/live", timeout=10)[0] == 200, "health does not answer")
        times.append((time.perf_counter() - started) * 1000)
        if len(times) % 10 == 0:
            status = room.call("GET", "/api/v1/events?limit=5", headers=auth, timeout=40)[0]
            lists[status] = lists.get(status, 0) + 1
            status = room.send([event("honest")])[0]
            intake[status] = intake.get(status, 0) + 1
            files = max(files, room.files())
        time.sleep(0.01)
    return times, lists, intake, files


def slow(room, name, opening, drip, limit):
    before, files = room.forget_peak(), room.files()
    socks, began, over = [], time.time(), threading.Event()
    ended, began_with = {}, {}

    def attack():
        for n in range(300 if "exports" in name else 1000):
            if n % 200 == 0 and n:
                time.sleep(max(0, began + n / 200 - time.time()))
            s = socket.socket()
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096 if drip is None else 65536)
            s.bind(("127.0.0.2", 0))
            s.settimeout(5)
            try:
                s.connect((room.host, room.port))
                s.sendall(opening(n))
            except OSError:
                ended[s] = time.time() - began
            s.setblocking(False)
            socks.append((s, time.time()))
        reading_until = time.time() + 15
        while not over.is_set():
            for s, opened in socks:
                if s in ended:
                    continue
                try:
                    if drip is not None:
                        s.send(drip)
                        while s.recv(4096):
                            pass
                        ended[s] = time.time() - opened
                    elif time.time() < reading_until:  # then they stop reading and stay
                        got = s.recv(64)
                        if s not in began_with:
                            began_with[s] = got[9:12].decode()
                        if not got:
                            ended[s] = time.time() - opened
                except BlockingIOError:
                    pass
                except OSError:
                    ended[s] = time.time() - opened
            over.wait(2)

    attacker = threading.Thread(target=attack)
    attacker.start()
    times, lists, intake, most_files = probe(room, 20)
    # The server's side is what counts: readers do not see that they were dropped.
    while time.time() < began + 5 + limit + 10 and room.files() > files + 16:
        more = probe(room, 2)
        times, most_files = times + more[0], max(most_files, more[3])
    back = time.time() - began
    over.set()
    attacker.join()
    left = room.files() - files
    grown, p99 = room.peak_kb() - before, sorted(times)[int(len(times) * 0.99)]
    [s.close() for s, _ in socks]
    room.figures[name] = {"health_p99_ms": round(p99, 1), "files_most": most_files - files, "files_left": left, "all_gone_after_s": round(back, 1), "grown_mb": round(grown / MB, 1),
                          "longest_s": round(max(ended.values(), default=0), 1), "list_answers": {str(k): v for k, v in lists.items()}, "intake_answers": {str(k): v for k, v in intake.items()}}
    if drip is None:
        answers = room.figures[name]["answers"] = dict(collections.Counter(began_with.values()))
        # One person has four exports under way at most; all others are told to wait.
        fair = answers == {"200": 4, "429": 296} if "exports" in name else set(answers) == {"200"}
        room.bound(fair, f"the slow readers were answered {answers}")
    room.bound(p99 < 250, f"{name}: health p99 {p99:.0f} ms")
    room.bound(grown < 200 * MB, f"{name}: memory grew by {grown // MB} MB")
    room.bound(left <= 16, f"{name}: {left} file descriptors more than before, {limit} s and more after the last came")
    room.bound(max(ended.values(), default=0) <= limit + 3, f"{name}: a connection was held for {max(ended.values(), default=0):.0f} s")
    room.bound(set(lists) == {200}, f"{name}: a list is answered {lists} meanwhile")
    room.bound(set(intake) == {200}, f"{name}: an intake is answered {intake} meanwhile")
    time.sleep(1)


@functools.cache
def zeros():
    """2 GB of zeros as one member of gzip, 2 MB."""
    out, block = io.BytesIO(), b"\0" * (1 << 24)
    with gzip.GzipFile(fileobj=out, mode="wb", compresslevel=9, mtime=0) as file:
        for _ in range(128):
            file.write(block)
    return out.getvalue()


def zstd_zeros(window_log=23):
    """2 GB of zeros as a frame of zstd (RFC 8878): 16,384 blocks that repeat one byte 128 KiB times."""
    block = lambda last: ((1 << 17) << 3 | 1 << 1 | last).to_bytes(3, "little") + b"\0"
    return b"\x28\xb5\x2f\xfd\x00" + bytes([(window_log - 10) << 3]) + block(0) * 16_383 + block(1)


def check_bombs(room, args):
    room.start()
    auth = {"Authorization": f"Bearer {room.key_a}"}
    js, nd = {**auth, "Content-Type": "application/json"}, {**auth, "Content-Type": "application/x-ndjson"}
    for n in range(30):  # an ordinary day before
        room.send([event(n) for _ in range(100)])
        room.call("GET", "/api/v1/events?limit=100", headers=auth)
    head = b'{"occurred_at":"2026-01-01T00:00:00Z","severity":"info","message":"'
    good, million = json.dumps(event("good")).encode(), b"{" + b",".join(b'"k%d":1' % i for i in range(1_000_000)) + b"}"
    gz = lambda body, **more: (gzip.compress(body, 6), {**nd, "Content-Encoding": "gzip", **more})
    encoded = lambda body, name: (body, {**nd, "Content-Encoding": name})
    drift = "/api/v1/drift?environment=x&repository=x&format=terraform-plan"
    refused = (400, 413, 415)
    cases = {
        "gzip, 2 GB of zeros": (*encoded(zeros(), "gzip"), refused),
        "zstd, 2 GB of zeros": (*encoded(zstd_zeros(), "zstd"), refused),
        "zstd, a window of 1 GB": (*encoded(zstd_zeros(30), "zstd"), refused),
        "deflate, 2 GB": (*encoded(zeros()[10:-8], "deflate"), refused),
        "br": (*encoded(good, "br"), refused),
        "gzip in gzip": (*encoded(gzip.compress(zeros()), "gzip"), refused),
        "gzip, gzip": (*encoded(gzip.compress(gzip.compress(good)), "gzip, gzip"), refused),
        "drift, gzip, 2 GB of zeros": (zeros(), {**js, "Content-Encoding": "gzip"}, refused, drift),
        "a line of 200 MB": (head + b"a" * 200_000_000 + b'"}', nd, refused),
        "a line of 200 MB in gzip": (*gz(head + b"a" * 200_000_000 + b'"}'), refused),
        "a line of 10 MB": (head + b"a" * 10_000_000 + b'"}', nd, (200, *refused)),
        "a line of 30 MB in gzip": (*gz(head + b"a" * 30_000_000 + b'"}'), (200, *refused)),
        "30 MB of newlines in gzip": (*gz(b"\n" * 30_000_000), refused),
        "100,001 rows in gzip": (*gz(b"{}\n" * 100_001), (200, *refused)),
        "100,000 nested arrays": (b"[" * 100_000, js, (200, *refused)),
        "15,000,000 nested arrays": (b"[" * 15_000_000, js, (200, *refused)),
        "100,000 nested objects": (b'{"a":' * 100_000, js, (200, *refused)),
        "100,000 nested arrays in a row": (head + b'x","y":' + b"[" * 100_000 + b"]" * 100_000 + b"}", nd, (200, *refused)),
        "1,000,000 keys": (million, nd, (200, *refused)),
        "10,000 fields": (json.dumps({**event("wide"), **{f"f{i}": i for i in range(10_000)}}).encode(), nd, (200, 400)),
        "NUL and lone surrogates": (head + b'a\\u0000b \\ud800","x\\u0000":"\\u0000"}', nd, (200,)),
        "a raw NUL": (head + b'a\x00b"}', nd, (200, 400)),
        "invalid UTF-8": (head + b'\xff\xfe"}', nd, (200, 400)),
        "1e999999999": (head + b'x","y":1e999999999,"z":-' + b"9" * 100_000 + b"}", nd, (200, 400)),
        "70 MB": (b"x" * 70_000_000, nd, refused),
        "drift, 100,000 nested arrays": (b"[" * 100_000, js, refused, drift),
        "text/plain": (good, {**auth, "Content-Type": "text/plain"}, (200, *refused)),
        "Content-Length of 10^18": (b"", {**nd, "Content-Length": "1" + "0" * 18}, refused),
    }
    base, seen, longest, most = room.status_kb("VmRSS"), {}, 0, 0
    for name, (body, headers, allowed, *path) in cases.items():
        before = room.forget_peak()
        started = time.time()
        try:
            status, answer, _ = room.call("POST", path[0] if path else "/api/v1/events", body, headers)
        except (BrokenPipeError, ConnectionResetError):
            status, answer = "closed", b""  # refused by its length before it was read
        took, grown = time.time() - started, room.peak_kb() - base
        seen[name] = [status, round(took, 2), round((room.peak_kb() - before) / MB)]
        longest, most = max(longest, took), max(most, grown)
        room.bound(status in allowed or (status == "closed" and 413 in allowed), f"{name}: {status} {answer[:200]}")
        room.bound(took < 1, f"{name} took {took:.1f} s")
        room.bound(grown < 64 * MB, f"{name}: {grown // MB} MB above the memory before")
        if name == "NUL and lone surrogates" and status == 200:
            receipt = json.loads(answer)
            room.bound(receipt["accepted"] + receipt["rejected"] == 1, f"{name}: {receipt}")
    lines = [json.dumps(event(i)).encode() if i % 1000 else b'{"severity":"info"}' for i in range(1, 3001)]
    status, answer, _ = room.call("POST", "/api/v1/events", b"\n".join(lines), nd)
    receipt = json.loads(answer)
    room.bound(status == 200 and receipt["accepted"] == 2997 and receipt["rejected"] == 3, f"1 bad row in 1,000: {status} {answer[:200]}")
    room.bound({r["index"] for r in receipt["rejections"]} == {999, 1999, 2999}, f"positions {receipt['rejections'][:4]}")
    most = max(most, hostile_upload(room, base))
    hostile_zip(room)
    room.figures.update(grown_mb=round(most / MB, 1), longest_s=round(longest, 2), answers=seen)


def hostile_upload(room, base):
    """The same bomb as a file in the browser: it is read in the background."""
    cookie = room.sign_in("admin@a.example")[1].split(";")[0]
    room.forget_peak()
    edge = "watchroomcheck"
    form = (f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="../../etc/zeros.ndjson.gz"\r\nContent-Type: application/gzip\r\n\r\n').encode() + zeros() + f"\r\n--{edge}--\r\n".encode()
    status, text, answer = room.call("POST", "/o/org-a/uploads", form, {"Cookie": cookie, "Sec-Fetch-Site": "same-origin", "Content-Type": f"multipart/form-data; boundary={edge}"})
    room.bound(status < 500, f"the upload of 2 GB of zeros: {status} {text[:200]}")
    id = (answer.getheader("Location") or "").rsplit("/", 1)[-1]
    form = urllib.parse.urlencode({"organization": "org-a", "id": id})
    begun = room.call("POST", "/fn/uploads/start", form, {**FORM, "Cookie": cookie, "Accept": "application/json"})[0]
    until, state = time.time() + 60, "running"
    while time.time() < until and state == "running":
        time.sleep(0.3)
        state = (room.query("SELECT state FROM uploads") or [("none",)])[0][0]
    grown = room.peak_kb() - base
    room.figures["upload"] = {"answer": status, "begun": begun, "state": state, "grown_mb": round(grown / MB, 1)}
    room.bound(grown < 64 * MB, f"the upload of 2 GB of zeros: {grown // MB} MB above the memory before")
    room.bound(room.call("GET", "/health/live")[0] == 200, "the upload of 2 GB of zeros ended the server")
    return grown


def hostile_zip(room):
    """A backup that would write elsewhere: names that climb, an absolute one, a link."""
    told = {}
    for name, entry in (("climbing name", "../evil"), ("absolute name", "/tmp/watchroom-evil"), ("link", "evidence/link")):
        file = room.folder / "hostile.zip"
        with zipfile.ZipFile(file, "w") as archive:
            info = zipfile.ZipInfo(entry)
            if name == "link":
                info.external_attr = 0o120777 << 16
            archive.writestr(info, "/etc/passwd")
            archive.writestr("manifest.json", "{}")
            archive.writestr("SHA256SUMS", "")
        done = room.run("restore", str(file), "--check", ok=False)
        told[name] = done.returncode
        room.bound(done.returncode in (1, 2), f"a backup with a {name}: exit code {done.returncode}")
        written = [path for path in (room.folder.parent / "evil", room.folder / "evidence/link", pathlib.Path("/tmp/watchroom-evil")) if path.exists()]
        room.bound(not written, f"a backup with a {name} wrote {written}")
    room.figures["hostile_backups"] = told
