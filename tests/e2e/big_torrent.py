"""A torrent far larger than the memory there is: 100 peers, and btfast in a memory cgroup.  Not a
part of `make test`: it writes as much as it downloads.

    big_torrent.py --seeder PERF_SEEDER [--btfast PATH] [--gib 20] [--limit-mib 256] [--peers 100]
                   [--piece-mib 4] [--scratch DIR] [-- ARGUMENTS OF BTFAST]

The content is zeros but for the last 16 bytes of each piece, which name it: a sparse file of a few
MiB serves it, and a piece in the wrong place shows.  Needs cgroup v1 (memory) and root; prints one
JSON line.
"""

import hashlib
import json
import os
import pathlib
import shutil
import struct
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))

import lab  # noqa: E402
import wire  # noqa: E402

GIB, MIB = 1 << 30, 1 << 20
OURS = lab.address(99)
CGROUPS = pathlib.Path("/sys/fs/cgroup/memory")
NAME = "big.bin"


def stamp(index):
    return struct.pack(">QQ", index, index * 0x9E3779B97F4A7C15 & (1 << 64) - 1)


def make_source(folder, piece_length, pieces):
    """The sparse file and its torrent."""
    zeros = hashlib.sha1(bytes(piece_length - 16))
    digests = []
    with open(folder / NAME, "wb") as file:
        file.truncate(piece_length * pieces)
        for index in range(pieces):
            digest = zeros.copy()
            digest.update(stamp(index))
            digests.append(digest.digest())
            file.seek((index + 1) * piece_length - 16)
            file.write(stamp(index))
    info = {"name": NAME, "piece length": piece_length, "length": piece_length * pieces,
            "pieces": b"".join(digests)}
    (folder / "x.torrent").write_bytes(wire.encode({"info": info}))
    return wire.Torrent(folder / "x.torrent", folder)


class Cgroup:
    """A memory limit below our own cgroup's, for the processes that join()."""

    def __init__(self, limit):
        own = next(line.split(":", 2)[2] for line in open("/proc/self/cgroup").read().splitlines()
                   if ":memory:" in line)
        self.path = CGROUPS / own.lstrip("/") / f"btfast-{os.getpid()}"
        if not self.path.parent.is_dir():
            self.path = CGROUPS / self.path.name
        self.path.mkdir()
        self._write("memory.limit_in_bytes", limit)

    def _write(self, name, value):
        (self.path / name).write_text(str(value))

    def join(self):
        self._write("cgroup.procs", os.getpid())

    def read(self, name):
        return int((self.path / name).read_text())

    def oom_kills(self):
        for line in (self.path / "memory.oom_control").read_text().splitlines():
            if line.startswith("oom_kill "):
                return int(line.split()[1])
        return None

    def remove(self):
        self.path.rmdir()


def check_content(torrent, out):
    """Every piece of what was downloaded, by hashlib."""
    with open(out / NAME, "rb") as file:
        for index in range(torrent.piece_count):
            data = file.read(torrent.piece_length)
            lab.check(torrent.piece_is_right(index, data), f"piece {index} is wrong")
            os.posix_fadvise(file.fileno(), 0, file.tell(), os.POSIX_FADV_DONTNEED)


def watch(process, seconds):
    """Peak of the resident memory that is not the page cache's, until the process has ended."""
    peak, deadline = 0, time.monotonic() + seconds
    while process.poll() is None:
        lab.check(time.monotonic() < deadline, f"not done in {seconds} s")
        peak = max(peak, process.status_field("VmHWM") or 0)
        time.sleep(0.1)
    return peak / 1024


def big_case(folder, options):
    piece_length = options.piece_mib * MIB
    torrent = make_source(folder, piece_length, options.gib * GIB // piece_length)
    peers = [f"{lab.address(1 + n % 98)}:{7000 + n // 98}" for n in range(options.peers)]
    seeder = lab.Process([options.seeder, torrent.info_hash.hex(), piece_length, folder / NAME,
                          *peers], folder, "seeder")
    lab.wait_port(seeder, 7000)
    group = Cgroup(options.limit_mib * MIB)
    out = folder / "out"
    try:
        process = lab.Process(
            [options.btfast, "-t", torrent.path, "-o", out, "--bind", OURS, "--port", "0",
             "--progress", "log", "--json", *options.arguments,
             *[part for peer in peers for part in ("--peer", peer)]],
            folder, "btfast", preexec=group.join)
        rss = watch(process, options.seconds)
        lab.check(process.poll() == 0, f"status {process.poll()}\n{process.tail()}")
        result = json.loads(process.stdout())
        print(json.dumps({
            "gib": options.gib, "limit_mib": options.limit_mib, "peers": options.peers,
            "piece_mib": options.piece_mib, "arguments": options.arguments,
            "peak_rss_mib": round(rss, 1), "wall_s": round(result["wall_s"], 1),
            "cpu_s": round(result["cpu_s"], 1), "wasted": result["wasted"],
            "cgroup_peak_mib": round(group.read("memory.max_usage_in_bytes") / MIB, 1),
            "limit_hits": group.read("memory.failcnt"), "oom_kills": group.oom_kills()}))
        lab.check(not group.oom_kills(), "killed for memory")
        check_content(torrent, out)
    finally:
        seeder.stop()
        shutil.rmtree(out, ignore_errors=True)
        group.remove()


def main():
    parser = lab.parser(__doc__)
    parser.add_argument("--seeder", required=True)
    parser.add_argument("--gib", type=int, default=20)
    parser.add_argument("--limit-mib", type=int, default=256)
    parser.add_argument("--piece-mib", type=int, default=4)
    parser.add_argument("--peers", type=int, default=100)
    parser.add_argument("--seconds", type=int, default=3600)
    parser.add_argument("arguments", nargs="*")
    options = parser.parse_args()
    lab.enter()
    lab.require_btfast(options)
    if not CGROUPS.is_dir() or os.geteuid() != 0:
        print("skipped: needs the memory cgroup (v1), and root")
        sys.exit(lab.SKIPPED)
    suite = lab.Suite(options)
    suite.case(f"{options.gib} GiB in {options.limit_mib} MiB", big_case, options)
    suite.finish()


if __name__ == "__main__":
    main()
