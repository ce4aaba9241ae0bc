"""`btfast tracker` on the real binary: other clients and btfast meet through it alone, and what it
does with those who do not speak its protocols.

    tracker_command.py [--btfast PATH] [--only PATTERN] [--keep]
"""

import pathlib
import re
import shutil
import signal
import socket
import struct
import sys
import urllib.parse
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))

import clients  # noqa: E402
import lab  # noqa: E402
import torrents  # noqa: E402

PORT = 6969
OURS = lab.address(1)
HASH, PEER = b"h" * 20, b"p" * 20
PROTOCOL = 0x41727101980


class Tracker:
    """`btfast tracker`, asked for its peers the way the lab asks opentracker."""

    def __init__(self, options, folder, *arguments, address=OURS):
        lab.require_command(options, "tracker")
        self.address = address
        self.process = lab.Process([options.btfast, "tracker", "--bind", address, "--port", PORT,
                                    *arguments], folder, "tracker")
        lab.wait_port(self.process, PORT)
        lab.wait_port(self.process, PORT, udp=True)

    def peer_counts(self, info_hash):
        text = http(f"/scrape?info_hash={urllib.parse.quote(info_hash)}", self.address)
        return tuple(int(re.search(rb"%d:%si(\d+)e" % (len(key), key), text)[1])
                     if key in text else 0 for key in (b"complete", b"incomplete"))


def http(target, address=OURS):
    host = f"[{address}]" if ":" in address else address
    with urllib.request.urlopen(f"http://{host}:{PORT}{target}", timeout=10) as answer:
        return answer.read()


def announce(port, left=1, more="", address=OURS, peer=None):
    peer = peer or b"%020d" % port
    return http(f"/announce?info_hash={urllib.parse.quote(HASH)}&peer_id="
                f"{urllib.parse.quote(peer)}&port={port}&left={left}{more}", address)


def meet_case(folder, options, seed_class, leech_class, scheme):
    """The tracker is the only way for the two to hear of each other."""
    for kind in (seed_class, leech_class):
        needed = {"aria2": "aria2c", "transmission": "transmission-daemon"}.get(kind.name)
        if needed and not shutil.which(needed):
            raise lab.Skip(f"no {needed} here")
    tracker = Tracker(options, folder)
    data = torrents.single_file(folder / "data")
    torrent = torrents.share(data, folder / "x.torrent", clients.tracker_urls(scheme))
    seed = seed_class(options, folder, 2)
    seed.seed(torrent)
    lab.wait_until(lambda: tracker.peer_counts(torrent.info_hash)[0] == 1, 40,
                   f"the seed to announce\n{seed.process.tail()}")

    leech = leech_class(options, folder, 9)
    out = folder / "out"
    out.mkdir()
    leech.leech(torrent, out)
    leech.wait_complete()

    lab.check_same_tree(torrent.data_path(), out / torrent.name)


def urls_and_end(folder, options, number):
    tracker = Tracker(options, folder)
    tracker.process.signal(number)
    tracker.process.wait(10)
    lab.check(tracker.process.poll() == 0, f"status {tracker.process.poll()}")
    lab.check(tracker.process.stdout().split() == [f"http://{OURS}:{PORT}/announce",
                                                   f"udp://{OURS}:{PORT}/announce"],
              f"printed {tracker.process.stdout()!r}")
    lab.check("INFO tracker torrents=0" in tracker.process.stderr(), "no last record")


def taken_port(folder, options, kind):
    with socket.socket(socket.AF_INET, kind) as other:
        # Connections of the case before may still linger on this port.
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind((OURS, PORT))
        if kind == socket.SOCK_STREAM:
            other.listen()
        process = lab.Process([options.btfast, "tracker", "--bind", OURS, "--port", PORT], folder,
                              "second")
        process.wait(10)
    lab.check(process.poll() == 4, f"status {process.poll()}, not 4")
    lab.check(str(PORT) in process.stderr(), f"does not name the port: {process.stderr()!r}")


def bad_values(folder, options):
    for arguments in (["--interval", "1s"], ["--port", "70000"], ["--bind", "nowhere"]):
        process = lab.Process([options.btfast, "tracker", *arguments], folder, "usage")
        process.wait(10)
        lab.check(process.poll() == 2, f"{arguments}: status {process.poll()}, not 2")
        lab.check(arguments[0] in process.stderr(), f"{arguments}: {process.stderr()!r}")


