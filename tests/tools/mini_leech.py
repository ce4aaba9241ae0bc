"""A minimal honest leech: takes a whole torrent from one peer and checks every piece.

    mini_leech.py FILE.torrent HOST:PORT [--out FILE] [--seconds N]

Prints one JSON line; status 0 when every piece was right.
"""

import argparse
import asyncio
import json
import struct
import sys

import wire

PIPELINE = 16


async def download(torrent, host, port, fast=True, local=None,
                   peer_id=b"-ML0001-honestleech0"):
    """The content as a list of pieces; raises ValueError when a piece is wrong."""
    reader, writer = await asyncio.open_connection(host, port, limit=1 << 20,
                                                   local_addr=(local, 0) if local else None)
    reserved = wire.RESERVED_FAST if fast else wire.RESERVED_PLAIN
    writer.write(wire.handshake(torrent.info_hash, peer_id, reserved))
    await wire.read_handshake(reader)
    writer.write(wire.message(wire.INTERESTED))
    try:
        return await _take(torrent, reader, writer)
    finally:
        writer.close()


async def _take(torrent, reader, writer):
    blocks = [(piece, begin, min(wire.BLOCK, torrent.piece_size(piece) - begin))
              for piece in range(torrent.piece_count)
              for begin in range(0, torrent.piece_size(piece), wire.BLOCK)]
    got, sent, unchoked = {}, 0, False
    while len(got) < len(blocks):
        while unchoked and sent < len(blocks) and sent - len(got) < PIPELINE:
            writer.write(wire.request(*blocks[sent]))
            sent += 1
        kind, body = await wire.read_message(reader)
        if kind == wire.UNCHOKE:
            unchoked = True
        elif kind == wire.CHOKE:
            unchoked, sent = False, len(got)
        elif kind == wire.PIECE:
            piece, begin = struct.unpack(">II", body[:8])
            got[piece, begin] = body[8:]
    pieces = []
    for index in range(torrent.piece_count):
        data = b"".join(got[index, begin]
                        for begin in range(0, torrent.piece_size(index), wire.BLOCK))
        if not torrent.piece_is_right(index, data):
            raise ValueError(f"piece {index} is wrong")
        pieces.append(data)
    return pieces


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("torrent")
    parser.add_argument("peer")
    parser.add_argument("--out")
    parser.add_argument("--seconds", type=float, default=60)
    options = parser.parse_args()
    host, port = options.peer.rsplit(":", 1)
    torrent = wire.Torrent(options.torrent)
    try:
        pieces = asyncio.run(asyncio.wait_for(download(torrent, host.strip("[]"), int(port)),
                                              options.seconds))
    except (OSError, ValueError, asyncio.TimeoutError, asyncio.IncompleteReadError) as error:
        print(json.dumps({"ok": False, "error": repr(error)}))
        return 1
    if options.out:
        with open(options.out, "wb") as out:
            out.writelines(pieces)
    print(json.dumps({"ok": True, "bytes": sum(map(len, pieces))}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
