"""`btfast swarm` and `btfast bench` on the real binary: they end right, and leave no process and no
file behind however they end.

    swarm_command.py [--btfast PATH] [--only PATTERN] [--keep]
"""

import json
import os
import pathlib
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))

import lab  # noqa: E402

SMALL = ["--seeds", "2", "--leeches", "3", "--size", "12MiB", "--piece-size", "256KiB"]


def others():
    """Every btfast of this namespace that runs; a dead one may wait there to be collected."""
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            name, state = pathlib.Path(f"/proc/{entry}/stat").read_text().rsplit(")", 1)
            if "btfast" in name and state.split()[0] not in "ZX":
                found.append(int(entry))
        except OSError:
            pass
    return found


class Swarm:
    def __init__(self, options, folder, *arguments, inside=None):
        lab.require_command(options, "swarm")
        self.dir = folder / "scratch"
        self.dir.mkdir(exist_ok=True)
        self.process = lab.Process([options.btfast, "swarm", "--dir", inside or self.dir,
                                    *arguments], folder, "swarm")

    def expect(self, status, seconds=60):
        self.process.wait(seconds)
        lab.check(self.process.poll() == status, f"status {self.process.poll()}, not {status}: "
                  f"{self.process.stderr()[-300:]}")
        lab.check(not os.listdir(self.dir), f"left behind: {os.listdir(self.dir)}")
        lab.check(not others(), f"still running: {others()}")

    def wait_says(self, text):
        lab.wait_until(lambda: text in self.process.stderr() or self.process.poll() is not None, 30,
                       f"swarm to say {text!r}")


def whole(folder, options):
    swarm = Swarm(options, folder, *SMALL, "--json")
    swarm.expect(0)
    result = json.loads(swarm.process.stdout())
    lab.check(result["status"] == "done" and result["exit"] == 0, f"{result}")
    lab.check(result["verified"] == 3 and result["bytes"] == 12 << 20, f"{result}")
    lab.check(len(result["peers"]) == 5 and result["seed_copies"] > 0.9, f"{result}")
    lab.check(result["completion_s"]["p50"] > 0 and result["aggregate_Bps"] > 0, f"{result}")
    for peer in result["peers"]:
        lab.check(peer["cpu_s"] > 0 and peer["peak_rss"] > 0, f"{peer}")


def table(folder, options):
    swarm = Swarm(options, folder, "--leeches", "1", "--size", "1000001", "-q")
    swarm.expect(0)
    lab.check("verified    1 of 1 copies" in swarm.process.stdout(), swarm.process.stdout())
    lab.check(not swarm.process.stderr(), f"-q prints {swarm.process.stderr()!r}")


def interrupted(folder, options, when, number):
    """Large enough that it cannot be over when the signal comes."""
    swarm = Swarm(options, folder, "--seeds", "2", "--leeches", "4", "--size", "96MiB",
                  "--piece-size", "16KiB")
    swarm.wait_says(when)
    swarm.process.signal(number)
    swarm.expect(7)


def killed(folder, options):
    """Nobody can clean up after SIGKILL but the kernel: no process is left."""
    swarm = Swarm(options, folder, "--leeches", "4", "--size", "96MiB", "--piece-size", "16KiB")
    swarm.wait_says("leeches")
    lab.wait_until(lambda: len(others()) >= 4, 20, "its processes to start")
    swarm.process.signal(signal.SIGKILL)
    swarm.process.wait(10)
    lab.wait_until(lambda: not others(), 10, "its processes to end")


def a_seed_dies(folder, options):
    swarm = Swarm(options, folder, "--leeches", "2", "--size", "96MiB", "--piece-size", "16KiB")
    swarm.wait_says("starting 2 leeches")
    children = sorted(set(others()) - {swarm.process.pid})
    os.kill(children[0], signal.SIGKILL)  # the seed was the first
    swarm.expect(1)
    lab.check("seed-1" in swarm.process.stderr(), swarm.process.stderr())


def out_of_time(folder, options):
    Swarm(options, folder, *SMALL, "--timeout", "1ms").expect(5)


def no_room(folder, options):
    swarm = Swarm(options, folder, "--size", "900TiB")
    swarm.expect(9)
    lab.check("do not fit" in swarm.process.stderr(), swarm.process.stderr())


def no_directory(folder, options):
    swarm = Swarm(options, folder, inside="/nonexistent")
    swarm.expect(6)
    lab.check("/nonexistent" in swarm.process.stderr(), swarm.process.stderr())


def bad_values(folder, options):
    for arguments in (["--size", "0"], ["--seeds", "0"], ["--leeches", "x"]):
        swarm = Swarm(options, folder, *arguments)
        swarm.expect(2)
        lab.check(arguments[0] in swarm.process.stderr(), f"{arguments}: {swarm.process.stderr()}")


def settings_of_the_user(folder, options):
    """BTFAST_* and the configuration file are for the user's own downloads."""
    os.environ["BTFAST_PORT"], os.environ["BTFAST_BIND"] = "1", lab.address(7)
    try:
        Swarm(options, folder, *SMALL).expect(0)
    finally:
        del os.environ["BTFAST_PORT"], os.environ["BTFAST_BIND"]


