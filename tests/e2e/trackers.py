"""FAULTS §2.2 through the real binary: hostile trackers stand in the first tier, an honest one in
the second; and what an honest one must see (A6), and `--announce-only` (A8).

    trackers.py [--btfast PATH] [--only PATTERN] [--keep]
"""

import asyncio
import gzip
import json
import pathlib
import re
import signal
import socket
import ssl
import struct
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))

import lab  # noqa: E402
import torrents  # noqa: E402
import wire  # noqa: E402
from mini_seed import AsyncThread, MiniSeed  # noqa: E402
from scripted_tracker import (HttpTracker, RawTracker, UdpTracker, compact,  # noqa: E402
                              http_reply, reply_body)

RSS_MIB_MAX = 120
OURS, TRACKER, OTHER, SEED = (lab.address(n) for n in (9, 1, 2, 20))
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class Scene:
    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        self.loop = AsyncThread()
        self.data = torrents.single_file(folder / "data", 700_000, "payload.bin")
        # The seed needs the info hash and the trackers need the seed: the torrent without
        # trackers has the same info hash as the one with them.
        self.torrent = torrents.share(self.data, folder / "plain.torrent")
        self.seed = self.loop.call(MiniSeed(self.torrent, SEED).start())
        self.seed_at = (SEED, self.seed.port)
        self.out = folder / "out"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.loop.stop()

    def http(self, script, address=TRACKER, tls=None):
        return self.loop.call(HttpTracker(script, address, tls).start())

    def udp(self, endpoints=(), script=None, address=TRACKER):
        return self.loop.call(UdpTracker(address, endpoints, script).start())

    def honest(self):
        return self.http(http_reply(reply_body([self.seed_at])), OTHER)

    def run(self, tiers, *arguments, seconds=60, env=None):
        meta = dict(self.torrent.meta)
        meta[b"announce-list"] = tiers
        path = self.folder / "x.torrent"
        path.write_bytes(wire.encode(meta))
        process = self.start(path, *arguments, env=env)
        process.wait(seconds)
        return process

    def start(self, path, *arguments, env=None):
        patience = () if "--timeout" in arguments else ("--timeout", "50s")
        return lab.Process([self.options.btfast, "-t", path, "-o", self.out, "--bind", OURS,
                            "--port", "6881", "--progress", "log", *patience, *arguments],
                           self.folder, "btfast", env=env)

    def check_done(self, process):
        lab.check(process.poll() == 0, f"status {process.poll()}: {process.stderr()[-300:]}")
        lab.check_same_tree(self.data, self.out / "payload.bin")
        lab.check(process.peak_rss_mib() <= RSS_MIB_MAX, f"RSS {process.peak_rss_mib():.0f} MiB")
        lab.check(not CONTROL.search(process.stderr()), "raw control characters on stderr")
        lab.check(len(process.stderr()) < 100_000, f"{len(process.stderr())} characters of log")


# ---- 38-48: HTTP trackers that answer badly ----------------------------------------------------


def bencoded(**fields):
    return http_reply(reply_body(**fields))


def gzip_reply(body, *headers):
    return http_reply(body, "200 OK", "Content-Encoding: gzip", *headers)


def bomb():
    return gzip.compress(bytes(64 << 20), 9)


async def endless(_, writer):
    writer.write(b"HTTP/1.1 200 OK\r\n\r\nd8:intervali1800e5:peers")
    for _ in range(20_000):
        writer.write(bytes(65536))
        await writer.drain()


async def dripping(_, writer):
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
    for _ in range(20):
        writer.write(b"d")
        await writer.drain()
        await asyncio.sleep(5)


async def redirecting_to_itself(tracker, writer):
    writer.write(http_reply(b"", "301 Moved", f"Location: {tracker.url()}"))


def redirect_to(url):
    return http_reply(b"", "302 Found", f"Location: {url}")


