"""`--super-seed` against the real binary: what the seed sends until everyone has everything.

    super_seed.py [--btfast PATH] [--only PATTERN] [--keep]
"""

import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))

import lab  # noqa: E402
import torrents  # noqa: E402
import wire  # noqa: E402

MIB = 1 << 20
SIZE = 24 * MIB
SEED = lab.address(20)
PORT = 7000
LEECHES = 4


def leech(folder, options, torrent, number):
    """Knows the seed and all other leeches, and stays until it is stopped: one that left sooner
    would take with it what a slower one still lacks."""
    others = [f"{lab.address(40 + other)}:{PORT}" for other in range(LEECHES) if other != number]
    return lab.Process(
        [options.btfast, "-t", torrent.path, "-o", folder / f"out-{number}", "--bind",
         lab.address(40 + number), "--port", PORT, "--progress", "log", "--timeout", "90s",
         "--seed", *(part for peer in [f"{SEED}:{PORT}", *others]
                                       for part in ("--peer", peer))],
        folder, f"leech-{number}")


def wait_seeding(processes):
    lab.wait_until(lambda: all("INFO seeding" in process.stderr() for process in processes), 100,
                   f"{len(processes)} copies")


def copies_sent(folder, options, *more, first_alone=False):
    """By the seed, until four leeches had everything."""
    data = torrents.single_file(folder / "data", SIZE, "payload.bin")
    torrent = wire.Torrent(torrents.mktorrent(data, folder / "x.torrent", (), 128 * 1024),
                           data.parent)
    seed = lab.Process(
        [options.btfast, "seed", "-t", torrent.path, "-o", data.parent, "--bind", SEED, "--port",
         PORT, "--progress", "log", "--json", *more], folder, "seed")
    lab.wait_until(lambda: "seeding" in seed.stderr(), 30, "the seed to have checked")
    leeches = [leech(folder, options, torrent, 0)]
    if first_alone:
        wait_seeding(leeches)
    leeches += [leech(folder, options, torrent, number) for number in range(1, LEECHES)]
    wait_seeding(leeches)
    for process in leeches:
        process.stop()
    for number in range(LEECHES):
        lab.check((folder / f"out-{number}" / data.name).read_bytes() == data.read_bytes(),
                  f"leech {number} has other bytes")
    seed.stop()
    copies = json.loads(seed.stdout())["uploaded"] / SIZE
    print(f"   the seed sent {copies:.2f} copies to {LEECHES} leeches")
    return copies


def super_case(folder, options, net_threads, most):
    copies = copies_sent(folder, options, "--super-seed", "--net-threads", net_threads)
    lab.check(0.99 <= copies <= most, f"{copies:.2f} copies")


def first_alone_case(folder, options):
    """It leaves the seed once it has all, and serves the others."""
    copies = copies_sent(folder, options, "--super-seed", first_alone=True)
    lab.check(0.99 <= copies <= 1.1, f"{copies:.2f} copies")


def main():
    options, suite = lab.begin(__doc__)
    suite.case("one net thread", super_case, options, 1, 1.1)
    suite.case("two net threads", super_case, options, 2, 1.1)
    suite.case("the first has all before the others come", first_alone_case, options)
    suite.finish()


if __name__ == "__main__":
    main()
