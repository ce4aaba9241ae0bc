"""Awkward sizes and every piece length, downloaded with several thread counts: identical trees.

    sizes.py [--btfast PATH] [--leech btfast|libtorrent] [--only PATTERN] [--keep]
"""

import lab
import clients
import torrents
from mini_seed import AsyncThread, MiniSeed

KIB, MIB = 1024, 1024 * 1024
PIECE = 32 * KIB
SIZES = [1, 16383, 16384, 16385, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE, 3 * PIECE + 1]
PIECE_LENGTHS = [16 * KIB << power for power in range(13)]  # 16 KiB to 64 MiB
THREADS = [(jobs, net) for jobs in (1, 2, 8) for net in (1, 2, 4)]


def download(folder, options, torrent, jobs, net_threads):
    loop = AsyncThread()
    out = folder / f"out-{jobs}-{net_threads}"
    try:
        seeds = [loop.call(MiniSeed(torrent, lab.address(20 + n),
                                    peer_id=b"-MS0001-%012d" % n).start()) for n in range(2)]
        leech = clients.BY_NAME[options.leech](options, folder, 9)
        peers = [seed.endpoint() for seed in seeds]
        if options.leech == "btfast":
            leech.leech(torrent, out, peers, ["-j", jobs, "--net-threads", net_threads])
        else:
            leech.leech(torrent, out, peers)
        leech.wait_complete(120)
        lab.check_same_tree(torrent.data_path(), out / torrent.name)
        served = sum(seed.bytes_sent for seed in seeds)
        lab.check(served <= torrent.size * 1.25 + 64 * KIB,
                  f"{served} bytes were served for {torrent.size}")
    finally:
        loop.stop()


def size_case(folder, options, size, piece_length, jobs, net_threads):
    data = torrents.single_file(folder / "data", size, "payload.bin")
    maker = torrents.mktorrent if piece_length >= 32 * KIB else torrents.libtorrent_create
    torrent = torrents.share(data, folder / "x.torrent", (), piece_length, maker)
    download(folder, options, torrent, jobs, net_threads)


def threads_case(folder, options, jobs, net_threads):
    data = torrents.many_files(folder / "data")
    torrent = torrents.share(data, folder / "x.torrent", (), PIECE)
    download(folder, options, torrent, jobs, net_threads)


def tiny_files_case(folder, options):
    """One piece over a thousand files, empty ones between, a last piece of one byte (136)."""
    root = folder / "data" / "tiny"
    for number in range(1000):
        lab.write_bytes(root / f"{number:04}", number % 5 * 7, number)
    total = sum(path.stat().st_size for path in root.iterdir())
    lab.write_bytes(root / "filler", PIECE * (total // PIECE + 2) + 1 - total, "filler")
    torrent = torrents.share(root, folder / "x.torrent", (), PIECE)
    lab.check(torrent.size % PIECE == 1, "the last piece is not one byte")
    download(folder, options, torrent, 2, 1)


def main():
    parser = lab.parser(__doc__)
    parser.add_argument("--leech", default="btfast", choices=["btfast", "libtorrent"])
    options = parser.parse_args()
    lab.enter()
    if options.leech == "btfast":
        lab.require_btfast(options)
    suite = lab.Suite(options)
    for size in SIZES:
        suite.case(f"size {size}", size_case, options, size, PIECE, 2, 1)
    for length in PIECE_LENGTHS:
        for delta in (-1, 0, 1):
            if length < 8 * MIB or delta == 1:
                suite.case(f"piece length {length // KIB} KiB, {delta:+} bytes", size_case,
                           options, length + delta, length, 2, 1)
    for jobs, net_threads in THREADS:
        suite.case(f"threads -j {jobs} --net-threads {net_threads}", threads_case, options, jobs,
                   net_threads)
        suite.case(f"threads big -j {jobs} --net-threads {net_threads}", size_case, options,
                   24 * MIB + 12345, 256 * KIB, jobs, net_threads)
    suite.case("a thousand tiny files", tiny_files_case, options)
    suite.finish()


if __name__ == "__main__":
    main()