HEAD = b"HTTP/1.1 200 OK\r\n"
GOOD = reply_body()
BAD_HTTP = {
    "38 not bencode": http_reply(b"hello"),
    "38 HTML": http_reply(b"<html><body>It works!</body></html>"),
    "38 empty": http_reply(b""),
    "38 no content": b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n",
    "38 status 500": http_reply(b"oops", "500 Internal Server Error"),
    "38 status 404": http_reply(b"", "404 Not Found"),
    "38 redirect loop": redirecting_to_itself,
    "38 closes at once": b"",
    "38 a list": http_reply(b"le"),
    "38 cut dictionary": http_reply(GOOD[:-1]),
    "39 endless body": endless,
    "39 one byte every 5 s": dripping,
    "40 gzip bomb": gzip_reply(bomb()),
    "40 gzip in gzip": gzip_reply(gzip.compress(gzip.compress(GOOD))),
    "40 corrupt gzip": gzip_reply(gzip.compress(GOOD)[:-6] + b"xxxxxx"),
    "40 gzip that is not": gzip_reply(b"this is not gzip"),
    "41 length too short": HEAD + b"Content-Length: 5\r\n\r\n" + GOOD,
    "41 length too long": HEAD + b"Content-Length: 100000\r\n\r\n" + GOOD,
    "41 length negative": HEAD + b"Content-Length: -1\r\n\r\n" + GOOD,
    "41 length 2^64": HEAD + b"Content-Length: 18446744073709551616\r\n\r\n" + GOOD,
    "41 chunk size overflow": HEAD + b"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n"
                              + GOOD,
    "41 no CRLF": b"HTTP/1.1 200 OK " + GOOD,
    "41 header of 10 MB": HEAD + b"X: " + b"a" * 10_000_000 + b"\r\n\r\n" + GOOD,
    "41 ten thousand headers": HEAD + b"X: y\r\n" * 10_000 + b"\r\n" + GOOD,
    "42 redirect to a file": redirect_to("file:///etc/passwd"),
    "42 redirect to UDP": redirect_to("udp://10.77.0.2:9/announce"),
    "42 redirect to gopher": redirect_to("gopher://10.77.0.2/"),
    "46 length not a multiple of six": bencoded(peers=b"12345"),
    "46 a million bytes of peers": bencoded(peers=compact(
        [(f"10.77.{n >> 8 & 255}.{n & 255}", 0) for n in range(160_000)])),
    "46 addresses nobody has": bencoded(peers=compact(
        [("0.0.0.0", 1), ("255.255.255.255", 2), ("224.0.0.1", 3), (OURS, 6881), (OTHER, 0)] * 20)),
    "47 peers as bad dictionaries": bencoded(peers=[
        {"port": 1}, {"ip": "10.77.0.3"}, {"ip": "10.77.0.3", "port": -1},
        {"ip": "10.77.0.3", "port": 70000}, {"ip": "x" * 10 ** 6, "port": 1}, 5, "peer", [],
        {"ip": 5, "port": "x"}]),
    "47 peers as an integer": bencoded(peers=5),
    "48 a failure of a megabyte": bencoded(failure_reason=b"\x1b[31m\r\n\0" + b"no " * 350_000),
    "48 a failure that is a list": bencoded(failure_reason=[1]),
    "48 a warning with escapes": bencoded(warning_message=b"\x1b]0;title\x07 careful"),
}


def bad_http_case(folder, options, script):
    """The honest tracker stands in the second tier and the download completes through it."""
    with Scene(options, folder) as scene:
        bad, honest = scene.http(script), scene.honest()
        process = scene.run([[bad.url()], [honest.url()]])
        lab.check(bad.connections >= 1, "the hostile tracker was never asked")
        lab.check(bad.connections <= 12, f"the hostile tracker was asked {bad.connections} times")
        scene.check_done(process)


def good_peer_among_bad_case(folder, options):
    """46: the cap and the bad addresses must not cost the one good peer."""
    with Scene(options, folder) as scene:
        noise = [("0.0.0.0", 1), ("255.255.255.255", 2), ("224.0.0.1", 3), (OURS, 6881),
                 (TRACKER, 0), ("127.0.0.1", 0)] * 50
        tracker = scene.http(http_reply(reply_body(noise + [scene.seed_at] + noise)))
        scene.check_done(scene.run([[tracker.url()]]))


