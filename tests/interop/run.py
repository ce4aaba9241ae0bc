"""The interop matrix: one leecher, every foreign client as its only seed, both tracker kinds.

    run.py [--btfast PATH] [--leech NAME] [--only PATTERN] [--keep]

--leech puts another client in btfast's role: the way to know that a seed and the harness work.
Case names are KIND/SEED/SCHEME/CONTENT, for example `get/aria2/http/multi`.
"""

import json

import lab
import clients
import torrents
import webtorrent
import wire

SCHEMES = ["http", "udp"]
CONTENTS = {"single": torrents.single_file, "multi": torrents.many_files}


def peaceful(case):
    """The case, and that ours found no fault with any of the others."""
    def run(folder, *arguments):
        case(folder, *arguments)
        for log in folder.glob("btfast-*/btfast.err"):
            clients.check_peaceful(log.read_text())
    return run


def prepare(folder, scheme, content):
    data = CONTENTS[content](folder / "data")
    torrent = torrents.share(data, folder / "x.torrent", clients.tracker_urls(scheme))
    return torrent, clients.Opentracker(folder, [torrent.info_hash])


def output(folder, name="out"):
    out = folder / name
    out.mkdir()
    return out


def wait_announced(tracker, torrent, seeds):
    lab.wait_until(lambda: tracker.peer_counts(torrent.info_hash)[0] >= seeds, 40,
                   f"{seeds} seed(s) to announce")


def get_case(folder, options, seed_class, leech_class, scheme, content):
    """The seed is the only source and the tracker the only way to hear of it."""
    torrent, tracker = prepare(folder, scheme, content)
    seed = seed_class(options, folder, 2)
    seed.seed(torrent)
    seed.wait_ready()
    wait_announced(tracker, torrent, 1)

    leech = leech_class(options, folder, 9)
    out = output(folder)
    leech.leech(torrent, out)
    try:
        leech.wait_complete()
    except (TimeoutError, RuntimeError) as error:
        raise RuntimeError(f"{error}\n      seed:\n{seed.process.tail(6)}") from None

    lab.check_same_tree(torrent.data_path(), out / torrent.name, leech.makes_empty_files)


def incoming_case(folder, options, seed_class, leech_class):
    """The leecher is listed first and the seed, coming later, has to call it."""
    torrent, tracker = prepare(folder, "http", "single")
    leech = leech_class(options, folder, 9)
    out = output(folder)
    leech.leech(torrent, out)
    lab.wait_until(lambda: tracker.peer_counts(torrent.info_hash)[1] >= 1, 40,
                   "the leecher to announce")

    seed = seed_class(options, folder, 2)
    seed.seed(torrent)
    leech.wait_complete()

    lab.check_same_tree(torrent.data_path(), out / torrent.name)


def beside_case(folder, options, other_class, leech_class):
    """A slow seed and another leecher: both have to exchange what they get."""
    data = torrents.single_file(folder / "data", 6 * torrents.MIB + 77)
    torrent = torrents.share(data, folder / "x.torrent", clients.tracker_urls("http"))
    tracker = clients.Opentracker(folder, [torrent.info_hash])
    seed = clients.Libtorrent(options, folder, 2)
    seed.seed(torrent, f"--up-limit={2 * torrents.MIB}")
    seed.wait_ready()
    wait_announced(tracker, torrent, 1)

    other, leech = other_class(options, folder, 8), leech_class(options, folder, 9)
    outs = output(folder, "other"), output(folder)
    other.leech(torrent, outs[0])
    leech.leech(torrent, outs[1])
    leech.wait_complete()
    other.wait_complete()

    for out in outs:
        lab.check_same_tree(torrent.data_path(), out / torrent.name)


def held_by(torrent, folders):
    """The pieces that lie whole and right in one of the folders, by hashlib."""
    copies = [wire.Torrent(torrent.path, folder) for folder in folders]
    return {piece for piece in range(torrent.piece_count)
            if any(copy.holds(piece) for copy in copies)}


