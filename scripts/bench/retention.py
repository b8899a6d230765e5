"""Retention: how long it takes to delete half of the events that are there, in its steps, and what an ingest beside it feels.

The days are chosen by the form of the page; the run begins with the start of the server, and its entry in the audit log says when it began and ended.
"""

import datetime, http.client, json, time, urllib.parse

import data
from output import emit, say, spread

# Batches that the ingest is measured with while nothing is deleted.
ALONE = 40


class Sender:
    """Sends batches of the last days, one after the other, over one connection."""

    def __init__(self, server):
        self.server, self.sent = server, 0
        # Events without an id are new each time, so a few bodies are enough.
        self.bodies = data.bodies(0, 10 * data.BATCH, 10 * data.BATCH, int(time.time()) - data.DAYS * 86400)[-5:]
        self.connect()

    def connect(self):
        self.conn = http.client.HTTPConnection(self.server.host, self.server.port, timeout=120)

    def send(self):
        """Seconds that the answer took."""
        body = self.bodies[self.sent % len(self.bodies)]
        self.sent += 1
        started = time.perf_counter()
        headers = {"Authorization": f"Bearer {self.server.key}", "Content-Type": "application/x-ndjson", "Content-Encoding": "gzip"}
        self.conn.request("POST", "/api/v1/events", body, headers)
        answer = self.conn.getresponse()
        text = answer.read()
        if answer.status != 200:
            raise SystemExit(f"retention: ingest {answer.status} {text[:300]}")
        return time.perf_counter() - started


def choose(server, days):
    # A connection that rested is closed by the server; the next request opens another.
    server.conn.close()
    server.sign_in()
    form = {severity: days for severity in ("info", "low", "medium", "high", "critical")} | {"organization": "bench"}
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin", "Cookie": server.cookie}
    server.conn.request("POST", "/fn/save_retention", urllib.parse.urlencode(form), headers)
    answer = server.conn.getresponse()
    text = answer.read()
    if answer.status >= 400:
        raise SystemExit(f"retention: the days were refused: {answer.status} {text[:300]}")


def ended(server):
    """The entry of the run that ended last."""
    _, _, content = server.get("/api/v1/audit?action=EVENTS_RETIRED&limit=1")
    return next(iter(json.loads(content)["items"]), None)


def instant(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def run(server, database):
    say(f"{database}: what an ingest takes while nothing is deleted")
    sender = Sender(server)
    alone = [sender.send() for _ in range(ALONE)]
    choose(server, data.DAYS // 2)
    server.restart()
    say(f"{database}: deleting what is older than {data.DAYS // 2} days, beside the same ingest")
    sender.connect()
    beside, entry, looked, began = [], None, 0.0, time.monotonic()
    while entry is None:
        beside.append(sender.send())
        if time.monotonic() - looked > 1:
            looked, entry = time.monotonic(), ended(server)
        if time.monotonic() - began > 3600:
            raise SystemExit("retention: no run ended within an hour")
    deleted = sum(entry["metadata"]["deleted"].values())
    seconds = (instant(entry["created_at"]) - instant(entry["metadata"]["started_at"])).total_seconds()
    emit(bench="retention", database=database, deleted=deleted, seconds=round(seconds, 1), per_s=round(deleted / seconds), ingested_beside=len(beside) * data.BATCH,
         ingest_alone={**spread(alone), "ms_max": round(max(alone) * 1000, 1)}, ingest_beside={**spread(beside), "ms_max": round(max(beside) * 1000, 1)})
