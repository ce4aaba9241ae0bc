"""The bench suite, W1 to W12: perf/README.md says what each is.

    bench.py [--quick] [--workloads W1,W5] [--rounds 5] [--pieces 256,1024,16384]
             [--peers 1,8,50,200] [--size-mib 1024] [--btfast PATH] [--results FILE]

One JSON line a run goes to --results; tables to stdout; plots next to the results.  What this
machine, or this btfast, cannot run is skipped with the reason.
"""

import itertools
import pathlib
import time

import far_peer
import lib_checks
import lib_clients
import lib_disk
import lib_download
import lib_measure
import lib_report
import lib_swarm
import lib_upload
from lib_swarm import ROOT, lab

CLIENTS = "btfast,floor,floor-lanes,aria2,libtorrent,libtorrent-tuned"
HASHED_MIB = 2048  # that starting up is not what is measured
HEAVY_CLIENTS = ("aria2", "libtorrent", "libtorrent-tuned")  # seconds a GiB each
SLOW_CLIENTS = "transmission,rtorrent"
SIZES_MIB = (16, 1024, 4096)  # of the first, starting up is nearly all
DISK_MIB = 2048
DISK_CLIENTS = "floor,btfast,btfast-full,btfast-sparse,libtorrent,aria2"
WORKLOADS = "W1,W2,W3,W4,W5,W6,W7,W8,W9,W10,W11,W12"
CALLS_CELL = (1024, 8)  # KiB a piece and peers of the cell whose system calls are counted


def numbers(text):
    return [int(part) for part in text.split(",")]


