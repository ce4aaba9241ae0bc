"""Hostile behaviours, each a named function numbered as in FAULTS §2.3."""

import asyncio
import random
import socket
import struct

import wire
from hostile_peer import CLOSED, CONNECT, HARMLESS, LISTEN, behaviour

# ---- 56-58: handshakes -----------------------------------------------------------------------


@behaviour(56, CLOSED, seconds=15)
async def says_nothing(peer, _):
    pass


@behaviour(56, CLOSED, seconds=15)
async def drips_its_handshake(peer, _):
    for byte in wire.handshake(peer.torrent.info_hash, peer.peer_id)[:2]:
        peer.send(bytes([byte]))
        await peer.flush()
        await asyncio.sleep(6)  # slower than any deadline for a whole handshake


@behaviour(57, CLOSED, variants=["length", "protocol", "info hash", "zero length", "http"])
async def wrong_handshake(peer, variant):
    good = wire.handshake(peer.torrent.info_hash, peer.peer_id)
    hello = {
        "length": b"\x14" + good[1:],
        "protocol": good[:5] + b"X" + good[6:],
        "info hash": wire.handshake(bytes(20), peer.peer_id),
        "zero length": b"\0" + good[1:],
        "http": b"GET / HTTP/1.1\r\nHost: example\r\n\r\n".ljust(68, b" "),
    }[variant]
    if peer.role == LISTEN:
        await peer.await_handshake()
    peer.send(hello)


@behaviour(57, CLOSED, roles=(LISTEN,))
async def answers_with_your_own_peer_id(peer, _):
    await peer.await_handshake()
    peer.send(wire.handshake(peer.torrent.info_hash, peer.their_id))


@behaviour(58, HARMLESS, alone=True)
async def handshake_byte_by_byte(peer, _):
    if peer.role == LISTEN:
        await peer.await_handshake()
    peer.writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for byte in wire.handshake(peer.torrent.info_hash, peer.peer_id, wire.RESERVED_PLAIN):
        peer.send(bytes([byte]))
        await peer.flush()
        await asyncio.sleep(0.002)
    if peer.role == CONNECT:
        await peer.await_handshake()
    peer.fast = False
    for byte in (wire.message(wire.BITFIELD, peer.torrent.full_bitfield())
                 + wire.message(wire.UNCHOKE)):
        peer.send(bytes([byte]))
        await asyncio.sleep(0.001)
    await peer.serve()


@behaviour(58, HARMLESS, alone=True)
async def handshake_with_fifty_messages(peer, _):
    if peer.role == LISTEN:
        await peer.await_handshake()
    hello = wire.handshake(peer.torrent.info_hash, peer.peer_id, wire.RESERVED_PLAIN)
    messages = [wire.have(index) for index in range(peer.torrent.piece_count)]
    messages += [wire.message(wire.CHOKE), wire.message(wire.UNCHOKE), struct.pack(">I", 0)] * 9
    peer.send(hello + b"".join(messages))
    if peer.role == CONNECT:
        await peer.await_handshake()
    await peer.serve()


# ---- 59-64: framing and having ---------------------------------------------------------------


@behaviour(59, CLOSED, variants=[(size, kind) for size in (0xffffffff, 1 << 31, (1 << 20) + 1)
                                 for kind in (wire.CHOKE, wire.BITFIELD, wire.PIECE,
                                              wire.EXTENDED, 99)])
async def claims_a_huge_message(peer, variant):
    size, kind = variant
    await peer.greet()
    peer.have_all()
    peer.send(struct.pack(">IB", size, kind))
    for _ in range(64):
        peer.send(bytes(65536))
        await asyncio.wait_for(peer.flush(), 5)


@behaviour(60, CLOSED, variants=[
    (wire.CHOKE, 4), (wire.UNCHOKE, 1), (wire.INTERESTED, 1), (wire.NOT_INTERESTED, 9),
    (wire.HAVE, 3), (wire.HAVE, 5), (wire.HAVE, 0), (wire.REQUEST, 11), (wire.REQUEST, 13),
    (wire.CANCEL, 11), (wire.PIECE, 7), (wire.PIECE, 0), (wire.HAVE_ALL, 1), (wire.REJECT, 11),
    (wire.ALLOWED_FAST, 3), (wire.SUGGEST, 5)])
async def wrong_length_for_the_message(peer, variant):
    kind, size = variant
    await peer.greet()
    if kind != wire.HAVE_ALL:
        peer.have_all()
    peer.send(wire.message(kind, bytes(size)))


@behaviour(60, CLOSED, variants=[-1, 1])
async def bitfield_of_the_wrong_size(peer, more):
    await peer.greet()
    bits = peer.torrent.full_bitfield()
    peer.send(wire.message(wire.BITFIELD, bits[:-1] if more < 0 else bits + b"\0"))


