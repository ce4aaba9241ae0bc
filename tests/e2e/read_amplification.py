"""What a seed reads from the disk for what it sends, when nothing is in the page cache.

    read_amplification.py [--btfast PATH] [--disk FOLDER] [--keep]

`read_bytes` of /proc/PID/io counts what the kernel fetched for the process, its read-ahead
included.  Needs a folder on a disk: a tmpfs has nothing to fetch.
"""

import asyncio
import pathlib
import random
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))

import lab  # noqa: E402
import torrents  # noqa: E402
import wire  # noqa: E402

MIB = 1 << 20
SIZE = 64 * MIB
PIPELINE = 8
PORT = 7000
OURS = lab.address(20)
READ_PER_BYTE_MAX = 1.2


def require_disk(folder):
    kind = subprocess.run(["stat", "-f", "-c", "%T", folder], capture_output=True, text=True,
                          check=True).stdout.strip()
    if kind in ("tmpfs", "ramfs"):
        raise lab.Skip(f"{folder} is a {kind}: name a folder on a disk with --disk")


def read_bytes(process):
    for line in open(f"/proc/{process.pid}/io"):
        if line.startswith("read_bytes:"):
            return int(line.split()[1])
    raise lab.Skip("the kernel does not count read_bytes")


async def take(torrent, content, blocks):
    """Asks for these blocks, a few at a time; returns the bytes that came."""
    reader, writer = await asyncio.open_connection(OURS, PORT, limit=MIB)
    writer.write(wire.handshake(torrent.info_hash, b"-RA0001-randomreader", wire.RESERVED_PLAIN))
    await wire.read_handshake(reader)
    writer.write(wire.message(wire.INTERESTED))
    came, sent, got, unchoked = 0, 0, 0, False
    while got < len(blocks):
        while unchoked and sent < len(blocks) and sent - got < PIPELINE:
            piece, begin = blocks[sent]
            writer.write(wire.request(piece, begin, wire.BLOCK))
            sent += 1
        kind, body = await wire.read_message(reader)
        unchoked = unchoked or kind == wire.UNCHOKE
        if kind == wire.PIECE:
            piece, begin = struct.unpack(">II", body[:8])
            at = piece * MIB + begin
            lab.check(content[at:at + wire.BLOCK] == body[8:], f"block {piece} {begin} is wrong")
            got += 1
            came += len(body) - 8
    writer.close()
    return came


def cold_case(folder, options, order):
    require_disk(options.disk)
    with tempfile.TemporaryDirectory(prefix="btfast-cold-", dir=options.disk) as disk:
        data = torrents.single_file(pathlib.Path(disk), SIZE, "payload.bin")
        torrent = wire.Torrent(torrents.mktorrent(data, folder / "x.torrent", (), MIB), disk)
        content = data.read_bytes()  # not from the disk, later: that would warm the cache
        lab.drop_from_page_cache(data)
        seed = lab.Process(
            [options.btfast, "seed", "-t", torrent.path, "-o", disk, "--no-verify", "--bind", OURS,
             "--port", PORT, "--progress", "log"], folder, "seed")
        lab.wait_until(lambda: "seeding" in seed.stderr(), 30, "the seed to be ready")
        before = read_bytes(seed)
        came = asyncio.run(asyncio.wait_for(take(torrent, content, order()), 60))
        amplification = (read_bytes(seed) - before) / came
        print(f"   {came} bytes sent, {amplification:.2f} read for each")
        lab.check(amplification < READ_PER_BYTE_MAX, f"{amplification:.2f} bytes read per byte")
        lab.check(amplification > 0.5, "nothing was read: the page cache was not cold")


def every_block():
    return [(piece, begin) for piece in range(SIZE // MIB) for begin in range(0, MIB, wire.BLOCK)]


def random_order():
    return random.Random(1).sample(every_block(), 800)


def main():
    parser = lab.parser(__doc__)
    parser.add_argument("--disk", default="/var/tmp", help="a folder on a disk")
    options = parser.parse_args()
    lab.enter()
    lab.require_btfast(options)
    suite = lab.Suite(options)
    suite.case("blocks in random order", cold_case, options, random_order)
    suite.case("the whole file in order", cold_case, options, every_block)
    suite.finish()


if __name__ == "__main__":
    main()
