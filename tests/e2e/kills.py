"""FAULTS 132, 141 and 142: `kill -9` at random moments, and at every call of each system call that
leaves something on the disk.  After each kill every piece that the control file claims is hashed
from the disk by hashlib, here; at the end the files are what they should be.

    kills.py [--btfast PATH] [--only PATTERN] [--cycles N] [--every-k] [--seed N] [--keep]

What ctest runs is a sample.  The whole: --only random --cycles 1000, --only 'fast download'
--cycles 60, and --only killed --every-k.
"""

import contextlib
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
from asking_peer import AskingPeer  # noqa: E402
from big_torrent import make_source  # noqa: E402
from mini_seed import AsyncThread  # noqa: E402
from scene import MIB, OURS, RENAMES, Scene, interrupt, several, single, strace  # noqa: E402

# What a kill may cost: 32 MiB, or what two seconds brought.
LOST_BYTES_MAX = 32 * MIB
LOST_SECONDS_MAX = 2
PACE = 2 * MIB
SAMPLE_SECONDS = 10
SAMPLE_K = (1,)
CALLS = ("pwritev,pwrite64", "fdatasync", "fsync", RENAMES, "openat,openat2", "unlinkat",
         "linkat", "fallocate,ftruncate")


def check_kill(scene, right, tally):
    """(claimed, right now): nothing is claimed that is not right, and what was right stays so."""
    tally.kills += 1
    claimed, now = scene.check_claim()
    tally.claims += bool(claimed)
    lab.check(right <= now, f"right before and wrong now: {sorted(right - now)[:9]}")
    return claimed, now


def lost_after_kill(scene, right, asked):
    """Bytes that were right on disk and are fetched again."""
    return sum(scene.torrent.piece_size(piece) for piece in right & asked)


class Tally:
    def __init__(self):
        self.kills = self.claims = self.completed = self.lost = self.lost_max = 0

    def note(self, lost):
        lab.check(lost <= LOST_BYTES_MAX, f"{lost} bytes lost by one kill")
        self.lost += lost
        self.lost_max = max(self.lost_max, lost)

    def __str__(self):
        return (f"{self.kills} kills, {self.claims} with claims, {self.completed} runs completed "
                f"before theirs; 0 false claims; bytes fetched again: {self.lost}, at most "
                f"{self.lost_max} a kill")


def one_cycle(scene, right, seconds, tally):
    """Starts, kills, looks.  `right`: the pieces on disk before; returns those after."""
    process = scene.start(pace=PACE)
    until = time.monotonic() + seconds
    while time.monotonic() < until and process.poll() is None:
        time.sleep(lab.POLL_S / 4)
    ended = process.poll()
    process.kill()
    tally.note(lost_after_kill(scene, right, {piece for piece, _, _ in scene.seed.asked}))
    if ended is not None:
        lab.check(ended == 0, f"status {ended}\n{process.tail()}")
        lab.check_same_tree(scene.data, scene.out / scene.torrent.name)
        lab.check(not scene.control_file().exists(), "a control file after the end")
        shutil.rmtree(scene.out)
        tally.completed += 1
        return set()
    return check_kill(scene, right, tally)[1]


def random_kills_case(folder, options):
    generator = random.Random(options.seed)
    print(f"     seed {options.seed}")
    scenes = [single(options, folder / "single", size=12 * MIB),
              several(options, folder / "several", files=12)]
    deadline = time.monotonic() + SAMPLE_SECONDS
    tally = Tally()
    right = [set(), set()]
    while tally.kills < options.cycles if options.cycles else time.monotonic() < deadline:
        which = tally.kills % 2
        right[which] = one_cycle(scenes[which], right[which], generator.uniform(0, 4.5), tally)
    for scene, before in zip(scenes, right):
        tally.note(lost_after_kill(scene, before, scene.finish()))
    print(f"     {tally}")


# ---- fast ------------------------------------------------------------------------------------

PORT = 6999
ASKER = lab.address(30)
FAST_MIB, FAST_SEEDS, FAST_SAMPLE = 512, 2, 4
FAST_RATES = ("60MiB", "120MiB", "240MiB")
# A timer of a busy machine is late, and so is a sync's job; what is being written is not counted.
LATE_S = 0.5
LATE_BYTES = 4 * MIB


class FastScene(Scene):
    """A torrent so large, and seeds so fast, that two seconds are more than 32 MiB."""

    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        self.data = folder / "data"
        self.data.mkdir()
        self.torrent = make_source(self.data, MIB, FAST_MIB)
        self.out = folder / "out"
        self.loop = AsyncThread()
        self.started = 0
        self.seeds = [f"{lab.address(20 + n)}:{PORT}" for n in range(FAST_SEEDS)]
        for n in range(FAST_SEEDS):
            seed = lab.Process([options.btfast, "seed", "-t", self.torrent.path, "-o", self.data,
                                "--no-verify", "--bind", lab.address(20 + n), "--port", PORT,
                                "--progress", "none"], folder, f"seed{n}")
            lab.wait_answer(seed, self.torrent, lab.address(20 + n), PORT)

    def run(self, *arguments):
        self.started += 1
        return lab.Process([self.options.btfast, "-t", self.torrent.path, "-o", self.out, "--bind",
                            OURS, "--port", PORT, "--progress", "none", *arguments],
                           self.folder, f"run{self.started}")

    def start(self, rate):
        peers = [part for seed in self.seeds for part in ("--peer", seed)]
        return self.run("--down-limit", rate, "--timeout", "100s", *peers)

    def held_after_start(self):
        """What a new start knows that it has, by what it says to a peer.  With everything it would
        be done before it is asked, so it seeds."""
        process = self.run("--seed")
        lab.wait_answer(process, self.torrent, OURS, PORT)
        peer = self.loop.call(AskingPeer.open(self.torrent, OURS, PORT, ASKER), 40)
        process.kill()
        return peer.pieces

    def bytes_of(self, pieces):
        return sum(self.torrent.piece_size(piece) for piece in pieces)


