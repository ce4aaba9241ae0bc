"""What a download tells of its peers, pieces, blocks and queues (-v, -vv, -vvv, records, result);
and the times after which it lets a peer go.

    events.py [--btfast PATH] [--only PATTERN] [--keep]
"""

import asyncio
import json
import pathlib
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))

import lab  # noqa: E402
import wire  # noqa: E402
from mini_seed import MiniSeed  # noqa: E402
from scene import MIB, SEED, single  # noqa: E402

BLOCK = 16 * 1024
STATES = ("missing", "fetching", "waiting", "verifying", "have", "skipped")
QUEUES = ("blocks", "verify", "memory", "writing")
EVIL = b"-\x1b[31m\n\x7f-\xff" + b"x" * 10  # a peer id


def events_of(process):
    """Every line of standard error as JSON; a line that is none fails."""
    return [json.loads(line) for line in process.stderr().splitlines()]


def named(events, name):
    return [event for event in events if event["event"] == name]


def run(scene, *arguments):
    process = scene.start("--json", "--log-format", "json", *arguments)
    process.wait(100)
    lab.check(process.poll() == 0, f"status {process.poll()}\n{process.tail()}")
    return events_of(process), json.loads(process.stdout())


def way_case(folder, options):
    scene = single(options, folder)
    events, result = run(scene, "-v")
    made = named(events, "file_made")
    lab.check([(e["path"], e["size"]) for e in made]
              == [(str(scene.out / scene.torrent.name), scene.torrent.size)], f"made {made}")
    way = [(e["event"], e.get("by")) for e in events if e["event"].startswith("peer_")]
    steps = [("peer_connected", None), ("peer_handshake", None), ("peer_bitfield", None),
             ("peer_interested", "us"), ("peer_unchoked", "peer"), ("peer_first_block", None)]
    lab.check(way[:6] == steps, f"the way {way}")
    lab.check(("peer_closed", None) in way[6:], f"no word of its end: {way}")
    lab.check(named(events, "peer_handshake")[0]["client"] == "MS 0.0.0.1", "another client")
    lab.check(named(events, "peer_bitfield")[0]["pieces"] == scene.torrent.piece_count, "pieces")
    lab.check(all(e["reason"] for e in named(events, "peer_closed")), "closed without a reason")
    lab.check(not named(events, "block") and not named(events, "piece_have"), "more than -v")
    check_result(scene, result)


def check_result(scene, result):
    states = result["piece_states"]
    lab.check(tuple(states) == STATES and sum(states.values()) == scene.torrent.piece_count,
              f"pieces {states}")
    lab.check(states["have"] == scene.torrent.piece_count, f"pieces {states}")
    for name in QUEUES:
        queue = result["queues"][name]
        lab.check(queue["now"] == 0 < queue["max"] <= queue["bound"], f"queue {name}: {queue}")
    latency = result["block_latency_us"]
    lab.check(latency["count"] >= scene.torrent.size // BLOCK
              and latency["count"] == sum(b["count"] for b in latency["buckets"]), f"{latency}")
    lab.check(0 < latency["p50"] <= latency["p90"] <= latency["p99"], f"{latency}")
    bounds = [b["below"] for b in latency["buckets"]]
    lab.check(all(b == 2 * a for a, b in zip(bounds, bounds[1:])), f"{bounds}")
    lab.check(result["wrong_hash"] == 0, "a wrong hash")


def levels_case(folder, options):
    scene = single(options, folder)
    blocks = scene.torrent.size // BLOCK
    for flag, pieces, traced in (("-q", 0, 0), ("-vv", scene.torrent.piece_count, 0),
                                 ("-vvv", scene.torrent.piece_count, blocks)):
        (scene.out / scene.torrent.name).unlink(missing_ok=True)
        events, _ = run(scene, flag)
        lab.check(len(named(events, "piece_have")) == pieces, f"{flag}: pieces")
        seen = named(events, "block")
        lab.check(len(seen) >= traced and bool(seen) == bool(traced), f"{flag}: {len(seen)} blocks")
        lab.check(all(e["ms"] >= 0 and e["length"] == BLOCK and e["peer"] == scene.seed.endpoint()
                      and e["offset"] % BLOCK == 0 and e["piece"] < scene.torrent.piece_count
                      for e in seen), f"{flag}: {seen[:2]}")
        looked = named(events, "pieces_checked")
        lab.check(bool(looked) == bool(traced), f"{flag}: {looked}")
        lab.check(all(e["pending"] == e["has"] == scene.torrent.piece_count for e in looked),
                  f"{flag}: {looked}")
        lab.check(flag != "-q" or not events, f"-q says {events[:3]}")


