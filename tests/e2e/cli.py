"""The command line's contract (CLI.md) on the real binary: exit statuses, streams, signals,
resuming, and what happens when the disk or the terminal is not as hoped.

    cli.py [--btfast PATH] [--only PATTERN] [--keep]
"""

import fcntl
import json
import os
import pathlib
import pty
import re
import shutil
import signal
import socket
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))

import lab  # noqa: E402
import torrents  # noqa: E402
from mini_seed import AsyncThread, MiniSeed  # noqa: E402

COMMANDS = ["get", "seed", "info", "create", "verify", "swarm", "bench", "tracker", "dump",
            "completion", "help", "version"]
PIECE = 65536
RESULT_KEYS = {"status", "exit", "name", "info_hash", "bytes", "resumed", "downloaded", "wasted",
               "uploaded", "pieces", "bad_pieces", "wall_s", "cpu_s", "avg_Bps", "peak_rss",
               "path", "error"}


class Scene:
    """A torrent, an output folder, and mini seeds on demand."""

    def __init__(self, options, folder, size=40 * PIECE + 5, trackers=()):
        self.options, self.folder = options, folder
        data = torrents.single_file(folder / "data", size, "payload.bin")
        self.torrent = torrents.share(data, folder / "x.torrent", trackers, PIECE)
        self.out = folder / "out"
        self.loop = AsyncThread()
        self.runs = 0

    def seed(self, **how):
        return self.loop.call(MiniSeed(self.torrent, lab.address(20), **how).start())

    def start(self, *arguments, seed=None, **how):
        self.runs += 1
        peer = ["--peer", seed.endpoint()] if seed else []
        return lab.Process([self.options.btfast, *arguments, *peer], self.folder,
                           f"btfast{self.runs}", **how)

    def get(self, *arguments, seed=None, **how):
        return self.start("-t", self.torrent.path, "-o", self.out, "--bind", lab.address(9),
                          "--port", "0", *arguments, seed=seed, **how)

    def check_done(self, process, seconds=30):
        expect(process, 0, seconds)
        lab.check_same_tree(self.torrent.data_path(), self.out / self.torrent.name)
        lab.check(not self.control_files(), f"left behind: {self.control_files()}")

    def control_files(self):
        return list(self.out.glob("*.btfast")) if self.out.exists() else []

    def end(self):
        self.loop.stop()


def expect(process, status, seconds=15, says=""):
    process.wait(seconds)
    lab.check(process.poll() == status, f"status {process.poll()}, not {status}: "
              f"{(process.stderr() or process.stdout())[-300:]}")
    lab.check(re.search(says, process.stderr(), re.IGNORECASE | re.DOTALL),
              f"stderr does not say {says!r}: {process.stderr()[-200:]!r}")


CASES = []


def case(function):
    CASES.append(function)
    return function


# ---- usage -----------------------------------------------------------------------------------


@case
def help_goes_to_stdout(scene):
    told = scene.start("--help")
    expect(told, 0)
    there = [command for command in COMMANDS if f"\n  {command} " in told.stdout()]
    for arguments in (["--help"], ["-h"], ["--version"], ["-V"],
                      *[[command, "--help"] for command in there]):
        process = scene.start(*arguments)
        expect(process, 0)
        lab.check(process.stdout().strip(), f"{arguments}: nothing on stdout")
        lab.check(not process.stderr(), f"{arguments}: {process.stderr()[:100]!r} on stderr")


@case
def usage_errors_name_the_flag(scene):
    wrong = {("--no-such-flag",): "no-such-flag", ("-j", "0"): "-j|jobs", ("-j", "x"): "-j|jobs",
             ("-j", "99999999999999999999"): "-j|jobs", ("--port", "70000"): "port",
             ("--down-limit", "nan"): "down-limit", ("--down-limit", "-5"): "down-limit",
             ("--up-limit", "fast"): "up-limit", ("--up-limit", "5parsec/s"): "up-limit",
             ("--strategy", "psychic"): "strategy", ("--timeout", "soon"): "timeout",
             ("--cache", "12parsecs"): "cache", ("--peer", "nonsense"): "peer",
             ("--cache", "0"): "cache", ("--peer", "127.0.0.1:0"): "port from 1",
             ("--peer", "::1:5"): r"\[::1\]:6881", ("--seed-ratio", "nan"): "such as 0.5",
             ("--announce-min", "500ms"): "such as 2s, 30s, 5m or 2h", ("-o", ""): "output",
             ("--progress", "dance"): "progress", ("--max-peers", "-1"): "max-peers",
             ("--alloc", "lazy"): "alloc", ("-o",): "-o|output"}
    for arguments, says in wrong.items():
        process = scene.start("-t", scene.torrent.path, *arguments)
        expect(process, 2, says=says)
        lab.check(not process.stdout(), f"{arguments}: usage errors belong on stderr")
    expect(scene.start("get"), 2, says="-t|torrent")
    expect(scene.start("verify", "-o", "."), 2, says="-t|torrent")