class Bench:
    def __init__(self, options, suite):
        self.options = options
        self.suite = suite
        self.scratch = suite.base
        self.seeder = lib_swarm.tool(options, "perf_seeder")
        self.results = lib_download.Runs(options.results, lib_measure.machine())
        self.downloads = []

    def swarm(self, size_mib, piece_kib, peers, scratch=None):
        scratch = pathlib.Path(scratch or self.scratch)
        data = lib_swarm.content(scratch, size_mib)
        return lib_swarm.Swarm(scratch, self.seeder, data, piece_kib << 10, peers)

    def w1(self):
        """Download, every client, over the grid."""
        options = self.options
        names = lib_clients.wanted(options.clients, options)
        calls = []
        for piece_kib in numbers(options.pieces):
            for peers in numbers(options.peers):
                with self.swarm(options.size_mib, piece_kib, peers) as swarm:
                    cell = lib_download.rounds(options, swarm, names, options.rounds, self.results)
                    if (piece_kib, peers) == CALLS_CELL:
                        calls += lib_download.count_calls(options, swarm, self.traced(names),
                                                          self.results)
                lib_download.show(cell, f"W1: {options.size_mib} MiB from {peers} peers, "
                                        f"{piece_kib} KiB pieces", options.markdown)
                self.downloads += cell
        if calls:
            print("\nW1: system calls, from runs of their own\n"
                  + lib_report.call_table(calls, options.markdown))
        if not options.quick:
            with self.swarm(128, 1024, 1) as swarm:
                lib_checks.slow_clients(options, swarm, SLOW_CLIENTS.split(","), self.results)

    def traced(self, names):
        """Of these clients, those whose system calls are counted."""
        left_out = {*HEAVY_CLIENTS, "floor-lanes"} if self.options.quick else set()
        return [name for name in names if name not in left_out]

    def w2(self):
        """Upload to a leech that discards; hot, and cold where there is a disk to read from."""
        options = self.options
        done = []
        for connections, depth in ((8, 128),) if options.quick else lib_upload.LEECHES:
            with self.swarm(options.size_mib, 1024, 1) as swarm:
                done += lib_upload.upload(options, swarm, connections, depth, options.rounds,
                                          self.results)
        if done:
            rows = [["seed", "to", "ahead", "MiB/s", "CPU-s/GiB", "the leech's", "peak RSS MiB"]]
            for connections, depth in sorted({(run["peers"], run["depth"]) for run in done}):
                cell = [run for run in done if (run["peers"], run["depth"]) == (connections, depth)]
                rows += [[name, str(connections), str(depth),
                          lib_report.spread(own, "mib_per_s", 0),
                          lib_report.spread(own, "cpu_s_per_gib"),
                         lib_report.spread(own, "leech_cpu_s_per_gib"),
                         lib_report.spread(own, "peak_rss_mib", 0)]
                         for name, own in lib_report.by_client(cell).items()]
            print("\nW2: upload\n" + lib_report.table(rows, options.markdown))
        if options.disk_scratch and not options.quick:
            with self.swarm(options.size_mib, 1024, 1, options.disk_scratch) as swarm:
                lib_upload.upload(options, swarm, 8, 128, 1, self.results, cold=True)
        elif not options.quick:
            print("skip W2 cold: needs --disk-scratch, a folder on a disk")

    def w3(self):
        """Both ways at once."""
        with self.swarm(self.options.size_mib, 1024, 8) as swarm:
            run = lib_upload.both_ways(self.options, swarm, self.results)
        print(f"{'ok' if run['ok'] else 'FAIL'} W3 {run['wall_s']:.2f} s, "
              f"{run['cpu_s_per_gib_moved']:.2f} CPU-s per GiB moved")

    def w4(self):
        """Clients with each other, one to one and one to eight."""
        for leeches in (1,) if self.options.quick else (1, 8):
            with self.swarm(256, 1024, 1) as swarm:
                for seed, leech in (("libtorrent", "libtorrent"), ("libtorrent", "btfast"),
                                    ("btfast", "libtorrent"), ("btfast", "btfast")):
                    try:
                        run = lib_upload.exchange(self.options, swarm, seed, leech, leeches,
                                                  self.results)
                    except lab.Skip as reason:
                        print(f"skip W4 {seed} to {leech}: {reason}")
                        continue
                    print(f"{'ok' if run['ok'] else 'FAIL'} W4 {seed} to {leeches} x {leech}: "
                          f"{run['wall_s_per_gib']:.2f} s/GiB, CPU-s/GiB {run['cpu_s_per_gib']:.2f}"
                          f" (seed {run['seed_cpu_s_per_gib']:.2f})")

    def w5(self):
        """Recheck and create."""
        rate = lib_checks.openssl_note()
        options = self.options
        places = [(self.scratch, False)]
        if options.disk_scratch and not options.quick:
            places.append((options.disk_scratch, True))
        for scratch, cold in places:
            size_mib = options.size_mib if options.quick else HASHED_MIB
            with self.swarm(size_mib, 1024, 1, scratch) as swarm:
                for number in range(1, options.rounds + 1):
                    for command, jobs in itertools.product(lib_checks.HASHING, (1, 2)):
                        lib_checks.hashing(options, swarm, command, jobs, number, cold, rate,
                                           self.results)

    def w6(self):
        """One peer behind a slow, far link."""
        quick = self.options.quick
        with self.swarm(128 if quick else 512, 1024, 1) as swarm:
            for rtt_ms in (50,) if quick else (20, 50, 100):
                far_peer.rounds(self.options, swarm, 1 if quick else 3, rtt_ms, 1000, self.results)

    def w7(self):
        """Connections that do nothing."""
        for connections in (500,) if self.options.quick else (500, 2000):
            with self.swarm(64, 1024, 1) as swarm:
                lib_checks.idle(self.options, swarm, connections, self.results)

    def w8(self):
        """A peer that lies."""
        with self.swarm(256, 1024, 4) as swarm:
            lib_checks.liar(self.options, swarm, self.results)

    def w9(self):
        """Does `btfast bench all` say the same?"""
        with self.swarm(512, 1024, 1) as swarm:
            lib_checks.own_word(self.options, swarm, self.options.rounds, self.results)

    def w10(self):
        """Every client at 16 MiB, 1 and 4 GiB: what is starting up, and what a GiB more costs."""
        options = self.options
        names = lib_clients.wanted(options.clients, options)
        done = []
        for size_mib in SIZES_MIB:
            with self.swarm(size_mib, 1024, 8) as swarm:
                lib_measure.warm(2 * swarm.size)
                cell = lib_download.rounds(options, swarm, names, options.rounds, self.results,
                                           "W10")
            lib_download.show(cell, f"W10: {size_mib} MiB from 8 peers, 1 MiB pieces",
                              options.markdown)
            done += cell
        print("\nW10: starting up, and a GiB more\n"
              + lib_report.start_up_table(done, options.markdown))

    def w11(self):
        """Onto a disk, until the bytes are safe there."""
        options = self.options
        disk = lib_disk.folder(options.disk_scratch)
        names = lib_clients.wanted(DISK_CLIENTS, options)
        with self.swarm(512 if options.quick else DISK_MIB, 1024, 8) as swarm:
            done = lib_disk.rounds(options, swarm, names, options.rounds, disk, self.results)
        print(f"\nW11: {swarm.size >> 20} MiB onto {lib_disk.kind(disk)}, until it is safe\n"
              + lib_disk.report(done, options.markdown))

    def w12(self):
        """A seed and many peers of a rate each: how much of what they can take they get."""
        crowds = ((60, 2_000_000),) if self.options.quick else lib_upload.CROWDS
        for peers, each in crowds:
            with self.swarm(256, 1024, 1) as swarm:
                for name in ("btfast", "libtorrent"):
                    try:
                        run = lib_upload.serve_crowd(self.options, swarm, name, peers, each,
                                                     self.results)
                    except lab.Skip as reason:
                        print(f"skip W12 {name}: {reason}")
                        continue
                    print(f"{'ok' if run['ok'] else 'FAIL'} W12 {name} to {peers} x "
                          f"{each / 1e6:g} MB/s: {run['share_taken']:.0%} of it in "
                          f"{lib_upload.CROWD_SECONDS} s, the least {run['least_share']:.0%}, "
                          f"{run['connections_served']} served, {run['peak_rss_mib']:.0f} MiB")

    def run(self, workload):
        print(f"\n== {workload}: {getattr(self, workload.lower()).__doc__}")
        started = time.monotonic()
        try:
            getattr(self, workload.lower())()
        except lab.Skip as reason:
            print(f"skip {workload}: {reason}")
        except (RuntimeError, TimeoutError, OSError) as error:
            print(f"FAIL {workload}: {error}")
            self.suite.failed += 1
        print(f"-- {workload} took {time.monotonic() - started:.0f} s")

    def plot(self):
        folder = pathlib.Path(self.options.results).parent
        for key, unit in (("wall_s_per_gib", "wall s/GiB"), ("cpu_s_per_gib", "CPU-s/GiB")):
            path = folder / f"download_{key}.svg"
            lib_report.plot(self.downloads, key, "Download", unit, path)
            print(f"plot: {path}")


