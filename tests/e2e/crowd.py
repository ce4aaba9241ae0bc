"""FAULTS 78, G1 and G3: a download among idle peers and strangers that call without end goes on
nearly as if it were alone, and what an idle peer costs.

    crowd.py [--btfast PATH] [--idle N] [--junk PER_SECOND] [--mib N] [--rounds N] [--only PATTERN]

By itself a few hundred peers and no word about rates: other tests run beside it.  With --rounds,
that many downloads with and without the crowd in turn, and their median rates.
"""

import json
import pathlib
import statistics
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))

import lab  # noqa: E402
import torrents  # noqa: E402

MIB = 1 << 20
KIB_PER_PEER_MAX = 24
SHARE_MIN = 0.8
SEED, OURS = "127.0.0.2", "127.0.0.3"


class Crowd:
    def __init__(self, options, torrent, target):
        self.popen = subprocess.Popen(
            [lab.PYTHON, lab.ROOT / "tests/tools/crowd.py", target, torrent.info_hash.hex(),
             "--idle", str(options.idle), "--junk", str(options.junk)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        line = self.popen.stdout.readline()
        lab.check(line == "ready\n", f"the crowd: {line!r}")

    def end(self):
        text, _ = self.popen.communicate(timeout=60)
        lab.check(self.popen.returncode == 0, f"the crowd: {text}")
        return json.loads(text)




def download(folder, options, torrent, crowded):
    """MiB/s from the moment the seed is called, and what the process looked like before."""
    out = folder / "out"
    # A seed that says no word until the crowd stands: peers are named on the command line only.
    leech = lab.Process([options.btfast, "-t", torrent.path, "-o", out, "--bind", OURS, "--port",
                         "6881", "--max-peers", str(options.idle + 50), "--progress", "none",
                         "--timeout", "200s", "--json"], folder, "leech")
    lab.wait_until(lambda: lab.listens_at(OURS, 6881) or leech.poll() is not None, 30, "the leech")
    alone_kib = leech.status_field("VmRSS")
    crowd = Crowd(options, torrent, f"{OURS}:6881") if crowded else None
    crowded_kib = leech.status_field("VmRSS")
    # The seed calls the leech, so that the clock can start when it does.
    seed = lab.Process([options.btfast, "seed", "-t", torrent.path, "-o", torrent.data_parent,
                        "--bind", SEED, "--port", "6881", "--no-verify", "--progress", "none",
                        "--peer", f"{OURS}:6881"], folder, "seed")
    started = seed.started
    leech.wait(220)
    seconds = leech.ended - started
    seed.stop()
    report = crowd.end() if crowd else {}
    lab.check(leech.poll() == 0, f"status {leech.poll()}: {leech.stderr()[-300:]}")
    lab.check_same_tree(torrent.data_path(), out / torrent.name)
    return {"rate": torrent.size / MIB / seconds, "cpu_s": leech.cpu_s(),
            "kib_per_peer": (crowded_kib - alone_kib) / options.idle if crowd else 0, **report}


def check_crowd(run, options):
    lab.check(run["kib_per_peer"] <= KIB_PER_PEER_MAX, f"{run['kib_per_peer']:.1f} KiB a peer")
    lab.check(run["idle"] == options.idle, f"{run}")


def once_case(folder, options):
    torrent = content(folder, options)
    run = download(folder, options, torrent, True)
    check_crowd(run, options)
    print(f"   {run['kib_per_peer']:.1f} KiB an idle peer, {run['junk']} junk calls")


def rounds_case(folder, options):
    torrent = content(folder, options)
    runs = {True: [], False: []}
    for number in range(options.rounds):
        for crowded in (False, True):
            place = folder / f"{number}-{crowded}"
            place.mkdir()
            runs[crowded].append(download(place, options, torrent, crowded))
            subprocess.run(["rm", "-rf", place / "out"], check=True)
    for run in runs[True]:
        check_crowd(run, options)

    def median(crowded, key):
        return statistics.median(run[key] for run in runs[crowded])

    share = median(True, "rate") / median(False, "rate")
    print(f"   {options.idle} idle peers, {options.junk:g} junk calls/s: "
          f"{median(True, 'rate'):.0f} of {median(False, 'rate'):.0f} MiB/s ({share:.0%}); CPU "
          f"{median(True, 'cpu_s'):.2f} and {median(False, 'cpu_s'):.2f} s; "
          f"{median(True, 'kib_per_peer'):.1f} KiB an idle peer")
    lab.check(share >= SHARE_MIN, f"{share:.0%} of the rate")


def content(folder, options):
    data = torrents.single_file(folder / "data", options.mib * MIB, "payload.bin")
    return torrents.share(data, folder / "x.torrent", (), MIB)


def main():
    parser = lab.parser(__doc__)
    parser.add_argument("--idle", type=int, default=300)
    parser.add_argument("--junk", type=float, default=100.0)
    parser.add_argument("--mib", type=int, default=64)
    parser.add_argument("--rounds", type=int, help="measure rates, so often")
    options = parser.parse_args()
    lab.enter()
    lab.require_btfast(options)
    suite = lab.Suite(options)
    if options.rounds:
        suite.case(f"rates with {options.idle} idle peers", rounds_case, options)
    else:
        suite.case(f"{options.idle} idle peers", once_case, options)
    suite.finish()


if __name__ == "__main__":
    main()
