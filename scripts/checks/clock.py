"""The clock jumps while the server runs: back an hour, on a day, over the end of February and of summer time, to 2038 and home again."""

import calendar, collections, glob, json, re, threading, time, urllib.parse, uuid

from room import event, expect

DAY = 86_400


class Clock:
    """The server's wall clock, by libfaketime; what it measures spans with stays as it is, as when somebody sets a real clock."""

    def __init__(self, folder):
        found = sorted(glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1"))
        expect(found, "libfaketime is not installed (scripts/setup.sh checks)")
        self.file = folder / "clock"
        self.set(0)
        self.env = {"LD_PRELOAD": found[0], "FAKETIME_TIMESTAMP_FILE": str(self.file), "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1", "TZ": "Europe/Berlin", "WATCHROOM_LOG": "error,server::jobs=debug"}

    def set(self, seconds):
        self.by = seconds
        new = self.file.with_suffix(".new")
        new.write_text(f"{seconds:+d}\n")
        new.replace(self.file)

    def at(self, *instant):
        """Two seconds before an instant (UTC), so that it is passed while somebody looks."""
        self.set(int(calendar.timegm((*instant, 0, 0, 0)[:6]) - time.time()) - 2)

    def now(self):
        return time.time() + self.by


def check_clock(room, args):
    clock = Clock(room.folder)
    # The rates are the defaults: one that went by the wall clock would refuse for an hour.
    clock.env.update({"WATCHROOM_RATE_KEY": "300", "WATCHROOM_RATE_KEY_BURST": "1500", "WATCHROOM_RATE_ADDRESS": "300", "WATCHROOM_RATE_ADDRESS_BURST": "1500", "WATCHROOM_RATE_SIGN_IN": "30"})
    room.start(**clock.env)
    sent, ids = [], []

    def send(when, n=3):
        for _ in range(n):
            named, unnamed = [event("clock") for _ in range(20)], [event("clock unnamed") for _ in range(20)]
            for row in unnamed:  # the server makes the id, from its clock
                del row["id"]
            status, body, _ = room.send(named + unnamed)
            if room.bound(status == 200, f"{when}: sending is answered {status} {body[:200]}"):
                sent.extend(e["id"] for e in named)
                ids.append(len(unnamed))

    def in_(cookie):
        return room.call("GET", "/o/org-a/events", headers={"Cookie": cookie})[0] == 200

    def sign_in(when):
        status, cookie, answer = room.sign_in("admin@a.example")
        cookie = cookie.split(";")[0]
        room.bound(status == 303 and in_(cookie), f"{when}: signing in is answered {status} {answer.getheader('Location')}")
        return cookie

    def audited(when):
        status, _ = room.api("POST", "/tags", {"name": f"tag-{when}".replace(" ", "-")[:40]})
        room.bound(status == 201, f"{when}: a change is answered {status}")

    send("before")
    until = time.time() + 10
    while time.time() < until and not any(" DEBUG " in line for line in room.log):
        time.sleep(0.1)
    expect(any(" DEBUG " in line for line in room.log), "the log does not tell of the jobs")
    cookie = sign_in("before")
    jumps = {}
    steps = (
        ("an hour back", lambda: clock.set(-3600), "kept"),
        ("and home", lambda: clock.set(0), "kept"),
        ("an hour on", lambda: clock.set(3600), "kept"),
        ("a day on", lambda: clock.set(DAY), "over"),  # 12 hours without a request end a session
        ("a day back", lambda: clock.set(0), None),
        ("end of February", lambda: clock.at(2028, 2, 28, 23, 59, 60), None),
        ("leap day passes", lambda: clock.at(2028, 2, 29, 23, 59, 60), "over"),
        ("summer time begins", lambda: clock.at(2028, 3, 26, 1, 0, 0), "over"),
        ("summer time ends", lambda: clock.at(2028, 10, 29, 1, 0, 0), "over"),
        ("seconds pass 31 bits", lambda: clock.at(2038, 1, 19, 3, 14, 8), "over"),
        ("February 2038", lambda: clock.at(2038, 2, 1, 0, 0, 0), "over"),
        ("home from 2038", lambda: clock.set(0), None),
    )
    for when, jump, session in steps:
        lines = len(room.log)
        jump()
        works = in_(cookie)
        room.bound(session is None or works == (session == "kept"), f"{when}: the session {'is kept' if works else 'is over'}")
        send(when, 1)
        audited(when)
        if not works:
            cookie = sign_in(when)
        if "2038" in when or "pass" in when or "time" in when or "February" in when:
            time.sleep(2.5)  # the instant itself passes
            send(when + ", after", 1)
            room.bound(in_(cookie), f"{when}: the session ended as the instant passed")
        if when == "February 2038":
            year = room.api("GET", "/audit?limit=1")[1]["items"][0]
            room.bound(year["created_at"].startswith("2038-"), f"the server's clock was not set: {year}")
            lock(room, True)
        if when == "home from 2038":
            lock(room, False)
        time.sleep(1)
        # Nothing but the jobs logs at this level.
        runs = collections.Counter(re.sub(r".* DEBUG ", "", line).split("=")[0].strip() for line in room.log[lines:] if " DEBUG " in line)
        jumps[when] = {"session": "kept" if works else "over", "job_runs": sum(runs.values())}
        room.bound(sum(runs.values()) <= 12, f"{when}: the jobs ran {sum(runs.values())} times: {dict(runs)}")
    room.figures["jumps"] = jumps
    paging(room, clock)
    for at in ("1969-12-31T23:59:59Z", "1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2024-02-29T12:00:00+14:00", "2023-02-29T12:00:00Z", "2016-12-31T23:59:60Z", "2038-01-19T03:14:08Z", 2 ** 31, -1):
        status, body, _ = room.send([event("odd", occurred_at=at)])
        receipt = json.loads(body)
        room.bound(status == 200 and receipt["accepted"] + receipt["rejected"] == 1, f"an event of {at}: {status} {body[:200]}")
        room.figures.setdefault("odd_times", {})[str(at)] = "taken" if receipt.get("accepted") else "refused"
    stored = room.query("SELECT id FROM events WHERE message = 'check event clock unnamed'")
    room.bound(len(set(stored)) == len(stored) == sum(ids), f"{len(set(stored))} ids for {sum(ids)} events that the server named")
    room.bound(not forks(room), f"the chain is not gapless by its counter: {forks(room)}")
    room.figures["rows"] = room.holds_together(set(sent))
    # With the clock of another day, from the start.
    for by in (-3600, DAY):
        clock.set(by)
        room.start(**clock.env)
        send(f"started at {by:+d} s", 1)
        sign_in(f"started at {by:+d} s")
        room.stop()
    room.bound(room.audit_holds(), "the audit chain is broken after starts with other clocks")


def forks(room):
    return room.query("SELECT organization_id FROM audit_log GROUP BY organization_id HAVING max(seq) <> count(*)") + \
        room.query("SELECT organization_id, prev_hash FROM audit_log GROUP BY organization_id, prev_hash HAVING count(*) > 1")


def lock(room, make):
    """An account that was locked in 2038 is not locked for years when the clock is right again."""
    email = "viewer@a.example"
    if make:
        answers = [room.sign_in(email, "wrong password here")[0] for _ in range(8)]
        room.bound(answers[-1] == 429, f"eight wrong passwords: {answers}")
        return
    status, _, answer = room.sign_in(email)
    room.bound(status == 303 and "error" not in (answer.getheader("Location") or ""), f"locked in 2038, and still locked today: {status}")


def paging(room, clock):
    """Through all pages while others send and the clock goes back an hour and on again: what was there before is shown once."""
    over, word = threading.Event(), "paged" + uuid.uuid4().hex[:8]
    there = [event(word) for _ in range(400)]
    expect(room.send(there)[0] == 200, "sending before paging")

    def disturb():
        while not over.is_set():
            room.send([event(word + " later") for _ in range(20)])
            over.wait(0.02)

    for order in ("", "&order=oldest", "&order=asc"):
        if room.call("GET", f"/api/v1/events?limit=1{order}", headers={"Authorization": f"Bearer {room.key_a}"})[0] != 200:
            continue
        over.clear()
        thread = threading.Thread(target=disturb)
        thread.start()
        seen, cursor, pages = [], "", 0
        while pages < 3000:
            page = room.api("GET", f"/events?limit=23{order}{cursor}")[1]
            seen += [e["id"] for e in page["items"]]
            pages += 1
            clock.set(-3600 if pages % 6 < 3 else 0)
            if not page["next_cursor"] or (order and len(set(seen) & {e["id"] for e in there}) == len(there)):
                break
            cursor = "&cursor=" + urllib.parse.quote(page["next_cursor"])
        over.set()
        thread.join()
        clock.set(0)
        missed = {e["id"] for e in there} - set(seen)
        room.bound(not missed and len(seen) == len(set(seen)), f"paging{order}: {len(missed)} of 400 missed, {len(seen) - len(set(seen))} shown twice")
        room.figures["pages" + order] = pages