@case
def a_bad_torrent_is_status_3(scene):
    bad = scene.folder / "bad.torrent"
    bad.write_bytes(b"d4:infoi0e")
    expect(scene.start("-t", bad, "-o", scene.out), 3, says=r"\d")
    lab.check(not scene.out.exists() or not os.listdir(scene.out), "files for a bad torrent")


# ---- a plain download ------------------------------------------------------------------------


@case
def quiet_is_silent(scene):
    process = scene.get("-q", seed=scene.seed())
    scene.check_done(process)
    lab.check(not process.stdout() and not process.stderr(),
              f"said {process.stdout()[:100]!r} {process.stderr()[:100]!r}")


@case
def json_result_is_one_object(scene):
    process = scene.get("--json", seed=scene.seed())
    scene.check_done(process)
    result = json.loads(process.stdout())
    lab.check(RESULT_KEYS <= result.keys(), f"missing keys: {RESULT_KEYS - result.keys()}")
    lab.check(result["status"] == "done" and result["exit"] == 0, "not done")
    lab.check(result["bytes"] == scene.torrent.size, f"bytes {result['bytes']}")
    lab.check(result["downloaded"] == result["bytes"] + result["wasted"], f"{result}")
    lab.check(result["info_hash"] == scene.torrent.info_hash.hex(), "info hash")
    lab.check(result["pieces"] == scene.torrent.piece_count, "pieces")
    lab.check(result["bad_pieces"] == 0 and result["error"] is None, "bad pieces or an error")


