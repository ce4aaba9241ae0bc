"""FAULTS 113-144 as far as they are about going on after a stop: the control file, its lock, and
`kill -9` at random moments and at chosen system calls.  After every kill each piece that the
control file claims is hashed from disk by hashlib, here.

    resume.py [--btfast PATH] [--only PATTERN] [--cycles N] [--every-k N] [--seed N] [--keep]

--cycles 1000 --every-k 60 is the long run; what ctest runs is a sample.
"""

import os
import pathlib
import random
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
HEADER = b"btfast resume 1\n"
CHECKSUM = 8
# What a kill may cost: 32 MiB, or what two seconds brought.
LOST_BYTES_MAX = 32 * MIB
CYCLES_SECONDS = 60  # of the sample
RENAMES = "rename,renameat,renameat2"
CALLS = ("pwritev,pwrite64", "fdatasync", "fsync", RENAMES, "openat,openat2", "unlinkat")


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
        lab.check(claim[b"info hash"] == self.torrent.info_hash, "of another torrent")
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


# ---- stops that are asked for ----------------------------------------------------------------


def interrupted_case(folder, options):
    scene = single(options, folder)
    claimed, right = interrupt(scene, scene.start_half_way())
    lab.check(claimed == right and claimed, f"{len(claimed)} claimed, {len(right)} right")
    asked = scene.finish()
    lab.check(not asked & claimed, f"{len(asked & claimed)} pieces fetched again")


def interrupted_twice_case(folder, options):
    scene = several(options, folder)
    first, _ = interrupt(scene, scene.start_half_way(part=0.3))
    second, _ = interrupt(scene, scene.start_half_way(part=0.3))
    lab.check(first < second, "the second run lost or won nothing")
    lab.check(not scene.finish() & second, "pieces fetched again")


def second_instance_case(folder, options):
    for make in (single, several):
        scene = make(options, folder / make.__name__)
        process = scene.start_half_way(pace=2 * MIB)
        second = lab.Process(scene.argv(), folder, "second")
        lab.check(second.wait(10) == 10, f"status {second.poll()}\n{second.tail()}")
        lab.check(str(scene.out / scene.torrent.name) in second.stderr(), second.tail())
        process.kill()
        scene.finish()  # nothing stale: the lock went with its holder


def stopped_while_checking_case(folder, options):
    """What was claimed stays claimed when the check of a touched file is not finished."""
    scene = single(options, folder)
    claimed, _ = interrupt(scene, scene.start_half_way())
    os.utime(scene.out / scene.torrent.name)
    before = scene.control_file().read_bytes()
    process = scene.start()
    process.signal(signal.SIGINT)
    process.wait(10)
    if process.poll() == 7 and scene.control_file().read_bytes() != before:
        lab.check(scene.check_claim()[0] >= claimed, "the claim shrank")
    scene.finish()


# ---- claims that do not hold -----------------------------------------------------------------


