"""W6: one peer behind a slow, far link: how much of its rate a download uses.

    far_peer.py [--rtt-ms 50] [--rate-mbit 1000] [--size-mib 512] [--rounds 3] [--btfast PATH]

The link is tests/tools/delay_relay.cc in user space.  Appends one JSON line a run to
perf/results/far_peer.jsonl; `share` is the whole download, its slow start included, over the time
the bare rate needs, and `reached_s` how long after its connection the download came to FULL of the
rate, for a second at least.
"""

import contextlib
import statistics

import lib_clients
import lib_download
import lib_measure
import lib_swarm
from lib_swarm import ROOT, lab

LINK = lab.address(6)
LINK_PORT = 7001
FULL = 0.97


@contextlib.contextmanager
def link(options, swarm, rtt_ms, rate_mbit):
    """A relay before the swarm's only peer; the client meets the relay in its place."""
    relay = lab.Process([lib_swarm.tool(options, "delay_relay"), f"{LINK}:{LINK_PORT}",
                         swarm.peers[0], rtt_ms / 2, int(rate_mbit * 1e6 / 8)],
                        swarm.scratch, "relay")
    lab.wait_port(relay, LINK_PORT)
    near, swarm.peers = swarm.peers, [f"{LINK}:{LINK_PORT}"]
    try:
        yield relay
    finally:
        swarm.peers = near
        relay.stop()


def reached_s(told, rate_mbit):
    """From the relay's lines of one connection; None: never."""
    samples = [(0, 0), *[tuple(map(int, line.split())) for line in told]]
    for start, before in samples:
        second = [(at, bytes_) for at, bytes_ in samples if at >= start + 1000]
        if second and (second[0][1] - before) / (second[0][0] - start) >= FULL * rate_mbit * 125:
            return start / 1e3
    return None


def run_once(options, swarm, number, rtt_ms, rate_mbit, relay):
    before = len(relay.stdout().splitlines())
    run = lib_download.run_once(options, swarm, "btfast", number, "W6")
    ideal = swarm.size * 8 / (rate_mbit * 1e6) + 2 * rtt_ms / 1e3
    return {**run, "rtt_ms": rtt_ms, "rate_mbit": rate_mbit,
            "share": round(ideal / run["wall_s"], 3),
            "reached_s": reached_s(relay.stdout().splitlines()[before:], rate_mbit)}


def rounds(options, swarm, count, rtt_ms, rate_mbit, results):
    """The shares of the runs that ended well."""
    shares = []
    with link(options, swarm, rtt_ms, rate_mbit) as relay:
        for number in range(1, count + 1):
            run = results.add(run_once(options, swarm, number, rtt_ms, rate_mbit, relay))
            print(f"{'ok' if run['ok'] else 'FAIL'} W6 btfast round {number}: "
                  f"{run['wall_s']:.2f} s, {100 * run['share']:.1f} % of {rate_mbit:g} Mbit/s "
                  f"at {rtt_ms:g} ms, {FULL:.0%} of it after {run['reached_s']} s")
            if run["ok"]:
                shares.append(run["share"])
    return shares


def main():
    parser = lab.parser(__doc__)
    lib_clients.add_options(parser)
    parser.add_argument("--rtt-ms", type=float, default=50)
    parser.add_argument("--rate-mbit", type=float, default=1000)
    parser.add_argument("--size-mib", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--results", default=str(ROOT / "perf/results/far_peer.jsonl"))
    options = parser.parse_args()
    lab.enter()
    lib_swarm.add_peer_addresses()
    lab.require_btfast(options)
    seeder = lib_swarm.tool(options, "perf_seeder")
    suite = lab.Suite(options)
    results = lib_download.Runs(options.results, lib_measure.machine())
    data = lib_swarm.content(suite.base, options.size_mib)
    with lib_swarm.Swarm(suite.base, seeder, data, 1 << 20, 1) as swarm:
        shares = rounds(options, swarm, options.rounds, options.rtt_ms, options.rate_mbit, results)
    suite.passed, suite.failed = len(shares), options.rounds - len(shares)
    if shares:
        print(f"median {100 * statistics.median(shares):.1f} %")
    suite.finish()


if __name__ == "__main__":
    main()
