"""Scripted hostile peers: what tests/tools/hostile_behaviours.py is written with.

A behaviour runs over a connection it accepted or made, and then says by how it was registered
what the other side must have done: CLOSED (ended the connection) or HARMLESS (anything, as long as
the transfer with honest peers completes).
"""

import asyncio
import socket
import struct
import time

import wire

CLOSED, HARMLESS = "closed", "harmless"
LISTEN, CONNECT = "listen", "connect"

BEHAVIOURS = []


class Behaviour:
    def __init__(self, function, number, expect, variants, roles, seconds, alone, target, gated):
        self.function = function
        self.number = number
        self.name = function.__name__
        self.expect = expect
        self.variants = variants
        self.roles = roles
        self.seconds = seconds  # for the other side to close, where it must
        self.alone = alone      # no honest seed: this peer serves everything in the end
        self.target = target    # what the tested program does: "get" or "seed"
        self.gated = gated      # whether the honest seed waits for the end of the behaviour


def behaviour(number, expect, variants=(None,), roles=(LISTEN, CONNECT), seconds=5, alone=False,
              target="get", gated=True):
    def register(function):
        BEHAVIOURS.append(Behaviour(function, number, expect, list(variants), roles, seconds,
                                    alone, target, gated))
        return function

    return register


class Peer:
    """One connection as its behaviour sees it."""

    def __init__(self, torrent, reader, writer, role, peer_id=b"-HP0001-hostilepeer0"):
        self.torrent, self.reader, self.writer, self.role = torrent, reader, writer, role
        self.peer_id = peer_id
        self.their_id = None
        self.fast = False
        self.seen = {}  # message id -> how many
        self.blocks_sent = 0
        self.asked = []

    def send(self, data):
        self.writer.write(data)

    async def flush(self):
        await self.writer.drain()

    async def await_handshake(self):
        reserved, _, self.their_id = await wire.read_handshake(self.reader)
        self.fast = bool(reserved[7] & 4)

    async def greet(self, hello=None):
        """Both handshakes in the order the role asks for; `hello` replaces ours."""
        hello = hello or wire.handshake(self.torrent.info_hash, self.peer_id)
        if self.role == LISTEN:
            await self.await_handshake()
            self.send(hello)
        else:
            self.send(hello)
            await self.await_handshake()

    async def greet_as_seed(self):
        await self.greet()
        self.have_all()
        self.send(wire.message(wire.UNCHOKE))

    def have_all(self):
        self.send(wire.message(wire.HAVE_ALL) if self.fast else
                  wire.message(wire.BITFIELD, self.torrent.full_bitfield()))

    def have_none(self):
        if self.fast:
            self.send(wire.message(wire.HAVE_NONE))

    async def next(self):
        kind, body = await wire.read_message(self.reader)
        self.seen[kind] = self.seen.get(kind, 0) + 1
        return kind, body

    async def next_request(self):
        while True:
            kind, body = await self.next()
            if kind == wire.REQUEST:
                asked = struct.unpack(">III", body)
                self.asked.append(asked)
                return asked

    async def until(self, wanted):
        while True:
            kind, body = await self.next()
            if kind == wanted:
                return body

    async def serve(self, change=lambda piece, begin, data: data):
        """An honest seed's loop, with the bytes of every block open to change."""
        while True:
            piece, begin, length = await self.next_request()
            data = change(piece, begin, self.torrent.read(piece, begin, length))
            self.send(wire.piece_message(piece, begin, data))
            self.blocks_sent += 1
            await self.flush()

    async def drain_until_closed(self):
        while await self.reader.read(65536):
            pass

    def end(self, how):
        """FIN, RST or the half of a FIN."""
        if how == "rst":
            self.writer.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.writer.transport.abort()
        elif how == "half":
            self.writer.write_eof()
        else:
            self.writer.close()


class HostilePeer:
    """Runs one behaviour over every connection; the first connection's outcome counts."""

    def __init__(self, torrent, chosen, variant, address="127.0.0.1"):
        self.torrent, self.behaviour, self.variant = torrent, chosen, variant
        self.address, self.port = address, 0
        self.connections = 0
        self.closed_after_s = None  # set when the other side ended the first connection
        self.problem = None         # what the behaviour itself found wrong, in words
        self.done = asyncio.Event()
        self.first = None
        self.running = None  # a loop alone does not keep its tasks alive

    async def listen(self):
        server = await asyncio.start_server(
            lambda reader, writer: self._run(reader, writer, LISTEN), self.address, 0,
            limit=1 << 20)
        self.port = server.sockets[0].getsockname()[1]
        return self

    async def connect(self, host, port):
        reader, writer = await asyncio.open_connection(host, port, limit=1 << 20,
                                                       local_addr=(self.address, 0))
        self.running = asyncio.ensure_future(self._run(reader, writer, CONNECT))
        return self

    def endpoint(self):
        return f"{self.address}:{self.port}"

    async def _run(self, reader, writer, role):
        self.connections += 1
        first = self.connections == 1
        peer = Peer(self.torrent, reader, writer, role)
        if first:
            self.first = peer
        started = time.monotonic()
        closed = False
        try:
            await self.behaviour.function(peer, self.variant)
            if self.behaviour.expect == CLOSED:
                await asyncio.wait_for(peer.drain_until_closed(), self.behaviour.seconds)
                closed = True
        except (asyncio.IncompleteReadError, ConnectionError):
            closed = True
        except asyncio.TimeoutError:
            pass
        except AssertionError as problem:
            self.problem = str(problem)
        if first:
            if closed:
                self.closed_after_s = time.monotonic() - started
            self.done.set()
        writer.close()
