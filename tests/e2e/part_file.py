"""Whose the part file is: `NAME.btfast-part` is used, written over and removed only where it is
the very torrent's; of another torrent, or of the user's, it stays what it is.  And what it has, and
what the files have, when one selection follows the other.

    part_file.py [--btfast PATH] [--only PATTERN] [--keep]
"""

import hashlib
import os
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
    """Of one byte, of the size of the ends, and of that of a whole part file."""
    [edition] = editions(folder, options, 1)
    try:
        edition.run(0, "get", "--select", "1")
        content = b"u" * {"a byte's": 1, "the ends'": sum(SIZES) % PIECE + PIECE,
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


def empty_case(folder, options):
    """It is nobody's: a kill leaves one where files cannot be made without a name."""
    [edition] = editions(folder, options, 1)
    try:
        edition.out.mkdir()
        edition.part.touch()
        edition.run(0, "get", "--select", "1")
        lab.check(edition.part.stat().st_size > 0, "the end is not in the part file")
        still_whole(edition)
    finally:
        end(edition)


def damaged_case(folder, options, damage):
    """Ours, or nobody's: what it lacks is fetched again, and nothing is to be insisted on."""
    [edition] = editions(folder, options, 1)
    try:
        edition.run(0, "get", "--select", "1")
        size = edition.part.stat().st_size
        damage(edition.part, size)
        edition.run(8, "verify", "--select", "1")
        edition.run(0, "get", "--select", "1")
        still_whole(edition)
        lab.check(edition.part.stat().st_size == size, "the part file is not what it was")
        edition.run(0, "get")
        lab.check(not edition.part.exists(), "the part file is left")
    finally:
        end(edition)


def linked_case(folder, options, steps):
    """A copy of the output that is one with it (`cp -al`) stays what it is, whatever comes."""
    [edition] = editions(folder, options, 1)
    copy = folder / "copy"
    try:
        edition.run(0, "get", "--select", "2")
        shutil.copytree(edition.out, copy, copy_function=os.link)
        before = lab.manifest(copy)
        for more in steps:
            edition.run(0, "get", *more)
            edition.run(0, "verify", *more)
            lab.check(lab.manifest(copy) == before, f"{more}: the copy is another one")
        edition.out = copy
        edition.run(0, "verify", "--select", "2")
        lab.check(not list(folder.rglob("*.new")), "a copy's beginning is left")
    finally:
        end(edition)


def changed_case(folder, options, change):
    """A file that is not wanted is changed, its neighbour is fetched anew, and the end that they
    share lies in the part file.  When the changed one is wanted, that end is not asked for again;
    when nothing needs the part file, it goes."""
    for wanted in ((), ("--select", "2"), ("--select", "2,3")):
        place = folder / "-".join(("run", *wanted))
        place.mkdir()
        [edition] = editions(place, options, 1)
        try:
            edition.run(0, "get")
            (edition.out / TOP / "0-2").unlink()
            path = edition.out / TOP / "0-1"
            change(path)
            content = path.read_bytes() if path.exists() else None
            edition.run(0, "get", "--select", "3")
            lab.check(content is None or path.read_bytes() == content, "the changed one is written")
            edition.run(0, "verify", "--select", "3")
            edition.seed.asked.clear()
            edition.run(0, "get", *wanted)
            asked = {piece for piece, _, _ in edition.seed.asked}
            lab.check(3 not in asked, f"{wanted}: asked for {sorted(asked)}")
            edition.run(0, "verify")
            lab.check(not edition.part.exists(), f"{wanted}: the part file is left")
        finally:
            end(edition)


def write_at(path, offset, content):
    with open(path, "r+b") as file:
        file.seek(offset)
        file.write(content)


def stale_case(folder, options):
    """An end that a kill left half, and then the right file is put in its file's place."""
    [edition] = editions(folder, options, 1)
    try:
        edition.run(0, "get", "--select", "3")
        right = folder / "data 0" / TOP / "0-1"
        at = edition.part.read_bytes().index(right.read_bytes()[-1000:])
        write_at(edition.part, at + 100, bytes(500))
        shutil.copy(right, edition.out / TOP / "0-1")
        edition.seed.asked.clear()
        for wanted in ("3", "2,3"):
            edition.run(0, "verify", "--select", "3")
            edition.run(0, "get", "--select", wanted)
            asked = {piece for piece, _, _ in edition.seed.asked}
            lab.check(3 not in asked, f"{wanted}: asked for {sorted(asked)}")
    finally:
        end(edition)


def linked_blank_case(folder, options, wanted):
    """Its bytes are in the part file, and it may not be filled: refused before anything is made."""
    [edition] = editions(folder, options, 1)
    path = edition.out / TOP / "0-2"
    try:
        path.parent.mkdir(parents=True)
        path.touch()
        os.truncate(path, SIZES[2])
        os.link(path, folder / "other")
        edition.run(0, "get", "--select", "2")
        before, asked = lab.manifest(edition.out), len(edition.seed.asked)
        said = edition.run(6, "get", *wanted).stderr()
        lab.check(str(path) in said and "hard links" in said, f"says {said}")
        lab.check(lab.manifest(edition.out) == before, "something changed")
        lab.check(len(edition.seed.asked) == asked, "asked a peer")
    finally:
        end(edition)


def barred_case(folder, options):
    """Where the part file has other names and its own copy has no place: refused, nothing made."""
    [edition] = editions(folder, options, 1)
    theirs = edition.part.with_name(edition.part.name + ".new")
    try:
        edition.run(0, "get", "--select", "2")
        os.link(edition.part, folder / "link")
        theirs.write_bytes(b"the user's")
        before, asked = lab.manifest(edition.out), len(edition.seed.asked)
        said = edition.run(6, "get").stderr()
        lab.check(str(theirs) in said, f"says {said}")
        lab.check(lab.manifest(edition.out) == before, "something changed")
        lab.check(len(edition.seed.asked) == asked, "asked a peer")
        theirs.unlink()
        edition.run(0, "get")
    finally:
        end(edition)


class Walk:
    """Files of which several lie in one piece, and one selection after the other of them.  In
    the place of file `theirs` stands a file of the user's, of the torrent's length; it is never
    selected."""

    def __init__(self, folder, options, seed, theirs):
        self.folder, self.options, self.theirs = folder, options, theirs
        self.random = random.Random(seed)
        self.out = folder / "out"
        mean = self.random.choice((3000, 10_000, 40_000))
        sizes = [round(mean * self.random.uniform(0.3, 2)) for _ in range(8)]
        self.bytes = [self.random.randbytes(size) for size in sizes]
        self.content = b"".join(self.bytes)
        digests = b"".join(hashlib.sha1(self.content[at:at + PIECE]).digest()
                           for at in range(0, len(self.content), PIECE))
        entries = [{"length": size, "path": [str(n)]} for n, size in enumerate(sizes)]
        file = folder / "x.torrent"
        file.write_bytes(wire.encode({"info": {
            "files": entries, "name": TOP, "piece length": PIECE, "pieces": digests}}))
        for number, content in enumerate(self.bytes):
            (folder / "data" / TOP).mkdir(parents=True, exist_ok=True)
            (folder / "data" / TOP / str(number)).write_bytes(content)
        self.torrent = wire.Torrent(file, folder / "data")
        self.right = set()     # files that a run has ended with
        self.selections = []   # that were whole once
        if theirs is not None:
            self.their_bytes = self.random.randbytes(sizes[theirs])
            self.place(theirs).parent.mkdir(parents=True)
            self.place(theirs).write_bytes(self.their_bytes)

    def place(self, number):
        return self.out / TOP / str(number)

    def some_files(self):
        numbers = [n for n in range(len(self.bytes)) if n != self.theirs]
        return {n for n in numbers if self.random.random() < 0.4} or {self.random.choice(numbers)}

    def command(self, name, files, *more):
        select = ["--select", ",".join(str(n + 1) for n in sorted(files))]
        return lab.Process([self.options.btfast, name, "-t", self.torrent.path, "-o", self.out,
                            "-j", "2", *select, *more], self.folder, name)

    def get(self, seed, files):
        return self.command("get", files, "--bind", OURS, "--port", "0", "--progress", "none",
                            "--timeout", "60s", "--peer", seed.endpoint())

    def step(self, loop):
        """One run, killed at some byte or not."""
        files = self.some_files()
        sent_max = self.random.uniform(0, 1.5) * len(self.content)
        pace = self.random.choice((200_000, 1_000_000))
        seed = loop.call(MiniSeed(self.torrent, lab.address(30), bytes_per_s=pace).start())
        process = self.get(seed, files)
        lab.wait_until(lambda: process.poll() is not None or seed.bytes_sent > sent_max, 70,
                       "the end, or the byte to kill at")
        process.kill()
        status = process.poll()
        lab.check(status in (0, -9), f"--select {files}: status {status}: {process.stderr()}")
        if status == 0:
            self.right |= files
            self.selections.append(files)
        self.check()

    def check(self):
        """What was whole once is, whatever came after it."""
        for number in self.right:
            lab.check(self.place(number).read_bytes() == self.bytes[number], f"{number} differs")
        if self.theirs is not None:
            lab.check(self.place(self.theirs).read_bytes() == self.their_bytes, "theirs is lost")
        for files in self.selections[-3:]:
            process = self.command("verify", files)
            process.wait(30)
            lab.check(process.poll() == 0, f"verify of {files}: {process.stdout()}")

    def end(self, loop):
        """Of what was whole nothing is asked for again; then everything that may be is fetched."""
        seed = loop.call(MiniSeed(self.torrent, lab.address(30)).start())
        for files in [*self.selections, set(range(len(self.bytes))) - {self.theirs}]:
            was_whole = files in self.selections
            before = len(seed.asked)
            process = self.get(seed, files)
            lab.check(process.wait(70) == 0, f"--select {files}: {process.stderr()}")
            lab.check(not was_whole or len(seed.asked) == before, f"{files} was fetched again")
            self.right |= files
            self.check()
        if self.theirs is None:
            lab.check(sorted(path.name for path in self.out.iterdir()) == [TOP], "a file is left")
        else:
            process = self.get(seed, {self.theirs})
            lab.check(process.wait(70) == 6, f"theirs: status {process.poll()}")


def walk_case(folder, options, seed, theirs):
    walk, loop = Walk(folder, options, seed, theirs), AsyncThread()
    try:
        for _ in range(12):
            walk.step(loop)
        walk.end(loop)
    finally:
        loop.stop()


def main():
    options, suite = lab.begin(__doc__)
    suite.case("another torrent of the same top name", another_torrent_case, options)
    suite.case("one that is insisted on", insisted_case, options)
    suite.case("an empty one", empty_case, options)
    damages = {
        "cut by a byte": lambda path, size: os.truncate(path, size - 1),
        "cut in the middle": lambda path, size: os.truncate(path, size // 2),
        "empty": lambda path, size: os.truncate(path, 0),
        "zeros": lambda path, size: write_at(path, 0, bytes(size)),
        "a hole": lambda path, size: (os.truncate(path, 0), os.truncate(path, size)),
        "zeros at its end": lambda path, size: write_at(path, size // 2, bytes(size - size // 2)),
    }
    for name, damage in damages.items():
        suite.case(f"one that is {name}", damaged_case, options, damage)
    for size in ("a byte's", "the ends'", "ours"):
        suite.case(f"a file of the user's, of {size} size", users_file_case, options, size)
    for steps in ([()], [("--select", "1,2"), ()], [("--select", "2,3"), ("--select", "1")]):
        suite.case(f"a copy of hard links, {steps}", linked_case, options, steps)
    changes = {
        "cut": lambda path: os.truncate(path, 40_000),
        "cut by a byte": lambda path: os.truncate(path, 2 * PIECE - 1),
        "edited at its end": lambda path: write_at(path, 2 * PIECE - 100, b"EDIT"),
        "edited at both ends": lambda path: (write_at(path, 100, b"EDIT"),
                                             write_at(path, 2 * PIECE - 100, b"EDIT")),
        "gone": lambda path: path.unlink(),
        "empty": lambda path: os.truncate(path, 0),
    }
    for name, change in changes.items():
        suite.case(f"the end of one that is {name}", changed_case, options, change)
    suite.case("a half end, and the right file beside it", stale_case, options)
    for wanted in ((), ("--select", "3"), ("--select", "1,3")):
        suite.case(f"a blank file of two names, {wanted}", linked_blank_case, options, wanted)
    suite.case("no place for its own copy", barred_case, options)
    for seed in range(4):
        for theirs in (None, 3):
            name = "" if theirs is None else ", beside another's file"
            suite.case(f"one selection after the other, seed {seed}{name}", walk_case, options,
                       seed, theirs)
    suite.finish()


if __name__ == "__main__":
    main()
