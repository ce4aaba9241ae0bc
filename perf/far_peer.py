"""One peer behind a slow, far link: how much of its rate a download uses.

    far_peer.py [--rtt-ms 50] [--rate-mbit 1000] [--size-mib 512] [--rounds 3] [--btfast PATH]

The link is tests/tools/delay_relay.cc in user space.  Appends one JSON line a run to
perf/results/far_peer.jsonl; `share` is the whole download, its slow start included, over the time
the bare rate needs.
"""

import datetime
import json
import os
import pathlib
import shutil
import statistics
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests/interop"), str(ROOT / "tests/tools"), str(ROOT / "perf")]

import lab  # noqa: E402
import torrents  # noqa: E402
from compare import machine, measure  # noqa: E402

SEED, LINK = lab.address(5), lab.address(6)
SEED_PORT, LINK_PORT = 7000, 7001


def tool(options, name):
    path = pathlib.Path(options.tools) / name
    if not os.access(path, os.X_OK):
        sys.exit(f"no {name} in {options.tools}: configure with -DBTFAST_BENCHES=ON and build it")
    return path


def run_once(options, scratch, torrent, number):
    out = scratch / "out"
    shutil.rmtree(out, ignore_errors=True)
    argv = [options.btfast, "-t", str(torrent.path), "-o", str(out), "--peer",
            f"{LINK}:{LINK_PORT}", "--progress", "none", "--port", "0"]
    wall, used, peak_rss, status = measure(argv, scratch / "btfast.log")
    ok = status == 0 and not lab.tree_differences(torrent.data_path(), out / torrent.name)
    ideal = torrent.size * 8 / (options.rate_mbit * 1e6) + 2 * options.rtt_ms / 1e3
    return {"when": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
            "bench": "far_peer", "round": number, "ok": ok, "bytes": torrent.size,
            "rtt_ms": options.rtt_ms, "rate_mbit": options.rate_mbit, "wall_s": round(wall, 3),
            "share": round(ideal / wall, 3), "cpu_s": round(used.ru_utime + used.ru_stime, 3),
            "peak_rss_mib": round(peak_rss, 1), "machine": machine()}


def main():
    parser = lab.parser(__doc__)
    parser.add_argument("--rtt-ms", type=float, default=50)
    parser.add_argument("--rate-mbit", type=float, default=1000)
    parser.add_argument("--size-mib", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tools", default=str(ROOT / "build/perf"))
    parser.add_argument("--results", default=str(ROOT / "perf/results/far_peer.jsonl"))
    options = parser.parse_args()
    lab.enter()
    lab.require_btfast(options)
    suite = lab.Suite(options)
    data = torrents.single_file(suite.base / "source", options.size_mib << 20, "payload.bin")
    torrent = torrents.share(data, suite.base / "x.torrent", (), 1 << 20)
    seeder = lab.Process([tool(options, "perf_seeder"), torrent.info_hash.hex(),
                          torrent.piece_length, data, f"{SEED}:{SEED_PORT}"], suite.base, "seeder")
    lab.wait_port(seeder, SEED_PORT)
    relay = lab.Process([tool(options, "delay_relay"), f"{LINK}:{LINK_PORT}",
                         f"{SEED}:{SEED_PORT}", options.rtt_ms / 2,
                         int(options.rate_mbit * 1e6 / 8)], suite.base, "relay")
    lab.wait_port(relay, LINK_PORT)
    shares = []
    with open(options.results, "a") as lines:
        for number in range(1, options.rounds + 1):
            run = run_once(options, suite.base, torrent, number)
            lines.write(json.dumps(run) + "\n")
            shares.append(run["share"])
            suite.passed += run["ok"]
            suite.failed += not run["ok"]
            print(f"{'ok' if run['ok'] else 'FAIL'} round {number}: {run['wall_s']:.2f} s, "
                  f"{100 * run['share']:.1f} % of {options.rate_mbit:g} Mbit/s at "
                  f"{options.rtt_ms:g} ms")
    print(f"median {100 * statistics.median(shares):.1f} %")
    suite.finish()


if __name__ == "__main__":
    main()
