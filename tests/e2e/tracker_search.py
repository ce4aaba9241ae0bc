"""What a person is told of trackers, which are asked when, and what they give us, through the real
binary: their own words, silent ones, the loss of all peers, names, paths, proxies, NAT checks.

    tracker_search.py [--btfast PATH] [--only PATTERN] [--keep]
"""

import asyncio
import json
import signal

from trackers import (OTHER, OURS, TRACKER, Scene, bencoded, hanging, http_reply, lab,
                      reply_body, wire)
from mini_seed import MiniSeed

# ---- what a person is told -------------------------------------------------------------------

SECRET = "s3cretpasskey"
SAID = {  # what the tracker answers with, and what of it must be shown
    "reason": (http_reply(reply_body(failure_reason="passkey not found, log in")),
               "passkey not found, log in"),
    "reason with 403": (http_reply(reply_body(failure_reason="no passkey"), "403 Forbidden"),
                        "no passkey"),
    "text with 403": (http_reply(b"not registered with us\n", "403 Forbidden"),
                      "HTTP status 403: not registered with us"),
    "page with 503": (http_reply(b"<html><title>Come back later</title>", "503 Busy"),
                      "HTTP status 503: Come back later"),
    "page without a title": (http_reply(b"<html><body><h1>Go <b>away</b></h1>", "403 Forbidden"),
                             "HTTP status 403: Go away"),
    "text": (http_reply(b"torrent deleted\n"), "not a tracker's reply: torrent deleted"),
    "page": (http_reply(b"<html><title>Log in</title>"),
             "a web page, not a tracker's reply: Log in"),
}


def words_case(folder, options, answer, words):
    """The tracker answered, so it was reached; what it said is in text and in JSON."""
    with Scene(options, folder) as scene:
        tracker = scene.http(answer)
        tiers = [[tracker.url(f"/{SECRET}/announce?key={SECRET}")]]
        process = scene.run(tiers, "--timeout", "2s", "--json")
        last = process.stderr().strip().splitlines()[-1]
        lab.check(last.startswith("btfast: no peers: http://") and words in last, f"last: {last}")
        lab.check(process.poll() == 4, f"status {process.poll()}")
        result = json.loads(process.stdout())
        lab.check(words in result["error"], f"error {result['error']}")
        told = result["trackers"]
        lab.check([t["state"] for t in told] == ["failed"] and words in told[0]["message"], told)
        lab.check(any(words in warning for warning in result["warnings"]), result["warnings"])
        records = [line for line in process.stderr().splitlines() if "WARN tracker_failed" in line]
        lab.check(len(records) == 1, f"{len(records)} records: {records}")
        noticed = [line for line in process.stderr().splitlines() if " notice " in line]
        lab.check(not any(words in line for line in noticed), f"said twice: {noticed}")
        for stream in (process.stdout(), process.stderr()):
            lab.check(SECRET not in stream, f"a passkey is shown: {stream}")


def warning_case(folder, options):
    with Scene(options, folder) as scene:
        tracker = scene.http(http_reply(reply_body([scene.seed_at],
                                                   warning_message="your ratio is low")))
        process = scene.run([[tracker.url()]], "--json")
        scene.check_done(process)
        shown = process.stderr().count("WARN tracker_warning")
        lab.check(shown == 1 and "your ratio is low" in process.stderr(), process.stderr())
        result = json.loads(process.stdout())
        lab.check(result["trackers"][0]["message"] == "your ratio is low", result["trackers"])
        lab.check(result["trackers"][0]["state"] == "working", result["trackers"])


def not_reached_case(folder, options):
    with Scene(options, folder) as scene:
        dead = f"http://{TRACKER}:1/announce"
        process = scene.run([[dead]], "--timeout", "2s")
        last = process.stderr().strip().splitlines()[-1]
        lab.check(last == f"btfast: no tracker and no peer could be reached: {dead}: "
                          "Connection refused", f"last: {last}")
        lab.check(process.poll() == 4, f"status {process.poll()}")


def not_asked_case(folder, options):
    with Scene(options, folder) as scene:
        local = scene.http(bencoded(), "127.0.0.1")
        process = scene.run([[local.url("/api/v2/shutdown")]], "--timeout", "2s", "--json")
        why = "a tracker on this machine is asked only where its path begins /announce"
        lab.check(why in process.stderr().strip().splitlines()[-1], process.stderr())
        result = json.loads(process.stdout())
        lab.check(result["trackers"][0]["state"] == "unusable", result["trackers"])
        lab.check(local.connections == 0, f"asked {local.requests}")


# ---- who is asked when -----------------------------------------------------------------------


def silent_case(folder, options, one_tier):
    """A crowd that never answers costs a moment, not eleven seconds each."""
    with Scene(options, folder) as scene:
        silent, live = scene.http(hanging), scene.honest()
        mute = scene.udp(script=lambda *_: [])
        urls = [silent.url(f"/announce/{n}") for n in range(60)]
        urls += [f"{mute.url()}/{n}" for n in range(27)] + [live.url()]
        process = scene.run([urls] if one_tier else [[url] for url in urls])
        scene.check_done(process)
        lab.check(process.wall_s() < 9, f"{process.wall_s():.1f} s")
        started = [event for event in live.events() if event == "started"]
        lab.check(len(started) == 1, f"events {live.events()}")


