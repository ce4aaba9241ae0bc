"""FAULTS 78-83: crowds of callers, too few descriptors, failing socket calls, ports in use,
addresses that are no peers; what --bind binds; and IPv6 alone (A7).

    sockets.py [--btfast PATH] [--only PATTERN] [--keep]
"""

import pathlib
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))

import lab  # noqa: E402
import torrents  # noqa: E402
from mini_seed import AsyncThread, MiniSeed  # noqa: E402

OURS = lab.address(9)
PEERS_PER_ADDRESS = 8


class Scene:
    def __init__(self, options, folder, size=1_500_000):
        self.options, self.folder = options, folder
        self.loop = AsyncThread()
        data = torrents.single_file(folder / "data", size, "payload.bin")
        self.torrent = torrents.share(data, folder / "x.torrent")
        self.out = folder / "out"

    def seed(self, number=20, **how):
        how.setdefault("address", lab.address(number))
        return self.loop.call(MiniSeed(self.torrent, peer_id=b"-MS0001-%012d" % number,
                                       **how).start())

    def get(self, peers, *arguments, prefix=(), **how):
        return lab.Process(
            [*prefix, self.options.btfast, "-t", self.torrent.path, "-o", self.out,
             "--progress", "none", "--timeout", "50s", *arguments,
             *[part for peer in peers for part in ("--peer", peer)]], self.folder, "btfast", **how)

    def check_done(self, process, seconds=60):
        process.wait(seconds)
        lab.check(process.poll() == 0, f"status {process.poll()}: {process.stderr()[-300:]}")
        lab.check_same_tree(self.torrent.data_path(), self.out / self.torrent.name)


def few_descriptors_case(scene):
    """79: 90 seeds and 48 descriptors: fewer connections, the same file."""
    seeds = [scene.seed(1 + number) for number in range(90)]
    process = scene.get([seed.endpoint() for seed in seeds], "--port", "0", preexec=lambda:
                        resource.setrlimit(resource.RLIMIT_NOFILE, (48, 48)))
    scene.check_done(process)
    lab.check(process.stderr().count("max_peers_reduced") == 1, f"{process.stderr()[-300:]}")


def one_address_case(scene):
    """78: whoever calls from one address has a few places, and others are let in."""
    process = scene.get([], "--bind", OURS, "--port", "6881")
    lab.wait_answer(process, scene.torrent, OURS, 6881)
    own = process.socket_count()
    crowd = []
    for _ in range(400):
        crowd.append(socket.create_connection((OURS, 6881), 10, (lab.address(5), 0)))
    lab.wait_until(lambda: process.socket_count() <= own + PEERS_PER_ADDRESS, 6,
                   "callers beyond their share to be closed")
    scene.loop.spawn(scene.seed().connect(OURS, 6881))
    scene.check_done(process)


def bound_device_case(scene):
    """--bind IFACE: every socket is bound to the device, not only to its address."""
    seed = scene.seed(address="127.0.0.1", gated=True)
    process = scene.get([seed.endpoint()], "--bind", "lo", "--port", "6881")
    lab.wait_port(process, 6881)
    lab.wait_until(lambda: seed.connections, 15, "the seed to be called")
    shown = subprocess.run(["ss", "-tanH"], capture_output=True, text=True, check=True).stdout
    ours = [line.split()[3] for line in shown.splitlines()
            if line.split()[3].startswith("127.0.0.1%lo:")]
    lab.check(len(ours) == 2, f"bound to the device: {ours}")
    scene.loop.call(seed.release())
    scene.check_done(process)


def nothing_leaves_case(scene):
    """--bind IFACE of a device that leads nowhere: peers that only another one reaches are not
    reached."""
    if subprocess.run(["ip", "link", "add", "blind", "type", "veth"], check=False,
                      stderr=subprocess.DEVNULL).returncode != 0:
        raise lab.Skip("no virtual devices here")
    subprocess.run(["ip", "addr", "add", "10.99.0.1/24", "dev", "blind"], check=True)
    subprocess.run(["ip", "link", "set", "blind", "up"], check=True)
    seed = scene.seed()
    process = scene.get([seed.endpoint()], "--bind", "blind", "--port", "0", "--stall-timeout",
                        "3s")
    process.wait(30)
    lab.check(process.poll() in (4, 5), f"status {process.poll()}: {process.stderr()[-300:]}")
    lab.check(seed.accepted == 0, "the seed was called")


