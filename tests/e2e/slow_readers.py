"""Whoever reads what btfast says is slow, or stands still: what a person must read comes through,
and nobody is held up for ever.

    slow_readers.py [--btfast PATH] [--only PATTERN] [--keep]
"""

import array
import fcntl
import json
import os
import pathlib
import signal
import sys
import termios
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))

import lab  # noqa: E402
import torrents  # noqa: E402
from mini_seed import AsyncThread, MiniSeed  # noqa: E402

MISTAKES = 1500
PAGE = 4096  # of which a pipe keeps some empty where a line does not fit in


class Pipe:
    """Ours is read when told; the other end is for a child."""

    def __init__(self, full=False):
        self.ours, self.theirs = os.pipe()
        self.capacity = fcntl.fcntl(self.theirs, fcntl.F_GETPIPE_SZ)
        if full:
            os.write(self.theirs, b"x" * self.capacity)

    def held(self):
        count = array.array("i", [0])
        fcntl.ioctl(self.ours, termios.FIONREAD, count)
        return count[0]

    def as_errors(self):
        return lambda: os.dup2(self.theirs, 2)

    def close_theirs(self):
        os.close(self.theirs)

    def read_to_end(self):
        text = b""
        while part := os.read(self.ours, 1 << 16):
            text += part
        return text.lstrip(b"x").decode()


class Scene:
    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        self.loop = AsyncThread()
        data = torrents.single_file(folder / "data", 1_000_000, "payload.bin")
        self.torrent = torrents.share(data, folder / "x.torrent")

    def start(self, command, *words, **how):
        return lab.Process([self.options.btfast, command, *words], self.folder, command, **how)

    def mistakes(self, count=MISTAKES):
        for number in range(count):
            path = self.folder / f"a rather long name of what is no torrent {number:04}.torrent"
            path.write_bytes(b"no")
            yield path


def check_status(process, status, says="", seconds=30):
    process.wait(seconds)
    lab.check(process.poll() == status and says in process.stderr(),
              f"status {process.poll()}, not {status}: {process.stderr()[-300:]!r}")


def stopped(scene, command, status, output, *words):
    """One wish to stop ends it, though nobody reads the result."""
    pipe = Pipe(full=True)
    process = scene.start(command, "-t", scene.torrent.path, "-o", output, "--bind",
                          lab.address(9), "--port", "6881", "--progress", "none", "--json", *words,
                          stdout=pipe.theirs)
    lab.wait_answer(process, scene.torrent, lab.address(9), 6881)
    process.signal(signal.SIGTERM)
    check_status(process, status, "standard output: nobody read it")


def stopped_get(scene):
    seed = scene.loop.call(MiniSeed(scene.torrent, lab.address(20), gated=True).start())
    stopped(scene, "get", 7, scene.folder / "out", "--peer", seed.endpoint())


def stopped_seed(scene):
    stopped(scene, "seed", 0, scene.folder / "data")


def slow_reader(scene, *words):
    """Reads nothing until the pipe is full: every mistake is there all the same."""
    pipe = Pipe()
    process = scene.start("get", *scene.mistakes(), "-o", scene.folder / "out", *words,
                          preexec=pipe.as_errors())
    pipe.close_theirs()
    lab.wait_until(lambda: pipe.held() > pipe.capacity - 2 * PAGE or process.poll() is not None, 30,
                   "a full pipe")
    lines = pipe.read_to_end().splitlines()
    check_status(process, 3)
    lab.check(len(lines) == MISTAKES, f"{len(lines)} of {MISTAKES}; the last: {lines[-1]}")
    return lines


def slow_reader_of_json(scene):
    for line in slow_reader(scene, "--progress", "json"):
        lab.check(json.loads(line)["event"] == "failed", line)


def one_word(scene):
    """The pipe is full for a moment, and who does not wait has ended by then."""
    pipe = Pipe(full=True)
    process = scene.start("get", scene.folder / "missing.torrent", preexec=pipe.as_errors())
    pipe.close_theirs()
    until = time.monotonic() + 0.5
    lab.wait_until(lambda: process.poll() is not None or time.monotonic() > until, 10, "a moment")
    said = pipe.read_to_end()
    check_status(process, 3)
    lab.check("missing.torrent" in said, f"said {said!r}")


def last_word(scene):
    """Of a whole transfer."""
    seed = scene.loop.call(MiniSeed(scene.torrent, lab.address(20)).start())
    pipe = Pipe(full=True)
    process = scene.start("get", scene.torrent.path, "-o", scene.folder / "out", "--bind",
                          lab.address(9), "--port", "0", "--peer", seed.endpoint(),
                          preexec=pipe.as_errors())
    pipe.close_theirs()
    whole = scene.folder / "out" / scene.torrent.name
    control = whole.parent / (whole.name + ".btfast")
    lab.wait_until(lambda: process.poll() is not None or
                   (whole.exists() and not control.exists() and
                    whole.stat().st_size == scene.torrent.size), 20, "the content")
    said = pipe.read_to_end()
    check_status(process, 0)
    lab.check(" done " in said, f"said {said!r}")


def nobody_reads(scene):
    """He is waited for once, not once for each line, nor for each that fits in somehow."""
    pipe = Pipe()
    process = scene.start("get", *scene.mistakes(), "-o", scene.folder / "out",
                          preexec=pipe.as_errors())
    check_status(process, 3, seconds=60)


def run_case(folder, options, function):
    scene = Scene(options, folder)
    try:
        function(scene)
    finally:
        scene.loop.stop()


def main():
    options, suite = lab.begin(__doc__)
    for function in (stopped_get, stopped_seed, slow_reader, slow_reader_of_json, one_word,
                     last_word, nobody_reads):
        suite.case(function.__name__.replace("_", " "), run_case, options, function)
    suite.finish()


if __name__ == "__main__":
    main()
