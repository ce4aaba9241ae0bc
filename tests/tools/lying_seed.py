"""Seeds that lie: each named way corrupts some of the blocks it sends, and counts them."""

import random

import wire
from mini_seed import MiniSeed

BLOCK = 16384


class LyingSeed(MiniSeed):
    """`lies(piece, begin, times)`: is the answer wrong, the times-th time it is asked for?"""

    def __init__(self, torrent, address, lies, **options):
        super().__init__(torrent, address, **options)
        self.lies = lies
        self.lied = 0
        self._times = {}

    async def answer(self, writer, piece, begin, length):
        times = self._times[piece, begin] = self._times.get((piece, begin), 0) + 1
        if not self.lies(piece, begin, times):
            return await super().answer(writer, piece, begin, length)
        self.lied += 1
        await self.pace(length)
        data = bytearray(self.torrent.read(piece, begin, length))
        data[length // 2] ^= 0x40  # one bit is as wrong as all
        writer.write(wire.piece_message(piece, begin, bytes(data)))
        self.bytes_sent += length
        await writer.drain()
        return None


def always(_piece, _begin, _times):
    return True


def first_time_only(_piece, _begin, times):
    return times == 1


def every_other_time(_piece, begin, times):
    return (begin // BLOCK + times) % 2 == 0


def last_block(torrent):
    return lambda piece, begin, _times: begin + BLOCK >= torrent.piece_size(piece)


def one_in(n, seed):
    generator = random.Random(seed)
    return lambda _piece, _begin, _times: generator.randrange(n) == 0