def dictionary_peers_case(folder, options):
    with Scene(options, folder) as scene:
        peers = [5, {"ip": "nonsense", "port": 1},
                 {"ip": scene.seed_at[0], "port": scene.seed_at[1], "peer id": "x" * 20}]
        scene.check_done(scene.run([[scene.http(bencoded(peers=peers)).url()]]))


def loopback_path_case(folder, options):
    """43: no request to a service on this machine that is not a tracker."""
    with Scene(options, folder) as scene:
        local = scene.http(bencoded(), "127.0.0.1")
        honest = scene.honest()
        scene.check_done(scene.run([[local.url("/api/v2/shutdown")],
                                    [honest.url("/announce?info_hash=x")], [honest.url()]]))
        lab.check(local.connections == 0, f"asked {local.requests}")
        asked = [path for path in honest.requests if path.count("info_hash") > 1]
        lab.check(not asked, f"a URL with its own info_hash was used: {asked}")


def interval_case(folder, options, interval):
    """45: whatever the tracker says, not more than one announce a minute."""
    with Scene(options, folder) as scene:
        tracker = scene.http(http_reply(reply_body(interval=interval, min_interval=interval)))
        process = scene.run([[tracker.url()]], "--stall-timeout", "3s")
        lab.check(process.poll() in (4, 5), f"status {process.poll()}")
        asked = [event for event in tracker.events() if event != "stopped"]
        lab.check(len(asked) <= 1, f"{len(asked)} announces in {process.wall_s():.0f} s")
        lab.check(process.cpu_s() < 2, f"{process.cpu_s():.1f} CPU seconds of waiting")


def certificate(folder, host, days):
    """A key and a certificate that vouches for itself, so that it can also be the one trusted."""
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True, cwd=folder)

    (folder / "names").write_text(f"subjectAltName={host}\nbasicConstraints=critical,CA:TRUE\n")
    openssl("req", "-new", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=a tracker",
            "-keyout", "key", "-out", "request")
    openssl("x509", "-req", "-in", "request", "-signkey", "key", "-days", str(days),
            "-extfile", "names", "-out", "cert")
    return folder / "cert"


TLS = {  # host, days, whether it is trusted, extra argument, what the message must say
    "good": (f"IP:{TRACKER}", 2, True, (), None),
    "self-signed": (f"IP:{TRACKER}", 2, False, (), "self.signed"),
    "wrong host": ("DNS:elsewhere.example", 2, True, (), "match"),
    "wrong address": (f"IP:{OTHER}", 2, True, (), "match"),
    "expired": (f"IP:{TRACKER}", -1, True, (), "expired"),
    "self-signed, unchecked": (f"IP:{OTHER}", 2, False, ("--tracker-insecure",), None),
}


def https_case(folder, options, kind):
    """44: what is asked must be who it says, today, over a TLS that still holds."""
    host, days, trusted, arguments, message = TLS[kind]
    with Scene(options, folder) as scene:
        cert = certificate(folder, host, days)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, folder / "key")
        tracker = scene.http(http_reply(reply_body([scene.seed_at])), TRACKER, context)
        env = {"SSL_CERT_FILE": str(cert if trusted else "/etc/ssl/certs/ca-certificates.crt")}
        probe = scene.run([[tracker.url()]], "--announce-only", *arguments, env=env)
        warned = "--tracker-insecure" in probe.stderr()
        lab.check(warned == bool(arguments), f"the warning: {probe.stderr()}")
        if message:
            said = probe.stdout()
            lab.check(probe.poll() == 4 and re.search(message, said), f"{probe.poll()}: {said}")
            honest = scene.honest()
            scene.check_done(scene.run([[tracker.url()], [honest.url()]], env=env))
            lab.check(not tracker.requests, f"it announced: {tracker.requests}")
        else:
            scene.check_done(scene.run([[tracker.url()]], *arguments, env=env))
            lab.check(tracker.requests, "it did not announce")


