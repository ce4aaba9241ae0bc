"""Whose the part file is: `NAME.btfast-part` is used, written over and removed only where it is
the very torrent's; of another torrent, or of the user's, it stays what it is.

    part_file.py [--btfast PATH] [--only PATTERN] [--keep]
"""

import hashlib
import pathlib
import random
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))

import lab  # noqa: E402
import wire  # noqa: E402
from mini_seed import AsyncThread, MiniSeed  # noqa: E402

PIECE = 32768
OURS = lab.address(9)
TOP = "Show"
SIZES = (PIECE + 1000, 2 * PIECE, 100)


class Edition:
    """One of several torrents of the same top name and lengths."""

    def __init__(self, folder, options, number):
        self.folder, self.options = folder, options
        self.out = folder / "out"
        self.part = self.out / f"{TOP}.btfast-part"
        data = folder / f"data {number}"
        content, entries = b"", []
        for index, size in enumerate(SIZES):
            path = f"{number}-{index}"
            piece_of = random.Random(10 * number + index).randbytes(size)
            (data / TOP).mkdir(parents=True, exist_ok=True)
            (data / TOP / path).write_bytes(piece_of)
            entries.append({"length": size, "path": [path]})
            content += piece_of
        digests = b"".join(hashlib.sha1(content[at:at + PIECE]).digest()
                           for at in range(0, len(content), PIECE))
        file = folder / f"{number}.torrent"
        file.write_bytes(wire.encode({"info": {
            "files": entries, "name": TOP, "piece length": PIECE, "pieces": digests}}))
        self.torrent = wire.Torrent(file, data)
        self.loop = AsyncThread()
        self.seed = self.loop.call(MiniSeed(self.torrent, lab.address(20 + number)).start())

    def run(self, status, command, *more):
        net = [] if command == "verify" else ["--bind", OURS, "--port", "0", "--progress", "none"]
        if command == "get":
            net += ["--peer", self.seed.endpoint(), "--timeout", "60s"]
        if command == "seed":
            net += ["--seed-time", "100ms"]
        process = lab.Process([self.options.btfast, command, "-t", self.torrent.path, "-o",
                               self.out, *net, *more], self.folder, "run")
        process.wait(70)
        lab.check(process.poll() == status,
                  f"{command}: status {process.poll()}, not {status}: {process.stderr()}")
        return process

    def refused(self, *more):
        """Before a peer is asked, with the path and what can be done, and nothing is changed."""
        before, asked = lab.manifest(self.out), len(self.seed.asked)
        said = self.run(6, "get", *more).stderr()
        lab.check(str(self.part) in said and "--overwrite" in said, f"says {said}")
        lab.check(lab.manifest(self.out) == before, "something changed")
        lab.check(len(self.seed.asked) == asked, "asked a peer")


def editions(folder, options, count):
    return [Edition(folder, options, number) for number in range(count)]


def end(*those):
    for edition in those:
        edition.loop.stop()


def still_whole(edition):
    for command in ("verify", "seed"):
        edition.run(0, command, "--select", "1")


def another_torrent_case(folder, options):
    first, second = editions(folder, options, 2)
    try:
        first.run(0, "get", "--select", "1")
        noted = first.part.read_bytes()
        second.refused("--select", "1")
        still_whole(first)
        for command in ("verify", "seed"):
            second.run(8, command, "--select", "1")
        second.run(0, "get")
        second.run(0, "verify")
        lab.check(first.part.read_bytes() == noted, "the first's part file is not what it was")
        still_whole(first)
        # Its own last file needs it no more.
        first.run(0, "get")
        lab.check(not first.part.exists(), "the part file is left")
        first.run(0, "verify")
    finally:
        end(first, second)


def insisted_case(folder, options):
    first, second = editions(folder, options, 2)
    try:
        first.run(0, "get", "--select", "1")
        second.run(0, "get", "--select", "1", "--overwrite")
        still_whole(second)
        first.run(8, "verify", "--select", "1")
    finally:
        end(first, second)


def users_file_case(folder, options, size):
    """Of no size, of that of the ends, and of that of a whole part file."""
    [edition] = editions(folder, options, 1)
    try:
        edition.run(0, "get", "--select", "1")
        content = b"u" * {"none": 0, "the ends'": sum(SIZES) % PIECE + PIECE,
                          "ours": edition.part.stat().st_size}[size]
        for more in (("--select", "1"), ()):
            shutil.rmtree(edition.out)
            edition.out.mkdir()
            edition.part.write_bytes(content)
            if more:
                edition.refused(*more)
            else:
                edition.run(0, "get")
                edition.run(0, "verify")
            lab.check(edition.part.read_bytes() == content, "the user's is not what it was")
    finally:
        end(edition)


def main():
    options, suite = lab.begin(__doc__)
    suite.case("another torrent of the same top name", another_torrent_case, options)
    suite.case("one that is insisted on", insisted_case, options)
    for size in ("none", "the ends'", "ours"):
        suite.case(f"a file of the user's, of {size} size", users_file_case, options, size)
    suite.finish()


if __name__ == "__main__":
    main()
