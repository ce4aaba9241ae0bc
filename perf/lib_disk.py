"""W11: a download onto a disk, and the time until its bytes are safe there.

Everyone is treated alike: when the client has ended, its file system is asked to write out what it
holds (`syncfs`), and the clock stops when that has returned.  Content comes from a tmpfs.
"""

import ctypes
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

import lib_clients
import lib_download
import lib_measure
import lib_report
from lib_swarm import lab

TMPFS = ("tmpfs", "ramfs")
WARMED_BYTES = 4 << 30
_libc = ctypes.CDLL(None, use_errno=True)


def kind(path):
    told = subprocess.run(["df", "--output=fstype", path], capture_output=True, text=True,
                          check=True)
    return told.stdout.split()[-1]


def folder(asked):
    """Where there is a disk; skips where there is none."""
    for path in [asked] if asked else ["/var/tmp", tempfile.gettempdir()]:
        if os.path.isdir(path) and kind(path) not in TMPFS:
            return pathlib.Path(path)
    raise lab.Skip("no folder on a disk; name one with --disk-scratch")


def sync(path):
    """The file system of `path` has nothing left to write."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        if _libc.syncfs(descriptor) != 0:
            raise OSError(ctypes.get_errno(), "syncfs")
    finally:
        os.close(descriptor)


def run_once(options, swarm, name, number, disk):
    out = disk / f"btfast-bench-{os.getpid()}"
    lib_download.fresh_folder(out)
    sync(out)
    log = swarm.scratch / f"{name}.log"
    others = lib_measure.Others(swarm.seeder.pid)
    started = time.monotonic()
    wall, used, peak_rss, status = lib_clients.run(name, options, swarm, out, log)
    sync(out)
    safe = time.monotonic() - started
    others_cpu_s = others.cpu_s(used)
    problems = lab.tree_differences(swarm.data, out / swarm.torrent.name)
    shutil.rmtree(out)
    if status or problems:
        print(f"FAIL {name} round {number}: status {status}, {problems[:2]}")
    gib = swarm.size / lib_measure.GIB
    return {**lib_download.describe("W11", name, swarm, number), "ok": not (status or problems),
            **lib_measure.figures(wall, used, peak_rss, swarm.size),
            "safe_s": round(safe, 3), "safe_s_per_gib": round(safe / gib, 3),
            "others_cpu_s": others_cpu_s, "file_system": kind(disk),
            "version": lib_clients.version_of(name, options),
            "command": lib_clients.command_text(name, options, swarm, out)}


def rounds(options, swarm, names, count, disk, results):
    lib_measure.warm(WARMED_BYTES)
    done = []
    for number in range(1, count + 1):
        for name in names:
            run = results.add(run_once(options, swarm, name, number, disk))
            print(f"{'ok' if run['ok'] else 'FAIL'} W11 {name} round {number}: "
                  f"{run['wall_s']:.2f} s, safe after {run['safe_s']:.2f} s")
            if run["ok"]:
                done.append(run)
    return done


def report(runs, markdown):
    rows = [["client", "safe, s/GiB", "ended, s/GiB", "CPU-s/GiB", "peak RSS MiB"]]
    for name, own in lib_report.by_client(runs).items():
        rows.append([name, lib_report.spread(own, "safe_s_per_gib"),
                     lib_report.spread(own, "wall_s_per_gib"),
                     lib_report.spread(own, "cpu_s_per_gib"),
                     lib_report.spread(own, "peak_rss_mib", 0)])
    return lib_report.table(rows, markdown)
