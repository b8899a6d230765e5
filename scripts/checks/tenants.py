"""Another organization is not there: its ids, its words, its events as they arrive. And what is typed into a search stays a search."""

import collections, http.client, http.server, json, re, statistics, threading, time, urllib.parse, uuid

from room import event, expect

ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
NOBODY = "00000000-0000-4000-8000-000000000000"
METHODS = ("get", "post", "put", "delete")
PLAN = "/drift?environment={0}&repository={0}&format=terraform-plan"
MONTH = "?from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00Z"
SCOPES = ("event", "group", "view", "source", "case", "tag", "drift", "environment", "member", "audit", "settings")


def body_for(method, path, other):
    """A body that gets past validation, with the other's id wherever one is asked for."""
    named = {
        ("POST", "/groups/actions"): {"action": "resolve", "ids": [other]}, ("POST", "/drifts/actions"): {"act": "acknowledge", "ids": [other]},
        ("POST", "/cases/{id}/actions"): {"act": "investigate"}, ("POST", "/cases/{id}/events"): {"event_ids": [other]}, ("POST", "/cases/{id}/merges"): {"ids": ["00000000-0000-4000-8000-000000000001"]},
        ("POST", "/cases/{id}/tasks"): {"title": "mine"}, ("PUT", "/cases/{id}/tasks/{task}"): {"title": "mine"}, ("POST", "/cases/{id}/tasks/{task}/complete"): {"done": True},
        ("POST", "/cases/{id}/tasks/{task}/move"): {"up": True}, ("POST", "/cases/{id}/jobs"): {"q": ""}, ("POST", "/cases/{id}/notes"): {"content": "mine"},
        ("PUT", "/cases/{id}/notes/{note}"): {"content": "mine"}, ("POST", "/cases/{id}/observables"): {"observables": ["10.0.0.9"]},
        ("POST", "/cases/{id}/links"): {"kind": "group", "ids": [other]}, ("PUT", "/cases/{id}"): {"title": "mine"},
        ("POST", "/cases/{id}/entries"): {"at": "2026-01-01T00:00:00Z", "content": "mine"}, ("PUT", "/environments/{id}"): {"slug": "mine", "name": "mine"},
        ("POST", "/environments/{id}/active"): {"active": False}, ("PUT", "/sources/{id}"): {"name": "mine", "source_type": "other", "status": "active"},
        ("POST", "/drifts/{id}/accept"): {"scope": "type", "reason": "mine"}, ("POST", "/drifts/{id}/escalate"): {"note": "mine"}, ("PUT", "/drifts/{id}/cause"): {"cause": "unknown", "note": "mine"},
        ("POST", "/recommendations/{id}/implement"): {"note": "mine"}, ("POST", "/recommendations/{id}/steps"): {"done": [0]}, ("POST", "/recommendations/{id}/dismiss"): {"reason": "mine"},
        ("PUT", "/drift-rules/{id}"): {"what": "mine", "types": ["*"], "paths": ["**"], "when": "any"}, ("PUT", "/iac-repositories/{id}"): {"name": "mine", "branch": "main"},
        ("PUT", "/tags/{id}"): {"name": "mine"}, ("POST", "/tags/{id}/merge"): {"into": other}, ("PUT", "/members/{id}"): {"role": "viewer", "approval_level": "none"},
        ("PUT", "/webhooks/{id}"): {"name": "mine", "url": "https://1.1.1.1/", "kinds": ["case"]}, ("PUT", "/views/{id}"): {"name": "mine", "query": "q=a", "version": 1},
    }
    return named.get((method, path), {"name": "mine"})


