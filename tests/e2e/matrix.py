"""Whole downloads with every number of worker and network threads: the tree is the same each
time.  Made for a btfast built with the thread sanitizer, of which one report is a failure;
seeds and leech are all that binary.

    matrix.py [--btfast PATH] [--short] [--mib N] [--seeds N] [--only PATTERN] [--keep]

--short is one download with two threads of each kind: what `make check` runs.
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))

import lab  # noqa: E402
import torrents  # noqa: E402

MIB = 1 << 20
THREADS = [(jobs, net) for jobs in (1, 2, 8) for net in (1, 2, 4)]
SANITIZER = {"TSAN_OPTIONS": f"suppressions={lab.ROOT}/tests/support/tsan_suppressions.txt "
                             "halt_on_error=0 exitcode=66"}
REPORT = "WARNING: ThreadSanitizer"


def content(folder, size):
    root = torrents.many_files(folder / "data")
    lab.write_bytes(root / "large", size * 3 // 4, "large")
    for number in range(16):
        lab.write_bytes(root / f"medium/{number}", size // 64 + number, number)
    return torrents.share(root, folder / "x.torrent", (), 256 * 1024)


def check_quiet(processes):
    for process in processes:
        at = process.stderr().find(REPORT)
        lab.check(at < 0, f"{process.name}: {process.stderr()[at:at + 4000]}")


def download_case(folder, options, torrent, jobs, net_threads):
    seeds = [lab.Process([options.btfast, "seed", "-t", torrent.path, "-o", torrent.data_parent,
                          "--bind", lab.address(20 + n), "--port", "6881", "--no-verify", "-j", "1",
                          "--net-threads", str(1 + n % 2), "--progress", "none"],
                         folder, f"seed-{n}", env=SANITIZER) for n in range(options.seeds)]
    for n, seed in enumerate(seeds):
        lab.wait_until(lambda s=seed, at=n: lab.listens_at(lab.address(20 + at), 6881)
                       or s.poll() is not None, 60, f"{seed.name} to listen")
    peers = [part for n in range(options.seeds)
             for part in ("--peer", f"{lab.address(20 + n)}:6881")]
    leech = lab.Process([options.btfast, "-t", torrent.path, "-o", folder / "out", "-j", str(jobs),
                         "--net-threads", str(net_threads), "--bind", lab.address(9), "--port",
                         "6881", "--progress", "none", "--timeout", "280s", *peers],
                        folder, "leech", env=SANITIZER)
    leech.wait(300)
    lab.check(leech.poll() == 0, f"status {leech.poll()}: {leech.stderr()[-2000:]}")
    lab.check_same_tree(torrent.data_path(), folder / "out" / torrent.name)
    for seed in seeds:
        seed.stop(20)
        lab.check(seed.poll() == 0, f"{seed.name}: status {seed.poll()}: {seed.stderr()[-2000:]}")
    check_quiet([leech, *seeds])


def main():
    parser = lab.parser(__doc__)
    parser.add_argument("--short", action="store_true", help="one small download")
    parser.add_argument("--mib", type=int, help="size of the content [100; short: 16]")
    parser.add_argument("--seeds", type=int, default=4)
    options = parser.parse_args()
    lab.enter()
    lab.require_btfast(options)
    suite = lab.Suite(options)
    size = options.mib or (16 if options.short else 100)
    torrent = content(suite.base, size * MIB)
    for jobs, net_threads in [(2, 2)] if options.short else THREADS:
        suite.case(f"-j {jobs} --net-threads {net_threads}", download_case, options, torrent, jobs,
                   net_threads)
    suite.finish()


if __name__ == "__main__":
    main()
