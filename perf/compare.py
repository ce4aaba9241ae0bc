"""Side by side: btfast, aria2 and libtorrent 2.0.8 download the same torrent from the same seeder.

    compare.py [--rounds 5] [--size-mib 1024] [--piece-kib 1024] [--peers 8]
               [--clients btfast,aria2,libtorrent] [--btfast PATH] [--btfast-args "-j 2"]
               [--also NAME=PATH]...

Rounds are interleaved (a, b, c, a, b, c, ...) so that a slow minute of the machine hits everyone.
Output and content are on a tmpfs; every download is compared with the source, outside the clock.
Wall time is from exec to exit, CPU seconds are user + system of wait4 over GiB of payload.
Appends one JSON line a run to perf/results/compare.jsonl and prints the medians.
"""

import datetime
import http.server
import json
import os
import pathlib
import platform
import shlex
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests/interop"), str(ROOT / "tests/tools")]

import lab  # noqa: E402
import torrents  # noqa: E402
import wire  # noqa: E402

GIB = 1 << 30
RUN_SECONDS_MAX = 600
PORT = 6900


class PeerTracker:
    """Answers every announce with the same peers: how clients without --peer learn of them."""

    def __init__(self, host, endpoints):
        peers = b"".join(bytes(map(int, address.split("."))) + struct.pack(">H", port)
                         for address, port in endpoints)
        body = wire.encode({"interval": 1800, "peers": peers})

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer((host, 0), Handler)
        self.url = f"http://{host}:{self.server.server_address[1]}/announce"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def commands_of(options, plain, tracked, endpoints):
    """name -> argv for an output folder."""
    peers = [f"{address}:{port}" for address, port in endpoints]
    address = lab.address(90)

    def btfast(binary):
        return lambda out: [binary, "-t", str(plain), "-o", out, "--progress", "none", "--port",
                            "0", "--bind", address,
                            *[part for peer in peers for part in ("--peer", peer)],
                            *shlex.split(options.btfast_args)]

    commands = {
        "btfast": btfast(options.btfast),
        "aria2": lambda out: [
            "aria2c", "--no-conf", "-q", f"--dir={out}", "--seed-time=0", "--enable-dht=false",
            "--bt-enable-lpd=false", "--enable-peer-exchange=false", "--file-allocation=none",
            f"--interface={address}", "--listen-port=6990", "--bt-max-peers=0", str(tracked)],
        "libtorrent": lambda out: [
            lab.PYTHON, str(ROOT / "tests/interop/libtorrent_peer.py"), "peer", "--torrent",
            str(plain), "--dir", out, "--address", address, "--port", "6991", "--tuned",
            *[f"--peer={peer}" for peer in peers]],
    }
    for extra in options.also:
        name, path = extra.split("=", 1)
        commands[name] = btfast(path)
    wanted = options.clients.split(",") + [extra.split("=", 1)[0] for extra in options.also]
    return {name: commands[name] for name in wanted}


def sample_peak_rss(pid, ended, peak):
    """Of the program itself: ru_maxrss also remembers the Python that forked it."""
    while not ended.wait(0.02):
        try:
            for line in open(f"/proc/{pid}/status"):
                if line.startswith("VmHWM:"):
                    peak[0] = int(line.split()[1]) / 1024
        except (OSError, ValueError):
            return


def measure(argv, log):
    """Runs to the end; (wall seconds, resource use, peak RSS in MiB, exit status)."""
    with open(log, "wb") as out:
        started = time.monotonic()
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        watchdog = threading.Timer(RUN_SECONDS_MAX, os.kill, (process.pid, signal.SIGKILL))
        watchdog.start()
        ended, peak = threading.Event(), [0.0]
        sampler = threading.Thread(target=sample_peak_rss, args=(process.pid, ended, peak))
        sampler.start()
        _, status, used = os.wait4(process.pid, 0)
        wall = time.monotonic() - started
        watchdog.cancel()
        ended.set()
        sampler.join()
    process.returncode = os.waitstatus_to_exitcode(status)
    return wall, used, peak[0], process.returncode


def version_of(name, options):
    if name == "aria2":
        return subprocess.run(["aria2c", "--version"], capture_output=True,
                              text=True).stdout.split("\n")[0]
    if name == "libtorrent":
        return "libtorrent " + subprocess.run(
            [lab.PYTHON, "-c", "import libtorrent; print(libtorrent.__version__)"],
            capture_output=True, text=True).stdout.strip()
    path = next((extra.split("=", 1)[1] for extra in options.also
                 if extra.startswith(name + "=")), options.btfast)
    version = subprocess.run([path, "--version"], capture_output=True, text=True).stdout.strip()
    commit = subprocess.run(["git", "-C", ROOT, "describe", "--always", "--dirty"],
                            capture_output=True, text=True).stdout.strip()
    return f"{version} ({commit})"


def machine():
    model = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo")
                  if line.startswith("model name")), platform.machine())
    memory_gib = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / GIB
    return {"cpu": model, "cores": len(os.sched_getaffinity(0)), "kernel": platform.release(),
            "memory_gib": round(memory_gib, 1)}