def furnish(room, key, word):
    """Something of every kind, with the word in every text."""
    def made(method, path, body=None, good=(200, 201, 202), **headers):
        status, answer = room.api(method, path, body, key, **headers)
        expect(status in good, f"{method} {path}: {status} {str(answer)[:300]}")
        return answer

    sent = event(word, component=word, service=word, environment=word, system_id=word, event_type=word, source=word, extra=word)
    expect(room.send([sent, event(word + " again")], key)[0] == 200, "an organization cannot send")
    case = made("POST", "/cases", {"title": word, "description": word, "tags": [word.lower()]})["id"]
    twin = made("POST", "/cases", {"title": word})["id"]
    for path, body in (("notes", {"content": word}), ("tasks", {"title": word}), ("observables", {"observables": [f"{word.lower()}.example"]}),
                       ("events", {"event_ids": [sent["id"]]}), ("jobs", {"q": f"message:{word}"}), ("merges", {"ids": [twin], "note": word})):
        made("POST", f"/cases/{case}/{path}", body)
    status = room.call("POST", f"/api/v1/cases/{case}/evidence?filename={word}", word.encode(), {"Authorization": f"Bearer {key}", "Content-Type": "application/octet-stream"})[0]
    expect(status == 201, f"evidence: {status}")
    made("POST", "/views", {"name": word, "query": f"q={word}", "area": "events"})
    made("POST", "/environments", {"slug": word.lower()[:40], "name": word})
    plan = {"format_version": "1.2", "planned_values": {}, "resource_changes": [],
            "resource_drift": [{"address": f"x.{word}", "type": "x", "change": {"before": {"a": word, "b": 1}, "after": {"a": word + "2", "b": 2}}}]}
    made("POST", PLAN.format(word.lower()[:40]), plan)
    past, now = (time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - ago)) for ago in (3600, 0))
    made("POST", "/external-events", {"events": [{"correlation_type": "maintenance", "external_system": word, "external_id": word, "title": word, "resource": f"x.{word}", "starts_at": past, "ends_at": now}]})
    made("POST", "/webhooks", {"name": word, "url": "https://1.1.1.1/" + word, "kinds": ["case"]})
    made("POST", "/invitations", {"email": f"{word.lower()}@b.example", "role": "viewer", "approval_level": "none"})
    return sent["id"], case


def document(room):
    paths = room.api("GET", "/openapi.json")[1]["paths"]
    return [(method.upper(), path, of) for path, methods in paths.items() for method, of in methods.items() if method in METHODS]


def ids_of(room, routes, key, case):
    """Every id that an organization's own key sees in lists, and in what belongs to its case."""
    found = {}
    for method, path, _ in routes:
        if method == "GET" and path.count("{") == path.startswith("/api/v1/cases/{id}") and not path.endswith(("/tail", "/bundle", "/openapi.json", "/key")):
            status, text, _ = room.call("GET", path.replace("{id}", case), headers={"Authorization": f"Bearer {key}"})
            for id in ID.findall(text.decode(errors="replace")) if status == 200 else []:
                found.setdefault(id, path)
    return found


def check_foreign(room, args):
    room.start(WATCHROOM_WEBHOOK_HTTP="true", WATCHROOM_WEBHOOK_NETWORKS="127.0.0.0/8")
    marker, mine = "ZZB" + uuid.uuid4().hex, "ZZA" + uuid.uuid4().hex
    heard = sink(room)
    event_b, case_b = furnish(room, room.key_b, marker)
    event_a, case_a = furnish(room, room.key_a, mine)
    time.sleep(3)  # jobs, figures and causes come after
    routes = document(room)
    theirs, ours = ids_of(room, routes, room.key_b, case_b), ids_of(room, routes, room.key_a, case_a)
    theirs = {id: path for id, path in theirs.items() if id not in ours}
    room.figures["foreign_ids"] = len(theirs)
    expect(len(theirs) >= 25, f"only {len(theirs)} ids of the other organization are known: {theirs}")
    probes = matrix(room, routes, theirs, case_a, marker)
    reads_only(room, routes)
    show_nothing(room, routes, theirs, marker, mine, event_b, case_b)
    bodies(room, theirs, event_b, case_b, case_a, marker)
    alone(room, marker, mine, heard)
    for path in (f"/api/v1/events/{event_b}", f"/api/v1/cases/{case_b}"):
        same_time(room, path)
    injections(room, routes)
    room.figures["probes"] = probes


