"""Side by side: clients download the same torrent from the same seeder, one cell of the grid.

    compare.py [--rounds 5] [--size-mib 1024] [--piece-kib 1024] [--peers 8]
               [--clients btfast,floor,aria2,libtorrent,libtorrent-tuned] [--calls] [--markdown]
               [--btfast PATH] [--btfast-args "-j 2"] [--also NAME=PATH]...

Rounds are interleaved (a, b, c, a, b, c, ...) so that a slow minute of the machine hits everyone;
--also adds another btfast binary, for a change against what was before.  Output and content are
on a tmpfs; every download is compared with the source, outside the clock.  Wall time is from exec
to exit, CPU seconds are user + system of wait4 over GiB of payload.  --calls counts system calls
in a run of their own.  Appends one JSON line a run to --results and prints the medians.
"""

import lib_clients
import lib_download
import lib_measure
import lib_report
import lib_swarm
from lib_swarm import ROOT, lab

CLIENTS = "btfast,floor,floor-lanes,aria2,libtorrent,libtorrent-tuned"


def main():
    parser = lab.parser(__doc__)
    lib_clients.add_options(parser)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--size-mib", type=int, default=1024)
    parser.add_argument("--piece-kib", type=int, default=1024)
    parser.add_argument("--peers", type=int, default=8)
    parser.add_argument("--clients", default=CLIENTS)
    parser.add_argument("--calls", action="store_true")
    parser.add_argument("--results", default=str(ROOT / "perf/results/compare.jsonl"))
    options = parser.parse_args()
    lab.enter()
    lib_swarm.add_peer_addresses()
    lab.require_btfast(options)
    seeder = lib_swarm.tool(options, "perf_seeder")
    suite = lab.Suite(options)
    names = lib_clients.wanted(options.clients, options)
    host = lib_measure.machine()
    results = lib_download.Runs(options.results, host)
    data = lib_swarm.content(suite.base, options.size_mib)
    calls = []
    with lib_swarm.Swarm(suite.base, seeder, data, options.piece_kib << 10,
                         options.peers) as swarm:
        done = lib_download.rounds(options, swarm, names, options.rounds, results)
        if options.calls:
            calls = lib_download.count_calls(options, swarm, names, results)
    suite.passed = len(done)
    suite.failed = options.rounds * len(names) - len(done)
    lib_download.show(done, f"{options.size_mib} MiB from {options.peers} peers, "
                            f"{options.piece_kib} KiB pieces", options.markdown)
    if calls:
        print("\n" + lib_report.call_table(calls, options.markdown))
    print(f"machine: {host['cpu']}, {host['cores']} cores, kernel {host['kernel']}; "
          f"seeder: {swarm.seeder.stdout().strip()}")
    suite.finish()


if __name__ == "__main__":
    main()
