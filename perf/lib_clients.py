"""The programs under measurement: how each downloads a swarm's torrent, and its version."""

import pathlib
import re
import resource
import shlex
import shutil
import subprocess
import time

import lib_measure
from lib_swarm import CLIENT, ROOT, lab

import clients  # tests/interop: the daemons  # noqa: E402  (lib_swarm set the path)

DAEMONS = ("transmission", "rtorrent")
# Ours with other settings.
VARIANTS = {"btfast-full": "--alloc full", "btfast-sparse": "--alloc sparse"}
# Seconds that a slow client may take for a download before it counts as unfinished.
DAEMON_SECONDS_MAX = 240


def add_options(parser):
    parser.add_argument("--btfast-args", default="")
    parser.add_argument("--also", action="append", default=[], metavar="NAME=PATH",
                        help="another btfast binary to compare with")
    parser.add_argument("--tools", default=str(ROOT / "build/perf"),
                        help="where perf_seeder, perf_floor, perf_leech and delay_relay are")
    parser.add_argument("--markdown", action="store_true", help="tables to be pasted")


def btfast_argv(binary, swarm, out, arguments=""):
    return [str(binary), "-t", str(swarm.torrent.path), "-o", str(out), "--progress", "none",
            "--port", "0", "--bind", CLIENT,
            *[part for peer in swarm.peers for part in ("--peer", peer)],
            *shlex.split(arguments)]


def floor_argv(tools, swarm, out, lanes):
    return [str(pathlib.Path(tools) / "perf_floor"), *(["--lanes"] if lanes else []),
            swarm.torrent.info_hash.hex(), str(swarm.piece_length), str(swarm.size),
            str(swarm.digests), str(pathlib.Path(out) / swarm.torrent.name), *swarm.peers]


def aria2_argv(swarm, out):
    return ["aria2c", "--no-conf", "-q", f"--dir={out}", "--seed-time=0", "--enable-dht=false",
            "--bt-enable-lpd=false", "--enable-peer-exchange=false", "--file-allocation=none",
            f"--interface={CLIENT}", "--listen-port=6990", "--bt-max-peers=0",
            str(swarm.tracked.path)]


def libtorrent_argv(swarm, out, tuned):
    return [lab.PYTHON, str(ROOT / "tests/interop/libtorrent_peer.py"), "peer", "--torrent",
            str(swarm.torrent.path), "--dir", str(out), "--address", CLIENT, "--port", "6991",
            *(["--tuned"] if tuned else []), *[f"--peer={peer}" for peer in swarm.peers]]


def argv_of(name, options, swarm, out):
    """The command that downloads into `out` and ends when it has everything."""
    if name == "floor":
        return floor_argv(options.tools, swarm, out, lanes=False)
    if name == "floor-lanes":
        return floor_argv(options.tools, swarm, out, lanes=True)
    if name == "aria2":
        return aria2_argv(swarm, out)
    if name == "libtorrent":
        return libtorrent_argv(swarm, out, tuned=False)
    if name == "libtorrent-tuned":
        return libtorrent_argv(swarm, out, tuned=True)
    return btfast_argv(binary_of(name, options), swarm, out,
                       f"{options.btfast_args} {VARIANTS.get(name, '')}")


def binary_of(name, options):
    if name in VARIANTS:
        return options.btfast
    for extra in options.also:
        if extra.split("=", 1)[0] == name:
            return extra.split("=", 1)[1]
    if name != "btfast":
        raise SystemExit(f"no client {name}")
    return options.btfast


def run_daemon(name, options, swarm, out, folder):
    """A client that never ends by itself: polled until complete, then stopped.  The figures
    include its start, and the poll's twentieth of a second."""
    folder.mkdir(parents=True, exist_ok=True)
    client = clients.BY_NAME[name](options, folder, 91)
    started = time.monotonic()
    client.leech(swarm.tracked, out)
    complete = True
    try:
        client.wait_complete(DAEMON_SECONDS_MAX)
    except TimeoutError:
        complete = False
    wall = time.monotonic() - started
    peak = client.process.status_field("VmHWM") or 0
    client.stop()
    used = client.process.rusage or resource.getrusage(resource.RUSAGE_SELF)
    return wall, used, peak / 1024, 0 if complete else 1


def run(name, options, swarm, out, log):
    if name in DAEMONS:
        return run_daemon(name, options, swarm, out, pathlib.Path(log).with_suffix(".daemon"))
    return lib_measure.measure(argv_of(name, options, swarm, out), log)


def command_text(name, options, swarm, out):
    """The command as people can read it: places by name, a list of peers by its first."""
    if name in DAEMONS:
        return f"{name} as set up by tests/interop/clients.py"
    text = " ".join(argv_of(name, options, swarm, out))
    text = text.replace(str(swarm.scratch), "$SCRATCH").replace(str(ROOT), "$ROOT")
    more = f"\\1 (and {swarm.peer_count - 1} more)"
    if swarm.peer_count == 1:
        return text
    return re.sub(r"((?:--peer[ =])?[\d.]+:6900)(?: (?:--peer[ =])?[\d.]+:6900)+", more, text)


def _output(argv):
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr).strip()


def _commit_of(binary):
    """Of the tree that the binary lies in; "?" where the tree is newer than the binary."""
    git = ["git", "-C", str(binary.parent)]
    commit = _output([*git, "describe", "--always", "--dirty", "--exclude=*"])
    if commit.startswith("fatal"):
        return "of no known commit"
    stale = binary.stat().st_mtime < int(_output([*git, "log", "-1", "--format=%ct"]))
    return commit + ("?" if stale else "")


def version_of(name, options):
    if name.startswith("floor"):
        return "perf_floor " + _output(["git", "-C", str(ROOT), "log", "-1", "--format=(%h)", "--",
                                        "perf/floor.cc"])
    if name == "aria2":
        return _output(["aria2c", "--version"]).split("\n")[0]
    if name.startswith("libtorrent"):
        return "libtorrent " + _output(
            [lab.PYTHON, "-c", "import libtorrent; print(libtorrent.__version__)"])
    if name == "transmission":
        return _output(["transmission-daemon", "--version"])
    if name == "rtorrent":
        return next(line for line in _output(["rtorrent", "-h"]).splitlines() if "version" in line)
    binary = pathlib.Path(binary_of(name, options)).resolve()
    return f"{_output([str(binary), '--version'])} ({_commit_of(binary)})"


def missing(name, options):
    """Why a client cannot run here, or None."""
    programs = {"aria2": "aria2c", "transmission": "transmission-daemon", "rtorrent": "rtorrent"}
    if name in programs and not shutil.which(programs[name]):
        return f"{programs[name]} is not installed"
    if name.startswith("libtorrent") and "Error" in version_of(name, options):
        return "python3-libtorrent is not installed"
    return None


def wanted(text, options):
    """Of the names in `text`, and of --also, those that can run here; says why of the others."""
    names = []
    for name in [*text.split(","), *[extra.split("=", 1)[0] for extra in options.also]]:
        reason = missing(name, options)
        if reason:
            print(f"skip {name}: {reason}")
        else:
            names.append(name)
    return names