def told(answer, *ids):
    """What an answer says, without the number of the request and the ids that were asked for."""
    text = re.sub(rb'"(correlation_id|instance)":"[^"]*"', b"", answer)
    for id in ids:
        text = text.replace(id.encode(), b"ID")
    return text


def contents(room, slug="org-b"):
    """What the other organization has, to see that nobody touched it. Counters of its own jobs are left out."""
    organization = room.query(f"SELECT id FROM organizations WHERE slug = '{slug}'")[0][0]
    tables = ("events", "cases", "case_notes", "case_tasks", "observables", "case_links", "case_merges", "tags", "views", "environments", "sources", "webhooks", "memberships", "invitations", "drift_ignores", "iac_repositories")
    columns = {"webhooks": "id, name, url, kinds, secret"}
    return {table: sorted(map(str, room.query(f"SELECT {columns.get(table, '*')} FROM {table} WHERE organization_id = '{organization}'"))) for table in tables}


def matrix(room, routes, theirs, case_a, marker):
    """Each route that names something, with each id of the other organization: as if there were none. Anonymous: 401."""
    before, probes, seen, known, early = contents(room), 0, collections.Counter(), 0, set()
    for method, path, _ in routes:
        names = re.findall(r"{(\w+)}", path)
        if not names or path.startswith("/api/v1/organizations"):
            continue
        short = path.removeprefix("/api/v1")

        def ask(first, other, key=room.key_a):
            full = path.replace("{" + names[0] + "}", first)
            for name in names[1:]:
                full = full.replace("{" + name + "}", other)
            headers = {"If-Match": '"viewer.none"' if "/members/" in path else '"1"', **({"Authorization": f"Bearer {key}"} if key else {})}
            body = None
            if method in ("POST", "PUT"):
                body, headers["Content-Type"] = json.dumps(body_for(method, short, other)), "application/json"
            elif path.endswith("/evidence/{evidence}"):
                full += "?reason=mine" if method == "DELETE" else ""
            if method == "POST":
                if path.endswith("/evidence"):
                    full, body, headers["Content-Type"] = full + "?filename=x", b"x", "application/octet-stream"
            return room.call(method, full, body, headers)

        firsts = [None] if len(names) == 1 else [None, case_a]
        for own in firsts:
            absent = ask(own or NOBODY, NOBODY)
            for id in theirs:
                answer = ask(own or id, id)
                probes += 1
                seen[answer[0]] += 1
                if answer[0] != 404:  # refused before anything was looked up, whatever the id
                    early.add(f"{method} {short}: {answer[0]}")
                room.bound(answer[0] == 404 or (answer[0] == absent[0] and answer[0] >= 400), f"{method} {path} with an id of {theirs[id]}: {answer[0]}")
                room.bound(answer[0] == absent[0] and told(answer[1], id, own or id) == told(absent[1], NOBODY, own or NOBODY), f"{method} {path}: {answer[0]} for the other's, {absent[0]} for what is not there")
                room.bound(marker.encode() not in answer[1], f"{method} {path} tells the marker")
        id = next(iter(theirs))
        room.bound(ask(id, id, None)[0] == 401, f"{method} {path} without a key")
        # That the ids are real: their own organization reads with them.
        if method == "GET" and len(names) == 1:
            known += any(ask(id, id, room.key_b)[0] == 200 for id in theirs)
    after = contents(room)
    for table in before:
        room.bound(before[table] == after[table], f"{table} of the other organization changed")
    room.bound(known >= 12, f"only {known} routes know an id that they are asked for by its owner")
    room.figures.update(foreign_answers={str(k): v for k, v in seen.items()}, routes_that_know_their_own=known, refused_before_the_id=sorted(early))
    return probes


