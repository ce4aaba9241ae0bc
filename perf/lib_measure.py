"""How one run is measured: time, CPU, memory, context switches, system calls, and the machine."""

import datetime
import os
import pathlib
import platform
import re
import signal
import subprocess
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
GIB = 1 << 30
RUN_SECONDS_MAX = 180

READS = ("read", "readv", "recvfrom", "recvmsg", "recv", "preadv", "pread64", "preadv2")
# `write` and `writev` also ring doorbells and fill sockets.
FILE_WRITES = ("pwrite64", "pwritev", "pwritev2")


def _sample_peak_rss(pid, ended, peak):
    """Of the program itself: ru_maxrss also remembers the Python that forked it."""
    while not ended.wait(0.02):
        try:
            for line in open(f"/proc/{pid}/status"):
                if line.startswith("VmHWM:"):
                    peak[0] = int(line.split()[1]) / 1024
        except (OSError, ValueError):
            return


def measure(argv, log):
    """Runs to the end; (wall seconds, resource use, peak RSS in MiB, exit status)."""
    with open(log, "wb") as out:
        started = time.monotonic()
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        watchdog = threading.Timer(RUN_SECONDS_MAX, os.kill, (process.pid, signal.SIGKILL))
        watchdog.start()
        ended, peak = threading.Event(), [0.0]
        sampler = threading.Thread(target=_sample_peak_rss, args=(process.pid, ended, peak))
        sampler.start()
        _, status, used = os.wait4(process.pid, 0)
        wall = time.monotonic() - started
        watchdog.cancel()
        ended.set()
        sampler.join()
    process.returncode = os.waitstatus_to_exitcode(status)
    return wall, used, peak[0], process.returncode


class Others:
    """CPU seconds used meanwhile by processes that are no part of the run: the machine's noise."""

    def __init__(self, pid):
        self.pid = pid
        self.before = machine_busy_s(), sum(cpu_of(pid))

    def cpu_s(self, used):
        machine_s = machine_busy_s() - self.before[0]
        seeder_s = sum(cpu_of(self.pid)) - self.before[1]
        return round(max(machine_s - seeder_s - used.ru_utime - used.ru_stime, 0), 2)


def figures(wall, used, peak_rss, size):
    """A run's figures, as they stand in a line of results."""
    gib = size / GIB
    return {
        "wall_s": round(wall, 3), "user_s": round(used.ru_utime, 3),
        "system_s": round(used.ru_stime, 3),
        "wall_s_per_gib": round(wall / gib, 3),
        "cpu_s_per_gib": round((used.ru_utime + used.ru_stime) / gib, 3),
        "peak_rss_mib": round(peak_rss, 1),
        "switches_voluntary": used.ru_nvcsw, "switches_involuntary": used.ru_nivcsw,
    }


def cpu_of(pid):
    """User and system seconds so far of a process that runs; counted in clock ticks."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    tick = os.sysconf("SC_CLK_TCK")
    return int(fields[11]) / tick, int(fields[12]) / tick


def status_kib(pid, key):
    for line in open(f"/proc/{pid}/status"):
        if line.startswith(key + ":"):
            return int(line.split()[1])
    raise RuntimeError(f"no {key} of process {pid}")


def system_calls(argv, log):
    """{call: count} of a run of its own under strace, whose figures count nothing else."""
    counts_path = pathlib.Path(log).with_suffix(".strace")
    with open(log, "wb") as out:
        strace = ["strace", "-c", "-f", "-U", "name,calls", "-o", counts_path]
        status = subprocess.run([*strace, *argv], stdin=subprocess.DEVNULL, stdout=out,
                                stderr=out, timeout=RUN_SECONDS_MAX, check=False).returncode
    counts = {}
    for line in counts_path.read_text().splitlines():
        row = re.fullmatch(r"\s*([a-z_0-9]+)\s+(\d+)\s*", line)
        if row and row[1] != "total":
            counts[row[1]] = int(row[2])
    return counts, status


def call_summary(counts, size):
    gib = size / GIB
    reads = sum(counts.get(name, 0) for name in READS)
    # A client without a positioned write seeks and writes.
    file_writes = sum(counts.get(name, 0) for name in FILE_WRITES) or counts.get("write", 0)
    return {
        "calls_per_gib": round(sum(counts.values()) / gib),
        "reads_per_gib": round(reads / gib), "file_writes_per_gib": round(file_writes / gib),
        "write_kib_mean": round(size / file_writes / 1024, 1) if file_writes else None,
        "calls": dict(sorted(counts.items(), key=lambda entry: -entry[1])[:14]),
    }


def machine_busy_s():
    """User and system seconds of everything that ran on this machine so far."""
    fields = [int(part) for part in open("/proc/stat").readline().split()[1:4]]
    return sum(fields) / os.sysconf("SC_CLK_TCK")


def machine():
    model = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo")
                  if line.startswith("model name")), platform.machine())
    memory_gib = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / GIB
    return {"cpu": model, "cores": len(os.sched_getaffinity(0)), "kernel": platform.release(),
            "memory_gib": round(memory_gib, 1)}


def warm(size):
    """Memory is filled and freed once: a machine that gives it out slowly would make the first
    client pay for it."""
    block = bytearray(size)
    block[::4096] = b"1" * len(range(0, size, 4096))
    del block


def now():
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")


def openssl_sha1_gb_per_s():
    """What `openssl speed` says one core hashes, in 10^9 bytes a second."""
    told = subprocess.run(["openssl", "speed", "-evp", "sha1", "-bytes", "16384", "-seconds", "1"],
                          capture_output=True, text=True, check=True).stdout
    return float(re.search(r"^sha1\s+([\d.]+)k", told, re.MULTILINE | re.IGNORECASE)[1]) / 1e6
