"""What people look at: lists, filters, facets with histogram, Overview, the page of a group, and the two pages with their first byte.

Each is asked once cold and then 21 times warm. Cold: the server was started again and the operating system forgot its files (that needs root;
else `cold` is left out). PostgreSQL keeps what is in its own buffers.
"""

import http.client, json, os, time, urllib.parse

from output import emit, spread

# Name, what is asked for, in the query language.
FILTERS = [
    ("one field", "component:component-3"),
    ("one severity", "severity:critical"),
    ("three fields", "severity:high component:component-3 environment:staging"),
    ("rare value", "system_id:host-seldom"),
    ("value that never occurs", "system_id:host-nowhere"),
    ("common phrase", '"token upstream"'),
    ("rare phrase", '"is not trusted"'),
    ("payload path", "payload.src.port:2048"),
    ("negation", "-component:component-3 -severity:info"),
    ("any of two, and text", "(component:component-3 OR component:component-4) timeout"),
]


def questions(server):
    """(kind, name, path)"""
    quote = urllib.parse.quote
    yield "list", "first page", "/api/v1/events?limit=50"
    yield "list", "page 100", "/api/v1/events?limit=50&cursor=" + quote(cursor_of_page(server, 100))
    for name, q in FILTERS:
        yield "list", name, "/api/v1/events?limit=50&q=" + quote(q)
    summary = "/fn/events/summary?organization=bench"
    for word in ("24h", "30d"):
        yield "facets and histogram", word, f"{summary}&query[from]={word}"
        for name, q in FILTERS[:3] + FILTERS[5:6]:
            yield "facets and histogram", f"{word}, {name}", f"{summary}&query[from]={word}&query[q]={quote(q)}"
    for word in ("24h", "7d", "30d"):
        yield "overview", word, f"/fn/overview/get?organization=bench&range={word}"
    groups = json.loads(server.get("/api/v1/groups?limit=200")[2])["items"]
    busiest = max(groups, key=lambda group: group["event_count"])["id"]
    yield "group", "busiest group", f"/fn/groups/get?organization=bench&id={busiest}"
    yield "group", "grouping of the busiest", f"/fn/groups/grouping?organization=bench&id={busiest}"
    yield "groups", "first page", "/fn/groups/list?organization=bench"


def cursor_of_page(server, page):
    cursor = ""
    for _ in range(page - 1):
        cursor = json.loads(server.get("/api/v1/events?limit=50" + (f"&cursor={urllib.parse.quote(cursor)}" if cursor else ""))[2])["next_cursor"]
    return cursor


def forget():
    try:
        os.sync()
        with open("/proc/sys/vm/drop_caches", "w") as file:
            file.write("3")
        return True
    except OSError:
        return False


def run(server, database, total, before):
    """Measures all; `before` holds p95 at the size before, by kind and name, and receives what was measured."""
    server.sign_in()
    for kind, name, path in list(questions(server)):
        cold = None
        if forget():
            server.restart()
            cold = round(server.get(path)[0] * 1000, 1)
        answers = [server.get(path) for _ in range(21)]
        row = spread(a[0] for a in answers)
        grown = {"growth": round(row["ms_p95"] / before[kind, name], 2)} if before.get((kind, name)) else {}
        before[kind, name] = row["ms_p95"]
        emit(bench=kind, name=name, database=database, events=total, cold_ms=cold, **row, **grown, bytes=len(answers[0][2]))
    for name, path in (("events", "/o/bench/events"), ("events of 30 days", "/o/bench/events?from=30d"), ("overview", "/o/bench/overview")):
        answers = [server.get(path) for _ in range(21)]
        first, whole = spread(a[1] for a in answers), spread(a[0] for a in answers)
        emit(bench="page", name=name, database=database, events=total, first_byte_ms_p50=first["ms_p50"], first_byte_ms_p95=first["ms_p95"], whole_ms_p95=whole["ms_p95"], bytes=len(answers[0][2]))
