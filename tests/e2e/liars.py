"""FAULTS §2.3, cases 71-74, against the real binary: peers that corrupt what they send.

Every download must complete with the right bytes, with each peer that lied enough to be proven
wrong banned, no honest one, and not much later than from honest peers alone.

    liars.py [--btfast PATH] [--only PATTERN] [--keep]
"""

import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))

import lab  # noqa: E402
import lying_seed  # noqa: E402
import torrents  # noqa: E402
from mini_seed import AsyncThread, MiniSeed  # noqa: E402

OURS = lab.address(99)
RATE = 1_500_000
SIZE = 96 * 262144 + 4321
SECONDS = 120


class Run:
    """One download from some honest seeds and some liars."""

    def __init__(self, options, folder, torrent, honest, lies):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.loop = AsyncThread()
        try:
            self.honest = [self._start(MiniSeed(torrent, lab.address(1 + n), bytes_per_s=RATE,
                                                peer_id=b"-MS0001-honest%06d" % n))
                           for n in range(honest)]
            self.liars = [self._start(lying_seed.LyingSeed(
                torrent, lab.address(50 + n), how, bytes_per_s=RATE,
                peer_id=b"-LS0001-liar%08d" % n)) for n, how in enumerate(lies)]
            self._download(options, torrent)
        finally:
            self.loop.stop()

    def _start(self, seed):
        return self.loop.call(seed.start())

    def _download(self, options, torrent):
        peers = [part for seed in self.honest + self.liars for part in ("--peer", seed.endpoint())]
        process = lab.Process(
            [options.btfast, "-v", "--log-format", "json", "-t", torrent.path, "-o",
             self.folder / "out", "--bind", OURS, "--progress", "none", "--json",
             "--timeout", f"{SECONDS}s", *peers], self.folder, "btfast")
        process.wait(SECONDS + 10)
        lab.check(process.poll() == 0, f"status {process.poll()}: {process.stderr()[-300:]}")
        lab.check_same_tree(torrent.data_path(), self.folder / "out" / torrent.name)
        self.result = json.loads(process.stdout())
        useful = self.result["bytes"] - self.result["resumed"]
        lab.check(self.result["downloaded"] == useful + self.result["wasted"],
                  f"bytes that are neither here nor wasted: {self.result}")
        self.seconds = self.result["wall_s"]
        events = [json.loads(line) for line in process.stderr().splitlines()
                  if line.startswith("{")]
        self.banned = {event["peer"] for event in events if event["event"] == "ban"}

    def check_verdicts(self):
        for seed in self.honest:
            lab.check(seed.endpoint() not in self.banned, f"honest {seed.endpoint()} was banned")
        for seed in self.liars:
            lab.check(seed.endpoint() in self.banned or seed.lied == 0,
                      f"{seed.endpoint()} lied {seed.lied} times and was not banned")
        lab.check(len(self.banned) == self.result["banned"], "`banned` counts others")

    def told(self):
        lied = sum(seed.lied for seed in self.liars)
        return (f"{self.seconds:.2f} s, {len(self.banned)} of {len(self.liars)} liars banned for "
                f"{lied} lies, {self.result['bad_pieces']} bad pieces, wasted "
                f"{100 * self.result['wasted'] / self.result['downloaded']:.2f} %")


def share(folder, size=SIZE, piece_length=262144):
    data = torrents.single_file(folder / "data", size, "payload.bin")
    return torrents.share(data, folder / "x.torrent", piece_length=piece_length)


def ways(torrent):
    """Six liars, each in a way of its own."""
    return [lying_seed.always, lying_seed.first_time_only, lying_seed.every_other_time,
            lying_seed.last_block(torrent), lying_seed.one_in(10, 1), lying_seed.one_in(30, 2)]


def six_of_ten(folder, options):
    torrent = share(folder)
    clean = Run(options, folder / "clean", torrent, 10, [])
    run = Run(options, folder / "liars", torrent, 4, ways(torrent))
    print(f"     clean {clean.told()}\n     liars {run.told()}")
    run.check_verdicts()
    lab.check(not clean.banned and clean.result["bad_pieces"] == 0, "banned in the clean run")
    lab.check(all(seed.lied for seed in run.liars), "a liar was never asked")
    lab.check(run.seconds <= 4 * clean.seconds,
              f"{run.seconds:.2f} s against {clean.seconds:.2f} s clean")


def one_among_nine(folder, options):
    """Few, large pieces: everyone has a part in each of them."""
    torrent = share(folder, 3 * 4194304, 4194304)
    run = Run(options, folder / "run", torrent, 9, [lying_seed.one_in(8, 72)])
    print(f"     {run.told()}")
    run.check_verdicts()


def nine_of_ten(folder, options):
    torrent = share(folder, 48 * 262144)
    clean = Run(options, folder / "clean", torrent, 2, [])
    run = Run(options, folder / "liars", torrent, 2, [lying_seed.always] * 18)
    print(f"     clean {clean.told()}\n     liars {run.told()}")
    run.check_verdicts()
    lab.check(run.seconds <= 3 * clean.seconds,
              f"{run.seconds:.2f} s against {clean.seconds:.2f} s with the honest alone")


def main():
    options, suite = lab.begin(__doc__)
    suite.case("71 six of ten lie", six_of_ten, options)
    suite.case("72 one among nine lies", one_among_nine, options)
    suite.case("73 nine of ten lie", nine_of_ten, options)
    suite.finish()


if __name__ == "__main__":
    main()
