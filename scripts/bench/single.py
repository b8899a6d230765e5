"""Single events, one a request, durable, from 16 connections: what the joining of commits is worth.

The requests are ready-made bytes and the answers are read no further than needed, so that the client takes as little as it can of the machine.
"""

import multiprocessing, selectors, socket, time

from output import emit


def drive(host, port, request, connections, until, done):
    pick, count, refused = selectors.DefaultSelector(), 0, 0
    for _ in range(connections):
        sock = socket.create_connection((host, port))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        pick.register(sock, selectors.EVENT_READ)
        sock.sendall(request)
    while time.time() < until:
        for key, _ in pick.select(0.1):
            answer = key.fileobj.recv(65536)
            # One small answer is one packet on loopback.
            if not answer.startswith(b"HTTP/1.1 200"):
                refused += 1
            count += 1
            key.fileobj.sendall(request)
    done.put((count, refused))


def run(server, database, connections=16, seconds=10, processes=2):
    line = b'{"severity":"info","message":"request 4711 took 12 ms","component":"api","system_id":"host-1"}'
    head = f"POST /api/v1/events HTTP/1.1\r\nHost: {server.host}:{server.port}\r\nAuthorization: Bearer {server.key}\r\nContent-Type: application/x-ndjson\r\nContent-Length: {len(line)}\r\n\r\n"
    done, started = multiprocessing.Queue(), time.time()
    workers = [
        multiprocessing.Process(target=drive, args=(server.host, server.port, head.encode() + line, connections // processes, started + seconds, done))
        for _ in range(processes)
    ]
    for worker in workers:
        worker.start()
    counts = [done.get() for _ in workers]
    for worker in workers:
        worker.join()
    if any(refused for _, refused in counts):
        raise SystemExit(f"single: {sum(r for _, r in counts)} requests were refused")
    emit(bench="single", database=database, connections=connections, requests_per_s=round(sum(c for c, _ in counts) / seconds), peak_mb=round(server.peak_mb(), 1))
