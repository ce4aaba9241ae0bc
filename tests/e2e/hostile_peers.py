"""FAULTS §2.3, cases 56-72 and 77, against the real binary: each behaviour of
tests/tools/hostile_behaviours.py once as a peer that is called and once as one that calls.

An honest seed waits, choking, until the hostile peer has had its say; then the download must
complete with the right bytes, in bounded time and memory, and descriptors back where they were.

    hostile_peers.py [--btfast PATH] [--only PATTERN] [--keep]
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))

import lab  # noqa: E402
import hostile_behaviours  # noqa: E402,F401  (registers what hostile_peer.BEHAVIOURS lists)
import hostile_peer  # noqa: E402
import torrents  # noqa: E402
import wire  # noqa: E402
import mini_leech  # noqa: E402
from mini_seed import AsyncThread, MiniSeed  # noqa: E402

RSS_MIB_MAX = 200
COMPLETE_SECONDS = 40
PORT = 6881
OURS = lab.address(9)


def share(folder):
    data = torrents.single_file(folder / "data", 24 * 65536 + 777, "payload.bin")
    return torrents.share(data, folder / "x.torrent")


def start(options, folder, torrent, peers):
    out = folder / "out"
    return lab.Process(
        [options.btfast, "-t", torrent.path, "-o", out, "--bind", OURS, "--port", PORT,
         "--progress", "none", "--timeout", "100s",
         *[part for peer in peers for part in ("--peer", peer)]], folder, "btfast"), out


def wait_done(process, hostile, seconds):
    def done():
        lab.check(process.poll() is None or hostile.behaviour.alone or not hostile.behaviour.gated,
                  f"btfast ended with {process.poll()} before the hostile peer was through: "
                  f"{process.stderr()[-300:]}")
        return hostile.done.is_set() or process.poll() is not None

    lab.wait_until(done, seconds, "the hostile peer to be through")


def check_outcome(process, hostile):
    lab.check(hostile.problem is None, hostile.problem)
    if hostile.behaviour.expect == hostile_peer.CLOSED:
        lab.check(hostile.closed_after_s is not None, "the connection was not closed")
    rss = process.status_field("VmHWM")
    lab.check(rss is None or rss / 1024 <= RSS_MIB_MAX, f"peak RSS {(rss or 0) / 1024:.0f} MiB")


def get_case(folder, options, behaviour, variant, role):
    torrent = share(folder)
    loop = AsyncThread()
    try:
        hostile = hostile_peer.HostilePeer(torrent, behaviour, variant, lab.address(20))
        honest = [] if behaviour.alone else [
            loop.call(MiniSeed(torrent, lab.address(30 + number), gated=behaviour.gated,
                               bytes_per_s=None if behaviour.gated else 400_000,
                               peer_id=b"-MS0001-honest%06d" % number).start())
            for number in range(1 if behaviour.number != 72 else 4)]
        peers = [seed.endpoint() for seed in honest]
        if role == hostile_peer.LISTEN:
            peers.append(loop.call(hostile.listen()).endpoint())
        process, out = start(options, folder, torrent, peers)
        fds = None
        if role == hostile_peer.CONNECT:
            lab.wait_answer(process, torrent, OURS, PORT)
            lab.wait_until(lambda: all(seed.connections for seed in honest), 15,
                           "the honest seed to be called")
            fds = process.socket_count()
            loop.call(hostile.connect(OURS, PORT))
        wait_done(process, hostile, behaviour.seconds + 60)
        check_outcome(process, hostile)
        if fds is not None and hostile.closed_after_s is not None and behaviour.gated:
            lab.wait_until(lambda: (process.socket_count() or 0) <= fds, 10,
                           "its descriptor to be freed")
        # With everything here all are left, a moment before the program ends.
        dropped = [seed for seed in honest if seed.closed_early]
        lab.check(not dropped or not lab.tree_differences(torrent.data_path(), out / torrent.name),
                  "an honest seed was dropped")
        for seed in honest:
            loop.call(seed.release())
        process.wait(COMPLETE_SECONDS)
        lab.check(process.poll() == 0, f"status {process.poll()}: {process.stderr()[-300:]}")
        lab.check_same_tree(torrent.data_path(), out / torrent.name)
    finally:
        loop.stop()


def seed_case(folder, options, behaviour, variant, role):
    """The tested program seeds; an honest leech must be served afterwards."""
    lab.require_command(options, "seed")
    torrent = share(folder)
    process = lab.Process([options.btfast, "seed", "-t", torrent.path, "-o", torrent.data_parent,
                           "--bind", OURS, "--port", PORT, "--progress", "none"], folder, "btfast")
    lab.wait_answer(process, torrent, OURS, PORT)
    loop = AsyncThread()
    try:
        hostile = hostile_peer.HostilePeer(torrent, behaviour, variant, lab.address(20))
        loop.call(hostile.connect(OURS, PORT))
        lab.wait_until(hostile.done.is_set, behaviour.seconds + 60, "the hostile peer")
        lab.check(process.poll() is None, f"btfast ended with {process.poll()}")
        check_outcome(process, hostile)
        pieces = loop.call(mini_leech.download(torrent, OURS, PORT, local=lab.address(40)), 40)
        lab.check(len(pieces) == torrent.piece_count, "the honest leech was not served")
    finally:
        loop.stop()


def main():
    options, suite = lab.begin(__doc__)
    for behaviour in hostile_peer.BEHAVIOURS:
        for variant in behaviour.variants:
            for role in behaviour.roles:
                said = "" if variant is None else f" ({variant})"
                case = seed_case if behaviour.target == "seed" else get_case
                suite.case(f"{behaviour.number} {behaviour.name}{said} {role}", case, options,
                           behaviour, variant, role)
    suite.finish()


if __name__ == "__main__":
    main()