def old_tls_case(folder, options, version):
    """44: a server that knows nothing newer than the version."""
    port = 8443
    with Scene(options, folder) as scene:
        cert = certificate(folder, f"IP:{TRACKER}", 2)
        server = lab.Process(["openssl", "s_server", version, "-cipher", "ALL:@SECLEVEL=0",
                              "-accept", f"{TRACKER}:{port}", "-cert", cert, "-key",
                              folder / "key", "-www"], folder, "server")
        lab.wait_port(server, port)
        url, env = f"https://{TRACKER}:{port}/announce", {"SSL_CERT_FILE": str(cert)}
        probe = scene.run([[url]], "--announce-only", env=env)
        lab.check(probe.poll() == 4 and "protocol version" in probe.stdout(),
                  f"{probe.poll()}: {probe.stdout()}")
        scene.check_done(scene.run([[url], [scene.honest().url()]], env=env))


def broken_tls_case(folder, options, answer):
    """44: no TLS, or one that breaks; never tried again without."""
    with Scene(options, folder) as scene:
        trap = scene.loop.call(RawTracker(answer, TRACKER).start())
        scene.check_done(scene.run([[trap.url("https")], [scene.honest().url()]]))
        lab.check(trap.connections >= 1, "it was never asked")
        lab.check(b"info_hash" not in trap.received, "it announced in the clear")


# ---- 50-54: UDP, and the end -------------------------------------------------------------------


def wrong_transaction(tracker, action, transaction, packet, address):
    return [struct.pack(">IIQ", action, transaction ^ 1, 5) + bytes(20),
            *tracker.honest(action, transaction, packet)]


def wrong_sizes(tracker, action, transaction, packet, address):
    head = struct.pack(">II", action, transaction)
    return [b"", head[:7], head + bytes(7), *tracker.honest(action, transaction, packet)]


def wrong_action(tracker, action, transaction, packet, address):
    return [struct.pack(">II", 7, transaction) + bytes(20),
            *tracker.honest(action, transaction, packet)]


def huge_packet(tracker, action, transaction, packet, address):
    if action == 1:
        return [tracker.announced(transaction) + compact([("0.0.0.0", 0)] * 9000)]
    return None


def from_elsewhere(tracker, action, transaction, packet, address):
    liar = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    liar.bind((lab.address(66), 0))
    answer = (struct.pack(">IIQ", 0, transaction, 666) if action == 0 else
              struct.pack(">IIIII", 1, transaction, 1800, 0, 1) + compact([(lab.address(66), 9)]))
    liar.sendto(answer, address)
    liar.close()
    return None


def forgets_the_first_id(tracker, action, transaction, packet, address):
    if action == 1 and sum(kind == 1 for kind, _ in tracker.packets) == 1:
        tracker.connection_id += 1
        return [tracker.error(transaction, b"connection id expired")]
    return None


def loses_the_first_packet(tracker, action, transaction, packet, address):
    return [] if len(tracker.packets) == 1 else None


BAD_UDP = {"50 wrong transaction": wrong_transaction, "50 wrong sizes": wrong_sizes,
           "50 wrong action": wrong_action, "50 a packet of 54 KB": huge_packet,
           "50 an answer from elsewhere": from_elsewhere,
           "52 connection id expires": forgets_the_first_id,
           "52 the first packet is lost": loses_the_first_packet, "52 honest": None}


def udp_case(folder, options, script):
    with Scene(options, folder) as scene:
        tracker = scene.udp([scene.seed_at], script)
        # A client may give a tracker that fails a rest: then the second tier has the seed.
        patient = script in (huge_packet, forgets_the_first_id)
        scene.check_done(scene.run([[tracker.url()], [scene.honest().url()]] if patient else
                                   [[tracker.url()]]))
        lab.check(len(tracker.packets) <= 12, f"{len(tracker.packets)} packets")


