"""Sessions, forms of other sites, wrong passwords, what is kept of keys, headers, and text that is markup."""

import html, json, random, re, statistics, time, urllib.parse, uuid

from room import FORM, PASSWORD, ROOT, event, expect

COOKIES = {"Content-Type": "application/x-www-form-urlencoded"}


def check_session(room, args):
    room.start(WATCHROOM_TRUSTED_PROXIES="127.0.0.1", WATCHROOM_RATE_SIGN_IN="1000000")
    identity(room)
    flags(room)
    other_sites(room)
    keys(room)
    markup(room)
    headers(room)
    timing(room)
    brute_force(room)


def pair(cookie):
    return cookie.split(";")[0]


def in_(room, cookie, page="/o/org-a/events"):
    return room.call("GET", page, headers={"Cookie": cookie})[0] == 200


def function(room, name, form, cookie, **more):
    return room.call("POST", f"/fn/{name}", urllib.parse.urlencode(form), {**FORM, "Cookie": cookie, "Accept": "application/json", **more})


def identity(room):
    """Another id after signing in, after another password and another role, and the old one is dead."""
    mine = "watchroom=attacker-chose-this"
    status, cookie, _ = room.sign_in("viewer@a.example", cookie=mine)
    room.bound(status == 303 and "attacker-chose-this" not in cookie and cookie, "the session id was kept at sign-in")
    first = pair(cookie)
    expect(in_(room, first), "the session does not work")
    second = pair(room.sign_in("viewer@a.example", cookie=first)[1])
    room.bound(second != first and in_(room, second), "signing in again keeps the id")
    room.bound(not in_(room, first), "the id before signing in again is alive")
    status, body, answer = function(room, "change_password", {"old_password": PASSWORD, "new_password": PASSWORD + " two", "repeated": PASSWORD + " two"}, second)
    third = pair(answer.getheader("Set-Cookie") or "")
    room.bound(status < 400 and third and third != second, f"another password keeps the session id: {status} {body[:200]}")
    room.bound(not in_(room, second) and in_(room, third), "another password: the old id is alive, or the new one is not")
    elsewhere = pair(room.sign_in("viewer@a.example", PASSWORD + " two")[1])
    function(room, "change_password", {"old_password": PASSWORD + " two", "new_password": PASSWORD, "repeated": PASSWORD}, elsewhere)
    room.bound(not in_(room, third), "another password: another device stays signed in")
    # Another role.
    now = pair(room.sign_in("viewer@a.example")[1])
    member = next(m for m in room.api("GET", "/members")[1]["items"] if m["email"] == "viewer@a.example")
    path = f"/members/{member['id']}"
    tag = room.call("GET", "/api/v1" + path, headers={"Authorization": f"Bearer {room.key_a}"})[2].getheader("ETag") or '"viewer.none"'
    status, answer = room.api("PUT", path, {"role": "admin", "approval_level": "none"}, **{"If-Match": tag})
    expect(status == 200, f"another role: {status} {answer}")
    status, _, answer = room.call("GET", "/o/org-a/settings/members", headers={"Cookie": now, "Accept": "text/html"})
    new = pair(answer.getheader("Set-Cookie") or "")
    room.figures["role_changes_id"] = bool(new and new != now) or status != 200
    room.bound(room.figures["role_changes_id"], "another role keeps the session id (the role counts from the next request on)")
    tag = room.call("GET", "/api/v1" + path, headers={"Authorization": f"Bearer {room.key_a}"})[2].getheader("ETag")
    status, answer = room.api("PUT", path, {"role": "viewer", "approval_level": "none"}, **{"If-Match": tag})
    room.bound(status == 200 and not in_(room, now, "/o/org-a/settings/members"), f"a role that was taken away still counts: {status}")
    # Signing out.
    last = pair(room.sign_in("viewer@a.example")[1])
    room.bound(room.call("POST", "/sign-out", "", {**FORM, "Cookie": last})[0] == 303 and not in_(room, last), "the session outlives sign-out")


