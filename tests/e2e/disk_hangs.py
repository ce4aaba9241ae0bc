"""FAULTS 121 and 122: the disk says nothing, neither yes nor no.

    disk_hangs.py [--btfast PATH] [--only PATTERN] [--keep]
"""

import contextlib
import os
import pathlib
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))

import lab  # noqa: E402
from scene import MIB, WRITES, several, single, strace, wait_until_still  # noqa: E402

RSS_MIB_MAX = 400  # the cache of 256 MiB, and what a small process has


def one_write_hangs_case(folder, options):
    """A worker waits for the disk; the network goes on as far as memory allows.  What a thread
    writes third is a piece: twice the control file is written before there is one."""
    scene = several(options, folder, files=8, size=MIB)
    process = scene.start("-j", "2", under=strace(f"{WRITES}:delay_enter=6000000:when=3"))
    lab.wait_until(lambda: scene.seed.bytes_sent >= scene.torrent.size, 5, "all of it to be sent")
    lab.check(process.poll() is None, "nothing hung")
    lab.check(process.wait(60) == 0, f"status {process.poll()}\n{process.tail()}")
    lab.check_same_tree(scene.data, scene.out / scene.torrent.name)


def every_write_hangs_case(folder, options):
    scene = single(options, folder, size=600 * MIB, piece_length=MIB)
    hang = f"{WRITES}:delay_enter=300000000:when=20+"
    process = scene.start("--alloc", "sparse", "--cache", "64MiB", under=strace(hang))
    pid = lab.wait_until(lambda: traced_child(process, options.btfast), 20, "the traced process")
    lab.wait_until(lambda: scene.seed.bytes_sent > 40 * MIB, 30, "the first pieces")
    settled = wait_until_still(lambda: scene.seed.bytes_sent)
    lab.check(settled < 200 * MIB, f"{settled} bytes were taken from the network")
    rss = resident_mib(pid)
    lab.check(rss < RSS_MIB_MAX, f"{rss:.0f} MiB in memory")
    os.kill(pid, signal.SIGTERM)
    started = time.monotonic()
    status = lab.wait_until(lambda: status_of_ended(pid), 12, "the end")
    took = time.monotonic() - started
    lab.check(status[0] == 7, f"status {status[0]}\n{process.tail()}")
    lab.check(took <= 10.5, f"{took:.1f} s to end")
    process.kill()  # strace waits for threads that it holds itself
    lab.check("does not answer" in process.stderr(), process.tail())
    scene.check_claim()


def traced_child(process, binary):
    """The btfast that strace runs; strace has short-lived children of its own."""
    children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children")
    for child in children.read_text().split():
        with contextlib.suppress(OSError):
            if os.readlink(f"/proc/{child}/exe") == str(binary):
                return int(child)
    return None


def status_of_ended(pid):
    """(status,) of a process that has ended and whom nobody has waited for; else None."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[-1]) >> 8,) if fields[0] == "Z" else None


def resident_mib(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0


def main():
    options, suite = lab.begin(__doc__)
    suite.case("121 one write hangs", one_write_hangs_case, options)
    suite.case("122 every write hangs", every_write_hangs_case, options)
    suite.finish()


if __name__ == "__main__":
    main()