def mixed_case(folder, options, leech_class):
    """One seed, every foreign client and two of ours as leechers; the seed is killed as soon as
    those that stay have all of it between them, and all complete."""
    data = torrents.single_file(folder / "data", 24 * torrents.MIB + 77)
    torrent = torrents.share(data, folder / "x.torrent", clients.tracker_urls("http"))
    tracker = clients.Opentracker(folder, [torrent.info_hash])
    seed = leech_class(options, folder, 2)
    # Ours is held back, so that it is killed while most is still to come.
    seed.seed(torrent, *(("--up-limit", "4MiB") if isinstance(seed, clients.Btfast) else ()))
    wait_announced(tracker, torrent, 1)
    leeches = {kind.name + str(number): kind(options, folder, 3 + number)
               for number, kind in enumerate([*clients.SEEDS, leech_class, leech_class])}
    outs = {name: output(folder, name) for name in leeches}
    for name, leech in leeches.items():
        # Ours stay for a while, as the others do; only aria2 is told to leave at once.
        stay = {"arguments": ("--seed-time", "15s")} if isinstance(leech, clients.Btfast) else {}
        leech.leech(torrent, outs[name], **stay)
    web_out = output(folder, "webtorrent")
    web = webtorrent.start(folder, torrent, web_out, [
        f"{leech.address}:{leech.port}" for leech in [seed, *leeches.values()]])
    staying = [out for name, out in outs.items() if not isinstance(leeches[name], clients.Aria2)]
    lab.wait_until(lambda: len(held_by(torrent, staying)) == torrent.piece_count, 60,
                   "a copy without the seed")
    seed.process.kill()
    for name, leech in leeches.items():
        leech.wait_complete(120)
        lab.check_same_tree(torrent.data_path(), outs[name] / torrent.name)
    if web is None:
        print("     without WebTorrent: tests/interop/webtorrent.py --install gets it")
        return
    lab.check(web.wait(60) == 0, f"webtorrent: status {web.poll()}: {web.stderr()[-300:]}")
    lab.check_same_tree(torrent.data_path(), web_out / torrent.name)


def super_case(folder, options, leech_class):
    """A super-seed gives four leechers, three of them foreign, little more than one copy."""
    data = torrents.single_file(folder / "data", 12 * torrents.MIB + 77)
    torrent = torrents.share(data, folder / "x.torrent", clients.tracker_urls("http"))
    tracker = clients.Opentracker(folder, [torrent.info_hash])
    leeches = [kind(options, folder, 3 + number) for number, kind in enumerate(
        [clients.Libtorrent, clients.Aria2, clients.Transmission, leech_class])]
    for number, leech in enumerate(leeches):
        # One stays: Transmission shows no interest for its first ten seconds, and would
        # rightly get a copy of its own if all others were gone by then.
        stay = {"arguments": ("--stay",)} if isinstance(leech, clients.Libtorrent) else {}
        leech.leech(torrent, output(folder, f"out{number}"), **stay)
    # All from the start: one that came alone would rightly get a copy of its own.
    lab.wait_until(lambda: tracker.peer_counts(torrent.info_hash)[1] >= len(leeches), 60,
                   "every leecher to announce")
    seed = clients.Btfast(options, folder, 2)
    seed.seed(torrent, "--super-seed", "--json")
    for number, leech in enumerate(leeches):
        leech.wait_complete(120)
        lab.check_same_tree(torrent.data_path(), folder / f"out{number}" / torrent.name)
    seed.stop()
    copies = json.loads(seed.process.stdout())["uploaded"] / torrent.size
    lab.check(0.99 <= copies <= 1.1, f"the seed sent {copies:.2f} copies")


def main():
    parser = lab.parser(__doc__)
    parser.add_argument("--leech", default="btfast", choices=sorted(clients.BY_NAME),
                        help="who downloads, or seeds in the give cases")
    options = parser.parse_args()
    lab.enter()
    if options.leech == "btfast":
        lab.require_btfast(options)
    leech = clients.BY_NAME[options.leech]
    suite = lab.Suite(options)

    def add(name, case, *arguments):
        suite.case(name, peaceful(case), options, *arguments)

    for content in CONTENTS:
        for scheme in SCHEMES:
            for seed in clients.SEEDS:
                add(f"get/{seed.name}/{scheme}/{content}", get_case, seed, leech, scheme, content)
    for other in clients.SEEDS:
        add(f"give/{other.name}/http/multi", get_case, leech, other, "http", "multi")
    for seed in clients.SEEDS:
        add(f"incoming/{seed.name}", incoming_case, seed, leech)
    for other in clients.SEEDS:
        add(f"beside/{other.name}", beside_case, other, leech)
    add("mixed", mixed_case, leech)
    if options.leech == "btfast":
        add("super", super_case, leech)
    suite.finish()


if __name__ == "__main__":
    main()