def reads_only(room, routes):
    """A key that may read everything may write nothing."""
    scopes = [argument for noun in SCOPES for argument in ("--scope", f"{noun}.read")]
    key = room.run("apikey", "create", "--org", "org-a", "--name", "reads", *scopes).strip()
    asked = 0
    for method, path, _ in routes:
        if method == "GET" or path.endswith("/verify"):  # to verify a file is to read it
            continue
        full = re.sub(r"{\w+}", NOBODY, path)
        status = room.api(method, full.removeprefix("/api/v1"), body_for(method, path.removeprefix("/api/v1"), NOBODY), key, **{"If-Match": '"1"'})[0]
        asked += 1
        room.bound(status == 403, f"a key that reads: {method} {path} is {status}")
    room.figures["writes_refused_to_readers"] = asked
    cookie = room.sign_in("viewer@a.example")[1].split(";")[0]
    for page in ("settings/members", "settings/api-keys", "settings/webhooks"):
        status = room.call("GET", f"/o/org-a/{page}", headers={"Cookie": cookie})[0]
        room.bound(status in (403, 404), f"/o/org-a/{page} for a viewer: {status}")


def show_nothing(room, routes, theirs, marker, mine, event_b, case_b):
    """Lists, searches, exports, pages: no word of the other's. That they show one's own is looked at as well."""
    a, answers, own = {"Authorization": f"Bearer {room.key_a}"}, 0, 0
    cookies = [room.sign_in(f"{who}@a.example")[1].split(";")[0] for who in ("admin", "viewer")]
    api = [path for method, path, _ in routes if method == "GET" and "{" not in path and not path.endswith(("/tail", "/openapi.json"))]
    search = [f"{path}?{field}={quote}" for path in ("/api/v1/events", "/api/v1/groups", "/api/v1/cases", "/api/v1/drifts", "/api/v1/sources", "/api/v1/audit") for field in ("q",) for quote in (marker, f"%22{marker}%22")]
    pages = ["overview", "events", "groups", "cases", "drift", "drift/inventory", "sources", "uploads", "audit", "settings/general", "settings/members", "settings/api-keys", "settings/webhooks", "settings/environments", "settings/tags", "settings/sessions",
             f"events/{event_b}", f"events?open={event_b}", f"cases/{case_b}", f"events?q={marker}", f"groups?q={marker}", f"cases?q={marker}",
             "audit/export.csv", "audit/export.json", f"events{MONTH}", f"events/export.csv{MONTH}", f"events/export.ndjson{MONTH}", f"events/export.parquet{MONTH}", "drift/metrics.csv"]
    for path in api + search + [f"/o/org-a/{page}" for page in pages]:
        for cookie in cookies if path.startswith("/o/") else cookies[:1]:
            status, body, _ = room.call("GET", path, headers={**a, "Cookie": cookie, "Sec-Fetch-Site": "same-origin"})
            answers += 1
            own += mine.encode() in body or mine.lower().encode() in body
            echo = re.sub(re.escape(marker), "", path) != path
            room.bound(status < 500 and ("/export." not in path or status == 200), f"{path}: {status}")
            if "/events/export." in path and "parquet" not in path:
                room.bound(mine.encode() in body, f"{path} lacks one's own event")
            room.bound(not (event_b.encode() in body and event_b not in path), f"{path} names the other organization's event")
            room.bound(echo or (marker.encode() not in body and marker.lower().encode() not in body), f"{path} shows the other organization's marker")
            if echo and path.startswith("/api/") and status == 200:
                items = json.loads(body).get("items")
                room.bound(items is not None and not any(item.get("id") in theirs for item in items), f"{path} finds what is the other's")
    for page in pages:
        status, body, _ = room.call("GET", f"/o/org-b/{page}", headers={"Cookie": cookies[0], "Sec-Fetch-Site": "same-origin"})
        answers += 1
        room.bound(status in (404, 303, 302, 403) and (marker.encode() not in body or marker in page), f"/o/org-b/{page}: {status}")
    room.bound(own >= 15, f"only {own} answers show what is one's own")
    room.figures.update(answers_searched=answers, answers_with_ones_own=own)


