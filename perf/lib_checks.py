"""W5, W7, W8, W9: hashing what is on disk, connections that do nothing, peers that lie, and
whether the program's own `bench all` says the same."""

import json
import pathlib
import statistics
import subprocess
import time

import lib_clients
import lib_download
import lib_measure
import lib_swarm
from lib_swarm import CLIENT, lab

IDLE_PORT = 7200
IDLE_SECONDS = 10


HASHING = {
    "verify": lambda swarm: ["-t", str(swarm.torrent.path), "-o", str(swarm.torrent.data_parent)],
    "create": lambda swarm: [str(swarm.data), "-o", "-", "--piece-size", str(swarm.piece_length)],
}


def hashing(options, swarm, command, jobs, number, cold, openssl_gb_per_s, results):
    """W5: `btfast verify` and `create`, against what `openssl speed` says one core can hash."""
    if cold:
        lab.drop_from_page_cache(swarm.data)
    argv = [options.btfast, command, *HASHING[command](swarm), "-j", str(jobs)]
    wall, used, peak, status = lib_measure.measure(argv, swarm.scratch / "hashing.log")
    rate = swarm.size / wall / 1e9
    run = results.add({
        **lib_download.describe("W5", f"btfast {command} -j {jobs}", swarm, number),
        "ok": status == 0,
        "cold": cold, **lib_measure.figures(wall, used, peak, swarm.size),
        "gb_per_s": round(rate, 2), "openssl_gb_per_s": round(openssl_gb_per_s, 2),
        "x_openssl_per_job": round(rate / jobs / openssl_gb_per_s, 2)})
    print(f"{'ok' if run['ok'] else 'FAIL'} W5 {command} -j {jobs} {'cold' if cold else 'hot'} "
          f"round {number}: {rate:.2f} GB/s, {run['x_openssl_per_job']:.2f} x openssl a job, "
          f"{run['cpu_s_per_gib']:.2f} CPU-s/GiB")
    return run


def idle(options, swarm, connections, results):
    """W7: what connections cost that say they have everything and never unchoke."""
    out = lib_download.fresh_folder(pathlib.Path(swarm.scratch) / "idle")
    client = lab.Process(
        [options.btfast, "-t", swarm.torrent.path, "-o", out, "--progress", "none", "--bind",
         CLIENT, "--port", IDLE_PORT, "--max-peers", connections + 10, "--peer",
         f"{CLIENT}:{IDLE_PORT + 1}"], swarm.scratch, "idle")
    lab.wait_answer(client, swarm.torrent, CLIENT, IDLE_PORT)
    before_kib = lib_measure.status_kib(client.pid, "VmRSS")
    hold = 2 * IDLE_SECONDS
    peers = lab.Process(
        [lib_swarm.tool(options, "perf_leech"), "--idle", hold, swarm.torrent.info_hash.hex(),
         swarm.piece_length, swarm.size, connections, 0, f"{CLIENT}:{IDLE_PORT}"],
        swarm.scratch, "idle-peers")
    try:
        lab.wait_until(lambda: client.fd_count() > 0.95 * connections, 20, "the connections")
        time.sleep(2)  # what follows is a rate over time: let the handshakes end
        cpu, started = sum(lib_measure.cpu_of(client.pid)), time.monotonic()
        time.sleep(IDLE_SECONDS)
        share = (sum(lib_measure.cpu_of(client.pid)) - cpu) / (time.monotonic() - started)
        rss_kib = lib_measure.status_kib(client.pid, "VmRSS")
        peers.wait(3 * hold)
        left = json.loads(peers.stdout())["connections_left"]
    finally:
        client.stop()
        peers.stop()
    run = results.add({
        **lib_download.describe("W7", "btfast", swarm, 1), "peers": connections,
        "ok": left >= 0.95 * connections, "connections_left": left,
        "kib_per_connection": round((rss_kib - before_kib) / connections, 2),
        "cpu_percent": round(100 * share, 2)})
    print(f"{'ok' if run['ok'] else 'FAIL'} W7 {connections} idle connections: "
          f"{run['kib_per_connection']} KiB each, {run['cpu_percent']} % CPU, {left} left")
    return run


def _corrupted(data, scratch, piece_length):
    """A copy in which every tenth piece has one wrong byte."""
    path = pathlib.Path(scratch) / "corrupted.bin"
    subprocess.run(["cp", data, path], check=True)
    with open(path, "r+b") as file:
        for at in range(piece_length // 2, data.stat().st_size, 10 * piece_length):
            file.seek(at)
            byte = file.read(1)[0]
            file.seek(at)
            file.write(bytes([byte ^ 0xff]))
    return path


def liar(options, swarm, results):
    """W8: one more peer, a tenth of whose pieces are wrong.  What arrives must be right."""
    wrong = _corrupted(swarm.data, swarm.scratch, swarm.piece_length)
    endpoint = f"{lib_swarm.peer_address(200)}:{lib_swarm.PORT}"
    seeder = lib_swarm.tool(options, "perf_seeder")
    bad = lab.Process([seeder, swarm.torrent.info_hash.hex(), swarm.piece_length, wrong, endpoint],
                      swarm.scratch, "liar")
    lab.wait_port(bad, lib_swarm.PORT)
    good, swarm.peers = swarm.peers, [endpoint, *swarm.peers]
    try:
        run = lib_download.run_once(options, swarm, "btfast", 1, "W8")
    finally:
        swarm.peers = good
        bad.stop()
        wrong.unlink()
    lied = json.loads(bad.stdout())["bytes_up"]
    run = results.add({**run, "bytes_from_liar": lied})
    print(f"{'ok' if run['ok'] else 'FAIL'} W8 one liar among {swarm.peer_count + 1} peers: "
          f"{run['wall_s']:.2f} s, {lied / (1 << 20):.1f} MiB taken from it")
    return run


def own_word(options, swarm, count, results):
    """W9: `btfast bench all` and the download of W1, in turn."""
    ratios = {"wall_s_per_gib": [], "cpu_s_per_gib": []}
    for number in range(1, count + 1):
        measured = lib_download.run_once(options, swarm, "btfast", number, "W9")
        told = subprocess.run([options.btfast, "bench", "all", "--json", "--dir", swarm.scratch],
                              capture_output=True, check=True, timeout=120)
        said = json.loads(told.stdout)
        own = {"wall_s_per_gib": lib_measure.GIB / said["download"]["bytes_per_s"],
               "cpu_s_per_gib": said["download"]["cpu_s_per_GiB"]}
        for key, values in ratios.items():
            values.append(own[key] / measured[key])
        results.add({**measured, "bench_all": said})
    medians = {key: round(statistics.median(values), 2) for key, values in ratios.items()}
    print(f"W9 `btfast bench all` against W1's download, {count} rounds: wall "
          f"{medians['wall_s_per_gib']:.2f}x, CPU {medians['cpu_s_per_gib']:.2f}x")
    return medians


def openssl_note():
    rate = lib_measure.openssl_sha1_gb_per_s()
    print(f"openssl speed -evp sha1 -bytes 16384: {rate:.2f} GB/s a core")
    return rate


def slow_clients(options, swarm, names, results):
    """Clients too slow for the grid: one run each of a small torrent."""
    return [results.add(lib_download.run_once(options, swarm, name, 1, "W1 slow"))
            for name in names if not lib_clients.missing(name, options)]