def no_device_case(scene):
    process = scene.get([], "--bind", "nosuch0")
    process.wait(10)
    lab.check(process.poll() == 2 and "nosuch0" in process.stderr() and "lo" in process.stderr(),
              f"status {process.poll()}: {process.stderr()}")


def limited_to(descriptors):
    return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))


def too_few_to_begin_case(scene):
    """79: whatever few descriptors there are, every command works, or ends with status 1 and says
    why; with more of them it works all the more."""
    tracker = lab.Process([scene.options.btfast, "tracker", "--bind", OURS, "--port", "7000"],
                          scene.folder, "tracker")
    lab.wait_until(tracker.stdout, 10, "its URLs")
    torrent = torrents.share(scene.torrent.data_path(), scene.folder / "told.torrent",
                             [f"http://{OURS}:7000/announce"])
    seed = scene.loop.call(MiniSeed(torrent, lab.address(20)).start())
    quiet = ["--progress", "none"]
    net = [*quiet, "--bind", lab.address(8), "--port", "0"]
    commands = {
        "get": lambda n: [torrent.path, "-o", scene.folder / f"out{n}", "--peer", seed.endpoint(),
                          "--timeout", "10s", *net],
        "seed": lambda n: ["seed", "-t", torrent.path, "-o", scene.folder / "data",
                           "--seed-time", "1ms", *net],
        "announce": lambda n: ["get", "--announce-only", torrent.path],
        "info": lambda n: ["info", torrent.path],
        "dump": lambda n: ["dump", torrent.path],
        "verify": lambda n: ["verify", torrent.path, "-o", scene.folder / "data", *quiet],
        "create": lambda n: ["create", scene.torrent.data_path(), "-o",
                             scene.folder / f"made{n}.torrent", *quiet],
        "tracker": lambda n: ["tracker", "--bind", OURS, "--port", "7001"],
        "swarm": lambda n: ["swarm", "--size", "1MiB", "--dir", scene.folder, "--timeout", "20s",
                            *quiet],
        "bench": lambda n: ["bench", "net", *quiet],
    }
    for name, words in commands.items():
        ended_by = {}
        for limit in range(4, 29):  # with 3 no program finds its libraries
            process = lab.Process([scene.options.btfast, *words(limit)], scene.folder,
                                  f"{name}{limit}", preexec=limited_to(limit))
            if name == "tracker":
                lab.wait_until(lambda: process.stdout() or process.poll() is not None, 10,
                               "a tracker or its end")
                process.signal(signal.SIGTERM)
            process.wait(30)
            ended_by[limit] = process.poll()
            lab.check(process.poll() in (0, 1), f"{name}, {limit} descriptors: status "
                      f"{process.poll()}: {process.stderr()[-300:]}")
            lab.check(process.poll() == 0 or
                      re.search("descriptors|Too many open files", process.stderr()),
                      f"{name}, {limit} descriptors: no reason: {process.stderr()[-300:]}")
        statuses = list(ended_by.values())
        lab.check(statuses == sorted(statuses, reverse=True) and statuses[-1] == 0,
                  f"{name}: {ended_by}")


def descriptors_run_out_case(scene):
    """79: incoming connections eat every descriptor; the transfer still finishes."""
    seed = scene.seed(gated=True)
    process = scene.get([seed.endpoint()], "--bind", OURS, "--port", "6881", preexec=lambda:
                        resource.setrlimit(resource.RLIMIT_NOFILE, (128, 128)))
    lab.wait_port(process, 6881)
    lab.wait_until(lambda: seed.connections, 15, "the seed to be called")
    crowd = []
    for number in range(300):
        caller = socket.socket()
        caller.setblocking(False)
        caller.bind((lab.address(1 + number % 80), 0))
        caller.connect_ex((OURS, 6881))
        crowd.append(caller)
    before = process.status_field("VmRSS")
    scene.loop.call(seed.release())
    scene.check_done(process)
    lab.check(before is not None, "it did not survive the crowd")
    lab.check(process.stderr().count("accept_paused") <= 1, process.stderr()[-600:])
    lab.check(process.cpu_s() < 10, f"{process.cpu_s():.1f} CPU seconds")


def failing_call_case(scene, injection):
    """80: the call fails now and then; it is tried again."""
    if not shutil.which("strace"):
        raise lab.Skip("no strace")
    seeds = [scene.seed(20 + number) for number in range(3)]
    process = scene.get([seed.endpoint() for seed in seeds], "--port", "0",
                        prefix=["strace", "-f", "-qq", "-o", "/dev/null", "-e",
                                f"inject={injection}"])
    scene.check_done(process, 90)


