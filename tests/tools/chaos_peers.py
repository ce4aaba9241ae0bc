"""Peers that go wrong half-way: each fate is a class, one connection follows another.

Every fate draws from a generator of its own, so that a run's number tells all of it.
"""

import asyncio
import struct

import wire
from mini_seed import MiniSeed

BLOCK = 16384


class ChaosPeer(MiniSeed):
    """An honest seed; a fate changes what it does with a request, and when it chokes."""

    fate = "honest"
    lies = False

    def __init__(self, torrent, address, rng, number):
        super().__init__(torrent, address, fast=rng.random() < 0.7,
                         bytes_per_s=rng.choice([None, None, 8_000_000, 1_000_000, 300_000]),
                         peer_id=b"-CH0001-%-12.12s" % f"{self.fate}{number}".encode())
        self.rng = rng
        self.after = rng.randrange(1, 40)  # requests until the fate strikes
        self.answered = 0

    async def answer(self, writer, piece, begin, length):
        self.answered += 1
        if self.answered > self.after:
            return await self.strike(writer, piece, begin, length)
        return await super().answer(writer, piece, begin, length)

    async def strike(self, writer, piece, begin, length):
        return await super().answer(writer, piece, begin, length)


class Dies(ChaosPeer):
    """Goes away, sometimes in the middle of a block; is there again for who calls."""

    fate = "dies"

    async def strike(self, writer, piece, begin, length):
        self.answered, self.after = 0, self.rng.randrange(1, 40)
        whole = wire.piece_message(piece, begin, self.torrent.read(piece, begin, length))
        writer.write(whole[:self.rng.randrange(len(whole))])
        if self.rng.random() < 0.5:
            writer.transport.abort()
        raise ConnectionError("died")


class DiesForGood(Dies):
    fate = "gone"

    async def strike(self, writer, piece, begin, length):
        self._server.close()
        self.after = -1
        await super().strike(writer, piece, begin, length)

    async def serve_peer(self, reader, writer, fast):
        if self.after < 0:
            raise ConnectionError("gone")
        await super().serve_peer(reader, writer, fast)


class Stalls(ChaosPeer):
    """Takes every request, answers none any more, and stays."""

    fate = "stalls"

    async def strike(self, writer, piece, begin, length):
        pass


class Drips(ChaosPeer):
    """Falls to some bytes a second in the middle of a block."""

    fate = "drips"

    async def strike(self, writer, piece, begin, length):
        for byte in wire.piece_message(piece, begin, self.torrent.read(piece, begin, length)):
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0.05)


class Lies(ChaosPeer):
    """Answers with other bytes, always or now and then."""

    fate = "lies"
    lies = True

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.share = self.rng.choice([1.0, 0.5, 0.1])

    async def strike(self, writer, piece, begin, length):
        data = bytearray(self.torrent.read(piece, begin, length))
        if self.rng.random() < self.share:
            data[self.rng.randrange(length)] ^= self.rng.randrange(1, 256)
        writer.write(wire.piece_message(piece, begin, bytes(data)))
        await writer.drain()


class Misplaces(Lies):
    """The right bytes of another place."""

    fate = "misplaces"

    async def strike(self, writer, piece, begin, length):
        other = self.rng.randrange(self.torrent.piece_count)
        data = self.torrent.read(other, 0, min(length, self.torrent.piece_size(other)))
        writer.write(wire.piece_message(piece, begin, data.ljust(length, b"\0")))
        await writer.drain()


class Chokes(ChaosPeer):
    """Chokes and unchokes all the time; what was asked before is dropped, as BEP 3 allows, or
    rejected, as BEP 6 demands."""

    fate = "chokes"

    async def strike(self, writer, piece, begin, length):
        self.after = self.answered + self.rng.randrange(1, 30)
        writer.write(wire.message(wire.CHOKE))
        if self.fast:
            writer.write(wire.request(piece, begin, length, wire.REJECT))
        await writer.drain()
        await asyncio.sleep(self.rng.random() * 0.3)
        writer.write(wire.message(wire.UNCHOKE))


class Rejects(ChaosPeer):
    """Rejects every other request (BEP 6), or closes where it may not reject."""

    fate = "rejects"

    async def strike(self, writer, piece, begin, length):
        if self.rng.random() < 0.5:
            return await super().strike(writer, piece, begin, length)
        if not self.fast:
            raise ConnectionError("rejects")
        writer.write(wire.request(piece, begin, length, wire.REJECT))


class SaysItWrong(ChaosPeer):
    """Sends what no protocol knows."""

    fate = "nonsense"

    async def strike(self, writer, piece, begin, length):
        self.after = self.answered + self.rng.randrange(1, 40)
        writer.write(self.rng.choice([
            wire.have(self.torrent.piece_count), wire.message(wire.BITFIELD, b"\xff" * 9),
            struct.pack(">I", 1 << 30), self.rng.randbytes(200), wire.message(99, b"?"),
            wire.piece_message(piece, begin + 1, b"x" * 100)]))
        await super().strike(writer, piece, begin, length)


class HasHalf(ChaosPeer):
    """Has some pieces, says so one by one, and gets no others."""

    fate = "half"

    async def serve_peer(self, reader, writer, fast):
        mine = [p for p in range(self.torrent.piece_count) if self.rng.random() < 0.5]
        if fast:
            writer.write(wire.message(wire.HAVE_NONE))
        for piece in mine:
            writer.write(wire.have(piece))
        unchoke = asyncio.ensure_future(self._unchoke(writer))
        try:
            while True:
                kind, body = await wire.read_message(reader)
                if kind == wire.REQUEST:
                    await self.answer(writer, *struct.unpack(">III", body))
        finally:
            unchoke.cancel()


FATES = [Dies, DiesForGood, Stalls, Drips, Lies, Misplaces, Chokes, Rejects, SaysItWrong, HasHalf]