def both_families(folder, options):
    process = lab.Process([options.btfast, "tracker", "--port", PORT], folder, "tracker")
    lab.wait_port(process, PORT)
    announce(1001, address=OURS)
    announce(1002, address=lab.address6(1), peer=PEER)
    packed = announce(1003)
    lab.check(b"5:peers6:" + socket.inet_aton(OURS) + struct.pack(">H", 1001) in packed,
              f"no IPv4 peer: {packed}")
    lab.check(b"6:peers618:" in packed and struct.pack(">H", 1002) + b"e" in packed,
              f"no IPv6 peer: {packed}")
    listed = announce(1003, more="&compact=0")
    for said in (b"2:ip", lab.address6(1).encode(), b"7:peer id20:" + PEER, b"4:porti1002e"):
        lab.check(said in listed, f"{said} is not in {listed}")


def udp_by_hand(folder, options):
    tracker = Tracker(options, folder)
    announce(1001, left=0)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(10)
        client.connect((OURS, PORT))
        client.send(struct.pack(">QII", PROTOCOL, 0, 7))
        action, transaction, connection = struct.unpack(">IIQ", client.recv(100))
        lab.check((action, transaction) == (0, 7), f"connect: {action}, {transaction}")
        client.send(struct.pack(">QII20s20sQQQIIIiH", connection, 1, 8, HASH, PEER, 0, 5, 0, 2, 0,
                                9, -1, 1002))
        reply = client.recv(1500)
        lab.check(struct.unpack(">IIIII", reply[:20]) == (1, 8, 120, 1, 1), f"announce: {reply}")
        lab.check(reply[20:] == socket.inet_aton(OURS) + struct.pack(">H", 1001), f"{reply}")
        client.send(struct.pack(">QII20s", connection, 2, 9, HASH))
        lab.check(struct.unpack(">IIIII", client.recv(100)) == (2, 9, 1, 0, 1), "scrape")
        client.send(struct.pack(">QII20s", connection ^ 1, 2, 10, HASH))
        lab.check(client.recv(100)[:8] == struct.pack(">II", 3, 10), "a forged id is believed")
    lab.check(tracker.process.poll() is None, "the tracker ended")


def hostile(folder, options):
    """Rubbish on both ports, and hundreds of connections that say nothing, cost it nothing."""
    tracker = Tracker(options, folder)
    announce(1001)
    silent = []
    for _ in range(300):
        silent.append(socket.create_connection((OURS, PORT), 5, (lab.address(40), 0)))
        silent[-1].send(b"GET /announce?")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        for size in (0, 1, 15, 16, 97, 1400, 60_000):
            client.sendto(b"\xff" * size, (OURS, PORT))
    for rubbish in (b"\0" * 100, b"GET / HTTP/9\r\n\r\n", b"A" * 20_000, b"\r\n\r\n"):
        with socket.create_connection((OURS, PORT), 5) as client:
            client.sendall(rubbish)

    lab.check(b"5:peers6:" in announce(1002), "honest peers are not served")
    lab.check(tracker.process.poll() is None, "the tracker ended")
    lab.check((tracker.process.fd_count() or 999) < 300, f"{tracker.process.fd_count()} open")
    tracker.process.signal(signal.SIGTERM)
    tracker.process.wait(10)
    lab.check(tracker.process.poll() == 0, f"status {tracker.process.poll()}")
    lab.check(tracker.process.peak_rss_mib() < 80, f"{tracker.process.peak_rss_mib():.0f} MiB")


def main():
    options, suite = lab.begin(__doc__)
    ours = clients.Btfast
    for scheme in ("http", "udp"):
        for seed, leech in ((ours, ours), (clients.Libtorrent, ours), (ours, clients.Libtorrent),
                            (clients.Libtorrent, clients.Libtorrent)):
            suite.case(f"meet/{seed.name}/{leech.name}/{scheme}", meet_case, options, seed, leech,
                       scheme)
    for seed, leech in ((clients.Aria2, ours), (clients.Libtorrent, clients.Aria2)):
        suite.case(f"meet/{seed.name}/{leech.name}/http", meet_case, options, seed, leech, "http")
    for number in (signal.SIGINT, signal.SIGTERM):
        suite.case(f"end/{number.name}", urls_and_end, options, number)
    suite.case("taken port/tcp", taken_port, options, socket.SOCK_STREAM)
    suite.case("taken port/udp", taken_port, options, socket.SOCK_DGRAM)
    suite.case("bad values", bad_values, options)
    suite.case("both families", both_families, options)
    suite.case("udp by hand", udp_by_hand, options)
    suite.case("hostile", hostile, options)
    suite.finish()


if __name__ == "__main__":
    main()
