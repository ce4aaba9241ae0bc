"""What net threads cost each other: one download by 1, 2, 4, 8 of them, and what grows with them.

    net_threads.py [--threads 1,2,4,8] [--rounds 5] [--size-mib 1024] [--peers 16]
                   [--piece-kib 1024] [--counted-mib 128] [--btfast PATH] [--results FILE]

Three looks at each number of threads:
  times     interleaved rounds: wall, CPU, context switches, and how many cores were busy in all
            (client, seeder and whoever else): more threads cannot help where all of them are;
  calls     one run under `strace -c -f`: futex, doorbells, reads;
  counts    a smaller download under callgrind, each thread by itself: instructions of the net
            threads, and calls of what they share.  Valgrind runs one thread at a time and takes
            turns, so its counts are exact, and show claims that came too late; that two threads
            want one cache line at one instant it cannot show.
Appends one JSON line a run to perf/results/net_threads.jsonl.
"""

import re
import shutil
import subprocess

import lib_clients
import lib_download
import lib_measure
import lib_report
import lib_swarm
from lib_swarm import ROOT, lab

COUNT_SECONDS_MAX = 300
# What tells the threads apart in callgrind's output.
NET_MARK, WORKER_MARK = "SwarmShard::on_block_in_place", "PieceVerifier::drain"
# Calls by net threads of what they share.  As many piece claims as pieces: none came too late.
# Only news has to grow with the threads: each hears of every piece.
SHARED = {
    "piece claims": "PieceMap::try_claim",
    "joins": "ActivePieces::try_join",
    "block claims": "PieceAssembly::claim_blocks",
    "counts of claims": "PieceAssembly::add_demand",
    "commits": "BlockClaim::commit",
    "memory": "SegmentPool::try_take",
    "hand-offs": "BlockQueue::Producer::push",
    "news": "SwarmShard::on_news",
}


def argv_with(options, swarm, out, threads):
    return lib_clients.btfast_argv(options.btfast, swarm, out,
                                   f"--net-threads {threads} {options.btfast_args}")


def timed(options, swarm, threads, number, results):
    out = lib_download.fresh_folder(swarm.scratch / "out")
    before = lib_measure.machine_busy_s()
    wall, used, peak, status = lib_measure.measure(argv_with(options, swarm, out, threads),
                                                   swarm.scratch / "btfast.log")
    busy = (lib_measure.machine_busy_s() - before) / wall
    ok = status == 0 and not lab.tree_differences(swarm.data, out / swarm.torrent.name)
    return results.add({
        **lib_download.describe("net threads", f"{threads}", swarm, number), "ok": ok,
        "net_threads": threads, **lib_measure.figures(wall, used, peak, swarm.size),
        "cores_busy": round(busy, 2), "version": lib_clients.version_of("btfast", options)})


def traced(options, swarm, threads, results):
    out = lib_download.fresh_folder(swarm.scratch / "out")
    counts, status = lib_measure.system_calls(argv_with(options, swarm, out, threads),
                                              swarm.scratch / "strace.log")
    return results.add({
        **lib_download.describe("net threads calls", f"{threads}", swarm, 1), "ok": status == 0,
        "net_threads": threads, **lib_measure.call_summary(counts, swarm.size)})


def read_callgrind(path):
    """One thread's instructions, and {function: times called} of what is in SHARED or a mark."""
    names, calls, total = {}, {}, 0
    callee = ""
    for line in open(path, errors="replace"):
        if line.startswith(("totals:", "summary:")):
            total = max(total, int(line.split()[1]))
        elif line.startswith(("fn=", "cfn=")):
            number, name = re.match(r"c?fn=(\(\d+\))(?: (.*))?", line).groups()
            if name:
                names[number] = name
            if line.startswith("cfn="):
                callee = names.get(number, "")
        elif line.startswith("calls="):
            calls[callee] = calls.get(callee, 0) + int(line[6:].split()[0])
    seen = set(names.values())
    wanted = {what: sum(n for name, n in calls.items() if mark in name)
              for what, mark in SHARED.items()}
    kind = "other"
    if any(NET_MARK in name for name in seen):
        kind = "net"
    elif any(WORKER_MARK in name for name in seen):
        kind = "worker"
    return kind, total, wanted