def flags(room):
    cookie = room.sign_in("admin@a.example")[1]
    room.bound("HttpOnly" in cookie and re.search("SameSite=(Lax|Strict)", cookie) and "Path=/" in cookie, f"cookie: {cookie}")
    other = room.twin().start(WATCHROOM_PUBLIC_URL="https://watchroom.example")
    cookie = other.sign_in("admin@a.example")[1]
    hsts = other.call("GET", "/sign-in")[2].getheader("Strict-Transport-Security")
    room.bound(cookie.startswith("__Host-") and all(flag in cookie for flag in ("HttpOnly", "Secure", "Path=/")) and "Domain" not in cookie and re.search("SameSite=(Lax|Strict)", cookie), f"cookie of https: {cookie}")
    room.bound(hsts, "no Strict-Transport-Security on https")
    room.figures["cookie"] = re.sub("=[^;]*", "", cookie, count=1)
    other.stop()


def other_sites(room):
    """Every form and server function with a cookie, from another site or as another type: 403 or 415. The API takes no cookie."""
    mine = pair(room.sign_in("admin@a.example")[1])
    table = (ROOT / "server/src/router.rs").read_text()
    forms = [re.sub(r"{organization}", "org-a", re.sub(r"{(id|evidence|token)}", str(uuid.uuid4()), path)) for path in re.findall(r'\("POST", "(/[^"]*)"\)', table) if not path.startswith("/api/")]
    functions = room.server_functions()
    expect(len(forms) >= 7 and len(functions) >= 100, f"only {len(forms)} forms and {len(functions)} server functions are known")
    body, asked = urllib.parse.urlencode({"organization": "org-a", "id": str(uuid.uuid4())}), 0
    ways = {
        "another origin": {**COOKIES, "Origin": "http://evil.test"}, "another site": {**COOKIES, "Sec-Fetch-Site": "cross-site"}, "a neighbour": {**COOKIES, "Sec-Fetch-Site": "same-site"},
        "no word of where from": COOKIES, "an origin of null": {**COOKIES, "Origin": "null"}, "JSON as text from another origin": {"Content-Type": "text/plain", "Origin": "http://evil.test"},
        "text of one's own": {"Content-Type": "text/plain;charset=UTF-8", "Sec-Fetch-Site": "same-origin"}, "multipart from another origin": {"Content-Type": "multipart/form-data; boundary=x", "Origin": "http://evil.test"},
    }
    for path in forms + functions:
        for name, sent in ways.items():
            asked += 1
            status = room.call("POST", path, '{"organization":"org-a"}' if "text" in name else body, {**sent, "Cookie": mine})[0]
            room.bound(status in (403, 415), f"{path} with {name}: {status}")
    for path in functions:  # those that read are asked by GET
        asked += 1
        status = room.call("GET", f"{path}?{body}", headers={"Cookie": mine, "Sec-Fetch-Site": "cross-site"})[0]
        room.bound(status == 403, f"GET {path} from another site: {status}")
    writes = [(method.upper(), path) for path, of in room.api("GET", "/openapi.json")[1]["paths"].items() for method in of if method in ("post", "put", "delete")]
    for method, path in writes:
        asked += 1
        status = room.call(method, re.sub(r"{\w+}", str(uuid.uuid4()), path), "{}", {"Cookie": mine, "Content-Type": "application/json", "Sec-Fetch-Site": "same-origin"})[0]
        room.bound(status == 401, f"{method} {path} with a cookie: {status}")
    room.bound(in_(room, mine), "a refused form ended the session")
    room.figures["requests_of_other_sites_refused"] = asked


def keys(room):
    """A key is nowhere but where it was shown."""
    secret = room.key_a.split("_", 1)[1] if "_" in room.key_a else room.key_a
    listed = room.call("GET", "/api/v1/api-keys", headers={"Authorization": f"Bearer {room.key_a}"})[1].decode()
    page = room.call("GET", "/o/org-a/settings/api-keys", headers={"Cookie": pair(room.sign_in("admin@a.example")[1])})[1].decode()
    kept = str(room.query("SELECT * FROM api_keys")) + str(room.query("SELECT * FROM audit_log WHERE target_type LIKE '%key%'"))
    room.bound(secret not in listed and secret not in page, "a key is shown again")
    room.bound(room.key_a not in kept and secret not in kept, "a key stands in the database")
    passwords = room.query("SELECT password_hash FROM users")
    room.bound(all(row[0].startswith("$argon2id$") for row in passwords), "a password is not hashed by Argon2id")
    room.figures["key_shown_again"] = secret in listed


