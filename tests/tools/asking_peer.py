"""A peer that asks a seed for single blocks and says what became of each: for scripts in which
the seed's disk is the thing under test.
"""

import asyncio
import struct

import wire


class AskingPeer:
    """Made by open(); `pieces` is what the seed says it has."""

    def __init__(self, torrent, reader, writer, fast):
        self.torrent = torrent
        self.reader, self.writer = reader, writer
        self.fast = fast
        self.pieces = set()

    @classmethod
    async def open(cls, torrent, host, port, local, fast=True):
        reader, writer = await asyncio.open_connection(host, port, limit=1 << 20,
                                                       local_addr=(local, 0))
        peer = cls(torrent, reader, writer, fast)
        writer.write(wire.handshake(torrent.info_hash, b"-AP0001-askingpeer00",
                                    wire.RESERVED_FAST if fast else wire.RESERVED_PLAIN))
        await wire.read_handshake(reader)
        writer.write(wire.message(wire.INTERESTED))
        await peer._until(wire.UNCHOKE)
        return peer

    def close(self):
        self.writer.close()

    async def ask(self, piece, begin=0, length=wire.BLOCK):
        """The block's bytes, "rejected", or "closed"."""
        length = min(length, self.torrent.piece_size(piece) - begin)
        try:
            self.writer.write(wire.request(piece, begin, length))
            kind, body = await self._until(wire.PIECE, wire.REJECT)
        except (asyncio.IncompleteReadError, ConnectionError):
            return "closed"
        return "rejected" if kind == wire.REJECT else body[8:]

    async def piece_is_right(self, piece):
        """Whether the seed serves the piece; its bytes may never be wrong."""
        blocks = [await self.ask(piece, begin)
                  for begin in range(0, self.torrent.piece_size(piece), wire.BLOCK)]
        if "rejected" in blocks or "closed" in blocks:
            return False
        if not self.torrent.piece_is_right(piece, b"".join(blocks)):
            raise ValueError(f"piece {piece} is wrong")
        return True

    async def _until(self, *kinds):
        while True:
            kind, body = await asyncio.wait_for(wire.read_message(self.reader), 30)
            if kind == wire.HAVE_ALL:
                self.pieces = set(range(self.torrent.piece_count))
            elif kind == wire.BITFIELD:
                self.pieces = {index for index in range(self.torrent.piece_count)
                               if body[index // 8] >> (7 - index % 8) & 1}
            elif kind == wire.HAVE:
                self.pieces.add(struct.unpack(">I", body)[0])
            if kind in kinds:
                return kind, body
