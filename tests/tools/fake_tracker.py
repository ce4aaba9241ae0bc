#!/usr/bin/env python3
"""A tracker that misbehaves by the path it is asked under, over HTTP(S) and UDP.

    fake_tracker.py [--address 127.0.0.1] [--peer HOST:PORT]... [--interval N] [--log FILE]
                    [--tls-cert PEM --tls-key PEM] [--udp BEHAVIOUR]

Prints one JSON line with its URLs when ready, then one for every announce (to --log when
given).  Ends with its standard input or SIGTERM.

HTTP behaviours are paths below /announce: /announce/good, /announce/interval/2, …; see
BEHAVIOURS.  UDP has no path, so --udp names one: good, refuse, blackhole, garbage, forget.
"""

import argparse
import asyncio
import gzip
import ipaddress
import json
import pathlib
import signal
import ssl
import struct
import sys
import urllib.parse
import zlib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from scripted_tracker import HttpTracker, UdpTracker, compact, http_reply, reply_body  # noqa: E402

EVENTS = {0: "", 1: "completed", 2: "started", 3: "stopped"}
FOREVER = 3600


def gzip_reply(body):
    return http_reply(body, "200 OK", "Content-Encoding: gzip")


async def send(writer, data):
    writer.write(data)
    await writer.drain()