def run_round(options, scratch, torrent, name, command, number):
    out = scratch / "out"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    argv = command(str(out))
    wall, used, peak_rss, status = measure(argv, scratch / f"{name}.log")
    problems = lab.tree_differences(torrent.data_path(), out / torrent.name)
    ok = status == 0 and not problems
    if not ok:
        log = (scratch / f"{name}.log").read_text(errors="replace")
        print(f"FAIL {name} round {number}: status {status}, {problems[:2]}\n{log[-600:]}")
    gib = torrent.size / GIB
    replaced = " ".join(argv).replace(str(scratch), "$SCRATCH").replace(str(ROOT), "$ROOT")
    return {
        "when": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "bench": "compare", "client": name, "round": number, "ok": ok,
        "bytes": torrent.size, "piece_length": torrent.piece_length, "peers": options.peers,
        "wall_s": round(wall, 3), "user_s": round(used.ru_utime, 3),
        "system_s": round(used.ru_stime, 3),
        "wall_s_per_gib": round(wall / gib, 3),
        "cpu_s_per_gib": round((used.ru_utime + used.ru_stime) / gib, 3),
        "peak_rss_mib": round(peak_rss, 1), "command": replaced,
    }


def spread(values):
    return f"{statistics.median(values):6.2f} [{min(values):.2f}-{max(values):.2f}]"


def print_table(results):
    best = {key: min(statistics.median(run[key] for run in runs) for runs in results.values())
            for key in ("wall_s_per_gib", "cpu_s_per_gib")}
    print(f"\n{'client':<12} {'wall s/GiB':>22} {'x best':>7} {'CPU-s/GiB':>22} {'x best':>7} "
          f"{'peak RSS MiB':>24}")
    for name, runs in results.items():
        cells = [f"{name:<12}"]
        for key in ("wall_s_per_gib", "cpu_s_per_gib"):
            values = [run[key] for run in runs]
            cells.append(f"{spread(values):>22} {statistics.median(values) / best[key]:6.2f}x")
        cells.append(f"{spread([run['peak_rss_mib'] for run in runs]):>24}")
        print(" ".join(cells))


def prepare(options, scratch):
    data = scratch / "source" / "payload.bin"
    lab.write_bytes(data, options.size_mib << 20, "compare")
    plain = torrents.mktorrent(data, scratch / "plain.torrent", (), options.piece_kib << 10)
    endpoints = [(lab.address(10 + number), PORT) for number in range(options.peers)]
    tracker = PeerTracker(lab.address(1), endpoints)
    tracked = torrents.mktorrent(data, scratch / "tracked.torrent", [tracker.url],
                                 options.piece_kib << 10)
    torrent = wire.Torrent(plain, data.parent)
    seeder = lab.Process([options.seeder, torrent.info_hash.hex(), torrent.piece_length, data,
                          *[f"{address}:{port}" for address, port in endpoints]], scratch, "seeder")
    lab.wait_port(seeder, PORT)
    return torrent, seeder, commands_of(options, plain, tracked, endpoints)


def main():
    parser = lab.parser(__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--size-mib", type=int, default=1024)
    parser.add_argument("--piece-kib", type=int, default=1024)
    parser.add_argument("--peers", type=int, default=8)
    parser.add_argument("--clients", default="btfast,aria2,libtorrent")
    parser.add_argument("--btfast-args", default="")
    parser.add_argument("--also", action="append", default=[], metavar="NAME=PATH",
                        help="another btfast binary to compare with")
    parser.add_argument("--seeder", default=str(ROOT / "build/perf/perf_seeder"))
    parser.add_argument("--results", default=str(ROOT / "perf/results/compare.jsonl"))
    options = parser.parse_args()
    lab.enter()
    if "btfast" in options.clients.split(","):
        lab.require_btfast(options)
    if not os.access(options.seeder, os.X_OK):
        sys.exit(f"no seeder at {options.seeder}: configure with -DBTFAST_BENCHES=ON and build it")
    suite = lab.Suite(options)
    scratch = suite.base
    torrent, seeder, commands = prepare(options, scratch)
    versions = {name: version_of(name, options) for name in commands}
    host = machine()
    results = {name: [] for name in commands}
    with open(options.results, "a") as lines:
        for number in range(1, options.rounds + 1):
            for name, command in commands.items():
                run = run_round(options, scratch, torrent, name, command, number)
                run.update(version=versions[name], machine=host)
                lines.write(json.dumps(run) + "\n")
                lines.flush()
                results[name].append(run)
                suite.passed += run["ok"]
                suite.failed += not run["ok"]
                print(f"{'ok' if run['ok'] else 'FAIL'} {name} round {number}: "
                      f"{run['wall_s']:.2f} s, {run['cpu_s_per_gib']:.2f} CPU-s/GiB, "
                      f"{run['peak_rss_mib']:.0f} MiB")
    seeder.stop()
    print_table(results)
    print(f"machine: {host['cpu']}, {host['cores']} cores, kernel {host['kernel']}; "
          f"seeder: {seeder.stdout().strip()}")
    suite.finish()


if __name__ == "__main__":
    main()