def storm_case(folder, options):
    """51: whoever can spoof the tracker's address still has to guess the transaction."""
    packets = 100_000
    with Scene(options, folder) as scene:
        async def storm_then_answer(tracker, transaction, packet, address):
            wrong = transaction
            for sent in range(packets):
                wrong = wrong * 1664525 + 1013904223 & 0xFFFFFFFF
                if wrong != transaction:
                    liar = struct.pack(">IIIII", 1, wrong, 1800, 0, 1) + compact([(TRACKER, 9)])
                    tracker.transport.sendto(liar, address)
                if sent % 100 == 0:  # the client's buffer holds a few hundred
                    await asyncio.sleep(0)
            await asyncio.sleep(0.2)
            for reply in tracker.honest(1, transaction, packet):
                tracker.transport.sendto(reply, address)

        def script(tracker, action, transaction, packet, address):
            if action != 1 or sum(kind == 1 for kind, _ in tracker.packets) > 1:
                return None
            storms.append(asyncio.ensure_future(
                storm_then_answer(tracker, transaction, packet, address)))
            return []

        storms = []
        process = scene.run([[scene.udp([scene.seed_at], script).url()]])
        scene.check_done(process)
        lab.check(storms, "there was no storm")
        lab.check(process.cpu_s() < packets * 30e-6, f"{process.cpu_s():.1f} CPU seconds")


def unreachable_case(folder, options, url):
    """49: trackers that are not there cost next to nothing to wait for."""
    with Scene(options, folder) as scene:
        process = scene.run([[url]], "--stall-timeout", "4s")
        lab.check(process.poll() in (4, 5), f"status {process.poll()}")
        lab.check(process.cpu_s() < 0.5, f"{process.cpu_s():.2f} CPU seconds of waiting")


async def hanging(_, writer):
    await asyncio.sleep(60)


def hanging_at_the_end_case(folder, options):
    """54: a tracker that stops answering costs at most a few seconds at the end."""
    with Scene(options, folder) as scene:
        async def first_only(tracker, writer):
            if len(tracker.requests) == 1:
                writer.write(http_reply(reply_body([scene.seed_at])))
            else:
                await asyncio.sleep(60)

        tracker = scene.http(first_only)
        process = scene.run([[tracker.url()]])
        scene.check_done(process)
        lab.check(process.wall_s() < 10, f"{process.wall_s():.1f} s")


def hanging_interrupted_case(folder, options):
    with Scene(options, folder) as scene:
        tracker = scene.http(hanging)
        meta = dict(scene.torrent.meta)
        meta[b"announce"] = tracker.url()
        (folder / "x.torrent").write_bytes(wire.encode(meta))
        process = scene.start(folder / "x.torrent")
        lab.wait_until(lambda: tracker.requests, 15, "the announce")
        process.signal(signal.SIGTERM)
        process.wait(6)
        lab.check(process.poll() == 7, f"status {process.poll()}")


# ---- what an honest tracker sees (A6) ----------------------------------------------------------


def parameters_case(folder, options):
    with Scene(options, folder) as scene:
        tracker = scene.honest()
        dead = f"http://{TRACKER}:1/announce"
        process = scene.run([[dead], [tracker.url()]])
        scene.check_done(process)
        lab.check(process.wall_s() < 8, f"{process.wall_s():.1f} s with a dead first tier")
        events = tracker.events()
        lab.check([e for e in events if e] == ["started", "completed", "stopped"],
                  f"events {events}")
        first = dict(tracker.queries()[0])
        lab.check(first["info_hash"].encode("latin-1") == scene.torrent.info_hash, "info_hash")
        lab.check(len(first["peer_id"]) == 20, "peer_id")
        lab.check(first["port"] == "6881" and first["compact"] == "1", f"{first}")
        lab.check(first["left"] == str(scene.torrent.size) and first["uploaded"] == "0"
                  and first["downloaded"] == "0", f"counters {first}")
        lab.check({"numwant", "key"} <= first.keys(), f"keys {sorted(first)}")
        last = dict(tracker.queries()[-1])
        lab.check(last["left"] == "0" and int(last["downloaded"]) >= scene.torrent.size,
                  f"at the end {last}")
        lab.check(len({dict(query)["peer_id"] for query in tracker.queries()}) == 1, "peer ids")