def bodies(room, theirs, event_b, case_b, case_a, marker):
    """Ids of the other's in bodies: refused as what is not there, or taken for a word that means nothing."""
    user_b = room.query("SELECT id FROM users WHERE email = 'admin@b.example'")[0][0]
    org_b = room.query("SELECT id FROM organizations WHERE slug = 'org-b'")[0][0]
    group_b = next((id for id, path in theirs.items() if path == "/api/v1/groups"), NOBODY)
    for path, body in ((f"/cases/{case_a}/events", {"event_ids": [event_b]}), (f"/cases/{case_a}/links", {"kind": "event", "ids": [event_b]}), (f"/cases/{case_a}/links", {"kind": "group", "ids": [group_b]}),
                       (f"/cases/{case_a}/merges", {"ids": [case_b]}), ("/cases", {"title": "theirs", "assigned_to_id": user_b}), (f"/cases/{case_a}/tasks", {"title": "theirs", "assigned_to_id": user_b}),
                       ("/groups/actions", {"action": "resolve", "ids": [group_b]}), ("/groups/actions", {"action": "assign", "ids": [group_b], "assigned_to_id": user_b}), ("/cases/bulk", {"ids": [case_b], "act": "investigate"})):
        status, answer = room.api("POST", path, body)
        other = json.dumps(body).replace(event_b, NOBODY).replace(group_b, NOBODY).replace(case_b, NOBODY).replace(user_b, NOBODY)
        absent = room.api("POST", path, json.loads(other))
        strip = lambda got: told(json.dumps(got).encode(), event_b, group_b, case_b, user_b, NOBODY)
        strip_ids = lambda got: ID.sub("ID", re.sub(r'"(correlation_id|\w+_at)": "[^"]*"', "", strip(got).decode()))
        room.bound(status == absent[0] and (status < 300 or strip_ids(answer) == strip_ids(absent[1])), f"POST {path} {body}: {status} {answer}, and {absent} for what is not there")
    row = event("theirs", organization_id=org_b, org_id=org_b, tenant_id=org_b)
    room.send([row])
    room.bound(room.api("GET", f"/events/{row['id']}", key=room.key_b)[0] == 404, "a row that names the other organization went there")
    linked = room.query(f"SELECT count(*) FROM case_links WHERE target_id = '{event_b}' AND case_id = '{case_a}'")[0][0]
    room.bound(linked == "0", "the other's event is linked to a case")


