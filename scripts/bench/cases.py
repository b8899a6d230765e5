"""Cases: the list, the page of one with 5,000 linked events, and an action on 10,000 of them, beside as many others as asked for.

They are opened through the API, eight connections at a time. Every tenth is tagged `tenth` (the action changes those), one in a thousand `seldom`; each has
one of a thousand observables, every fifth a task. `full` has 5,000 events, 50 notes and 20 tasks; three cases are merged into it.
"""

import concurrent.futures, http.client, json, time, urllib.parse

from output import emit, say, spread

WORDS = ["phishing", "payroll", "login", "outage", "malware", "badge", "laptop", "mail", "server", "invoice", "token", "backup"]
LINKED = 5_000
ROUNDS = 21
ACTIONS = 5


def new(n):
    title = f"{WORDS[n % 12]} {WORDS[n // 12 % 12]} at site {n % 97}"
    tags = (["tenth"] if n % 10 == 0 else []) + (["seldom"] if n % 1000 == 0 else []) + [f"team-{n % 20}"]
    severity = ("info", "low", "medium", "high", "critical")[n % 5]
    return {"title": title, "description": f"Seen {n % 7} times. " + " ".join(WORDS[n % 5 : n % 5 + 6]), "severity": severity, "tags": tags}


class Sender:
    """One connection that is kept."""

    def __init__(self, server):
        self.conn = http.client.HTTPConnection(server.host, server.port, timeout=300)
        self.headers = {"Authorization": f"Bearer {server.key}", "Content-Type": "application/json"}

    def send(self, method, path, body=None):
        self.conn.request(method, path, None if body is None else json.dumps(body), self.headers)
        answer = self.conn.getresponse()
        text = answer.read()
        if answer.status >= 300:
            raise SystemExit(f"{method} {path}: {answer.status} {text[:300]}")
        return json.loads(text) if text else None


def fill(server, total):
    def work(part):
        sender = Sender(server)
        for n in range(part, total, 8):
            case = sender.send("POST", "/api/v1/cases", new(n))
            if n % 5 == 0:
                sender.send("POST", f"/api/v1/cases/{case['id']}/tasks", {"title": f"ask site {n % 97}", "due_at": "2027-01-01T00:00:00Z"})

    started = time.perf_counter()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    return total / (time.perf_counter() - started)


def full(server, sender):
    """Number and id of the case with everything."""
    case = sender.send("POST", "/api/v1/cases", dict(new(1), title="payroll phishing with everything"))
    ids, cursor = [], ""
    while len(ids) < LINKED:
        page = json.loads(server.get("/api/v1/events?limit=200" + (f"&cursor={urllib.parse.quote(cursor)}" if cursor else ""))[2])
        ids += [event["id"] for event in page["items"]]
        cursor = page["next_cursor"]
        if not cursor:
            break
    sender.send("POST", f"/api/v1/cases/{case['id']}/events", {"event_ids": ids[:LINKED]})
    for n in range(50):
        sender.send("POST", f"/api/v1/cases/{case['id']}/notes", {"content": f"note {n}: " + "what was found " * 20})
    for n in range(20):
        sender.send("POST", f"/api/v1/cases/{case['id']}/tasks", {"title": f"step {n}"})
    twins = [sender.send("POST", "/api/v1/cases", new(n))["id"] for n in range(3)]
    sender.send("POST", f"/api/v1/cases/{case['id']}/merges", {"ids": twins, "note": "the same"})
    return case["number"], len(ids[:LINKED])


def run(server, database, total):
    say(f"{database}: opening {total:,} cases")
    rate = fill(server, total)
    server.sign_in()
    emit(bench="cases opened", database=database, cases=total, per_s=round(rate))
    sender = Sender(server)
    number, linked = full(server, sender)
    quote = urllib.parse.quote
    questions = [("case list", name, f"/o/bench/cases?{query}") for name, query in (
        ("open", "show=open"), ("all, by severity", "show=all&sort=severity"), ("overdue", "show=overdue"),
        ("common tag", "show=all&q=" + quote("tag:tenth")), ("rare tag", "show=all&q=" + quote("tag:seldom")),
        ("words", "show=all&q=" + quote("payroll phishing")), ("severity", "show=all&q=" + quote("severity>=high")),
        ("board", "show=all&layout=board"), ("merged ones", "show=all&merged=only"))]
    questions += [("case list over the API", "first page", "/api/v1/cases?limit=50"), ("tasks", "all", "/o/bench/cases/tasks?show=all")]
    questions += [("case page", f"{linked:,} events, {name}", f"/o/bench/cases/{number}{query}") for name, query in (
        ("timeline", ""), ("events", "?tab=events"), ("tasks", "?tab=tasks"), ("by system", "?show=systems"))]
    questions.append(("similar cases", "of it", f"/api/v1/cases/{number}/similar"))
    for kind, name, path in questions:
        answers = [server.get(path) for _ in range(ROUNDS)]
        emit(bench=kind, name=name, database=database, cases=total, **spread(a[0] for a in answers), bytes=len(answers[0][2]))
    # The one of before was idle for too long.
    sender = Sender(server)
    changed, times, undone = 0, [], []
    for n in range(ACTIONS):
        body = {"act": "priority", "priority": ("high", "low")[n % 2], "reason": "bench", "filter": "q=" + quote("tag:tenth")}
        started = time.perf_counter()
        report = sender.send("POST", "/api/v1/cases/bulk", body)
        times.append(time.perf_counter() - started)
        changed = report["changed"]
        started = time.perf_counter()
        sender.send("POST", "/api/v1/cases/bulk", {"act": "undo", "action_id": report["action_id"]})
        undone.append(time.perf_counter() - started)
    emit(bench="bulk of cases", name="priority", database=database, cases=total, changed=changed, **spread(times))
    emit(bench="bulk of cases", name="undo", database=database, cases=total, changed=changed, **spread(undone))