@behaviour(61, HARMLESS, variants=[10, 11, 18, 19, 21, 200, 255])
async def unknown_message(peer, kind):
    await peer.greet()
    peer.have_all()
    peer.send(wire.message(kind, b"what is this") * 3)
    await peer.flush()
    await asyncio.sleep(0.2)


@behaviour(61, HARMLESS)
async def keepalive_storm(peer, _):
    await peer.greet()
    peer.have_all()
    for _ in range(100):
        peer.send(bytes(4 * 10_000))
        await asyncio.wait_for(peer.flush(), 10)


def _having(torrent):
    """All a peer may say about what it has, by name."""
    bits = torrent.full_bitfield()
    return {"have": wire.have(0), "all": wire.message(wire.HAVE_ALL),
            "none": wire.message(wire.HAVE_NONE), "field": wire.message(wire.BITFIELD, bits),
            "less": wire.message(wire.BITFIELD, bytes([bits[0] & 0x7f]) + bits[1:]),
            "spare": wire.message(wire.BITFIELD, bits[:-1] + bytes([bits[-1] | 1]))}


@behaviour(62, CLOSED, variants=["spare", "field less", "have less", "all less", "have none",
                                 "field none", "all none"])
async def takes_pieces_back(peer, variant):
    await peer.greet()
    words = _having(peer.torrent)
    peer.send(b"".join(words[word] for word in variant.split()))


# Not what BEP 3 and BEP 6 say, but what aria2 and WebTorrent do.
@behaviour(62, HARMLESS, alone=True, variants=["field field", "have field", "all field",
                                               "field all", "all all", "none none field"])
async def says_again_what_it_has(peer, variant):
    await peer.greet()
    words = _having(peer.torrent)
    peer.send(b"".join(words[word] for word in variant.split()))
    peer.send(wire.message(wire.UNCHOKE))
    await peer.serve()


@behaviour(64, CLOSED, variants=["one too far", 1 << 31, 0xffffffff])
async def has_a_piece_that_is_not(peer, variant):
    await peer.greet()
    peer.have_none()
    index = peer.torrent.piece_count if variant == "one too far" else variant
    peer.send(wire.have(index))


# ---- 65-68: requests -------------------------------------------------------------------------

_RANGES = {
    "piece past the end": lambda t: (t.piece_count, 0, wire.BLOCK),
    "piece 2^32-1": lambda t: (0xffffffff, 0, wire.BLOCK),
    "begin past the piece": lambda t: (0, t.piece_length, wire.BLOCK),
    "over the end of the piece": lambda t: (0, t.piece_length - 100, wire.BLOCK),
    "over the end of the torrent": lambda t: (t.piece_count - 1,
                                              t.piece_size(t.piece_count - 1) - 1, 2),
    "nothing": lambda t: (0, 0, 0),
    "a huge length": lambda t: (0, 0, 0xffffffff),
    "more than 128 KiB": lambda t: (0, 0, (128 << 10) + 1),
    "begin + length wraps": lambda t: (0, 0xffffffff - 99, 200),
}


@behaviour(65, HARMLESS, variants=list(_RANGES), roles=(CONNECT,), target="seed")
async def requests_what_is_not_there(peer, variant):
    """A rejection or the end of the connection; never a byte."""
    await peer.greet()
    peer.have_none()
    peer.send(wire.message(wire.INTERESTED))
    await asyncio.wait_for(peer.until(wire.UNCHOKE), 25)
    wrong = _RANGES[variant](peer.torrent)
    peer.send(wire.request(*wrong))
    peer.send(wire.request(0, 0, 1024))
    while True:
        kind, body = await asyncio.wait_for(peer.next(), 5)
        if kind == wire.PIECE:
            assert body[:8] == bytes(8) and body[8:] == peer.torrent.read(0, 0, 1024), (
                f"was served {len(body)} bytes for {wrong}")
            return


@behaviour(66, HARMLESS, variants=["choked"], roles=(LISTEN, CONNECT))
async def requests_a_piece_you_lack(peer, _):
    await peer.greet()
    peer.have_none()
    peer.send(wire.message(wire.INTERESTED))
    for piece in range(peer.torrent.piece_count):
        peer.send(wire.request(piece, 0, wire.BLOCK))
    try:
        while True:
            kind, _ = await asyncio.wait_for(peer.next(), 1)
            assert kind != wire.PIECE, "was sent a piece nobody has"
    except asyncio.TimeoutError:
        pass


