"""`--down-limit` and `--up-limit` against the real binary: how much moves in how much time.

    rate_limits.py [--btfast PATH] [--long] [--only PATTERN] [--keep]

Shorter runs look for a limit that does not limit, or stalls.  With --long each takes twenty
seconds and must be within 3 %, for which the machine must have time to spare.
"""

import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))

import lab  # noqa: E402
import torrents  # noqa: E402
import wire  # noqa: E402

MIB = 1 << 20
RATE_MIB = 16
BURST_SECONDS = 0.2
PORT = 7000


def share(folder, size):
    data = torrents.single_file(folder / "data", size, "payload.bin")
    made = torrents.mktorrent(data, folder / "x.torrent", (), 256 * 1024)
    return wire.Torrent(made, data.parent)


def start_seed(folder, options, torrent, number, *more):
    address = lab.address(20 + number)
    seed = lab.Process(
        [options.btfast, "seed", "-t", torrent.path, "-o", torrent.data_parent, "--bind", address,
         "--port", PORT + number, "--progress", "log", "--json", *more], folder, f"seed-{number}")
    lab.wait_until(lambda: "seeding" in seed.stderr(), 30, "the seed to have checked")
    return seed, f"{address}:{PORT + number}"


def start_leech(folder, options, torrent, number, peers, *more):
    return lab.Process(
        [options.btfast, "-t", torrent.path, "-o", folder / f"out-{number}", "--bind",
         lab.address(40 + number), "--port", "0", "--progress", "none", "--json", "--timeout",
         "120s", *(part for peer in peers for part in ("--peer", peer)), *more],
        folder, f"leech-{number}")


def finished(process):
    process.wait(120)
    lab.check(process.poll() == 0, f"status {process.poll()}: {process.stderr()[-300:]}")
    return json.loads(process.stdout())


def check_rate(options, moved, seconds):
    share_of_limit = moved / seconds / (RATE_MIB * MIB)
    print(f"   {moved} bytes in {seconds:.2f} s: {100 * share_of_limit:.1f} % of the limit")
    # Who was idle may begin with a burst.
    most = 1.03 if options.long else 1.03 + BURST_SECONDS / seconds
    lab.check(share_of_limit < most, f"{share_of_limit:.3f} x the limit")
    least = 0.97 if options.long else 0.7
    lab.check(share_of_limit > least, f"only {share_of_limit:.3f} x the limit")


def download_case(folder, options, net_threads, rate):
    """From three seeds, so that every net thread has peers."""
    torrent = share(folder, options.seconds * RATE_MIB * MIB)
    peers = [start_seed(folder, options, torrent, number)[1] for number in range(3)]
    told = finished(start_leech(folder, options, torrent, 0, peers, "--down-limit", rate,
                                "--net-threads", net_threads))
    lab.check(told["wasted"] == 0, f"{told['wasted']} bytes wasted")
    check_rate(options, told["downloaded"], told["wall_s"])


def upload_case(folder, options, net_threads):
    """To two leeches; the limit is of both together."""
    torrent = share(folder, options.seconds * RATE_MIB * MIB // 2)
    seed, peer = start_seed(folder, options, torrent, 0, "--up-limit", f"{RATE_MIB}MiB",
                            "--net-threads", net_threads)
    leeches = [start_leech(folder, options, torrent, number, [peer]) for number in range(2)]
    seconds = max(finished(leech)["wall_s"] for leech in leeches)
    seed.stop()
    check_rate(options, json.loads(seed.stdout())["uploaded"], seconds)


def no_limit_case(folder, options):
    """0 is none, on the command line as in the environment."""
    torrent = share(folder, 64 * MIB)
    _, peer = start_seed(folder, options, torrent, 0, "--up-limit", "0")
    told = finished(start_leech(folder, options, torrent, 0, [peer], "--down-limit", "0"))
    lab.check(told["downloaded"] == 64 * MIB, f"downloaded {told['downloaded']}")


def main():
    parser = lab.parser(__doc__)
    parser.add_argument("--long", action="store_true", help="twenty seconds a case, within 3 %%")
    options = parser.parse_args()
    options.seconds = 20 if options.long else 3
    lab.enter()
    lab.require_btfast(options)
    suite = lab.Suite(options)
    bits = f"{RATE_MIB * MIB * 8 / 1e6}Mbit"
    for net_threads, rate in ((1, f"{RATE_MIB}MiB"), (2, bits)):
        suite.case(f"download, {net_threads} net threads, {rate}", download_case, options,
                   net_threads, rate)
        suite.case(f"upload, {net_threads} net threads", upload_case, options, net_threads)
    suite.case("no limit", no_limit_case, options)
    suite.finish()


if __name__ == "__main__":
    main()