def parse():
    parser = lab.parser(__doc__)
    lib_clients.add_options(parser)
    parser.add_argument("--quick", action="store_true", help="one cell, under three minutes")
    parser.add_argument("--workloads", default=WORKLOADS)
    parser.add_argument("--clients", default=CLIENTS)
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--pieces", metavar="KIB,...")
    parser.add_argument("--peers", metavar="N,...")
    parser.add_argument("--size-mib", type=int)
    parser.add_argument("--disk-scratch",
                        help="a folder on a disk, for what has to be cold [W11: /var/tmp]")
    parser.add_argument("--results", default=str(ROOT / "perf/results/local/bench.jsonl"))
    options = parser.parse_args()
    quick = options.quick
    if quick:
        options.workloads = options.workloads.replace(",W10", "")  # minutes by itself
    options.rounds = options.rounds or (2 if quick else 5)
    options.pieces = options.pieces or ("1024" if quick else "256,1024,16384")
    options.peers = options.peers or ("8" if quick else "1,8,50,200")
    options.size_mib = options.size_mib or (512 if quick else 1024)
    return options


def main():
    options = parse()
    lab.enter()
    lib_swarm.add_peer_addresses()
    lab.require_btfast(options)
    suite = lab.Suite(options)
    bench = Bench(options, suite)
    for workload in options.workloads.split(","):
        bench.run(workload)
    if bench.downloads:
        bench.plot()
    host = bench.results.host
    print(f"\nmachine: {host['cpu']}, {host['cores']} cores, {host['memory_gib']} GiB, kernel "
          f"{host['kernel']}\nresults: {options.results}")
    suite.failed += sum(not run["ok"] for run in bench.results.runs)
    suite.passed = sum(run["ok"] for run in bench.results.runs)
    suite.finish()


if __name__ == "__main__":
    main()
