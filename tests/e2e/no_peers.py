"""Why nothing comes, through the real binary: what became of the peers stands in the last line,
in the notice and in JSON.

    no_peers.py [--btfast PATH] [--only PATTERN] [--keep]
"""

import asyncio
import json

from trackers import SEED, Scene, http_reply, lab, reply_body, wire
from mini_seed import MiniSeed

NO_TRACKER = "no peer {}, and the torrent names no tracker that can be asked"


class Curt:
    """Sends a handshake and ends the connection once the other's has come.  What else comes is
    read: closing over unread bytes resets the connection, and sometimes they are there."""

    def __init__(self, info_hash):
        self.info_hash, self.server = info_hash, None

    async def start(self):
        self.server = await asyncio.start_server(self._serve, SEED, 0)
        return self

    def endpoint(self):
        return f"{SEED}:{self.server.sockets[0].getsockname()[1]}"

    async def _serve(self, reader, writer):
        writer.write(wire.handshake(self.info_hash, b"-XX0000-somebodyelse"))
        await reader.readexactly(68)
        writer.write_eof()
        await reader.read()
        writer.close()


def run(scene, tiers, *arguments):
    """A run that fails; the status, the object of --json, and all records."""
    process = scene.run(tiers, "--timeout", "4s", "--json", "--log-format", "json", *arguments)
    result = json.loads(process.stdout())
    records = [json.loads(line) for line in process.stderr().splitlines()]
    lab.check(records[-1]["reason"] == result["error"], f"the last line {records[-1]}")
    return process.poll(), result, records


def check(status, result, expected, error, kind):
    lab.check(status == expected, f"status {status}: {result['error']}")
    lab.check(result["error"] == error, f"\n{result['error']}\nand not\n{error}")
    ends = [(end["reason"], end["handshake"], end["peers"]) for end in result["peer_ends"]]
    lab.check(ends == kind, f"{result['peer_ends']}")


def dead_case(folder, options):
    """Also as a notice, before the end: once, however often they are called again."""
    with Scene(options, folder) as scene:
        tracker = scene.http(http_reply(reply_body([(SEED, 9), (SEED, 11)])))
        status, result, records = run(scene, [[tracker.url()]])
        end = result["peer_ends"][0]
        text = f"2 peers known: 2 could not be reached ({end['peer']}: Connection refused)"
        check(status, result, 5, f"gave up: not done within --timeout; {text}",
              [("connect failed", False, 2)])
        notices = [record["text"] for record in records if record["event"] == "notice"]
        lab.check(notices == [text], f"notices {notices}")


def refused_case(folder, options):
    with Scene(options, folder) as scene:
        status, result, _ = run(scene, [], "--peer", f"{SEED}:9")
        check(status, result, 4, NO_TRACKER.format("could be reached") +
              f"; the only peer known could not be reached ({SEED}:9: Connection refused)",
              [("connect failed", False, 1)])


def other_torrent_case(folder, options):
    with Scene(options, folder) as scene:
        curt = scene.loop.call(Curt(b"\x07" * 20).start())
        status, result, _ = run(scene, [], "--peer", curt.endpoint())
        check(status, result, 4, NO_TRACKER.format("was of use") +
              f"; the only peer known has another torrent ({curt.endpoint()})",
              [("wrong torrent", False, 1)])


def closes_case(folder, options):
    with Scene(options, folder) as scene:
        curt = scene.loop.call(Curt(scene.torrent.info_hash).start())
        status, result, _ = run(scene, [], "--peer", curt.endpoint())
        check(status, result, 5, "gave up: not done within --timeout; the only peer known closed "
              f"the connection ({curt.endpoint()})", [("peer closed", True, 1)])


def choking_case(folder, options):
    with Scene(options, folder) as scene:
        seed = scene.loop.call(MiniSeed(scene.torrent, SEED, gated=True).start())
        status, result, _ = run(scene, [], "--peer", seed.endpoint(), "--stall-timeout", "2s")
        check(status, result, 5, "gave up: no new block within --stall-timeout; the only peer "
              "known is connected and chokes us", [])


