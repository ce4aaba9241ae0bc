"""Downloads from peers that die, stall, drip, lie, choke, reject and talk nonsense: however it
goes, the content is right, the run ends by itself, and nobody honest is banned.

    chaos.py [--btfast PATH] [--runs N] [--first NUMBER] [--at-once N] [--keep]

Each run has a number; `--first NUMBER --runs 1` repeats it: the same torrent, peers and fates.
`make trust` makes a thousand of them.
"""

import asyncio
import json
import pathlib
import random
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))

import lab  # noqa: E402
import wire  # noqa: E402
from chaos_peers import FATES, ChaosPeer  # noqa: E402

KIB = 1024
SECONDS = 240  # far more than any run should take; they say how long they took
OURS = lab.address(99)


class InMemory(wire.Torrent):
    """Its peers live a little longer than its files."""

    def __init__(self, path, data_parent, content):
        super().__init__(path, data_parent)
        self.content = content

    def read(self, piece, begin, length):
        at = piece * self.piece_length + begin
        return self.content[at:at + length]


class Run:
    def __init__(self, options, folder, number):
        self.options, self.folder, self.number = options, folder, number
        self.rng = random.Random(number)
        self.folder.mkdir(parents=True)

    def _torrent(self):
        size = self.rng.randrange(1, 3 << 20)
        piece_length = self.rng.choice([16, 32, 64, 256, 1024]) * KIB
        (self.folder / "data").mkdir()
        content = self.rng.randbytes(size)
        (self.folder / "data/chaos").write_bytes(content)
        path = wire.make_torrent(self.folder / "chaos.torrent", content, piece_length)
        return InMemory(path, self.folder / "data", content)

    def _peers(self, torrent):
        """One that is honest, slow and stays; the others draw their fates."""
        kinds = [ChaosPeer] + [self.rng.choice(FATES) for _ in range(self.rng.randrange(2, 9))]
        peers = [kind(torrent, lab.address(1 + n), random.Random(self.rng.random()), n)
                 for n, kind in enumerate(kinds)]
        peers[0].bytes_per_s = 2_000_000
        self.rng.shuffle(peers)
        return peers

    async def go(self):
        torrent = self._torrent()
        self.peers = self._peers(torrent)
        for peer in self.peers:
            await peer.start()
        argv = [self.options.btfast, "-v", "--log-format", "json", "--json", "--progress", "none",
                "-t", torrent.path, "-o", self.folder / "out", "--bind", OURS, "--port", "0",
                "-j", self.rng.choice([1, 2, 4]), "--net-threads", self.rng.choice([1, 2, 3]),
                "--timeout", f"{SECONDS}s"]
        for peer in self.peers:
            argv += ["--peer", peer.endpoint()]
        started = time.monotonic()
        process = await asyncio.create_subprocess_exec(
            *[str(word) for word in argv], stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            preexec_fn=lab.die_with_parent)
        try:
            out, err = await asyncio.wait_for(process.communicate(), SECONDS + 30)
        except asyncio.TimeoutError:
            process.kill()
            raise lab.Failure(f"still there after {SECONDS + 30} s") from None
        finally:
            for peer in self.peers:
                peer._server.close()
        self.seconds = time.monotonic() - started
        self._check(torrent, process.returncode, out.decode(), err.decode("utf-8", "replace"))

    def _check(self, torrent, status, out, err):
        lab.check(status == 0, f"status {status} after {self.seconds:.1f} s: {err[-600:]}")
        lab.check_same_tree(torrent.data_path(), self.folder / "out" / torrent.name)
        left = sorted(path.name for path in (self.folder / "out").iterdir())
        lab.check(left == [torrent.name], f"left behind: {left}")
        events = [json.loads(line) for line in err.splitlines() if line.startswith("{")]
        banned = {event["peer"] for event in events if event["event"] == "ban"}
        honest = {peer.endpoint() for peer in self.peers if not peer.lies}
        lab.check(not banned & honest, f"banned although honest: {banned & honest}")
        lab.check(json.loads(out)["status"] == "done", out)

    def told(self):
        return f"run {self.number}: {', '.join(peer.fate for peer in self.peers)}"


async def all_runs(options, base):
    turn = asyncio.Semaphore(options.at_once)
    failed, took = [], []

    async def one(number):
        async with turn:
            run = Run(options, base / str(number), number)
            try:
                await run.go()
                took.append((run.seconds, run))
            except (lab.Failure, OSError, ValueError, KeyError) as error:
                failed.append(number)
                print(f"FAIL {run.told()}: {error}")
            if number not in failed and not options.keep:
                lab.remove_tree(run.folder)

    await asyncio.gather(*[one(number) for number in
                           range(options.first, options.first + options.runs)])
    took.sort(key=lambda each: each[0])
    if took:
        seconds, slowest = took[-1]
        print(f"{len(took)} right, median {took[len(took) // 2][0]:.1f} s, the slowest "
              f"{seconds:.1f} s: {slowest.told()}")
    print(f"{len(took)} passed, {len(failed)} failed")
    return not failed


def main():
    parser = lab.parser(__doc__)
    parser.add_argument("--runs", type=int, default=40)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--at-once", type=int, default=12)
    options = parser.parse_args()
    lab.enter()
    lab.require_btfast(options)
    suite = lab.Suite(options)  # its folder, and the end of it
    sys.exit(0 if asyncio.run(all_runs(options, suite.base)) else 1)


if __name__ == "__main__":
    main()