INJECTIONS = ["epoll_wait,epoll_pwait:error=EINTR:when=2+5", "connect:error=EADDRNOTAVAIL:when=1",
              "connect:error=EINTR:when=1", "readv,recvfrom,recvmsg:error=EINTR:when=3+7",
              "sendto,sendmsg,writev:error=EINTR:when=4+9", "write:error=EINTR:when=4+9",
              "pwrite64,pwritev,pwritev2:error=EINTR:when=1+3"]


def accept_case(scene, error):
    """80: accept fails twice; the seed that calls later is still let in."""
    if not shutil.which("strace"):
        raise lab.Skip("no strace")
    caller = scene.seed()
    process = scene.get([], "--bind", OURS, "--port", "6881",
                        prefix=["strace", "-f", "-qq", "-o", "/dev/null", "-e",
                                f"inject=accept4,accept:error={error}:when=1..2"])
    lab.wait_answer(process, scene.torrent, OURS, 6881)
    for _ in range(4):
        scene.loop.spawn(caller.connect(OURS, 6881))
    scene.check_done(process)


def strange_addresses_case(scene):
    """83: IPv4 in IPv6 clothes, scoped, broadcast, multicast, our own: none harms."""
    seed = scene.seed(gated=True)
    process = scene.get(
        [f"{OURS}:6881", "255.255.255.255:1", "224.0.0.1:5", "0.0.0.0:6881", "[::]:6881",
         f"[::ffff:{OURS}]:6881", "[ff02::1]:7", "[fe80::1]:9", seed.endpoint()],
        "--bind", OURS, "--port", "6881")
    lab.wait_until(lambda: seed.connections or process.poll() is not None, 20, "the seed")
    if process.poll() == 2:
        raise lab.Skip("such addresses are refused on the command line")
    lab.check(process.poll() is None, f"ended with {process.poll()}: {process.stderr()[-200:]}")
    scene.loop.call(seed.release())
    scene.check_done(process)


def ipv6_only_case(scene):
    seed = scene.seed(address=lab.address6(3))
    process = scene.get([seed.endpoint()], "--bind", lab.address6(2), "--port", "0")
    scene.check_done(process)


def both_families_case(scene):
    """One port, called over IPv4 and over IPv6."""
    process = scene.get([], "--port", "6881")
    lab.wait_answer(process, scene.torrent, OURS, 6881)
    callers = [scene.seed(20, bytes_per_s=700_000),
               scene.seed(21, address=lab.address6(21), bytes_per_s=700_000)]
    scene.loop.spawn(callers[0].connect(OURS, 6881))
    scene.loop.spawn(callers[1].connect(lab.address6(9), 6881))
    scene.check_done(process)
    lab.check(all(caller.bytes_sent for caller in callers),
              f"served {[caller.bytes_sent for caller in callers]}")


def incoming_only_case(scene):
    caller = scene.seed()
    process = scene.get([], "--bind", OURS, "--port", "6881")
    lab.wait_answer(process, scene.torrent, OURS, 6881)
    scene.loop.spawn(caller.connect(OURS, 6881))
    scene.check_done(process)


def run_case(folder, options, function, *arguments):
    scene = Scene(options, folder)
    try:
        function(scene, *arguments)
    finally:
        scene.loop.stop()


def main():
    options, suite = lab.begin(__doc__)
    suite.case("78 one address calls and calls", run_case, options, one_address_case)
    suite.case("79 few descriptors", run_case, options, few_descriptors_case)
    suite.case("79 too few descriptors to begin", run_case, options, too_few_to_begin_case)
    suite.case("79 a crowd of callers", run_case, options, descriptors_run_out_case)
    for injection in INJECTIONS:
        suite.case(f"80 {injection}", run_case, options, failing_call_case, injection)
    for error in ("ECONNABORTED", "EPROTO", "ENOBUFS", "EINTR", "EMFILE"):
        suite.case(f"80 accept {error}", run_case, options, accept_case, error)
    suite.case("bound to a device", run_case, options, bound_device_case)
    suite.case("bound to a device that leads nowhere", run_case, options, nothing_leaves_case)
    suite.case("bound to a device that is not there", run_case, options, no_device_case)
    suite.case("83 strange addresses", run_case, options, strange_addresses_case)
    suite.case("A7 IPv6 alone", run_case, options, ipv6_only_case)
    suite.case("A7 both families", run_case, options, both_families_case)
    suite.case("incoming only", run_case, options, incoming_only_case)
    suite.finish()


if __name__ == "__main__":
    main()