class Written:
    """What a process has written, and when."""

    def __init__(self, process):
        self.path = f"/proc/{process.pid}/io"
        self.points = [(time.monotonic(), 0)]

    def sample(self):
        with open(self.path) as lines:
            written = next(int(line.split()[1]) for line in lines if line.startswith("wchar"))
        self.points.append((time.monotonic(), written))

    def in_last(self, seconds):
        end, total = self.points[-1]
        return total - max((n for at, n in self.points if at <= end - seconds), default=0)


def fast_cycle(scene, right, seconds, rate, tally):
    process = scene.start(rate)
    written = Written(process)
    until = time.monotonic() + seconds
    while time.monotonic() < until and process.poll() is None:
        written.sample()
        time.sleep(lab.POLL_S / 4)
    ended = process.poll()
    if ended is None:
        process.signal(signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):  # it ended before, and somebody looked
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
            written.sample()
    process.kill()
    if ended is not None:
        lab.check(ended == 0, f"status {ended}\n{process.tail()}")
        lab.check(len(scene.right_pieces()) == scene.torrent.piece_count, "not all is right")
        shutil.rmtree(scene.out)
        tally.completed += 1
        return set()
    all_right = len(scene.right_pieces()) == scene.torrent.piece_count
    at_its_end = all_right and not scene.control_file().exists()
    claimed, now = check_kill(scene, right, tally)
    # Claimed late is not lost: what was written since is found again by its hash.  At the end the
    # claims go, and nothing is late.
    late = 0 if at_its_end else scene.bytes_of(now - right - claimed)
    allowed = max(LOST_BYTES_MAX, written.in_last(LOST_SECONDS_MAX + LATE_S) + LATE_BYTES)
    print(f"     {rate}, killed after {seconds:.1f} s: {len(now)} MiB right, {late // MIB} not "
          f"claimed yet, {allowed // MIB} allowed")
    lab.check(late <= allowed, f"{late} bytes not claimed, {allowed} allowed")
    tally.note(scene.bytes_of(now - scene.held_after_start()))
    return now


def fast_kills_case(folder, options):
    generator = random.Random(options.seed)
    print(f"     seed {options.seed}")
    scene = FastScene(options, folder)
    tally = Tally()
    right = set()
    while tally.kills < (options.cycles or FAST_SAMPLE):
        right = fast_cycle(scene, right, generator.uniform(0.2, 4.5), generator.choice(FAST_RATES),
                           tally)
    print(f"     {tally}")


# ---- at a call -------------------------------------------------------------------------------


def wait_for_kill_or_end(scene, process):
    """Slowly past two checkpoints, so that they are met; then as fast as it goes."""
    def ended():
        if scene.seed.bytes_sent > 0.55 * scene.torrent.size:
            scene.seed.bytes_per_s = None
        return process.poll() is not None

    lab.wait_until(ended, 40, "the kill, or the end")
    return process.poll() != 0


def reap_left_behind(scene):
    """strace may go before whom it traced."""
    found = subprocess.run(["pgrep", "-f", str(scene.torrent.path)], capture_output=True, text=True,
                           check=False).stdout
    for pid in found.split():
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(pid), signal.SIGKILL)
        lab.wait_until(lambda pid=pid: not pathlib.Path(f"/proc/{pid}/fd").exists(), 10,
                       f"process {pid} to be gone")


def kill_at_call_case(folder, options, calls, claims_before):
    """strace counts a call per thread: `k` reaches the k-th of the thread that gets there."""
    tally = Tally()
    for k in range(1, 1000) if options.every_k else SAMPLE_K:
        scene = several(options, folder / str(k), files=3, size=MIB // 2 + 4097)
        if claims_before:
            interrupt(scene, scene.start_half_way(part=0.2, pace=MIB))
        process = scene.start(pace=MIB / 4, under=strace(f"{calls}:signal=SIGKILL:when={k}"))
        killed = wait_for_kill_or_end(scene, process)
        reap_left_behind(scene)
        if not killed:
            lab.check_same_tree(scene.data, scene.out / scene.torrent.name)
            tally.completed += 1
            if options.every_k:
                break
            continue
        tally.kills += 1
        claimed, right = scene.check_claim()
        tally.claims += bool(claimed)
        tally.note(lost_after_kill(scene, right, scene.finish()))
        shutil.rmtree(scene.folder)
    print(f"     {calls}: {tally}")


def main():
    options = lab.parser(__doc__)
    options.add_argument("--cycles", type=int, help="random kills (ten seconds' worth)")
    options.add_argument("--every-k", action="store_true",
                         help="kill at each call, until the command ends unharmed (a sample)")
    options.add_argument("--seed", type=int, default=random.randrange(1 << 30),
                         help="of the moments of the random kills")
    options = options.parse_args()
    lab.enter()
    lab.require_btfast(options)
    suite = lab.Suite(options)
    suite.case("141 random kills", random_kills_case, options)
    suite.case("141 kills of a fast download", fast_kills_case, options)
    for number, calls in enumerate(CALLS):
        for claims_before in (False, True):
            if options.every_k or claims_before == number % 2:
                which = "going on" if claims_before else "new"
                suite.case(f"142 {which}, killed at {calls}", kill_at_call_case, options, calls,
                           claims_before)
    suite.finish()


if __name__ == "__main__":
    main()
