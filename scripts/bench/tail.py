"""2,000 events a second to 20 live tails."""

import http.client, json, os, random, threading, time

from output import emit


def tail(server, database, rate=2_000, watchers=20, seconds=20):
    """So many events a second to so many who watch: what they were told, what was left out, what the server needs for it."""
    told, left_out, unread, broken, stop = [0] * watchers, [0] * watchers, [0] * watchers, [], threading.Event()

    def watch(n):
        conn = http.client.HTTPConnection(server.host, server.port, timeout=30)
        conn.request("GET", "/api/v1/events/tail?q=severity%3E%3Dinfo", headers={"Authorization": f"Bearer {server.key}"})
        answer = conn.getresponse()
        if answer.status != 200:
            broken.append(answer.status)
            return
        kind = ""
        while not stop.is_set():
            line = answer.readline().decode().rstrip()
            if line.startswith("event: "):
                kind = line[7:]
            elif line.startswith("data: ") and kind == "event":
                told[n] += 1
            elif line.startswith("data: ") and kind == "skipped":
                numbers = json.loads(line[6:])
                left_out[n] += numbers["matched"] - numbers["shown"]
                unread[n] += numbers["unread"]

    def cpu():
        fields = open(f"/proc/{server.process.pid}/stat").read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    threads = [threading.Thread(target=watch, args=(n,), daemon=True) for n in range(watchers)]
    for thread in threads:
        thread.start()
    time.sleep(1)
    conn = http.client.HTTPConnection(server.host, server.port, timeout=30)
    rng, before, started, sent, slowest = random.Random(5), cpu(), time.perf_counter(), 0, 0.0
    while sent < rate * seconds:
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        body = "\n".join(json.dumps({"occurred_at": now, "severity": "info", "message": f"request {sent + i} took {rng.randrange(900)} ms", "component": f"component-{i % 17}"}) for i in range(rate // 10))
        asked = time.perf_counter()
        conn.request("POST", "/api/v1/events", body, {"Authorization": f"Bearer {server.key}", "Content-Type": "application/x-ndjson"})
        answer = conn.getresponse()
        text = answer.read()
        if answer.status != 200:
            raise SystemExit(f"tail: ingest answered {answer.status} {text[:200]}")
        slowest = max(slowest, time.perf_counter() - asked)
        sent += rate // 10
        time.sleep(max(0, started + sent / rate - time.perf_counter()))
    took = time.perf_counter() - started
    used = cpu() - before
    time.sleep(3)
    stop.set()
    if broken:
        raise SystemExit(f"tail: a stream was refused: {broken[0]}")
    emit(bench="tail", database=database, watchers=watchers, events=sent, events_per_s=round(sent / took), told=sum(told), told_per_watcher_per_s=round(sum(told) / watchers / took), left_out=sum(left_out), unread=sum(unread),
         accounted=round((sum(told) + sum(left_out) + sum(unread)) / (sent * watchers), 3), cpu_cores=round(used / took, 2), peak_mb=round(server.peak_mb(), 1), slowest_ingest_ms=round(slowest * 1000))