@case
def every_byte_is_accounted_for_when_resumed(scene):
    """What was in flight when it was interrupted is wasted; what was here is not downloaded."""
    slow = scene.seed(bytes_per_s=1_000_000)
    first = scene.get("--json", seed=slow)
    lab.wait_until(lambda: slow.bytes_sent > scene.torrent.size // 3, 20, "a third of it")
    first.signal(signal.SIGTERM)
    expect(first, 7, 20)
    second = scene.get("--json", seed=scene.seed())
    scene.check_done(second)
    before, after = (json.loads(process.stdout()) for process in (first, second))
    for result in (before, after):
        useful = result["bytes"] - result["resumed"]
        lab.check(result["downloaded"] == useful + result["wasted"], f"{result}")
    lab.check(0 < before["bytes"] == after["resumed"] < after["bytes"], f"{before}\n{after}")


@case
def a_failure_among_json_is_json_and_said_once(scene):
    (scene.out / "payload.bin").mkdir(parents=True)
    process = scene.get("--progress", "json", seed=scene.seed())
    expect(process, 6, 20)
    records = [json.loads(line) for line in process.stderr().splitlines()]
    said = [record for record in records if record["level"] == "ERROR"]
    lab.check(len(said) == 1 and said[0]["exit"] == 6 and "payload.bin" in said[0]["reason"],
              f"{records}")


@case
def progress_json_is_lines_of_json(scene):
    process = scene.get("--progress", "json", "--summary-interval", "200ms",
                        seed=scene.seed(bytes_per_s=3_000_000))
    scene.check_done(process)
    lines = process.stderr().splitlines()
    lab.check(len(lines) >= 3, f"{len(lines)} lines")
    for line in lines:
        lab.check(isinstance(json.loads(line), dict), f"not an object: {line[:100]}")


@case
def log_lines_are_whole_and_dated(scene):
    process = scene.get("--progress", "log", "--summary-interval", "200ms",
                        seed=scene.seed(bytes_per_s=3_000_000))
    scene.check_done(process)
    text = process.stderr()
    lab.check("\r" not in text and "\x1b" not in text, "a line was rewritten off a terminal")
    for line in text.splitlines():
        lab.check(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ [A-Z]+ ", line), f"undated: {line}")


@case
def automatic_progress_off_a_terminal_rewrites_nothing(scene):
    process = scene.get(seed=scene.seed())
    scene.check_done(process)
    lab.check("\r" not in process.stderr() and "\x1b" not in process.stderr(), "control characters")


@case
def torrent_on_standard_input(scene):
    with open(scene.torrent.path, "rb") as file:
        process = scene.start("-t", "-", "-o", scene.out, "--port", "0", seed=scene.seed(),
                              stdin=file)
        scene.check_done(process)


@case
def positional_form_and_target(scene):
    process = scene.start(scene.torrent.path, "-o", scene.out, "--port", "0", seed=scene.seed())
    scene.check_done(process)
    other = scene.folder / "elsewhere"
    other.mkdir()
    process = scene.start(scene.torrent.path, "named.iso", "--port", "0", seed=scene.seed(),
                          cwd=other)
    expect(process, 0, 30)
    lab.check_same_tree(scene.torrent.data_path(), other / "named.iso")


@case
def a_complete_download_needs_no_peer(scene):
    scene.check_done(scene.get("-q", seed=scene.seed()))
    scene.check_done(scene.get("-q"))


@case
def strategies_and_threads_give_the_same_bytes(scene):
    for arguments in (["--strategy", "sequential"], ["--strategy", "random", "-j", "8"],
                      ["--strategy", "smart", "-j", "1", "--net-threads", "2"],
                      ["--alloc", "full"], ["--alloc", "sparse"], ["--cache", "1MiB"]):
        scene.out = scene.folder / "-".join(arguments)
        scene.check_done(scene.get(*arguments, seed=scene.seed()))


@case
def closed_or_full_streams_change_nothing(scene):
    for number, shut in enumerate(([1], [2], [1, 2], [0, 1, 2])):
        scene.out = scene.folder / f"shut{number}"
        process = scene.get("--json", "--progress", "log", seed=scene.seed(),
                            preexec=lambda: [os.close(fd) for fd in shut])
        scene.check_done(process)
    scene.out = scene.folder / "full"
    with open("/dev/full", "wb") as full:
        process = scene.get("--json", seed=scene.seed(), stdout=full)
        scene.check_done(process)


@case
def a_reader_that_goes_away_changes_nothing(scene):
    read, write = os.pipe()
    process = scene.get("--json", "--progress", "none", seed=scene.seed(), stdout=write)
    os.close(write)
    os.close(read)
    scene.check_done(process)


@case
def a_reader_that_stands_still_changes_nothing(scene):
    """Standard error is a pipe that nobody reads, and full."""
    read, write = os.pipe()
    os.write(write, b"x" * fcntl.fcntl(write, fcntl.F_GETPIPE_SZ))
    process = scene.get("-vvv", seed=scene.seed(), preexec=lambda: os.dup2(write, 2))
    scene.check_done(process)
    os.close(write)
    os.close(read)


def full_terminal():
    """Both ends of a terminal that takes nothing more until somebody reads it."""
    reader, terminal = pty.openpty()
    writer = os.open(os.ttyname(terminal), os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK)
    for size in (4096, 1):
        try:
            while os.write(writer, b"x" * size):
                pass
        except BlockingIOError:
            pass
    os.close(writer)
    return reader, terminal


@case
def a_terminal_that_stands_still_changes_nothing(scene):
    """The panel, records of every thread, and the end by --timeout."""
    for number, words in enumerate((["--progress", "panel"], ["-vvv", "--progress", "log"],
                                    ["-vvv", "--progress", "line", "--seed-time", "1s"])):
        reader, terminal = full_terminal()
        scene.out = scene.folder / f"still{number}"
        process = scene.get(*words, seed=scene.seed(), env={"TERM": "xterm"},
                            preexec=lambda: os.dup2(terminal, 2))
        scene.check_done(process)
        lab.check(not fcntl.fcntl(terminal, fcntl.F_GETFL) & os.O_NONBLOCK, "the shell's flags")
        os.close(terminal)
        os.close(reader)
    reader, terminal = full_terminal()
    scene.out = scene.folder / "still-slow"
    process = scene.get("-vvv", "--timeout", "2s", seed=scene.seed(bytes_per_s=PIECE // 4),
                        env={"TERM": "xterm"}, preexec=lambda: os.dup2(terminal, 2))
    expect(process, 5, 20)
    os.close(terminal)
    os.close(reader)


# ---- giving up -------------------------------------------------------------------------------


@case
def timeouts_are_status_5(scene):
    for flag in ("--timeout", "--stall-timeout"):
        process = scene.get(flag, "1s", seed=scene.seed(gated=True))
        expect(process, 5, 10)
        lab.check(process.wall_s() < 6, f"{flag}: {process.wall_s():.1f} s")


@case
def a_port_in_use_is_status_4(scene):
    taken = socket.socket()
    taken.bind((lab.address(9), 6885))
    taken.listen()
    expect(scene.start("-t", scene.torrent.path, "-o", scene.out, "--bind", lab.address(9),
                       "--port", "6885", seed=scene.seed(gated=True)), 4, says="6885|port|listen")
    # Without an explicit port the next free one is taken.
    others = [socket.socket() for _ in range(2)]
    for number, other in enumerate(others):
        other.bind((lab.address(9), 6881 + number))
        other.listen()
    process = scene.start("-t", scene.torrent.path, "-o", scene.out, "--bind", lab.address(9),
                          seed=scene.seed())
    scene.check_done(process)


@case
def nobody_to_ask_is_status_4(scene):
    scene = Scene(scene.options, scene.folder / "alone",
                  trackers=[f"http://{lab.address(1)}:1/announce"])
    expect(scene.get("--timeout", "30s"), 4, 40)


# ---- the disk --------------------------------------------------------------------------------


@case
def bad_outputs_are_status_6(scene):
    blocked = scene.folder / "blocked"
    blocked.write_bytes(b"a file")
    scene.out = blocked
    expect(scene.get(seed=scene.seed()), 6, says="blocked")
    scene.out = scene.folder / "readonly"
    scene.out.mkdir()
    lab.mount("-t", "tmpfs", "-o", "ro", "none", scene.out)
    seed = scene.seed()
    try:
        expect(scene.get(seed=seed), 6, says="readonly")
        lab.check(seed.accepted == 0, "called a peer although it could not write")
    finally:
        subprocess.run(["umount", "-l", scene.out])


@case
def a_full_disk_is_status_9_and_resumes(scene):
    scene.out.mkdir()
    lab.mount("-t", "tmpfs", "-o", "size=1m", "none", scene.out)
    try:
        expect(scene.get("--alloc", "sparse", seed=scene.seed()), 9, 30, says="space")
        expect(scene.get("--alloc", "full", seed=scene.seed()), 9, 30, says="space")
        lab.mount("-o", "remount,size=64m", scene.out)
        scene.check_done(scene.get(seed=scene.seed()))
    finally:
        subprocess.run(["umount", "-l", scene.out])


@case
def a_second_instance_is_status_10(scene):
    seed = scene.seed(gated=True)
    first = scene.get(seed=seed)
    lab.wait_until(lambda: seed.connections, 15, "the first instance to call the seed")
    expect(scene.get(seed=seed), 10)
    scene.loop.call(seed.release())
    scene.check_done(first)


@case
def verify_names_the_bad_piece(scene):
    def verify(*arguments):
        return scene.start("verify", "-t", scene.torrent.path, "-o", scene.out, *arguments)

    scene.check_done(scene.get(seed=scene.seed()))
    expect(verify(), 0)
    path = scene.out / scene.torrent.name
    with open(path, "r+b") as file:
        file.seek(7 * PIECE + 3)
        byte = file.read(1)
        file.seek(7 * PIECE + 3)
        file.write(bytes([byte[0] ^ 1]))
    process = verify()
    expect(process, 8)
    said = process.stdout() + process.stderr()
    lab.check(re.search(r"\b7\b", said) and "payload.bin" in said, f"said {said[-300:]!r}")
    process = verify("--json")
    expect(process, 8)
    json.loads(process.stdout())
    seed = scene.seed()
    scene.check_done(scene.get("--no-resume", seed=seed))
    lab.check(seed.bytes_sent <= 2 * PIECE, f"the repair fetched {seed.bytes_sent} bytes")


# ---- signals ---------------------------------------------------------------------------------


def start_half_way(scene, *arguments):
    """A download with about half its pieces; its seed."""
    seed = scene.seed(bytes_per_s=1_300_000)
    process = scene.get("--progress", "none", *arguments, seed=seed)
    lab.wait_until(lambda: seed.bytes_sent > scene.torrent.size / 2 or process.poll() is not None,
                   30, "half of the download")
    lab.check(process.poll() is None, f"ended with {process.poll()}: {process.stderr()[-300:]}")
    return process, seed


def check_resumes(scene, sent_before, again_max):
    seed = scene.seed()
    scene.check_done(scene.get("--progress", "none", seed=seed))
    both = sent_before + seed.bytes_sent
    lab.check(both <= scene.torrent.size + again_max,
              f"fetched {both - scene.torrent.size} bytes twice")


@case
def interrupting_leaves_a_resumable_state(scene):
    for number in (signal.SIGINT, signal.SIGTERM):
        scene.out = scene.folder / f"out{int(number)}"
        process, seed = start_half_way(scene)
        process.signal(number)
        expect(process, 7, 5)
        lab.check(scene.control_files(), "no control file")
        check_resumes(scene, seed.bytes_sent, 8 * PIECE)


@case
def a_kill_loses_little(scene):
    process, seed = start_half_way(scene)
    process.kill()
    check_resumes(scene, seed.bytes_sent, scene.torrent.size)


@case
def a_second_signal_exits_at_once(scene):
    silent = socket.socket()
    silent.bind((lab.address(1), 0))
    silent.listen()
    url = f"http://{lab.address(1)}:{silent.getsockname()[1]}/announce"
    scene = Scene(scene.options, scene.folder / "tracked", trackers=[url])
    process, seed = start_half_way(scene)
    process.signal(signal.SIGINT)
    lab.wait_until(lambda: seed.open_now == 0 or process.poll() is not None, 5, "peers to be left")
    time.sleep(1.1)  # sooner, it would be the same wish said twice
    if process.poll() is None:
        process.signal(signal.SIGINT)
        process.wait(2)
    lab.check(process.poll() in (130, 7), f"status {process.poll()}")
    lab.check(process.wall_s() < 30, "the second signal was not obeyed at once")


@case
def a_user_signal_prints_one_line(scene):
    process, _ = start_half_way(scene)
    before = process.stderr().count("\n")
    process.signal(signal.SIGUSR1)
    lab.wait_until(lambda: process.stderr().count("\n") > before, 5, "a status line")
    scene.check_done(process)


@case
def an_interrupted_verify_says_so(scene):
    """Every read takes half a second; after the first one it is asked how far it is, and told to
    stop."""
    if not shutil.which("strace"):
        raise lab.Skip("no strace")
    scene.check_done(scene.get(seed=scene.seed()))
    reads = scene.folder / "reads"
    process = lab.Process(
        ["strace", "-D", "-f", "-qq", "-o", reads, "-P", scene.out / scene.torrent.name, "-e",
         "trace=pread64", "-e", "inject=pread64:delay_enter=500000", scene.options.btfast,
         "verify", "-t", scene.torrent.path, "-o", scene.out, "-j", "1"], scene.folder, "verify")
    lab.wait_until(lambda: reads.exists() and "pread64" in reads.read_text(), 20, "a first read")
    process.signal(signal.SIGUSR1)
    lab.wait_until(lambda: " INFO verify pct=" in process.stderr(), 5, "a status line")
    process.signal(signal.SIGINT)
    expect(process, 7, 20)
    lab.check("interrupted" in process.stdout(), f"said {process.stdout()[-300:]!r}")


def run_case(folder, options, function):
    scene = Scene(options, folder)
    try:
        function(scene)
    finally:
        scene.end()


@case
def service_manager(scene):
    """systemd's notify protocol, in the abstract namespace: ready, how it is, stopping."""
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    manager.bind("\0btfast-manager")
    manager.setblocking(False)
    scene.check_done(scene.get(seed=scene.seed(), env={"NOTIFY_SOCKET": "@btfast-manager"}))
    said = []
    try:
        while True:
            said.append(manager.recv(4096).decode())
    except BlockingIOError:
        pass
    lab.check(said[0].startswith("READY=1\nSTATUS=payload.bin: listening on port "), f"{said}")
    lab.check(said[-1].startswith("STOPPING=1\nSTATUS=payload.bin"), f"{said}")
    lab.check(all(text.startswith("STATUS=payload.bin: ") for text in said[1:-1]), f"{said}")


@case
def tracker_insecure_is_for_one_run(scene):
    """A warning each time, and no environment variable can set it."""
    warned = "certificates of https trackers are not"
    process = scene.get("--tracker-insecure", seed=scene.seed())
    scene.check_done(process)
    lab.check(warned in process.stderr(), process.stderr())
    process = scene.get("--info", env={"BTFAST_TRACKER_INSECURE": "1"})
    expect(process, 0)
    lab.check(warned not in process.stderr(), process.stderr())


def run_all(description, cases):
    options, suite = lab.begin(description)
    for function in cases:
        suite.case(function.__name__, run_case, options, function)
    suite.finish()


if __name__ == "__main__":
    run_all(__doc__, CASES)
