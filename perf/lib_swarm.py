"""What is downloaded in a bench: content on a tmpfs, its torrent, and peers that seed it.

All in one lab namespace (tests/interop/lab.py).  Every peer is an address of one perf_seeder.
"""

import http.server
import os
import pathlib
import struct
import subprocess
import sys
import threading

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests/interop"), str(ROOT / "tests/tools")]

import lab  # noqa: E402
import torrents  # noqa: E402
import wire  # noqa: E402

PORT = 6900
PEERS_MAX = 250
CLIENT = lab.address(90)


def add_peer_addresses():
    """Once after lab.enter(): more peers than the lab has addresses."""
    lines = [f"addr add {peer_address(number)}/32 dev lo" for number in range(PEERS_MAX)]
    subprocess.run(["ip", "-batch", "-"], input="\n".join(lines).encode(), check=True)


def peer_address(number):
    return f"10.77.2.{number + 1}"


class PeerTracker:
    """Answers every announce with the same peers: how clients without --peer learn of them."""

    def __init__(self, host, endpoints):
        peers = b"".join(bytes(map(int, address.split("."))) + struct.pack(">H", port)
                         for address, port in endpoints)
        body = wire.encode({"interval": 1800, "peers": peers})

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer((host, 0), Handler)
        self.url = f"http://{host}:{self.server.server_address[1]}/announce"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


def tool(options, name):
    path = pathlib.Path(options.tools) / name
    if not os.access(path, os.X_OK):
        sys.exit(f"no {name} in {options.tools}: configure with -DBTFAST_BENCHES=ON and build "
                 "perf_tools")
    return path


def content(scratch, size_mib, name="payload.bin"):
    """The same bytes for the same size, made once a scratch folder."""
    path = pathlib.Path(scratch) / f"source-{size_mib}" / name
    if not path.exists():
        lab.write_bytes(path, size_mib << 20, "bench")
    return path


class Swarm:
    """Seeders that run, and everything a client may want to know of the torrent."""

    def __init__(self, scratch, seeder, data, piece_length, peers):
        if piece_length & (piece_length - 1):
            sys.exit(f"pieces of {piece_length} bytes: mktorrent makes powers of two only")
        self.scratch = pathlib.Path(scratch)
        self.data = pathlib.Path(data)
        self.peer_count = peers
        self.endpoints = [(peer_address(number), PORT) for number in range(peers)]
        self.peers = [f"{address}:{port}" for address, port in self.endpoints]
        self.tracker = PeerTracker(lab.address(1), self.endpoints)
        for old in self.scratch.glob("*.torrent"):
            old.unlink()
        plain = torrents.mktorrent(self.data, self.scratch / "plain.torrent", (), piece_length)
        self.tracked = wire.Torrent(
            torrents.mktorrent(self.data, self.scratch / "tracked.torrent", [self.tracker.url],
                               piece_length), self.data.parent)
        self.torrent = wire.Torrent(plain, self.data.parent)
        self.digests = self.scratch / "digests"
        self.digests.write_bytes(self.torrent.digests)
        self.seeder = lab.Process([seeder, self.torrent.info_hash.hex(), piece_length, self.data,
                                   *self.peers], self.scratch, "seeder")
        lab.wait_port(self.seeder, PORT)

    @property
    def size(self):
        return self.torrent.size

    @property
    def piece_length(self):
        return self.torrent.piece_length

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.seeder.stop()
        self.tracker.stop()
