#!/usr/bin/env python3
"""Reliability and security checks against a release binary, each one JSON line with pass or fail and its figures.

    python3 scripts/checks --server target/release/watchroom [--database sqlite|postgres|both] [--only kill,bombs,…] [--kills 50]

kill      kill -9 during ingest: every acknowledged event is there, none twice, all that is derived from them is as if computed anew; each
          answer follows the sync of the log (strace), and while syncs fail nothing is acknowledged
disk      the disk is full: a typed refusal, nothing acknowledged is lost, it recovers by itself (root, for tmpfs)
restart   PostgreSQL restarts under load, then all connections are ended each second: only 503 meanwhile, recovery, nothing lost, no job twice
foreign   another organization's ids and markers: 404, no marker in any answer, nothing changed; keys that only read write nothing; injections
slow      1,000 slow heads, bodies and readers do not starve others
bombs     decompression bombs, huge lines, deep nesting, NUL: refused in a second within 64 MB
clock     the clock jumps while the server runs: sessions, paging, locks and the chain hold (faketime)
chain     two servers on one database, one is killed: one unbroken chain an organization, an entry a change; tampering is named
session   fixation, CSRF on every form and server function, brute force, timing, sign-out, headers

A line's "pass" is true, false (with "problems"), or null where the check has nothing to look at, with "why". Loopback only, standard library only.
"""

import argparse, json, os, pathlib, shutil, signal, subprocess, sys, tempfile, time, traceback

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import abuse, chain, clock, session, storage, tenants
from room import ROOT, Cluster, NotApplicable, Room

CHECKS = {
    "kill": (1, storage.check_kill), "disk": (2, storage.check_disk), "restart": (3, storage.check_restart), "foreign": (5, tenants.check_foreign),
    "slow": (6, abuse.check_slow), "bombs": (7, abuse.check_bombs), "clock": (9, clock.check_clock), "chain": (10, chain.check_chain), "session": (11, session.check_session),
}
# Of the disk that is filled: PostgreSQL brings some 60 MB of its own.
DISK = {"sqlite": "64m", "postgres": "384m"}


def own_cluster(name, folder):
    """A PostgreSQL that the check may end; its log beside the disk that is to be filled, for the heap to be what fails first."""
    os.chmod(folder, 0o755)  # the server's own user enters it
    cluster = Cluster(folder / "cluster")
    if name == "disk":
        with open(cluster.data / "postgresql.auto.conf", "a") as settings:
            settings.write("max_wal_size = '64MB'\nmin_wal_size = '32MB'\n")
        cluster.ctl("stop", "-m", "fast")
        outside = tempfile.mkdtemp(prefix="watchroom-check-log-")
        os.rmdir(outside)
        shutil.move(cluster.data / "pg_wal", outside)
        os.symlink(outside, cluster.data / "pg_wal")
        subprocess.run(["chown", "-R", f"{cluster.data.owner()}:", outside], check=True)
        cluster.log_folder = outside
        cluster.ctl("start")
    return cluster


def run(name, database, args):
    number, check = CHECKS[name]
    folder = pathlib.Path(tempfile.mkdtemp(prefix="watchroom-check-"))
    room, cluster, mounted, started = None, None, False, time.time()
    problems, why = [], None
    try:
        if name == "disk":
            subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK[database]}", "tmpfs", folder], check=True)
            mounted = True
        if database == "postgres" and name in ("disk", "restart"):
            cluster = own_cluster(name, folder)
        room = Room(args.server, database, folder, cluster and cluster.url)
        check(room, args, *([cluster] if name in ("disk", "restart") else []))
    except NotApplicable as reason:
        why = str(reason)
    except AssertionError as problem:
        problems.append(str(problem))
    except Exception as problem:  # a check that cannot run has not passed
        problems.append(f"{type(problem).__name__}: {problem}")
        if args.traceback:
            traceback.print_exc()
    finally:
        if room and room.process and room.process.poll() is None:
            room.kill()
        if cluster:
            cluster.stop()
            shutil.rmtree(getattr(cluster, "log_folder", folder / "none"), ignore_errors=True)
        elif room:
            room.drop()
        if mounted:
            subprocess.run(["umount", "-l", folder])
        shutil.rmtree(folder, ignore_errors=True)
    problems = list(dict.fromkeys((room.problems if room else []) + problems))
    if len(problems) > 25:
        problems = [*problems[:25], f"and {len(problems) - 25} more"]
    verdict = {"pass": None, "why": why} if why else {"pass": not problems, **({"problems": problems} if problems else {})}
    print(json.dumps({"check": number, "name": name, "database": database, **verdict, "seconds": round(time.time() - started, 1), **(room.figures if room else {})}), flush=True)
    return not problems


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", default=str(ROOT / "target/release/watchroom"))
    parser.add_argument("--database", default="both", choices=["sqlite", "postgres", "both"])
    parser.add_argument("--only", default=",".join(CHECKS))
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--traceback", action="store_true", help="a check that breaks says where")
    args = parser.parse_args()
    args.server = os.path.abspath(args.server)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    databases = ("sqlite", "postgres") if args.database == "both" else (args.database,)
    results = [run(name, database, args) for database in databases for name in args.only.split(",")]
    sys.exit(0 if all(results) else 1)


main()
