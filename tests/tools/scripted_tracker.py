"""Trackers that answer with exactly the bytes a test wants, over HTTP(S) and UDP.

Raw on purpose: a status line, a header or a packet may be as wrong as a test needs it.
"""

import asyncio
import socket
import struct
import urllib.parse

import wire


def compact(endpoints):
    """BEP 23 peers of (host, port) pairs."""
    return b"".join(bytes(map(int, host.split("."))) + struct.pack(">H", port)
                    for host, port in endpoints)


def reply_body(endpoints=(), **fields):
    fields.setdefault("interval", 1800)
    fields.setdefault("peers", compact(endpoints))
    return wire.encode({key.replace("_", " "): value for key, value in fields.items()
                        if value is not None})


def http_reply(body, status="200 OK", *headers):
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class HttpTracker:
    """`script` is bytes to answer with, or an async function (tracker, writer) that answers."""

    def __init__(self, script, address, tls=None):
        self.script, self.address, self.tls = script, address, tls
        self.port = 0
        self.connections = 0
        self.requests = []  # request lines' paths, in order
        self._server = None

    async def start(self):
        self._server = await asyncio.start_server(self._serve, self.address, 0, ssl=self.tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def url(self, path="/announce", scheme=None):
        return f"{scheme or ('https' if self.tls else 'http')}://{self.address}:{self.port}{path}"

    def queries(self):
        """Every announce as a list of (key, raw value) pairs."""
        return [urllib.parse.parse_qsl(urllib.parse.urlsplit(path).query, True,
                                       encoding="latin-1") for path in self.requests]

    def events(self):
        return [dict(query).get("event", "") for query in self.queries()]

    async def _serve(self, reader, writer):
        self.connections += 1
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            self.requests.append(head.split(b" ", 2)[1].decode("latin-1"))
            if callable(self.script):
                await self.script(self, writer)
            else:
                writer.write(self.script)
            await writer.drain()
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
            pass
        finally:
            writer.close()


class RawTracker:
    """Whatever it is sent, it answers with `answer`, or with a reset where that is None."""

    def __init__(self, answer, address):
        self.answer, self.address = answer, address
        self.port = self.connections = 0
        self.received = b""
        self._server = None

    async def start(self):
        self._server = await asyncio.start_server(self._serve, self.address, 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def url(self, scheme):
        return f"{scheme}://{self.address}:{self.port}/announce"

    async def _serve(self, reader, writer):
        self.connections += 1
        self.received += await reader.read(65536)
        if self.answer is None:
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                                       struct.pack("ii", 1, 0))
        else:
            writer.write(self.answer)
        writer.close()


class UdpTracker(asyncio.DatagramProtocol):
    """BEP 15.  `script` is called with (tracker, action, transaction, packet, address) for every
    packet and returns replies; None means the honest ones."""

    MAGIC = 0x41727101980

    def __init__(self, address, endpoints=(), script=None):
        self.address, self.endpoints, self.script = address, list(endpoints), script
        self.port = 0
        self.packets = []        # (action, address)
        self.connection_id = 0x1122334455667788

    async def start(self):
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(lambda: self, (self.address, 0))
        self.port = transport.get_extra_info("sockname")[1]
        self.transport = transport
        return self

    def url(self):
        return f"udp://{self.address}:{self.port}/announce"

    def connected(self, transaction):
        return struct.pack(">IIQ", 0, transaction, self.connection_id)

    def announced(self, transaction):
        return struct.pack(">IIIII", 1, transaction, 1800, 0, 1) + compact(self.endpoints)

    def error(self, transaction, text):
        return struct.pack(">II", 3, transaction) + text

    def honest(self, action, transaction, packet):
        if action == 0:
            return [self.connected(transaction)]
        if action == 1 and struct.unpack(">Q", packet[:8])[0] == self.connection_id:
            return [self.announced(transaction)]
        return [self.error(transaction, b"bad connection id")]

    def datagram_received(self, data, address):
        if len(data) < 16:
            return
        first, action, transaction = struct.unpack(">QII", data[:16])
        if action == 0 and first != self.MAGIC:
            return
        self.packets.append((action, address))
        replies = self.script and self.script(self, action, transaction, data, address)
        for reply in self.honest(action, transaction, data) if replies is None else replies:
            self.transport.sendto(reply, address)