MARKUP = "<img src=x onerror=alert(1)><script>alert(2)</script>\"'><svg/onload=alert(3)>"


def markup(room):
    """In every field that is taken in; the pages that the server prints hold it as text. That a browser runs nothing is looked at by end2end."""
    row = event(MARKUP, **{field: MARKUP for field in ("component", "service", "environment", "system_id", "event_type", "source", "hostname", "user", MARKUP)})
    row["message"] = MARKUP
    status, body, _ = room.send([row])
    room.bound(status == 200 and json.loads(body)["accepted"] == 1, f"an event of markup: {status} {body[:200]}")
    case = room.api("POST", "/cases", {"title": MARKUP, "description": MARKUP, "tags": ["x"]})
    expect(case[0] == 201, f"a case of markup: {case}")
    for path, sent in (("notes", {"content": MARKUP + " [x](javascript:alert(1))"}), ("tasks", {"title": MARKUP}), ("events", {"event_ids": [row["id"]]}), ("entries", {"at": "2026-01-01T00:00:00Z", "content": MARKUP})):
        status, answer = room.api("POST", f"/cases/{case[1]['id']}/{path}", sent)
        expect(status < 300, f"{path} of markup: {status} {answer}")
    room.api("POST", "/tags", {"name": "x" + MARKUP[:30]})
    room.api("POST", "/views", {"name": MARKUP[:60], "query": "q=a", "area": "events"})
    group = room.api("GET", f"/events/{row['id']}")[1]["group_id"]
    mine, held = pair(room.sign_in("admin@a.example")[1]), 0
    number = case[1].get("number", 1)
    for page in ("overview", "events", f"events?open={row['id']}", f"events/{row['id']}", "groups", f"groups/{group}", "cases", f"cases/{number}", f"cases/{number}/timeline", f"cases/{number}?tab=notes", f"cases/{number}?tab=events", f"cases/{number}?tab=history",
                 "sources", "audit", "settings/tags", f"events?q={urllib.parse.quote(MARKUP)}", f"groups?q={urllib.parse.quote(MARKUP)}"):
        status, body, _ = room.call("GET", f"/o/org-a/{page}", headers={"Cookie": mine})
        text = body.decode(errors="replace")
        room.bound(status < 500, f"{page}: {status}")
        held += "onerror=alert(1)" in html.unescape(text)
        # Between the tags of the page, and in what the page gives to its script.
        bad = re.findall(r"<img src=x|<script>alert|<svg/onload|href=.?javascript:", text)
        room.bound(not bad, f"{page} prints markup that was taken in: {bad[:2]}")
    room.bound(held >= 8, f"only {held} pages show the text at all")
    status, body, answer = room.call("GET", f"/sign-in?error=credentials&email={urllib.parse.quote(MARKUP)}&next={urllib.parse.quote('javascript:alert(1)')}")
    room.bound(not re.search(r"<img src=x|<script>alert|<svg/onload", body.decode()), "the sign-in prints what it was called with")
    status, _, answer = room.sign_in("admin@a.example", cookie=None)
    form = urllib.parse.urlencode({"email": "admin@a.example", "password": PASSWORD, "next": "//evil.test/"})
    where = room.call("POST", "/sign-in", form, FORM)[2].getheader("Location") or ""
    room.bound(where.startswith("/") and not where.startswith("//"), f"signing in leads to {where}")
    room.figures["pages_with_markup"] = held


