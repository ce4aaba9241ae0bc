"""FAULTS §2.1 through the real binary: broken torrents are refused with status 3 and a message,
hostile ones are made safe, and nothing outside the output folder ever changes.

    bad_torrents.py [--btfast PATH] [--only PATTERN] [--keep]
"""

import hashlib
import json
import os
import pathlib
import re
import socket
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))

import lab  # noqa: E402
import bad_torrent_table as table  # noqa: E402
import wire  # noqa: E402
from mini_seed import AsyncThread, MiniSeed  # noqa: E402

RSS_MIB_MAX = 160
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200b\ufeff]")


class MemoryTorrent:
    """What MiniSeed needs of a torrent whose file no sane parser would take apart."""

    def __init__(self, data, content):
        self.info_hash = hashlib.sha1(wire.raw_info(data)).digest()
        self.content = content
        self.piece_length = table.PIECE
        self.piece_count = -(-len(content) // table.PIECE)

    full_bitfield = wire.Torrent.full_bitfield

    def read(self, piece, begin, length):
        at = piece * self.piece_length + begin
        return self.content[at:at + length]


def run(options, folder, *arguments, seconds=20):
    process = lab.Process([options.btfast, *arguments], folder, "btfast")
    process.wait(seconds)
    return process


def check_message(process, says=""):
    text = process.stderr().strip()
    lab.check(text, "no message on stderr")
    lab.check(len(text) < 2000, f"a message of {len(text)} characters")
    lab.check(not CONTROL.search(text), f"raw control characters in the message: {text!r}")
    lab.check(re.search(says, text, re.IGNORECASE | re.DOTALL),
              f"the message does not say {says!r}: {text[:200]}")


def refused_case(folder, options, bad):
    path = folder / "bad.torrent"
    path.write_bytes(bad.data)
    out = folder / "out"
    for arguments in (("info", path), ("info", path, "--json"),
                      ("-t", path, "-o", out, "--progress", "none")):
        before = lab.manifest(options.fence)
        process = run(options, folder, *arguments)
        lab.check(process.poll() == 3, f"{arguments[0]}: status {process.poll()}, not 3: "
                  f"{process.stderr()[:200]}")
        check_message(process, bad.says)
        lab.check(not process.stdout().strip() or "--json" in arguments,
                  "a refused torrent wrote to stdout")
        lab.check(process.wall_s() <= bad.seconds_max, f"took {process.wall_s():.1f} s")
        lab.check(process.peak_rss_mib() <= bad.rss_mib_max,
                  f"peak RSS {process.peak_rss_mib():.0f} MiB of {bad.rss_mib_max}")
        lab.check(lab.manifest(options.fence) == before, "something outside changed")
    lab.check(not out.exists() or not list(out.iterdir()), "a refused torrent left files")


def files_below(root):
    return [path for path in root.rglob("*") if path.is_file() or path.is_symlink()]


def tolerated_case(folder, options, good):
    path = folder / "hostile.torrent"
    path.write_bytes(good.data)
    deep = folder / "a" / "b" / "c"
    out = deep / "out"
    out.mkdir(parents=True)
    loop = AsyncThread()
    seed = loop.call(MiniSeed(MemoryTorrent(good.data, good.content)).start())
    outside = {**lab.manifest(options.fence)}
    try:
        info = run(options, folder, "info", path, "--json")
        lab.check(info.poll() == 0, f"info: status {info.poll()}: {info.stderr()[:200]}")
        seen = json.loads(info.stdout())
        lab.check(seen["info_hash"] == seed.torrent.info_hash.hex(), "another info hash")
        human = run(options, folder, "info", path)
        lab.check(not CONTROL.search(human.stdout()), "raw control characters on stdout")
        process = run(options, folder, "-t", path, "-o", out, "--peer", seed.endpoint(),
                      "--port", "0", "--progress", "none", "--timeout", "15s")
        lab.check(process.poll() == 0, f"status {process.poll()}: {process.stderr()[-300:]}")
    finally:
        loop.stop()
    lab.check(process.peak_rss_mib() <= RSS_MIB_MAX, f"RSS {process.peak_rss_mib():.0f} MiB")
    lab.check(lab.manifest(options.fence) == outside, "something outside changed")
    siblings = [p for p in files_below(folder) if out not in p.parents
                and p.parent != folder]
    lab.check(not siblings, f"outside the output folder: {siblings}")
    made = files_below(out)
    lab.check(not any(path.is_symlink() for path in made), "a symbolic link was made")
    if good.file_count >= 0:
        lab.check(len(made) == good.file_count, f"{len(made)} files: {made[:6]}")
    written = sum(path.stat().st_size for path in made)
    pads = (0, 1000, 1200)  # of those torrents that have any
    lab.check(written in [len(good.content) - pad for pad in pads], f"{written} bytes written")
    for path in made:
        name = str(path.relative_to(out))
        lab.check(not CONTROL.search(name), f"control characters in {name!r}")


# ---- what stands in the way on disk ----------------------------------------------------------


def obstacle_case(folder, options, plant, statuses):
    """A payload path that is something else than a file of ours (11, 13, 14)."""
    path = folder / "x.torrent"
    path.write_bytes(table.torrent(table.info()))
    out, victim = folder / "out", folder / "victim"
    out.mkdir()
    victim.mkdir()
    (victim / "target").write_bytes(b"precious")
    plant(out, victim)
    before = lab.manifest(victim)
    loop = AsyncThread()
    seed = loop.call(MiniSeed(MemoryTorrent(path.read_bytes(), table.CONTENT)).start())
    try:
        process = run(options, folder, "-t", path, "-o", out, "--peer", seed.endpoint(), "--port",
                      "0", "--progress", "none", "--timeout", "10s")
    finally:
        loop.stop()
    lab.check(process.poll() in statuses, f"status {process.poll()}: {process.stderr()[-300:]}")
    if 0 not in statuses:
        check_message(process, "payload.bin")
        lab.check((victim / "target").read_bytes() == b"precious", "the target was written to")
        lab.check(lab.manifest(victim) == before, "the victim folder changed")


def plant_socket(out, victim):
    os.chdir(out)  # the path of a socket must be short
    socket.socket(socket.AF_UNIX).bind("payload.bin")


OBSTACLES = {
    "11 a link to a file": lambda out, victim: (out / "payload.bin").symlink_to(victim / "target"),
    "11 a dangling link": lambda out, victim: (out / "payload.bin").symlink_to(victim / "new"),
    "11 a link to a folder": lambda out, victim: (out / "payload.bin").symlink_to(victim),
    "13 a FIFO": lambda out, victim: os.mkfifo(out / "payload.bin"),
    "13 a socket": plant_socket,
    "13 a device": lambda out, victim: os.mknod(out / "payload.bin", 0o20666, os.makedev(1, 3)),
    "13 a folder": lambda out, victim: (out / "payload.bin").mkdir(),
}


def linked_folder_case(folder, options):
    path = folder / "x.torrent"
    path.write_bytes(table.torrent(table.files_info([["sub", "a"], ["sub", "b"]])))
    out, victim = folder / "out", folder / "victim"
    (out / "folder").mkdir(parents=True)
    victim.mkdir()
    (out / "folder" / "sub").symlink_to(victim)
    loop = AsyncThread()
    seed = loop.call(MiniSeed(MemoryTorrent(path.read_bytes(), table.CONTENT)).start())
    try:
        process = run(options, folder, "-t", path, "-o", out, "--peer", seed.endpoint(), "--port",
                      "0", "--progress", "none", "--timeout", "10s")
    finally:
        loop.stop()
    lab.check(process.poll() == 6, f"status {process.poll()}: {process.stderr()[-300:]}")
    check_message(process, "sub")
    lab.check(not list(victim.iterdir()), "files appeared behind the link")


# ---- things that are not torrent files (30) --------------------------------------------------


def not_a_torrent_case(folder, options, make):
    path = make(folder)
    process = run(options, folder, "info", path, seconds=10)
    lab.check(process.poll() == 3, f"status {process.poll()}: {process.stderr()[:200]}")
    check_message(process)
    lab.check(process.wall_s() < 5 and process.peak_rss_mib() < 96,
              f"{process.wall_s():.1f} s, {process.peak_rss_mib():.0f} MiB")


def sparse(folder):
    with open(folder / "sparse.torrent", "wb") as out:
        out.truncate(1 << 30)
    return folder / "sparse.torrent"


def fifo(folder):
    os.mkfifo(folder / "fifo.torrent")
    return folder / "fifo.torrent"


NOT_TORRENTS = {
    "30 a sparse gigabyte": sparse,
    "30 zeros without end": lambda folder: pathlib.Path("/dev/zero"),
    "30 a folder": lambda folder: folder,
    "30 a FIFO": fifo,
    "30 nothing to read": lambda folder: pathlib.Path("/dev/null"),
    "30 nothing there": lambda folder: folder / "absent.torrent",
}


# ---- size (29) and the second opinion (37) ---------------------------------------------------


def many_files_case(folder, options, count, path_of):
    content = table.CONTENT
    files = [{"length": 1 if n < len(content) else 0, "path": path_of(n)} for n in range(count)]
    path = folder / "many.torrent"
    path.write_bytes(table.torrent(table.info(
        name="many", length=None, files=files, pieces=table.digests(content[:count]))))
    process = run(options, folder, "info", path, "--json", seconds=30)
    lab.check(process.poll() in (0, 3), f"status {process.poll()}")
    if process.poll() == 3:
        check_message(process)
    else:
        lab.check(len(json.loads(process.stdout())["files"]) == count, "files are missing")
    lab.check(process.wall_s() <= 10, f"took {process.wall_s():.1f} s")
    lab.check(process.peak_rss_mib() <= 1024, f"{process.peak_rss_mib():.0f} MiB")


def second_opinion_case(folder, options):
    """Where both load a file, the info hash and the number of files agree with libtorrent."""
    listed = []
    for number, entry in enumerate([*table.refused(), *table.tolerated()]):
        if len(entry.data) < 10 ** 6:
            path = folder / f"{number:03}.torrent"
            path.write_bytes(entry.data)
            listed.append((path, entry))
    shown = subprocess.run(
        [lab.PYTHON, lab.ROOT / "tests/interop/libtorrent_peer.py", "show",
         *[path for path, _ in listed]], capture_output=True, timeout=60)
    theirs = [json.loads(line) for line in shown.stdout.splitlines()]
    lab.check(len(theirs) == len(listed), f"libtorrent gave up: {shown.stderr[-200:]}")
    both = disagreed = 0
    for (path, entry), other in zip(listed, theirs):
        process = run(options, folder, "info", path, "--json")
        ours = json.loads(process.stdout()) if process.poll() == 0 else None
        if (ours is None) != ("error" in other):
            disagreed += 1
            print(f"      note {entry.number} {entry.name}: libtorrent "
                  f"{'refuses' if 'error' in other else 'takes'} it, btfast "
                  f"{'refuses' if ours is None else 'takes'} it")
        if ours is None or "error" in other:
            continue
        both += 1
        lab.check(ours["info_hash"] == other["info_hash"], f"{entry.name}: info hash differs")
        lab.check(len(ours["files"]) == len(other["files"]) or entry.number == 10,
                  f"{entry.name}: {len(ours['files'])} files, libtorrent {len(other['files'])}")
    lab.check(both >= 20, f"only {both} torrents loaded in both")
    print(f"      {both} loaded by both, {disagreed} by one only")


def main():
    options, suite = lab.begin(__doc__)
    # Whatever the torrents try to reach: beside the output, and the usual victims.
    options.fence = suite.base / "fence"
    options.fence.mkdir()
    os.environ["HOME"] = str(options.fence)
    lab.make_root_read_only(suite.base)
    for bad in table.refused():
        suite.case(f"{bad.number} refuse {bad.name}", refused_case, options, bad)
    for good in table.tolerated():
        suite.case(f"{good.number} tame {good.name}", tolerated_case, options, good)
    for name, plant in OBSTACLES.items():
        suite.case(name, obstacle_case, options, plant, {6})
    suite.case("11 a linked folder", linked_folder_case, options)
    suite.case("14 a hard link", obstacle_case, options,
               lambda out, victim: os.link(victim / "target", out / "payload.bin"), {6})
    for name, make in NOT_TORRENTS.items():
        suite.case(name, not_a_torrent_case, options, make)
    suite.case("29 200 000 tiny files", many_files_case, options, 200_000,
               lambda n: [f"{n}"])
    suite.case("29 20 000 files at depth 50", many_files_case, options, 20_000,
               lambda n: ["d"] * 49 + [f"{n}"])
    suite.case("37 second opinion", second_opinion_case, options)
    suite.finish()


if __name__ == "__main__":
    main()
