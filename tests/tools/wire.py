"""Bencode, torrents and peer-wire messages for the test tools.

Written from BEP 3, 6 and 10 and independent of the engine, so that both cannot share a mistake.
"""

import hashlib
import os
import pathlib
import socket
import struct

BLOCK = 16384
PROTOCOL = b"BitTorrent protocol"

(CHOKE, UNCHOKE, INTERESTED, NOT_INTERESTED, HAVE, BITFIELD, REQUEST, PIECE, CANCEL,
 PORT) = range(10)
SUGGEST, HAVE_ALL, HAVE_NONE, REJECT, ALLOWED_FAST = range(13, 18)
EXTENDED = 20

RESERVED_PLAIN = bytes(8)
RESERVED_FAST = bytes([0, 0, 0, 0, 0, 0, 0, 0x04])
RESERVED_FAST_EXTENDED = bytes([0, 0, 0, 0, 0, 0x10, 0, 0x04])


class Raw(bytes):
    """Bytes that encode() copies as they are: the way to write bencode that is wrong."""


def encode(value):
    if isinstance(value, Raw):
        return bytes(value)
    if isinstance(value, bool):
        return b"i%de" % int(value)
    if isinstance(value, int):
        return b"i%de" % value
    if isinstance(value, str):
        value = value.encode()
    if isinstance(value, bytes):
        return b"%d:%s" % (len(value), value)
    if isinstance(value, (list, tuple)):
        return b"l" + b"".join(encode(item) for item in value) + b"e"
    items = sorted((key.encode() if isinstance(key, str) else key, item)
                   for key, item in value.items())
    return b"d" + b"".join(encode(key) + encode(item) for key, item in items) + b"e"


def decode(data):
    value, end = _decode_at(data, 0)
    if end != len(data):
        raise ValueError(f"trailing bytes at {end}")
    return value


def _decode_at(data, at):
    lead = data[at:at + 1]
    if lead == b"i":
        end = data.index(b"e", at)
        return int(data[at + 1:end]), end + 1
    if lead == b"l":
        items, at = [], at + 1
        while data[at:at + 1] != b"e":
            item, at = _decode_at(data, at)
            items.append(item)
        return items, at + 1
    if lead == b"d":
        items, at = {}, at + 1
        while data[at:at + 1] != b"e":
            key, at = _decode_at(data, at)
            items[key], at = _decode_at(data, at)
        return items, at + 1
    colon = data.index(b":", at)
    size = int(data[at:colon])
    return data[colon + 1:colon + 1 + size], colon + 1 + size


def raw_info(data):
    """The info dictionary as it stands in the file: what the info hash is taken over."""
    at = data.index(b"4:info") + 6
    _, end = _decode_at(data, at)
    return data[at:end]


class Torrent:
    """A v1 torrent file and the content below `data_parent`."""

    def __init__(self, path, data_parent=None):
        self.path = pathlib.Path(path)
        data = self.path.read_bytes()
        self.meta = decode(data)
        self.info = self.meta[b"info"]
        self.info_hash = hashlib.sha1(raw_info(data)).digest()
        self.name = self.info[b"name"].decode()
        self.piece_length = self.info[b"piece length"]
        self.digests = self.info[b"pieces"]
        self.piece_count = len(self.digests) // 20
        self.data_parent = pathlib.Path(data_parent) if data_parent else None
        if b"files" in self.info:
            self.files = [(os.path.join(self.name, *[part.decode() for part in file[b"path"]]),
                           file[b"length"]) for file in self.info[b"files"]]
        else:
            self.files = [(self.name, self.info[b"length"])]
        self.size = sum(length for _, length in self.files)

    def data_path(self):
        return self.data_parent / self.name

    def trackers(self):
        tiers = self.meta.get(b"announce-list") or [[self.meta[b"announce"]]
                                                    if b"announce" in self.meta else []]
        return [url.decode() for tier in tiers for url in tier]

    def piece_size(self, index):
        return min(self.piece_length, self.size - index * self.piece_length)

    def read(self, piece, begin, length):
        """Content of a range, gathered over file borders."""
        at, parts, file_start = piece * self.piece_length + begin, [], 0
        for path, size in self.files:
            if length and file_start <= at < file_start + size:
                with open(self.data_parent / path, "rb") as file:
                    file.seek(at - file_start)
                    part = file.read(min(length, file_start + size - at))
                parts.append(part)
                at += len(part)
                length -= len(part)
            file_start += size
        return b"".join(parts)

    def piece_is_right(self, index, data):
        return hashlib.sha1(data).digest() == self.digests[20 * index:20 * index + 20]

    def holds(self, index):
        """Whether the piece is on the disk, whole and right."""
        try:
            return self.piece_is_right(index, self.read(index, 0, self.piece_size(index)))
        except FileNotFoundError:
            return False

    def full_bitfield(self):
        bits = bytearray(b"\xff" * ((self.piece_count + 7) // 8))
        spare = len(bits) * 8 - self.piece_count
        bits[-1] &= (0xff << spare) & 0xff
        return bytes(bits)


def make_torrent(path, data, piece_length=32768, announce=None, extra=None):
    """A single-file v1 torrent of bytes already in memory."""
    path = pathlib.Path(path)
    digests = b"".join(hashlib.sha1(data[at:at + piece_length]).digest()
                       for at in range(0, len(data), piece_length))
    meta = {"info": {"name": path.stem, "piece length": piece_length, "length": len(data),
                     "pieces": digests, **(extra or {})}}
    if announce:
        meta["announce"] = announce
    path.write_bytes(encode(meta))
    return path


# ---- messages --------------------------------------------------------------------------------


def handshake(info_hash, peer_id, reserved=RESERVED_FAST_EXTENDED):
    return bytes([len(PROTOCOL)]) + PROTOCOL + reserved + info_hash + peer_id


def message(kind, body=b""):
    return struct.pack(">IB", 1 + len(body), kind) + body


def have(index):
    return message(HAVE, struct.pack(">I", index))


def request(piece, begin, length, kind=REQUEST):
    return message(kind, struct.pack(">III", piece, begin, length))


def piece_message(piece, begin, data):
    return message(PIECE, struct.pack(">II", piece, begin) + data)


def answers(info_hash, host, port):
    """Whether a peer there answers a handshake for the torrent now."""
    try:
        with socket.create_connection((host, port), 5) as caller:
            caller.sendall(handshake(info_hash, b"-PR0001-isitthereyet"))
            return bool(caller.recv(1))
    except OSError:
        return False


async def read_message(reader):
    """(kind, body); kind is None for a keep-alive."""
    size, = struct.unpack(">I", await reader.readexactly(4))
    if size == 0:
        return None, b""
    body = await reader.readexactly(size)
    return body[0], body[1:]


async def read_handshake(reader):
    """(reserved, info_hash, peer_id)"""
    data = await reader.readexactly(68)
    if data[:20] != bytes([19]) + PROTOCOL:
        raise ValueError("not a BitTorrent handshake")
    return data[20:28], data[28:48], data[48:68]
