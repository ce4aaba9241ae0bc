#!/usr/bin/env python3
"""A crowd around one peer: connections that shake hands and then say nothing, and strangers that
call without end with handshakes that are none.

    crowd.py HOST:PORT INFO_HASH_HEX --idle N [--junk PER_SECOND]

Everybody has an address of its own in 127.0.0.0/8.  Prints "ready" when the idle peers are
greeted, and counts as JSON when its standard input ends.
"""

import argparse
import json
import os
import selectors
import socket
import sys
import time

HELLO = b"\x13BitTorrent protocol" + bytes(8)
BATCH = 50


def address(number):
    return f"127.{1 + number // 60000}.{number // 250 % 240}.{1 + number % 250}"


def idle_peer(number, target, info_hash):
    peer = socket.socket()
    peer.bind((address(number), 0))
    peer.connect(target)
    peer.sendall(HELLO + info_hash + b"-CR0001-%012d" % number)
    return peer


class Junk:
    """A third sends what is no handshake, a third names another torrent, a third is silent."""

    def __init__(self, target):
        self.target = target
        self.sent = 0
        self.open = selectors.DefaultSelector()

    def call(self):
        stranger = socket.socket()
        stranger.bind((address(100_000 + self.sent % 50_000), 0))
        stranger.setblocking(False)
        stranger.connect_ex(self.target)
        kind = self.sent % 3
        self.open.register(stranger, selectors.EVENT_READ if kind == 2 else
                           selectors.EVENT_WRITE, kind)
        self.sent += 1

    def turn(self, seconds):
        for key, _ in self.open.select(seconds):
            stranger = key.fileobj
            try:
                if key.events == selectors.EVENT_WRITE:
                    stranger.send(os.urandom(68) if key.data == 0 else HELLO + os.urandom(40))
                    self.open.modify(stranger, selectors.EVENT_READ, key.data)
                    continue
                if stranger.recv(4096):
                    continue
            except OSError:
                pass
            self.open.unregister(stranger)
            stranger.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target")
    parser.add_argument("info_hash", type=bytes.fromhex)
    parser.add_argument("--idle", type=int, default=0)
    parser.add_argument("--junk", type=float, default=0.0)
    options = parser.parse_args()
    host, port = options.target.rsplit(":", 1)
    target = (host, int(port))
    peers = []
    while len(peers) < options.idle:
        batch = [idle_peer(len(peers) + n, target, options.info_hash)
                 for n in range(min(BATCH, options.idle - len(peers)))]
        greeted = [peer.recv(68, socket.MSG_WAITALL) for peer in batch]
        peers += batch
        if any(len(answer) != 68 for answer in greeted):
            sys.exit("an idle peer was not greeted")
    print("ready", flush=True)

    junk, started = Junk(target), time.monotonic()
    os.set_blocking(sys.stdin.fileno(), False)
    while sys.stdin.buffer.read(1) is None:
        due = int((time.monotonic() - started) * options.junk)
        while junk.sent < due:
            junk.call()
        junk.turn(0.01)
    closed = 0
    for peer in peers:
        peer.setblocking(False)
        try:
            while data := peer.recv(1 << 20):
                pass
            closed += 1
        except BlockingIOError:
            pass
        except OSError:
            closed += 1
    print(json.dumps({"idle": len(peers), "closed": closed, "junk": junk.sent}), flush=True)


if __name__ == "__main__":
    main()
