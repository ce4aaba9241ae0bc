"""What size costs: torrents of very many pieces and files, and very many idle peers.

    scale.py [--pieces 1000000] [--files 100000] [--peers 2000] [--btfast PATH] [--results FILE]

Start-up is from exec to the first handshake answered; memory is VmRSS then, less that of a
torrent of one piece and one file.  Digests are made up and content is sparse or absent: nothing
is downloaded.  Appends one JSON line a case to perf/results/scale.jsonl.
"""

import os
import socket
import time

import lib_checks
import lib_clients
import lib_download
import lib_measure
import lib_swarm
from lib_swarm import CLIENT, ROOT, lab

import wire  # noqa: E402  (lib_swarm set the path)

PORT = 7400
PIECE_LENGTH = 16384
START_SECONDS_MAX = 60


def make_torrent(path, pieces, files):
    """`files` files of one piece each at least, and `pieces` pieces in all."""
    info = {"name": "scale", "piece length": PIECE_LENGTH, "pieces": os.urandom(20 * pieces)}
    size = pieces * PIECE_LENGTH
    if files == 1:
        info["length"] = size
    else:
        each = size // files
        sizes = [each] * (files - 1) + [size - each * (files - 1)]
        info["files"] = [{"length": length, "path": [f"d{n // 1000}", f"f{n}"]}
                         for n, length in enumerate(sizes)]
    path.write_bytes(wire.encode({"info": info}))
    return wire.Torrent(path, path.parent)


def answers_handshake(torrent):
    hello = b"\x13BitTorrent protocol" + bytes(8) + torrent.info_hash + b"-SC0001-scale-scale."
    try:
        with socket.create_connection((CLIENT, PORT), timeout=START_SECONDS_MAX) as peer:
            peer.sendall(hello)
            return len(peer.recv(68)) > 0
    except OSError:
        return False


def start_up(options, folder, name, pieces, files, results):
    """Seconds to the first answer, CPU seconds, and MiB then."""
    folder = lib_download.fresh_folder(folder / name)
    torrent = make_torrent(folder / "scale.torrent", pieces, files)
    started = time.monotonic()
    client = lab.Process([options.btfast, "-t", torrent.path, "-o", folder / "out", "--progress",
                          "none", "--alloc", "sparse", "--bind", CLIENT, "--port", PORT,
                          "--max-torrent", "64MiB"],
                         folder, name)
    try:
        deadline = started + START_SECONDS_MAX
        while not answers_handshake(torrent):
            if client.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{name}: did not start: {client.stderr()[-300:]}")
            time.sleep(0.002)
        seconds = time.monotonic() - started
        run = {"bench": "scale", "client": "btfast", "case": name, "ok": True, "pieces": pieces,
               "files": files, "start_s": round(seconds, 3),
               "cpu_s": round(sum(lib_measure.cpu_of(client.pid)), 2),
               "rss_mib": round(lib_measure.status_kib(client.pid, "VmRSS") / 1024, 1),
               "peak_rss_mib": round(lib_measure.status_kib(client.pid, "VmHWM") / 1024, 1)}
    finally:
        client.stop()
    return results.add(run)


def show(run, least):
    more = run["rss_mib"] - least["rss_mib"]
    parts = [f"{run['case']}: {run['start_s']:.2f} s to start, {run['cpu_s']:.2f} CPU-s, "
             f"{run['rss_mib']:.0f} MiB (peak {run['peak_rss_mib']:.0f})"]
    for what in ("pieces", "files"):
        if run[what] > 1:
            parts.append(f"{more * (1 << 20) / run[what]:.0f} bytes for each of {run[what]} {what}")
    print("; ".join(parts))


def main():
    parser = lab.parser(__doc__)
    lib_clients.add_options(parser)
    parser.add_argument("--pieces", type=int, default=1_000_000)
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--peers", type=int, default=2000)
    parser.add_argument("--results", default=str(ROOT / "perf/results/scale.jsonl"))
    options = parser.parse_args()
    lab.enter()
    lib_swarm.add_peer_addresses()
    lab.require_btfast(options)
    suite = lab.Suite(options)
    results = lib_download.Runs(options.results, lib_measure.machine())
    least = start_up(options, suite.base, "one piece", 1, 1, results)
    show(least, least)
    show(start_up(options, suite.base, "many pieces", options.pieces, 1, results), least)
    show(start_up(options, suite.base, "many files", options.files, options.files, results), least)
    data = lib_swarm.content(suite.base, 64)
    with lib_swarm.Swarm(suite.base, lib_swarm.tool(options, "perf_seeder"), data, 1 << 20,
                         1) as swarm:
        lib_checks.idle(options, swarm, options.peers, results)
    suite.failed = sum(not run["ok"] for run in results.runs)
    suite.passed = len(results.runs) - suite.failed
    suite.finish()


if __name__ == "__main__":
    main()
