"""The long runs: hours of what `make test` does in seconds.

    trust.py [--btfast PATH] [--only NAME[,NAME]] [--times N] [--busy N]

  chaos   a thousand downloads from peers that die, stall, lie and choke
  kills   a thousand kills at random moments, then kills at each call that leaves something on disk
  disk    each write fails once, and for ever
  load    every test N times [20] beside N busy loops [4]; the first failure ends it

They run one after another.  Each prints what it saw; the last line says how many ended well.
"""

import argparse
import contextlib
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PYTHON = "/usr/bin/python3"


def script(name, *arguments):
    def argv(options):
        return [[PYTHON, ROOT / "tests/e2e" / name, "--btfast", options.btfast, *part]
                for part in (arguments or ((),))]
    return argv


def under_load(options):
    return [["ctest", "--test-dir", pathlib.Path(options.btfast).parent, "--output-on-failure",
             "--stop-on-failure", "--repeat", f"until-fail:{options.times}", "-j", "4"]]


RUNS = {
    "chaos": script("chaos.py", ("--runs", "1000")),
    "kills": script("kills.py", ("--only", "random", "--cycles", "1000"),
                    ("--only", "killed", "--every-k")),
    "disk": script("disk_refuses.py", ("--every-k",)),
    "load": under_load,
}


@contextlib.contextmanager
def busy(loops):
    """So many processes that want a processor all the time."""
    processes = [subprocess.Popen(["sh", "-c", "while :; do :; done"]) for _ in range(loops)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--btfast", default=str(ROOT / "build/btfast"))
    parser.add_argument("--only", default=",".join(RUNS))
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--busy", type=int, default=4)
    options = parser.parse_args()
    names = options.only.split(",")
    if unknown := set(names) - set(RUNS):
        parser.error(f"no run is called {', '.join(sorted(unknown))}")
    well = 0
    for name in names:
        started = time.monotonic()
        with busy(options.busy if name == "load" else 0):
            ok = all(subprocess.run([str(word) for word in argv], check=False).returncode == 0
                     for argv in RUNS[name](options))
        well += ok
        print(f"{name}: {'ok' if ok else 'FAILED'}, {time.monotonic() - started:.0f} s", flush=True)
    print(f"{well} passed, {len(names) - well} failed")
    sys.exit(0 if well == len(names) else 1)


if __name__ == "__main__":
    main()