class Behaviours:
    """One method a behaviour: (writer, argument after its name) -> coroutine."""

    def __init__(self, options):
        self.options = options
        self.peers = [(host, int(port)) for host, port in
                      (peer.rsplit(":", 1) for peer in options.peer)]

    def body(self, **fields):
        return reply_body(self.peers, **{"interval": self.options.interval, "complete": 1,
                                         "incomplete": 1, **fields})

    async def good(self, writer, _):
        await send(writer, http_reply(self.body()))

    async def interval(self, writer, argument):
        await send(writer, http_reply(self.body(interval=int(argument))))

    async def dict(self, writer, _):
        peers = [{"ip": host, "port": port} for host, port in self.peers]
        await send(writer, http_reply(self.body(peers=peers)))

    async def peers6(self, writer, _):
        packed = b"".join(ipaddress.ip_address(f"::ffff:{host}").packed + struct.pack(">H", port)
                          for host, port in self.peers)
        await send(writer, http_reply(self.body(peers=b"", peers6=packed)))

    async def gzip(self, writer, _):
        await send(writer, gzip_reply(gzip.compress(self.body())))

    async def refuse(self, writer, _):
        await send(writer, http_reply(reply_body(peers=None, interval=None,
                                                 failure_reason="unregistered \x1b[31mtorrent")))

    async def warn(self, writer, _):
        await send(writer, http_reply(self.body(warning_message="moving house")))

    async def many(self, writer, _):
        await send(writer, http_reply(self.body(peers=compact([("8.8.8.8", 6881)] * 10_000))))

    async def hostilepeers(self, writer, _):
        bad = [("0.0.0.0", 1), ("255.255.255.255", 1), ("224.0.0.1", 1), ("8.8.8.8", 0)]
        await send(writer, http_reply(self.body(peers=compact(bad + self.peers) + b"\x01\x02")))

    async def garbage(self, writer, _):
        await send(writer, http_reply(b"<html>It works!</html>"))

    async def status(self, writer, argument):
        await send(writer, http_reply(b"no", f"{argument} Status"))

    async def blackhole(self, _writer, _):
        await asyncio.sleep(FOREVER)

    async def slow(self, writer, argument):
        await asyncio.sleep(float(argument or 5))
        await self.good(writer, "")

    async def dribble(self, writer, _):
        await send(writer, b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(1000):
            await send(writer, b"d")
            await asyncio.sleep(5)

    async def huge(self, writer, _):
        await send(writer, b"HTTP/1.1 200 OK\r\n\r\n")
        for _ in range(16 * 1024):
            await send(writer, b"x" * 65_536)

    async def bomb(self, writer, _):
        squeeze = zlib.compressobj(9, zlib.DEFLATED, 31)
        body = b"".join(squeeze.compress(bytes(1 << 20)) for _ in range(256)) + squeeze.flush()
        await send(writer, gzip_reply(body))

    async def redirect(self, writer, argument):
        location = urllib.parse.unquote(argument) or "/announce/redirect"
        await send(writer, http_reply(b"", "302 Found", f"Location: {location}"))

    async def reset(self, writer, _):
        writer.transport.abort()


BEHAVIOURS = sorted(name for name in vars(Behaviours) if not name.startswith("_")
                    and name != "body")


class Journal:
    def __init__(self, path):
        self.out = open(path, "a", buffering=1) if path else sys.stdout

    def write(self, **record):
        print(json.dumps(record), file=self.out, flush=True)


def http_script(behaviours, journal):
    async def script(tracker, writer):
        url = urllib.parse.urlsplit(tracker.requests[-1])
        parts = url.path.split("/", 3)  # "", "announce", behaviour, argument
        name = parts[2] if len(parts) > 2 else "good"
        query = dict(urllib.parse.parse_qsl(url.query, True, encoding="latin-1"))
        for key in ("info_hash", "peer_id"):
            query[key] = query.get(key, "").encode("latin-1").hex()
        journal.write(proto="https" if tracker.tls else "http", path=url.path, **query)
        if name not in BEHAVIOURS:
            return await send(writer, http_reply(b"", "404 Not Found"))
        try:
            await getattr(behaviours, name)(writer, parts[3] if len(parts) > 3 else "")
        except asyncio.CancelledError:  # the end of the program, while a behaviour still hangs
            writer.transport.abort()
    return script


def udp_script(behaviour, journal):
    def script(tracker, action, transaction, packet, _address):
        if action == 1 and len(packet) >= 98:
            down, left, up, event = struct.unpack(">QQQI", packet[56:84])
            journal.write(proto="udp", info_hash=packet[16:36].hex(), peer_id=packet[36:56].hex(),
                          downloaded=down, left=left, uploaded=up, event=EVENTS.get(event, event),
                          port=struct.unpack(">H", packet[96:98])[0])
        if behaviour == "blackhole":
            return []
        if behaviour == "garbage":
            return [b"", b"\0" * 7, packet[::-1], b"\xff" * 2000]
        if action == 1 and behaviour == "refuse":
            return [tracker.error(transaction, b"unregistered torrent")]
        if action == 1 and behaviour == "forget":
            tracker.connection_id += 1
            return [tracker.error(transaction, b"unknown connection")]
        return None
    return script


async def serve(options):
    behaviours, journal = Behaviours(options), Journal(options.log)
    script = http_script(behaviours, journal)
    http = await HttpTracker(script, options.address).start()
    udp = await UdpTracker(options.address, behaviours.peers,
                           udp_script(options.udp, journal)).start()
    ready = {"ready": True, "http": http.url("/announce"), "udp": udp.url()}
    if options.tls_cert:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options.tls_cert, options.tls_key)
        https = await HttpTracker(script, options.address, tls=context).start()
        ready["https"] = https.url("/announce")
    print(json.dumps(ready), flush=True)

    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, over.set)
    if not sys.stdin.isatty():
        loop.add_reader(sys.stdin, lambda: over.set() if not sys.stdin.buffer.read1(1) else None)
    await over.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter,
                                     epilog="behaviours: " + ", ".join(BEHAVIOURS))
    parser.add_argument("--address", default="127.0.0.1")
    parser.add_argument("--peer", action="append", default=[], metavar="HOST:PORT")
    parser.add_argument("--interval", type=int, default=1800)
    parser.add_argument("--log")
    parser.add_argument("--tls-cert")
    parser.add_argument("--tls-key")
    parser.add_argument("--udp", default="good",
                        choices=["good", "refuse", "blackhole", "garbage", "forget"])
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
