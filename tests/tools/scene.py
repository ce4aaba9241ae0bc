"""One download as a scene: a torrent, its seed, an output folder, and what can be known of the
latter from outside.  For the scripts about stops, kills and disks that refuse.
"""

import contextlib
import pathlib
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))

import lab  # noqa: E402
import torrents  # noqa: E402
import wire  # noqa: E402
from mini_seed import AsyncThread, MiniSeed  # noqa: E402

OURS, SEED = lab.address(9), lab.address(20)
PIECE = 64 * torrents.KIB
MIB = torrents.MIB
HEADER = b"btfast resume 3\n"
CHECKSUM = 8
RENAMES = "rename,renameat,renameat2"
WRITES = "pwritev,pwrite64"


class Scene:
    """One torrent, its seed, and one output folder."""

    def __init__(self, options, folder, data, piece_length=PIECE):
        self.options, self.folder = options, folder
        self.data = data
        self.torrent = torrents.share(data, folder / "x.torrent", piece_length=piece_length)
        self.loop = AsyncThread()
        self.out = folder / "out"
        self.seed = self.loop.call(MiniSeed(self.torrent, SEED).start())
        self.started = 0

    def argv(self, *arguments):
        return [self.options.btfast, "-t", self.torrent.path, "-o", self.out, "--bind", OURS,
                "--port", "0", "--peer", self.seed.endpoint(), "--progress", "none", "--timeout",
                "100s", *arguments]

    def start(self, *arguments, pace=None, under=()):
        self.seed.bytes_per_s = pace
        self.seed.asked.clear()
        self.seed.bytes_sent = 0
        self.started += 1
        return lab.Process([*under, *self.argv(*arguments)], self.folder, f"run{self.started}")

    def start_half_way(self, *arguments, pace=4 * MIB, part=0.5):
        process = self.start(*arguments, pace=pace)
        lab.wait_until(lambda: self.seed.bytes_sent > self.torrent.size * part
                       or process.poll() is not None, 60, "half of the download")
        lab.check(process.poll() is None, f"ended early\n{process.tail()}")
        return process

    def control_file(self):
        return self.out / f"{self.torrent.name}.btfast"

    def finish(self, *arguments, warning=None):
        """The same command, to the end.  Returns the pieces it asked for."""
        process = self.start(*arguments)
        process.wait(100)
        lab.check(process.poll() == 0, f"status {process.poll()}\n{process.tail()}")
        lab.check_same_tree(self.data, self.out / self.torrent.name)
        lab.check(not list(self.out.glob("*.btfast*")), "a control file is left after the end")
        if warning is not None:
            lab.check(warning in process.stderr(), f"said {process.stderr()[-300:]!r}")
        return {piece for piece, _, _ in self.seed.asked}

    def piece_on_disk(self, index):
        """The piece's bytes below the output folder, or None where a file is too short."""
        there = wire.Torrent(self.torrent.path, self.out)
        try:
            data = there.read(index, 0, there.piece_size(index))
        except OSError:
            return None
        return data if len(data) == there.piece_size(index) else None

    def right_pieces(self):
        right = set()
        for index in range(self.torrent.piece_count):
            data = self.piece_on_disk(index)
            if data and self.torrent.piece_is_right(index, data):
                right.add(index)
        return right

    def claimed_pieces(self):
        """Of the control file; None where there is none.  It is never empty, never half."""
        if not self.control_file().exists():
            return None
        data = self.control_file().read_bytes()
        lab.check(data.startswith(HEADER) and len(data) > len(HEADER) + CHECKSUM,
                  f"a control file of {len(data)} bytes: {data[:20]!r}")
        claim = wire.decode(data[len(HEADER):-CHECKSUM])
        lab.check(claim[b"about"] == self.torrent.info_hash, "of another torrent")
        bits = claim[b"pieces"]
        return {i for i in range(self.torrent.piece_count) if bits[i // 8] >> (7 - i % 8) & 1}

    def check_claim(self):
        """No piece is claimed that is not on disk.  Returns (claimed, right)."""
        right = self.right_pieces()
        claimed = self.claimed_pieces()
        wrong = (claimed or set()) - right
        lab.check(not wrong, f"claimed and not right: {sorted(wrong)[:10]}")
        return claimed or set(), right


def single(options, folder, size=6 * MIB, **more):
    data = torrents.single_file(folder / "data", size, "payload.bin")
    return Scene(options, folder, data, **more)


def several(options, folder, files=6, size=MIB + 4097):
    root = folder / "data" / "many"
    for number in range(files):
        lab.write_bytes(root / f"{number}.bin", size, number)
    return Scene(options, folder, root)


def pieces_of_file(scene, number):
    start = sum(length for _, length in scene.torrent.files[:number])
    end = start + scene.torrent.files[number][1]
    length = scene.torrent.piece_length
    return set(range(start // length, (end - 1) // length + 1))


def interrupt(scene, process):
    process.signal(signal.SIGINT)
    lab.check(process.wait(10) == 7, f"status {process.poll()}\n{process.tail()}")
    return scene.check_claim()


def strace(*inject):
    if not shutil.which("strace"):
        raise lab.Skip("no strace here")
    argv = ["strace", "-f", "-qq", "-o", "/dev/null"]
    for one in inject:
        argv += ["-e", f"inject={one}"]
    return [*argv, "-e", "trace=" + ",".join(one.split(":")[0] for one in inject)]


@contextlib.contextmanager
def traced(process, argv):
    """Under strace() from now on, and not from its start."""
    def of_all_threads():
        return all("\nTracerPid:\t0\n" not in status.read_text()
                   for status in pathlib.Path(f"/proc/{process.pid}/task").glob("*/status"))

    with subprocess.Popen([*argv, "-p", str(process.pid)]) as tracer:
        try:
            lab.wait_until(of_all_threads, 20, "strace")
            yield
        finally:
            tracer.terminate()


def wait_until_still(value, seconds=30):
    """The value, once it has been the same for a second."""
    last, since = value(), time.monotonic()

    def still():
        nonlocal last, since
        now = value()
        if now != last:
            last, since = now, time.monotonic()
        return time.monotonic() - since > 1

    lab.wait_until(still, seconds, "the network to be quiet")
    return last