async def silent(_, __):
    await asyncio.sleep(60)


# What a tracker sends, and what the verdict says of it.
SAID = {
    "a refusal": (http_reply(reply_body(failure_reason="passkey unknown")), "{}: passkey unknown"),
    "a status": (http_reply(b"database is down", "500 X"), "{}: HTTP status 500: database is down"),
    "a warning": (http_reply(reply_body([(SEED, 9)], warning_message="old client")),
                  "{} warns: old client"),
    "a reason that is a number": (http_reply(reply_body(failure_reason=5)),
                                  '{} sent an odd reply: "failure reason" is not a string'),
    "an empty dictionary": (http_reply(b"de"), "{} sent an odd reply: an empty dictionary"),
    "a warning in an odd reply": (http_reply(reply_body(peers=b"abc", warning_message="old")),
                                  '{} warns: old; and an odd reply: "peers" is 3 bytes long'),
    "no answer": (silent, "no answer yet from {}"),
}


def said_beside_peer_case(folder, options, script, words):
    """One useless peer takes no tracker's word out of the verdict, the last thing -q leaves."""
    with Scene(options, folder) as scene:
        seed = scene.loop.call(MiniSeed(scene.torrent, SEED, gated=True).start())
        tracker = scene.http(script)
        status, result, records = run(scene, [[tracker.url()]], "--peer", seed.endpoint(), "-q")
        expected = words.format(tracker.url())
        lab.check(status == 5 and "choke" in result["error"] and expected in result["error"],
                  f"{result['error']}\nhas not\n{expected}")
        lab.check(len(records) == 1, f"{records}")


def unknown_scheme_case(folder, options):
    """It is no tracker of ours, and told once, though it stands in both places."""
    with Scene(options, folder) as scene:
        scene.torrent.meta[b"announce"] = "wss://tracker.invalid/announce"
        status, result, _ = run(scene, [["wss://tracker.invalid/announce"]])
        check(status, result, 4, NO_TRACKER.format("could be reached"), [])
        lab.check(result["warnings"] == ["tracker dropped, unknown scheme: "
                                         "wss://tracker.invalid/announce"], result["warnings"])


def events_case(folder, options):
    """A record's own name is never lost to one of its fields."""
    with Scene(options, folder) as scene:
        tracker = scene.http(http_reply(reply_body(failure_reason="no")))
        _, _, records = run(scene, [[tracker.url()]], "-vvv")
        lab.check([record.get("announce") for record in records
                   if record["event"] == "tracker_failed"][:1] == ["started"], f"{records}")


def odd_reply_case(folder, options):
    with Scene(options, folder) as scene:
        tracker = scene.http(http_reply(reply_body(peers=b"abc")))
        status, result, records = run(scene, [[tracker.url()]])
        words = '"peers" is 3 bytes long, not a multiple of 6'
        lab.check(status == 5 and words in result["error"], result["error"])
        lab.check(len([record for record in records if record["level"] == "WARN"
                       and record["event"] == "tracker_odd_reply"]) == 1, f"{records}")


def main():
    options, suite = lab.begin(__doc__)
    suite.case("dead peers of a tracker", dead_case, options)
    suite.case("a peer that refuses", refused_case, options)
    suite.case("a peer with another torrent", other_torrent_case, options)
    suite.case("a peer that closes", closes_case, options)
    suite.case("a peer that chokes", choking_case, options)
    for name, (script, words) in SAID.items():
        suite.case(f"{name} beside a peer that chokes", said_beside_peer_case, options, script,
                   words)
    suite.case("a tracker of an unknown scheme", unknown_scheme_case, options)
    suite.case("records keep their names", events_case, options)
    suite.case("an odd reply", odd_reply_case, options)
    suite.finish()


if __name__ == "__main__":
    main()