def damages(data):
    yield "empty", b""
    yield "cut in the header", data[:7]
    for at in (len(HEADER), len(data) // 2, len(data) - 1):
        yield f"cut at {at}", data[:at]
    generator = random.Random(5)
    for _ in range(6):
        at = generator.randrange(len(HEADER), len(data))
        yield f"flipped at {at}", data[:at] + bytes([data[at] ^ 1 << at % 8]) + data[at + 1:]
    yield "a later version", data.replace(b"resume 1", b"resume 2", 1)
    yield "longer", data + b"x"


def damaged_case(folder, options):
    scene = single(options, folder, size=3 * MIB)
    claimed, _ = interrupt(scene, scene.start_half_way())
    kept = folder / "kept"
    shutil.copytree(scene.out, kept)  # with its times
    data = scene.control_file().read_bytes()
    for name, bad in damages(data):
        shutil.rmtree(scene.out)
        shutil.copytree(kept, scene.out)
        scene.control_file().write_bytes(bad)
        asked = scene.finish(warning="resume_ignored")
        lab.check(not asked & claimed, f"{name}: {len(asked & claimed)} pieces fetched again")


def touched_case(folder, options):
    """A file changed behind our back is hashed again, and only that one is."""
    scene = several(options, folder)
    claimed, _ = interrupt(scene, scene.start_half_way(part=0.8))
    number = next(n for n in range(6) if len(pieces_of_file(scene, n) & claimed) > 3)
    victim = sorted(pieces_of_file(scene, number) & claimed)[2]
    at = victim * PIECE + 100 - sum(size for _, size in scene.torrent.files[:number])
    path = scene.out / scene.torrent.files[number][0]
    with open(path, "r+b") as file:
        file.seek(at)
        byte = file.read(1)
        file.seek(at)
        file.write(bytes([byte[0] ^ 1]))
    asked = scene.finish()
    lab.check(asked & claimed == {victim}, f"fetched again: {sorted(asked & claimed)}")


def missing_file_case(folder, options):
    scene = several(options, folder)
    claimed, _ = interrupt(scene, scene.start_half_way(part=0.8))
    number = next(n for n in range(6) if len(pieces_of_file(scene, n) & claimed) > 3)
    (scene.out / scene.torrent.files[number][0]).unlink()
    asked = scene.finish()
    lost = pieces_of_file(scene, number) & claimed
    lab.check(asked & claimed == lost, f"fetched again: {sorted(asked & claimed)[:9]}")


def zeroed_file_case(folder, options):
    scene = several(options, folder)
    claimed, _ = interrupt(scene, scene.start_half_way(part=0.8))
    path = scene.out / scene.torrent.files[1][0]
    size = path.stat().st_size
    path.write_bytes(b"")
    os.truncate(path, size)
    asked = scene.finish()
    lab.check(asked & claimed == pieces_of_file(scene, 1) & claimed, "not what was lost")


def no_resume_case(folder, options):
    """Size and time agree and the bytes do not: only --no-resume can know."""
    scene = single(options, folder)
    claimed, _ = interrupt(scene, scene.start_half_way())
    path = scene.out / scene.torrent.name
    times = path.stat()
    victim = sorted(claimed)[3]
    with open(path, "r+b") as file:
        file.seek(victim * PIECE)
        file.write(bytes(16))
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    asked = scene.finish("--no-resume")
    lab.check(asked & claimed == {victim}, f"fetched again: {sorted(asked & claimed)}")


def foreign_file_case(folder, options):
    """A file of the user's that has the control file's name is his."""
    scene = single(options, folder, size=2 * MIB)
    scene.out.mkdir()
    scene.control_file().write_bytes(b"my own notes")
    process = scene.start_half_way(pace=MIB)
    process.kill()
    process = scene.start()
    lab.check(process.wait(60) == 0, process.tail())
    lab.check(scene.control_file().read_bytes() == b"my own notes", "overwritten")
    lab.check(not list(scene.out.glob("*.new")), "a temporary file is left")


# ---- disks that refuse -----------------------------------------------------------------------


def full_disk_case(folder, options):
    scene = single(options, folder, size=200 * MIB, piece_length=MIB)
    scene.out.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=100m", "tmpfs", scene.out], check=True)
    try:
        process = scene.start()
        lab.check(process.wait(60) == 9, f"status {process.poll()}\n{process.tail()}")
        lab.check(scene.torrent.name in process.stderr(), "the message names no path")
        _, right = scene.check_claim()
        lab.check(len(right) > 50, f"{len(right)} pieces kept")
        subprocess.run(["mount", "-o", "remount,size=300m", scene.out], check=True)
        asked = scene.finish()
        lab.check(not asked & right, f"{len(asked & right)} right pieces fetched again")
    finally:
        subprocess.run(["umount", "-l", scene.out], check=False)


def strace(*inject):
    if not shutil.which("strace"):
        raise lab.Skip("no strace here")
    argv = ["strace", "-f", "-qq", "-o", "/dev/null"]
    for one in inject:
        argv += ["-e", f"inject={one}"]
    return [*argv, "-e", "trace=" + ",".join(one.split(":")[0] for one in inject)]


def sync_fails_case(folder, options):
    """What a failed sync may have lost is never claimed (EIO is told once only)."""
    scene = single(options, folder)
    process = scene.start(pace=MIB, under=strace("fdatasync:error=EIO:when=1+"))
    lab.check(process.wait(30) == 6, f"status {process.poll()}\n{process.tail()}")
    lab.check(not scene.claimed_pieces(), "claims after a failed sync")
    scene.finish()


def save_fails_case(folder, options):
    """A control file that cannot be written costs nothing but the claim."""
    for error in ("EIO", "ENOSPC"):
        scene = single(options, folder / error, size=4 * MIB)
        process = scene.start(pace=MIB, under=strace(f"{RENAMES}:error={error}:when=1+"))
        lab.check(process.wait(60) == 0, f"status {process.poll()}\n{process.tail()}")
        lab.check("resume_not_saved" in process.stderr(), "no warning")
        lab.check_same_tree(scene.data, scene.out / scene.torrent.name)


# ---- kill -9 ---------------------------------------------------------------------------------


def lost_after_kill(scene, right, asked):
    """Bytes that were right on disk and are fetched again."""
    return sum(scene.torrent.piece_size(piece) for piece in right & asked)


def random_kills_case(folder, options):
    generator = random.Random(options.seed)
    print(f"     seed {options.seed}")
    scenes = [single(options, folder / "single", size=12 * MIB),
              several(options, folder / "several", files=12)]
    deadline = time.monotonic() + CYCLES_SECONDS if options.cycles is None else None
    cycles = done = claims = 0
    lost_max = lost_sum = 0
    right = {id(scene): set() for scene in scenes}
    while cycles < (options.cycles or 40) and not (deadline and time.monotonic() > deadline):
        scene = scenes[cycles % len(scenes)]
        cycles += 1
        process = scene.start(pace=2 * MIB)
        until = time.monotonic() + generator.uniform(0, 4.5)
        while time.monotonic() < until and process.poll() is None:
            time.sleep(lab.POLL_S / 4)
        ended = process.poll()
        process.kill()
        asked = {piece for piece, _, _ in scene.seed.asked}
        lost = lost_after_kill(scene, right[id(scene)], asked)
        lost_max, lost_sum = max(lost_max, lost), lost_sum + lost
        lab.check(lost <= LOST_BYTES_MAX, f"{lost} bytes lost by one kill")
        if ended is not None:
            lab.check(ended == 0, f"status {ended}\n{process.tail()}")
            lab.check_same_tree(scene.data, scene.out / scene.torrent.name)
            lab.check(not scene.control_file().exists(), "a control file after the end")
            shutil.rmtree(scene.out)
            right[id(scene)] = set()
            done += 1
            continue
        claimed, now = scene.check_claim()
        claims += bool(claimed)
        back = right[id(scene)] - now
        lab.check(not back, f"right before and wrong now: {sorted(back)[:9]}")
        right[id(scene)] = now
    for scene in scenes:
        asked = scene.finish()
        lost = lost_after_kill(scene, right[id(scene)], asked)
        lost_max, lost_sum = max(lost_max, lost), lost_sum + lost
    print(f"     {cycles} kills, {claims} with claims, {done} completed before theirs; 0 false "
          f"claims; bytes fetched again: {lost_sum}, at most {lost_max} a kill")


def kill_at_call_case(folder, options, calls):
    """strace counts a call per thread, so `k` reaches the k-th of the thread that gets there."""
    sample = (1, 2, 5)
    hits = 0
    for k in (range(1, options.every_k + 1) if options.every_k else sample):
        here = folder / str(k)
        scene = several(options, here, files=3)
        process = scene.start(pace=MIB / 2, under=strace(f"{calls}:signal=SIGKILL:when={k}"))
        # Past the second checkpoint nothing new is met.
        lab.wait_until(lambda: process.poll() is not None or scene.seed.bytes_sent > 2.2 * MIB, 30,
                       "the kill")
        hits += process.poll() is not None
        process.kill()
        for pid in subprocess.run(["pgrep", "-f", str(here / "x.torrent")], capture_output=True,
                                  text=True, check=False).stdout.split():
            os.kill(int(pid), signal.SIGKILL)  # whom strace left behind
        _, right = scene.check_claim()
        lost = lost_after_kill(scene, right, scene.finish())
        lab.check(lost <= LOST_BYTES_MAX, f"{calls} {k}: {lost} bytes lost")
        shutil.rmtree(here)
    print(f"     {calls}: {hits} kills at the call")


def main():
    options = lab.parser(__doc__)
    options.add_argument("--cycles", type=int, help="random kills (a minute's worth, 40 at most)")
    options.add_argument("--every-k", type=int, default=0, metavar="N",
                         help="kill at the 1st to the N-th of each system call (a sample)")
    options.add_argument("--seed", type=int, default=random.randrange(1 << 30),
                         help="of the moments of the random kills")
    options = options.parse_args()
    lab.enter()
    lab.require_btfast(options)
    suite = lab.Suite(options)
    suite.case("141 interrupted", interrupted_case, options)
    suite.case("141 interrupted twice", interrupted_twice_case, options)
    suite.case("133 second instance", second_instance_case, options)
    suite.case("143 stopped while checking", stopped_while_checking_case, options)
    suite.case("131 damaged control file", damaged_case, options)
    suite.case("130 changed file", touched_case, options)
    suite.case("130 missing file", missing_file_case, options)
    suite.case("130 zeroed file", zeroed_file_case, options)
    suite.case("130 no-resume", no_resume_case, options)
    suite.case("131 somebody else's file", foreign_file_case, options)
    suite.case("114 full disk", full_disk_case, options)
    suite.case("118 sync fails", sync_fails_case, options)
    suite.case("132 save fails", save_fails_case, options)
    for calls in CALLS:
        suite.case(f"142 killed at {calls}", kill_at_call_case, options, calls)
    suite.case("141 random kills", random_kills_case, options)
    suite.finish()


if __name__ == "__main__":
    main()
