"""W1: the same download by every client, interleaved round by round."""

import pathlib
import shutil

import lib_clients
import lib_measure
import lib_report
from lib_swarm import lab


class Runs:
    """Where results go: the lines of a file, and this process' memory."""

    def __init__(self, path, host):
        self.host = host
        self.runs = []
        pathlib.Path(path).parent.mkdir(parents=True, exist_ok=True)
        self.lines = open(path, "a")

    def add(self, run):
        import json
        run = {"when": lib_measure.now(), **run, "machine": self.host}
        self.lines.write(json.dumps(run) + "\n")
        self.lines.flush()
        self.runs.append(run)
        return run


def fresh_folder(path):
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    return path


def describe(bench, name, swarm, number):
    return {"bench": bench, "client": name, "round": number, "bytes": swarm.size,
            "piece_length": swarm.piece_length, "peers": swarm.peer_count}


def run_once(options, swarm, name, number, bench="W1"):
    """One download; compared with the source outside the clock."""
    if swarm.seeder.poll() is not None:
        raise RuntimeError(f"the seeder ended with {swarm.seeder.poll()}: {swarm.seeder.tail()}")
    out = fresh_folder(swarm.scratch / "out")
    log = swarm.scratch / f"{name}.log"
    others = lib_measure.Others(swarm.seeder.pid)
    wall, used, peak_rss, status = lib_clients.run(name, options, swarm, out, log)
    others_cpu_s = others.cpu_s(used)
    problems = lab.tree_differences(swarm.data, out / swarm.torrent.name)
    ok = status == 0 and not problems
    if not ok:
        text = log.read_text(errors="replace")[-600:] if log.exists() else ""
        print(f"FAIL {name} round {number}: status {status}, {problems[:2]}\n{text}")
    return {**describe(bench, name, swarm, number), "ok": ok,
            **lib_measure.figures(wall, used, peak_rss, swarm.size),
            "others_cpu_s": others_cpu_s, "version": lib_clients.version_of(name, options),
            "command": lib_clients.command_text(name, options, swarm, out)}


def rounds(options, swarm, names, count, results, bench="W1"):
    """Interleaved, a, b, c, a, b, c, ..., so that a slow minute of the machine hits everyone.
    Returns the runs that ended well."""
    done = []
    for number in range(1, count + 1):
        for name in names:
            run = results.add(run_once(options, swarm, name, number, bench))
            print(f"{'ok' if run['ok'] else 'FAIL'} {bench} {name} round {number}: "
                  f"{run['wall_s']:.2f} s, {run['cpu_s_per_gib']:.2f} CPU-s/GiB, "
                  f"{run['peak_rss_mib']:.0f} MiB")
            if run["ok"]:
                done.append(run)
    shutil.rmtree(swarm.scratch / "out", ignore_errors=True)
    return done


def count_calls(options, swarm, names, results):
    """A run each under strace; nothing of it counts but the number of calls."""
    done = []
    for name in names:
        if name in lib_clients.DAEMONS:
            continue
        out = fresh_folder(swarm.scratch / "out")
        argv = lib_clients.argv_of(name, options, swarm, out)
        counts, status = lib_measure.system_calls(argv, swarm.scratch / f"{name}.log")
        run = {**describe("W1 calls", name, swarm, 1), "ok": status == 0,
               **lib_measure.call_summary(counts, swarm.size),
               "version": lib_clients.version_of(name, options)}
        done.append(results.add(run))
    shutil.rmtree(swarm.scratch / "out", ignore_errors=True)
    return done


def show(runs, heading, markdown=False):
    if runs:
        print(f"\n{heading}\n{lib_report.download_table(runs, markdown)}")