def announce_only_case(folder, options):
    """A8: a good, a refusing and a black-hole tracker; a line each and no call to any peer."""
    with Scene(options, folder) as scene:
        good = scene.honest()
        udp = scene.udp([scene.seed_at], address=OTHER)
        hole = scene.http(hanging)
        dead = f"http://{TRACKER}:1/announce"
        tiers = [[good.url()], [dead], [hole.url()], [udp.url()]]
        process = scene.run(tiers, "--announce-only", seconds=20)
        lab.check(process.poll() == 0, f"status {process.poll()}: {process.stderr()[-300:]}")
        lab.check(process.wall_s() < 16, f"{process.wall_s():.1f} s")
        text = process.stdout()
        for url in (good.url(), dead, hole.url(), udp.url()):
            lab.check(url in text, f"no line about {url}: {text}")
        process = scene.run(tiers, "--announce-only", "--json", seconds=20)
        json.loads(process.stdout())
        lab.check(scene.seed.accepted == 0, f"{scene.seed.accepted} calls to a peer")
        lab.check(not scene.out.exists() or not list(scene.out.iterdir()), "files were made")


def announce_interrupted_case(folder, options, number):
    """The first signal ends the waiting for silent trackers, and the row of torrents: whoever took
    us in hears that we leave, and what is known is told."""
    for name, arguments in (("text", []), ("json", ["--json"])):
        (folder / name).mkdir()
        with Scene(options, folder / name) as scene:
            good, hole = scene.honest(), scene.http(hanging)
            paths = []
            for tail in ("x", "y"):
                meta = dict(scene.torrent.meta)
                meta[b"announce-list"] = [[good.url(), hole.url(f"/announce/{tail}")]]
                paths.append(folder / name / f"{tail}.torrent")
                paths[-1].write_bytes(wire.encode(meta))
            process = scene.start(paths[0], "-t", paths[1], "--announce-only", *arguments)
            lab.wait_until(lambda: good.events() and hole.requests, 15, "the announces")
            if not arguments:
                lab.wait_until(lambda: "  ok  " in process.stdout(), 5, "the good one's line")
            process.signal(number)
            process.wait(8)
            lab.check(process.poll() == 7, f"status {process.poll()}: {process.stderr()[-300:]}")
            lab.check(len(hole.requests) == 1, f"asked {hole.requests}")
            if arguments:
                results = json.loads(process.stdout())
                lab.check([(r["status"], r["exit"]) for r in results] == [("interrupted", 7)],
                          f"{results}")
                lab.check(results[0]["trackers"][1]["error"] == "interrupted", f"{results}")
            else:
                lab.check(process.stdout().count("failed: interrupted") == 1, process.stdout())
                lab.check(good.events() == ["started", "stopped"], f"events {good.events()}")


def main():
    options, suite = lab.begin(__doc__)
    for name, script in BAD_HTTP.items():
        suite.case(name, bad_http_case, options, script)
    suite.case("43 services on this machine", loopback_path_case, options)
    for kind in TLS:
        suite.case(f"44 {kind}", https_case, options, kind)
    for version in ("-tls1", "-tls1_1"):
        suite.case(f"44 {version}", old_tls_case, options, version)
    suite.case("44 plain bytes", broken_tls_case, options, http_reply(GOOD))
    suite.case("44 reset in the handshake", broken_tls_case, options, None)
    for interval in (0, -1, 2 ** 31, None):
        suite.case(f"45 interval {interval}", interval_case, options, interval)
    suite.case("46 one good peer among bad", good_peer_among_bad_case, options)
    suite.case("47 one good dictionary among bad", dictionary_peers_case, options)
    for name, script in BAD_UDP.items():
        suite.case(name, udp_case, options, script)
    suite.case("51 a storm of spoofed answers", storm_case, options)
    for url in ("http://tracker.invalid/announce", "udp://tracker.invalid:80/announce",
                f"http://{TRACKER}:1/announce", f"udp://{TRACKER}:1/announce"):
        suite.case(f"49 nobody at {url}", unreachable_case, options, url)
    suite.case("54 hanging after completion", hanging_at_the_end_case, options)
    suite.case("54 hanging when interrupted", hanging_interrupted_case, options)
    suite.case("A6 parameters and events", parameters_case, options)
    suite.case("A8 announce only", announce_only_case, options)
    for number in (signal.SIGINT, signal.SIGTERM):
        suite.case(f"A8 {number.name}", announce_interrupted_case, options, number)
    suite.finish()


if __name__ == "__main__":
    main()