class Mortal(MiniSeed):
    """Ends for ever after some blocks."""

    async def answer(self, writer, piece, begin, length):
        if len(self.asked) > 10:
            self._server.close()
            writer.transport.abort()
            return
        await super().answer(writer, piece, begin, length)


def all_gone_case(folder, options):
    """The tracker has said that half an hour will do; then the only peer dies."""
    with Scene(options, folder) as scene:
        mortal = scene.loop.call(Mortal(scene.torrent, lab.address(21)).start())

        async def the_next(tracker, writer):
            first = len(tracker.requests) == 1
            peer = (mortal.address, mortal.port) if first else scene.seed_at
            writer.write(http_reply(reply_body([peer], min_interval=1800)))

        tracker = scene.http(the_next)
        process = scene.run([[tracker.url()]], "--timeout", "40s")
        scene.check_done(process)
        lab.check(tracker.events()[:2] == ["started", ""], f"events {tracker.events()}")


def announce_min_case(folder, options):
    with Scene(options, folder) as scene:
        tracker = scene.http(http_reply(reply_body(interval=1)))
        meta = dict(scene.torrent.meta)
        meta[b"announce"] = tracker.url()
        (folder / "x.torrent").write_bytes(wire.encode(meta))
        process = scene.start(folder / "x.torrent", "--announce-min", "1s")
        lab.wait_until(lambda: len(tracker.requests) >= 4, 30, "the fourth announce")
        process.signal(signal.SIGTERM)
        process.wait(10)
        lab.check(tracker.events()[:2] == ["started", ""], f"events {tracker.events()}")
        lab.check(tracker.events()[-1] == "stopped", f"events {tracker.events()}")


def peers_enough_case(folder, options, enough, asked):
    """With the peers of the first tracker known, is the second one asked for more?"""
    with Scene(options, folder) as scene:
        nobody = [(lab.address(30 + n), 9) for n in range(9)]
        first = scene.http(http_reply(reply_body([scene.seed_at] + nobody)))
        scene.seed.bytes_per_s = 200_000
        second = scene.http(http_reply(reply_body([])), OTHER)
        scene.check_done(scene.run([[first.url()], [second.url()]], "--peers-enough", enough))
        lab.check(bool(second.requests) == asked, f"the second was asked {second.requests}")


# ---- addresses ---------------------------------------------------------------------------------


def named_peer_case(folder, options):
    """BEP 3: a peer may be given by its name."""
    with Scene(options, folder) as scene:
        seed = scene.loop.call(MiniSeed(scene.torrent, "127.0.0.1").start())
        peers = [{"ip": "nobody.invalid", "port": 1, "peer id": "x" * 20},
                 {"ip": "localhost", "port": seed.port, "peer id": "y" * 20}]
        scene.check_done(scene.run([[scene.http(bencoded(peers=peers)).url()]]))


def local_path_case(folder, options, path):
    with Scene(options, folder) as scene:
        tracker = scene.http(http_reply(reply_body([scene.seed_at])), "127.0.0.1")
        scene.check_done(scene.run([[tracker.url(path)]]))


def proxy_case(folder, options):
    """No proxy of the environment is used: none of the variables, in neither case."""
    with Scene(options, folder) as scene:
        dead = f"http://{TRACKER}:1"
        env = {name: dead for low in ("http_proxy", "https_proxy", "all_proxy")
               for name in (low, low.upper())}
        scene.check_done(scene.run([[scene.honest().url()]], env=env))


def nat_check_case(folder, options):
    """A tracker that looks whether we can be reached sends 48 bytes and waits for our handshake."""
    with Scene(options, folder) as scene:
        answers = []

        async def check_then_answer(tracker, writer):
            port = int(dict(tracker.queries()[0])["port"])
            reader, knock = await asyncio.open_connection(OURS, port)
            knock.write(wire.handshake(scene.torrent.info_hash, b"x" * 20)[:48])
            try:
                answers.append(await asyncio.wait_for(reader.readexactly(68), 5))
            except (asyncio.TimeoutError, asyncio.IncompleteReadError) as error:
                answers.append(repr(error))
            knock.close()
            writer.write(http_reply(reply_body([scene.seed_at])))

        scene.check_done(scene.run([[scene.http(check_then_answer).url()]]))
        lab.check(answers and isinstance(answers[0], bytes), f"answered {answers}")
        lab.check(answers[0][28:48] == scene.torrent.info_hash, f"answered {answers}")


def main():
    options, suite = lab.begin(__doc__)
    for name, (answer, words) in SAID.items():
        suite.case(f"words: {name}", words_case, options, answer, words)
    suite.case("words: a warning", warning_case, options)
    suite.case("words: not reached", not_reached_case, options)
    suite.case("words: not asked", not_asked_case, options)
    suite.case("silent: one tier", silent_case, options, True)
    suite.case("silent: a tier each", silent_case, options, False)
    suite.case("all peers gone", all_gone_case, options)
    suite.case("announce-min", announce_min_case, options)
    suite.case("peers-enough: enough", peers_enough_case, options, 5, False)
    suite.case("peers-enough: too few", peers_enough_case, options, 50, True)
    suite.case("a peer by name", named_peer_case, options)
    for path in ("/announce.php", "/announce.php?passkey=1", "/announce/abc"):
        suite.case(f"on this machine: {path}", local_path_case, options, path)
    suite.case("proxies of the environment", proxy_case, options)
    suite.case("NAT check", nat_check_case, options)
    suite.finish()


if __name__ == "__main__":
    main()