def plain_case(folder, options):
    """Without -v a download says a few lines, none of them about a peer."""
    scene = single(options, folder)
    argv = scene.argv()
    argv[argv.index("--progress") + 1] = "log"
    process = lab.Process(argv, folder, "plain")
    lab.check(process.wait(60) == 0, process.tail())
    lines = process.stderr().splitlines()
    lab.check(len(lines) <= 3 and not any("peer_" in line for line in lines), f"{lines}")


def records_case(folder, options):
    """Whenever one looks, the pieces add up and no queue is beyond its most."""
    scene = single(options, folder)
    argv = scene.argv("--summary-interval", "100ms")
    argv[argv.index("--progress") + 1] = "json"
    scene.seed.bytes_per_s = 3 * MIB
    process = lab.Process(argv, folder, "records")
    lab.wait_until(lambda: scene.seed.bytes_sent > MIB or process.poll() is not None, 30, "a MiB")
    process.signal(signal.SIGUSR1)
    lab.check(process.wait(60) == 0, process.tail())
    records = named(events_of(process), "progress")
    lab.check(len(records) >= 3, f"{len(records)} records")
    for record in records:
        lab.check(sum(record[state] for state in STATES) == scene.torrent.piece_count, f"{record}")
        for queue in ("queue", "verify", "mem", "writing"):
            lab.check(0 <= record[queue] <= record[queue + "_max"], f"{queue}: {record}")
    lab.check(any(record["fetching"] for record in records), "nothing was fetched")


def strange_name_case(folder, options):
    """What a peer calls itself neither ends a line nor colours one."""
    scene = single(options, folder)
    scene.seed = scene.loop.call(MiniSeed(scene.torrent, SEED, peer_id=EVIL).start())
    process = scene.start("-vvv")
    lab.check(process.wait(100) == 0, process.tail())
    lab.check("\x1b" not in process.stderr() and "\x7f" not in process.stderr(), "raw bytes")
    lab.check(" client=unknown " in process.stderr(), "the client")


class Mute:
    """Listens, and answers as it is told: nothing at all, or with another torrent's hash."""

    def __init__(self, answer=b""):
        self.answer, self.ended, self.server = answer, 0, None
        self.asked = []  # as of other seeds of a scene

    async def start(self):
        self.server = await asyncio.start_server(self._serve, SEED, 0)
        return self

    def endpoint(self):
        return f"{SEED}:{self.server.sockets[0].getsockname()[1]}"

    async def _serve(self, reader, writer):
        writer.write(self.answer)
        while await reader.read(1 << 16):
            pass
        self.ended += 1
        writer.close()


def closed_by(scene, reason, *arguments):
    """Runs until a peer was closed for that; returns everything said."""
    process = scene.start("--json", "-v", "--log-format", "json", *arguments)

    def closed():
        lines = process.stderr().splitlines()[:-1]  # the last may be half written
        return any(json.loads(line).get("reason") == reason for line in lines)
    lab.wait_until(lambda: closed() or process.poll() is not None, 30, f"a peer closed: {reason}")
    process.signal(signal.SIGINT)
    process.wait(20)
    return events_of(process), json.loads(process.stdout())


def wrong_hash_case(folder, options):
    scene = single(options, folder)
    mute = Mute(wire.handshake(b"\x07" * 20, b"-XX0000-somebodyelse", wire.RESERVED_FAST))
    scene.seed = scene.loop.call(mute.start())
    events, result = closed_by(scene, "wrong torrent")
    lab.check(named(events, "peer_wrong_hash")[0]["info_hash"] == "07" * 20, "the hash")
    lab.check(mute.ended >= 1, "it was not dropped")
    lab.check(result["wrong_hash"] >= 1, f"counted {result['wrong_hash']}")


def times_case(folder, options):
    scene = single(options, folder)
    scene.seed = scene.loop.call(Mute().start())
    closed_by(scene, "handshake timeout", "--handshake-timeout", "500ms")
    scene.seed = scene.loop.call(MiniSeed(scene.torrent, SEED, gated=True).start())
    closed_by(scene, "idle timeout", "--idle-timeout", "1s")


def main():
    options, suite = lab.begin(__doc__)
    suite.case("a peer's way", way_case, options)
    suite.case("levels", levels_case, options)
    suite.case("nothing asked for", plain_case, options)
    suite.case("records", records_case, options)
    suite.case("strange names", strange_name_case, options)
    suite.case("a wrong hash", wrong_hash_case, options)
    suite.case("times", times_case, options)
    suite.finish()


if __name__ == "__main__":
    main()