@behaviour(67, HARMLESS)
async def request_flood_while_choked(peer, _):
    await peer.greet()
    peer.have_none()
    flood = wire.request(0, 0, wire.BLOCK) * 1000
    for _ in range(100):
        peer.send(flood)
        await asyncio.wait_for(peer.flush(), 10)


@behaviour(67, HARMLESS, roles=(CONNECT,), target="seed")
async def request_flood_without_reading(peer, _):
    await peer.greet()
    peer.have_none()
    peer.send(wire.message(wire.INTERESTED))
    await asyncio.wait_for(peer.until(wire.UNCHOKE), 25)
    peer.reader._transport.pause_reading()
    flood = b"".join(wire.request(piece, 0, wire.BLOCK)
                     for piece in range(peer.torrent.piece_count)) * 50
    for _ in range(100):
        peer.send(flood)
        try:
            await asyncio.wait_for(peer.flush(), 3)
        except asyncio.TimeoutError:
            return  # it stopped reading us: back-pressure is a right answer


@behaviour(68, HARMLESS)
async def cancel_storm(peer, _):
    await peer.greet()
    peer.have_none()
    storm = b"".join(wire.request(piece % peer.torrent.piece_count, 0, wire.BLOCK, wire.CANCEL)
                     for piece in range(1000))
    for _ in range(100):
        peer.send(storm)
        await asyncio.wait_for(peer.flush(), 10)


# ---- 69-72: blocks ---------------------------------------------------------------------------


@behaviour(69, HARMLESS, variants=["unsolicited", "wrong begin", "too short", "too long", "empty",
                                   "twice", "a piece that is not", "someone else's"])
async def block_nobody_asked_for(peer, variant):
    await peer.greet_as_seed()
    piece, begin, length = await asyncio.wait_for(peer.next_request(), 10)
    right = peer.torrent.read(piece, begin, length)
    other = (piece + 1) % peer.torrent.piece_count
    lie = {
        "unsolicited": (other, 0, bytes(wire.BLOCK)),
        "wrong begin": (piece, begin + 1, right),
        "too short": (piece, begin, right[:-1]),
        "too long": (piece, begin, right + b"x"),
        "empty": (piece, begin, b""),
        "twice": (piece, begin, right),
        "a piece that is not": (peer.torrent.piece_count + 5, begin, right),
        "someone else's": (other, begin, bytes(length)),
    }[variant]
    for _ in range(20 if variant == "twice" else 1):
        peer.send(wire.piece_message(*lie))
    await peer.flush()
    await asyncio.sleep(0.2)


@behaviour(70, HARMLESS, gated=False)
async def stalls_in_the_last_block(peer, _):
    """Serves one byte a second from its second block on; the honest seed has to finish."""
    await peer.greet_as_seed()
    piece, begin, length = await peer.next_request()
    peer.send(wire.piece_message(piece, begin, peer.torrent.read(piece, begin, length)))
    piece, begin, length = await peer.next_request()
    data = wire.piece_message(piece, begin, peer.torrent.read(piece, begin, length))
    for byte in data:
        peer.send(bytes([byte]))
        await peer.flush()
        await asyncio.sleep(1)


@behaviour(71, CLOSED, seconds=20)
async def serves_garbage(peer, _):
    await peer.greet_as_seed()
    await peer.serve(lambda piece, begin, data: bytes(len(data)))


@behaviour(72, HARMLESS, gated=False)
async def poisons_one_block_in_ten(peer, _):
    generator = random.Random(72)
    await peer.greet_as_seed()
    await peer.serve(lambda piece, begin, data:
                     bytes(len(data)) if generator.random() < 0.1 else data)


# ---- 77: the end of a connection, anywhere ----------------------------------------------------

_STATES = ["connected", "half a handshake", "handshake", "bitfield", "unchoked", "in a header",
           "in a block"]


@behaviour(77, HARMLESS, variants=[(state, how) for state in _STATES
                                   for how in ("fin", "rst", "half")])
async def ends_at(peer, variant):
    state, how = variant
    depth = _STATES.index(state)
    hello = wire.handshake(peer.torrent.info_hash, peer.peer_id)
    if depth == 1:
        peer.send(hello[:30])
    if depth >= 2:
        await peer.greet()
    if depth >= 3:
        peer.have_all()
    if depth >= 4:
        peer.send(wire.message(wire.UNCHOKE))
        piece, begin, length = await asyncio.wait_for(peer.next_request(), 10)
        block = wire.piece_message(piece, begin, peer.torrent.read(piece, begin, length))
        if depth >= 5:
            peer.send(block[:7 if depth == 5 else 5000])
    await peer.flush()
    peer.end(how)
    if how == "half":
        await asyncio.wait_for(peer.drain_until_closed(), 20)