def headers(room):
    mine = pair(room.sign_in("admin@a.example")[1])
    for path in ("/sign-in", "/o/org-a/events", "/api/v1/events", "/api/docs", "/nowhere"):
        answer = room.call("GET", path, headers={"Cookie": mine})[2]
        csp = answer.getheader("Content-Security-Policy") or ""
        script = next((part for part in csp.split(";") if "script-src" in part), "")
        room.bound("unsafe-inline" not in csp and "'unsafe-eval'" not in csp and "frame-ancestors 'none'" in csp, f"{path}: {csp}")
        room.bound("*" not in script and "http:" not in script and "https:" not in script, f"{path}: {script}")
        room.bound(answer.getheader("X-Content-Type-Options") == "nosniff", f"{path}: nosniff")
        room.bound(answer.getheader("Referrer-Policy") in ("no-referrer", "same-origin", "strict-origin-when-cross-origin"), f"{path}: Referrer-Policy {answer.getheader('Referrer-Policy')}")
    room.figures["csp"] = csp[:300]


def timing(room, tries=200, seconds=120):
    """Known and unknown accounts in turn, each from an address of its own and never often enough for a lock: medians within 10 %."""
    accounts = []
    for n in range(tries // 4):
        room.run("user", "add", f"known{n}@a.example", "--org", "org-a", "--role", "viewer", "--password-stdin", stdin=PASSWORD)
        accounts.append(n)
    rng, times, until, statuses = random.Random(3), {"known": [], "unknown": []}, time.time() + seconds, set()
    order = [(kind, n) for n in accounts for _ in range(4) for kind in times]
    rng.shuffle(order)
    for count, (kind, n) in enumerate([("known", 0), ("unknown", 0)] * 4 + order):
        if time.time() > until:
            break
        email = f"{kind}{n}@a.example" if count >= 8 else f"warm{kind}{count}@a.example"
        # What is told behind the answer (the organizations' logs) would be in the time of the next.
        time.sleep(0.02)
        started = time.perf_counter()
        status, _, answer = room.sign_in(email, "wrong password here", **{"X-Forwarded-For": f"198.51.{count // 250}.{count % 250 + 1}"})
        took = time.perf_counter() - started
        statuses.add((status, re.sub("email=[^&]*", "email=", answer.getheader("Location") or "")))
        if count >= 8:
            times[kind].append(took)
    known, unknown = (statistics.median(times[kind]) for kind in times)
    room.bound(len(statuses) == 1, f"wrong passwords are answered in {len(statuses)} ways: {statuses}")
    room.bound(abs(known - unknown) / max(known, unknown) < 0.1, f"known accounts take {known * 1000:.1f} ms, unknown ones {unknown * 1000:.1f}")
    room.bound(min(map(len, times.values())) >= tries, f"only {min(map(len, times.values()))} of {tries} tries in {seconds} s")
    room.figures["timing"] = {"tries_each": min(map(len, times.values())), "known_ms": round(known * 1000, 2), "unknown_ms": round(unknown * 1000, 2), "differ_by": f"{abs(known - unknown) / max(known, unknown):.1%}"}


def brute_force(room):
    """50 wrong passwords for one account from many addresses, and for many accounts from one; then with the rates as they are."""
    many = lambda emails, addresses: [room.sign_in(email, "wrong password here", **{"X-Forwarded-For": address}) for email, address in zip(emails, addresses)]
    for name, answers, least in (
        ("one account", many(["viewer@a.example"] * 50, [f"203.0.113.{n + 1}" for n in range(50)]), 44),
        ("one address", many([f"somebody{n}@a.example" for n in range(50)], ["192.0.2.1"] * 50), 19),
    ):
        locked = [answer for status, _, answer in answers if status == 429]
        room.bound(len(locked) >= least and all(a.getheader("Retry-After") for a in locked), f"{name}: {len(locked)} of 50 wrong passwords are answered 429")
        room.figures.setdefault("locked_of_50", {})[name] = len(locked)
    status = room.sign_in("viewer@a.example", **{"X-Forwarded-For": "203.0.113.99"})[0]
    room.bound(status == 429, f"the right password while the account is locked: {status}")
    room.stop()
    room.start(WATCHROOM_RATE_SIGN_IN="30")
    statuses = [room.sign_in(f"anybody{n}@a.example", "wrong password here")[0] for n in range(50)]
    room.figures["locked_of_50"]["one address, rates of the defaults"] = statuses.count(429)
    room.bound(statuses.count(429) >= 19, f"50 wrong passwords in a row: {statuses.count(429)} are answered 429")