def counted(options, swarm, threads, results):
    out = lib_download.fresh_folder(swarm.scratch / "out")
    folder = lib_download.fresh_folder(swarm.scratch / "callgrind")
    valgrind = ["valgrind", "--tool=callgrind", "--separate-threads=yes", "--fair-sched=yes",
                f"--callgrind-out-file={folder}/out"]
    status = subprocess.run([*valgrind, *argv_with(options, swarm, out, threads)],
                            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL, timeout=COUNT_SECONDS_MAX,
                            check=False).returncode
    gib = swarm.size / lib_measure.GIB
    net, workers, shared = [], 0, dict.fromkeys(SHARED, 0)
    for path in sorted(folder.glob("out-*")):
        kind, instructions, calls = read_callgrind(path)
        if kind == "net":
            net.append(round(instructions / gib / 1e6, 1))
            for what, times in calls.items():
                shared[what] += times
        elif kind == "worker":
            workers += instructions
    shutil.rmtree(folder)
    return results.add({
        **lib_download.describe("net threads counts", f"{threads}", swarm, 1),
        "ok": status == 0 and len(net) == threads, "net_threads": threads,
        "net_minstr_per_gib": round(sum(net), 1), "by_thread_minstr_per_gib": net,
        "workers_minstr_per_gib": round(workers / gib / 1e6, 1),
        "shared_calls_per_gib": {what: round(times / gib) for what, times in shared.items()}})


def show(results, threads, markdown):
    def runs(bench, count):
        return [run for run in results.runs
                if run["bench"] == bench and run["net_threads"] == count and run["ok"]]

    rows = [["net threads", "wall s/GiB", "CPU-s/GiB", "cores busy", "switches: voluntary",
             "involuntary", "peak RSS MiB"]]
    for count in threads:
        own = runs("net threads", count)
        if own:
            rows.append([str(count), lib_report.spread(own, "wall_s_per_gib"),
                         lib_report.spread(own, "cpu_s_per_gib"),
                         lib_report.spread(own, "cores_busy"),
                         lib_report.spread(own, "switches_voluntary", 0),
                         lib_report.spread(own, "switches_involuntary", 0),
                         lib_report.spread(own, "peak_rss_mib", 0)])
    print("\n" + lib_report.table(rows, markdown))
    rows = [["net threads", "calls/GiB", "futex", "epoll_wait", "reads", "write", "sched_yield"]]
    for run in (run for count in threads for run in runs("net threads calls", count)):
        gib = run["bytes"] / lib_measure.GIB
        rows.append([run["client"], str(run["calls_per_gib"]),
                     *[str(round(run["calls"].get(name, 0) / gib))
                       for name in ("futex", "epoll_wait", "readv", "write", "sched_yield")]])
    print("\n" + lib_report.table(rows, markdown))
    rows = [["net threads", "M instr/GiB of all", "of each", *SHARED]]
    for run in (run for count in threads for run in runs("net threads counts", count)):
        rows.append([run["client"], f"{run['net_minstr_per_gib']:.0f}",
                     " ".join(f"{part:.0f}" for part in run["by_thread_minstr_per_gib"]),
                     *[str(run["shared_calls_per_gib"][what]) for what in SHARED]])
    print("\n" + lib_report.table(rows, markdown))


def main():
    parser = lab.parser(__doc__)
    lib_clients.add_options(parser)
    parser.add_argument("--threads", default="1,2,4,8")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--size-mib", type=int, default=1024)
    parser.add_argument("--counted-mib", type=int, default=128)
    parser.add_argument("--piece-kib", type=int, default=1024)
    parser.add_argument("--peers", type=int, default=16)
    parser.add_argument("--results", default=str(ROOT / "perf/results/net_threads.jsonl"))
    options = parser.parse_args()
    lab.enter()
    lib_swarm.add_peer_addresses()
    lab.require_btfast(options)
    suite = lab.Suite(options)
    threads = [int(part) for part in options.threads.split(",")]
    results = lib_download.Runs(options.results, lib_measure.machine())
    seeder = lib_swarm.tool(options, "perf_seeder")

    def swarm_of(size_mib):
        data = lib_swarm.content(suite.base, size_mib)
        return lib_swarm.Swarm(suite.base, seeder, data, options.piece_kib << 10, options.peers)

    with swarm_of(options.size_mib) as swarm:
        for number in range(1, options.rounds + 1):
            for count in threads:
                timed(options, swarm, count, number, results)
        for count in threads:
            traced(options, swarm, count, results)
    if shutil.which("valgrind"):
        with swarm_of(options.counted_mib) as swarm:
            for count in threads:
                counted(options, swarm, count, results)
    else:
        print("skip counts: valgrind is not installed")
    show(results, threads, options.markdown)
    suite.failed = sum(not run["ok"] for run in results.runs)
    suite.passed = len(results.runs) - suite.failed
    suite.finish()


if __name__ == "__main__":
    main()