def records(folder, options):
    """What is being done, how far it is, and how many leeches are complete."""
    swarm = Swarm(options, folder, *SMALL, "--progress", "json", "--summary-interval", "100ms")
    swarm.expect(0)
    found = [json.loads(line) for line in swarm.process.stderr().splitlines()]
    lab.check(all(record["event"] == "swarm" and record["leeches"] == 3 for record in found),
              f"{found}")
    steps = list(dict.fromkeys(record["doing"] for record in found))
    lab.check(steps == ["writing 12.00 MiB", "hashing", "starting 2 seeds", "starting 3 leeches",
                        "fetching", "verifying every copy"], f"{steps}")
    for record in found:
        lab.check(0 <= record["done"] <= max(record["size"], 0) and 0 <= record["pct"] <= 100
                  and 0 <= record["complete"] <= 3, f"{record}")
    lab.check(found[-1]["complete"] == 3 and found[-1]["size"] == 3 * 12 << 20, f"{found[-1]}")


def fetching(folder, options):
    """Bytes that leeches have are seen while they fetch."""
    swarm = Swarm(options, folder, "--leeches", "2", "--size", "256MiB", "--piece-size", "16KiB",
                  "--progress", "json", "--summary-interval", "100ms")

    def halfway():
        lines = swarm.process.stderr().splitlines()[:-1]  # the last may be half written
        return any(r["doing"] == "fetching" and 0 < r["done"] < r["size"] and r["Bps"] > 0
                   for r in map(json.loads, lines))
    lab.wait_until(lambda: halfway() or swarm.process.poll() is not None, 60, "bytes on their way")
    lab.check(halfway(), swarm.process.stderr()[-500:])
    swarm.process.signal(signal.SIGINT)
    swarm.process.wait(20)


def bench_interrupted(folder, options):
    """Ctrl-C is an unfinished command, said once, as in every other."""
    scratch = folder / "scratch"
    scratch.mkdir()
    process = lab.Process([options.btfast, "bench", "all", "-j", "1", "--dir", scratch, "--json",
                           "--progress", "json", "--summary-interval", "100ms"], folder, "bench")
    lab.wait_until(lambda: "measuring" in process.stderr() or process.poll() is not None, 20,
                   "it to begin")
    process.signal(signal.SIGINT)
    lab.check(process.wait(30) == 7, f"status {process.poll()}: {process.stderr()[-300:]}")
    result = json.loads(process.stdout())
    lab.check(result["status"] == "interrupted" and result["exit"] == 7, f"{result}")
    said = [json.loads(line) for line in process.stderr().splitlines()]
    lab.check(said[-1]["event"] == "failed" and said[-1]["reason"] == "interrupted", f"{said}")
    lab.check(not os.listdir(scratch), f"left behind: {os.listdir(scratch)}")


def bench(folder, options, stage, keys):
    lab.require_command(options, "bench")
    scratch = folder / "scratch"
    scratch.mkdir()
    process = lab.Process([options.btfast, "bench", stage, "-j", "2", "--dir", scratch, "--json",
                           "--progress", "json", "--summary-interval", "100ms"], folder, "bench")
    process.wait(60)
    lab.check(process.poll() == 0, f"status {process.poll()}: {process.stderr()[-300:]}")
    lab.check(not os.listdir(scratch), f"left behind: {os.listdir(scratch)}")
    result = json.loads(process.stdout())
    lab.check(set(result) == {"status", "exit", "error", "jobs", *keys}, f"{sorted(result)}")
    said = [json.loads(line) for line in process.stderr().splitlines()]
    for record in said:
        lab.check(record["event"] == "bench" and 0 <= record["pct"] <= 100, f"{record}")
        lab.check(("Bps" in record) == record["doing"].startswith("download "), f"{record}")
    if stage == "all":
        lab.check(any(r["doing"].startswith("measuring ") for r in said)
                  and any(r["doing"].startswith("download ") for r in said), f"{said}")
        lab.check(result["limit"] in ("net", "hash", "disk"), f"{result['limit']}")
        lab.check(result["download"]["bytes_per_s"] > 0, "no download")


def main():
    options, suite = lab.begin(__doc__)
    suite.case("whole", whole, options)
    suite.case("table", table, options)
    for when in ("writing", "seeds", "starting 4 leeches"):
        suite.case(f"interrupted/{when}", interrupted, options, when, signal.SIGINT)
    suite.case("interrupted/SIGTERM", interrupted, options, "starting 4 leeches", signal.SIGTERM)
    suite.case("killed", killed, options)
    suite.case("a seed dies", a_seed_dies, options)
    suite.case("out of time", out_of_time, options)
    suite.case("no room", no_room, options)
    suite.case("no directory", no_directory, options)
    suite.case("bad values", bad_values, options)
    suite.case("settings of the user", settings_of_the_user, options)
    suite.case("records", records, options)
    suite.case("fetching is seen", fetching, options)
    suite.case("bench interrupted", bench_interrupted, options)
    for stage in ("hash", "disk", "net"):
        suite.case(f"bench/{stage}", bench, options, stage, {stage})
    suite.case("bench/all", bench, options, "all",
               {"hash", "disk", "net", "download", "limit", "cpu_bound"})
    suite.finish()


if __name__ == "__main__":
    main()
