"""A minimal honest seed: BEP 3 and BEP 6, nothing else; a library and a command.

    mini_seed.py FILE.torrent DATA_PARENT [--address A] [--port N] [--no-fast]
"""

import argparse
import asyncio
import logging
import struct
import sys
import threading

import wire


class AsyncThread:
    """An event loop on a thread of its own, for peers that live inside a test script."""

    def __init__(self):
        # Peers are cut off in the middle of everything here: that is no news.
        logging.getLogger("asyncio").setLevel(logging.CRITICAL)
        self.loop = asyncio.new_event_loop()
        self._spawned = []  # a loop alone does not keep its tasks alive
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()

    def call(self, coroutine, seconds=30):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(seconds)

    def spawn(self, coroutine):
        self._spawned.append(asyncio.run_coroutine_threadsafe(coroutine, self.loop))

    def stop(self):
        async def end():
            tasks = [t for t in asyncio.all_tasks() if t is not asyncio.current_task()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        try:
            self.call(end(), 5)
        except Exception:  # the loop is going away whatever a task thought of it
            pass
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(5)


class MiniSeed:
    """Counts what it is asked for.  A closed `gate` keeps every peer choked until release()."""

    def __init__(self, torrent, address="127.0.0.1", port=0, fast=True, gated=False,
                 bytes_per_s=None, peer_id=b"-MS0001-honestseed00"):
        self.torrent = torrent
        self.address, self.port = address, port
        self.fast = fast
        self.peer_id = peer_id
        self.bytes_per_s = bytes_per_s
        self.asked = []       # (piece, begin, length) in order of arrival
        self.bytes_sent = 0
        self.connections = 0  # handshakes completed
        self.accepted = 0     # TCP connections, whatever came over them
        self.open_now = 0
        self.closed_early = 0  # connections that ended while we had not stopped
        self._gate = asyncio.Event()
        if not gated:
            self._gate.set()
        self._server = None

    async def start(self):
        self._server = await asyncio.start_server(self._serve, self.address, self.port,
                                                  limit=1 << 20)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def release(self):
        self._gate.set()

    def endpoint(self):
        return f"[{self.address}]:{self.port}" if ":" in self.address else (
            f"{self.address}:{self.port}")

    async def connect(self, host, port):
        """Calls a leecher instead of waiting for it."""
        reader, writer = await asyncio.open_connection(host, port, limit=1 << 20,
                                                       local_addr=(self.address, 0))
        writer.write(wire.handshake(self.torrent.info_hash, self.peer_id, self._reserved()))
        await self._serve(reader, writer, answered=True)

    def _reserved(self):
        return wire.RESERVED_FAST if self.fast else wire.RESERVED_PLAIN

    async def _serve(self, reader, writer, answered=False):
        self.accepted += 1
        try:
            reserved, info_hash, _ = await wire.read_handshake(reader)
            if info_hash != self.torrent.info_hash:
                return
            if not answered:
                writer.write(wire.handshake(info_hash, self.peer_id, self._reserved()))
            self.connections += 1
            self.open_now += 1
            try:
                await self.serve_peer(reader, writer, bool(reserved[7] & 4) and self.fast)
            finally:
                self.open_now -= 1
        except (asyncio.IncompleteReadError, ConnectionError, ValueError):
            self.closed_early += 1
        finally:
            writer.close()

    async def serve_peer(self, reader, writer, fast):
        """After the handshake, until the peer goes away."""
        writer.write(wire.message(wire.HAVE_ALL) if fast else
                     wire.message(wire.BITFIELD, self.torrent.full_bitfield()))
        unchoke = asyncio.ensure_future(self._unchoke(writer))
        try:
            while True:
                kind, body = await wire.read_message(reader)
                if kind == wire.REQUEST:
                    piece, begin, length = struct.unpack(">III", body)
                    self.asked.append((piece, begin, length))
                    await self.answer(writer, piece, begin, length)
        finally:
            unchoke.cancel()

    async def _unchoke(self, writer):
        await self._gate.wait()
        writer.write(wire.message(wire.UNCHOKE))

    async def pace(self, length):
        if self.bytes_per_s:
            await asyncio.sleep(length / self.bytes_per_s)

    async def answer(self, writer, piece, begin, length):
        await self.pace(length)
        writer.write(wire.piece_message(piece, begin, self.torrent.read(piece, begin, length)))
        self.bytes_sent += length
        await writer.drain()


async def _main(options):
    torrent = wire.Torrent(options.torrent, options.data_parent)
    seed = await MiniSeed(torrent, options.address, options.port, not options.no_fast).start()
    print(seed.endpoint(), flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("torrent")
    parser.add_argument("data_parent")
    parser.add_argument("--address", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--no-fast", action="store_true")
    try:
        asyncio.run(_main(parser.parse_args()))
    except KeyboardInterrupt:
        sys.exit(0)