def sink(room):
    """A webhook of org a, and what it is told."""
    heard = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            heard.append(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    status, answer = room.api("POST", "/webhooks", {"name": "sink", "url": f"http://127.0.0.1:{server.server_port}/", "kinds": ["case", "event", "group"][:1]})
    expect(status == 201, f"a webhook: {status} {answer}")
    return heard


def alone(room, marker, mine, heard):
    """The live tail and webhooks of org a while both organizations write."""
    got, tail = [], threading.Event()

    def listen():
        conn = http.client.HTTPConnection(room.host, room.port, timeout=1)
        conn.request("GET", "/api/v1/events/tail", headers={"Authorization": f"Bearer {room.key_a}"})
        answer = conn.getresponse()
        tail.set()
        until = time.time() + 6
        while time.time() < until:
            try:
                got.append(answer.read1(65536))
            except TimeoutError:
                return

    thread = threading.Thread(target=listen)
    thread.start()
    tail.wait(5)
    for _ in range(10):
        room.send([event(marker)], room.key_b)
        room.send([event(mine)], room.key_a)
        time.sleep(0.1)
    for key, word in ((room.key_b, marker), (room.key_a, mine)):
        room.api("POST", "/cases", {"title": word}, key)
    until = time.time() + 6
    while time.time() < until and not any(mine.encode() in body for body in heard):
        time.sleep(0.2)
    thread.join()
    heard_tail = b"".join(got)
    room.bound(heard_tail.count(mine.encode()) >= 10, f"the tail told {heard_tail.count(mine.encode())} of 10 events of one's own")
    room.bound(marker.encode() not in heard_tail, "the tail tells the other organization's events")
    room.bound(heard, "the webhook was told nothing")
    room.bound(not any(marker.encode() in body for body in heard), "a webhook tells of the other organization")
    room.figures["webhook_calls"] = len(heard)


def same_time(room, path, tries=300):
    """What is another's takes no longer than what is not there: medians within 10 %, or within what two samples of the same thing differ by."""
    times = {"theirs": [], "nobody": [], "again": []}
    auth = {"Authorization": f"Bearer {room.key_a}"}
    conn = http.client.HTTPConnection(room.host, room.port)
    for n in range(tries):
        for kind in sorted(times, key=lambda kind: hash((n, kind))):
            where = path if kind == "theirs" else path.rsplit("/", 1)[0] + "/" + str(uuid.uuid4())
            started = time.perf_counter()
            conn.request("GET", where, headers=auth)
            conn.getresponse().read()
            times[kind].append(time.perf_counter() - started)
    conn.close()
    theirs, nobody, again = (statistics.median(times[kind]) for kind in times)
    noise = abs(nobody - again) / nobody
    room.bound(abs(theirs - nobody) / nobody < max(0.1, 2 * noise), f"{path.split('/')[-2]}: the other's takes {theirs * 1000:.2f} ms, what is not there {nobody * 1000:.2f}")
    room.figures["timing_" + path.split("/")[-2]] = f"{theirs * 1000:.2f} and {nobody * 1000:.2f} ms"


TEXTS = ('"', "'", "NEAR(", "*", "a:b", "-", "(" * 10_000, "%_\\", "\\", "'; DROP TABLE events; --", "id;drop table events", "$..*", "$[0", "\u0000", "\U0001f600", "\ud7ff", "a" * 100_000, "NOT", "OR OR", "x AND", "{}", "[*",
         "1' OR '1'='1", "1) OR (1=1", "'||pg_sleep(5)||'", "1;SELECT pg_sleep(5)--", "' AND randomblob(900000000) AND '", "' UNION SELECT 1,2,3--", "a NEAR/99999999999 b", "/(a+)+$/", "message:/(.*a){25}/", "-9223372036854775809", "9" * 400, "NaN",
         "2026-13-45T99:99:99Z", "message:" + "*a" * 500, "payload.a.b[*]:x", " ".join("x%d:y" % n for n in range(3000)), "NOT " * 3000 + "a")


def injections(room, routes):
    """Every parameter of every list with what upsets parsers and databases: 200 or 400 within two seconds, and the tables are there afterwards."""
    for n in range(40):
        room.send([event(f"noise {n} {i} the quick brown fox") for i in range(500)])
    auth, asked, longest, before = {"Authorization": f"Bearer {room.key_a}"}, 0, (0, ""), len(contents(room)["events"])
    for method, path, of in routes:
        if method != "GET" or "{" in path or path.endswith("/tail"):
            continue
        for field in [p["name"] for p in of.get("parameters", []) if p["in"] == "query"]:
            for text in TEXTS:
                started = time.time()
                status, body, _ = room.call("GET", f"{path}?{field}={urllib.parse.quote(text, errors='surrogatepass')}", headers=auth)
                took = time.time() - started
                asked, longest = asked + 1, max(longest, (took, f"{path} {field}={text[:40]!r}"))
                room.bound(status in (200, 400, 404, 414, 431), f"{path} {field}={text[:40]!r}: {status} {body[:150]}")
                room.bound(took < 2, f"{path} {field}={text[:40]!r} took {took:.1f} s")
            if field == "q":
                continue  # it has an OR of its own
            # Two conditions that differ only to a database that is told them.
            yes, no = (room.call("GET", f"{path}?{field}={urllib.parse.quote(text)}", headers=auth) for text in ("x' OR '1'='1", "x' OR '1'='2"))
            items = lambda answer: json.loads(answer[1]).get("items") if answer[0] == 200 and answer[1].startswith(b"{") else None
            room.bound(yes[0] == no[0] and items(yes) == items(no), f"{path} {field}: a condition is taken for one")
    room.bound(len(contents(room)["events"]) == before, "a table changed")
    room.figures.update(injections=asked, longest_s=round(longest[0], 2), longest=longest[1])
