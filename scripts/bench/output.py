"""Figures go to standard output as JSON lines, progress to standard error."""

import json, sys


def say(text):
    print(text, file=sys.stderr, flush=True)


def emit(**row):
    print(json.dumps(row), flush=True)


def spread(times):
    """p50 and p95 in milliseconds of times in seconds."""
    times = sorted(t * 1000 for t in times)
    return {"ms_p50": round(times[len(times) // 2], 1), "ms_p95": round(times[min(len(times) - 1, int(len(times) * 0.95))], 1)}
