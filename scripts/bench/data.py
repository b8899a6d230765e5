"""Realistic events over 30 days, about 500 bytes each, 500 templates, a few needles in each million."""

import concurrent.futures, functools, gzip, json, random, time

BATCH = 1000
DAYS = 30
WORDS = "failed accepted timeout retry connection request session cache user disk queue token upstream backend payment".split()
TEMPLATES = [" ".join(random.Random(n).choices(WORDS, k=5)) for n in range(500)]
# One event in so many is on the host that is seldom, and one in so many says something seldom.
RARE_HOST, RARE_PHRASE = 200_000, 50_000


def event(i, at, rng):
    message = f"{TEMPLATES[int(rng.paretovariate(1.1)) % 500]} for u{i % 977} from 10.{i % 256}.{i // 256 % 256}.7 port {1024 + i % 60000}"
    if i % RARE_PHRASE == 77:
        message = f"certificate of u{i % 977} is not trusted by 10.{i % 256}.0.9"
    return {
        "occurred_at": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at)) + ".%06dZ" % (i % 1000000),
        "severity": rng.choices(["info", "notice", "warning", "error", "critical"], [60, 20, 12, 7, 1])[0],
        "message": message,
        "component": f"component-{i % 17}", "service": f"service-{i % 29}", "environment": "prod" if i % 5 else "staging",
        "system_id": "host-seldom" if i % RARE_HOST == 99 else f"host-{i % 131}",
        "event_type": ("login", "request", "job", "audit")[i % 4], "source": f"source-{i % 6}",
        "pid": i % 32768, "tags": ["auth", "ssh"], "src": {"ip": f"10.{i % 256}.{i // 256 % 256}.7", "port": 1024 + i % 60000}, "n": i,
    }


def events(first, count, total, start):
    """`count` events from number `first` on, of `total` that lie evenly over 30 days from `start`, in order of time."""
    for i in range(first, first + count):
        yield event(i, start + i * DAYS * 86400 // total, random.Random(i))


def body(first, total, start):
    return gzip.compress("\n".join(map(json.dumps, events(first, BATCH, total, start))).encode(), 1)


def bodies(first, count, total, start):
    """The same as requests: gzip of NDJSON, 1,000 events each. On all cores, before the clock runs."""
    with concurrent.futures.ProcessPoolExecutor() as pool:
        return list(pool.map(functools.partial(body, total=total, start=start), range(first, first + count, BATCH), chunksize=50))
