"""Sandboxes that refuse families of sockets, as systemd's RestrictAddressFamilies and Android do:
what needs TCP and UDP alone works with these alone.

    sandbox.py [--btfast PATH] [--only PATTERN] [--keep]
"""

import ctypes
import errno
import pathlib
import platform
import signal
import socket
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))

import lab  # noqa: E402
import torrents  # noqa: E402
from mini_seed import AsyncThread, MiniSeed  # noqa: E402

SOCKET_CALL = {"x86_64": 41, "aarch64": 198}
PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS, FILTER = 22, 38, 2
LOAD_WORD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06
CALL_NUMBER, FIRST_ARGUMENT = 0, 16
ALLOW, REFUSE = 0x7fff0000, 0x00050000
TRACKER_PORT = 7000

REFUSALS = {
    "no netlink": ([socket.AF_NETLINK], errno.EAFNOSUPPORT),
    "no netlink, as Android says it": ([socket.AF_NETLINK], errno.EACCES),
    "no local sockets": ([socket.AF_UNIX], errno.EAFNOSUPPORT),
    "IP alone": ([socket.AF_NETLINK, socket.AF_UNIX, socket.AF_PACKET], errno.EAFNOSUPPORT),
    "IPv4 alone": ([socket.AF_NETLINK, socket.AF_UNIX, socket.AF_INET6], errno.EAFNOSUPPORT),
}


class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("steps", ctypes.c_void_p)]


def refused(families, error):
    """For the child before it starts: socket() of these families fails."""
    call = SOCKET_CALL.get(platform.machine())
    if call is None:
        raise lab.Skip("no number of the system call socket for this machine")
    count = len(families)
    steps = [(LOAD_WORD, 0, 0, CALL_NUMBER), (JUMP_IF_EQUAL, 0, count + 1, call),
             (LOAD_WORD, 0, 0, FIRST_ARGUMENT)]
    steps += [(JUMP_IF_EQUAL, count - at, 0, family) for at, family in enumerate(families)]
    steps += [(RETURN, 0, 0, ALLOW), (RETURN, 0, 0, REFUSE | error)]
    text = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    program = Program(len(steps), ctypes.addressof(text))
    libc = ctypes.CDLL(None, use_errno=True)

    def before_exec(_text=text):
        if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 or \
                libc.prctl(PR_SET_SECCOMP, FILTER, ctypes.byref(program), 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "no filter of system calls")

    return before_exec


class Scene:
    def __init__(self, options, folder, refusal):
        self.options, self.folder = options, folder
        self.loop = AsyncThread()
        data = torrents.single_file(folder / "data", 300_000, "payload.bin")
        self.torrent = torrents.share(data, folder / "x.torrent",
                                      [f"http://{lab.address(30)}:{TRACKER_PORT}/announce"])
        self.preexec = refused(*refusal)

    def run(self, *words, env=None):
        return lab.Process([self.options.btfast, *words], self.folder, words[0],
                           preexec=self.preexec, env=env)

    def get(self, *words, env=None):
        return self.run("get", self.torrent.path, "-o", self.folder / "out", "--port", "0",
                        "--progress", "none", "--timeout", "40s", *words, env=env)


def check_status(process, status, says=""):
    process.wait(60)
    lab.check(process.poll() == status and says in process.stderr(),
              f"{process.name}: status {process.poll()}: {process.stderr()[-300:]}")


def whole_swarm(scene):
    """Tracker, announce, seed and get, none of them with --bind."""
    tracker = scene.run("tracker", "--port", str(TRACKER_PORT))
    lab.wait_until(lambda: tracker.stdout() or tracker.poll() is not None, 20, "its URLs")
    seed = scene.run("seed", "-t", scene.torrent.path, "-o", scene.folder / "data", "--port",
                     "6990", "--progress", "none")
    lab.wait_port(seed, 6990)
    process = scene.get("--peer", f"{lab.address(20)}:6990")
    check_status(process, 0)
    lab.check_same_tree(scene.torrent.data_path(), scene.folder / "out" / scene.torrent.name)
    check_status(scene.run("get", "--announce-only", scene.torrent.path), 0)
    for ending in (seed, tracker):
        ending.signal(signal.SIGTERM)
        check_status(ending, 0)


def device_of_no_list(scene):
    """A device's address is not to be had then: no fault of the command line."""
    told = "cannot list the network devices"
    check_status(scene.get("--bind", "lo"), 4, told)
    check_status(scene.get(env={"BTFAST_BIND": "lo"}), 4, told)
    # With an address nothing is listed.
    seed = scene.loop.call(MiniSeed(scene.torrent, lab.address(20)).start())
    check_status(scene.get("--bind", lab.address(9), "--peer", seed.endpoint()), 0)


def run_case(folder, options, function, refusal):
    scene = Scene(options, folder, refusal)
    try:
        function(scene)
    finally:
        scene.loop.stop()


def main():
    options, suite = lab.begin(__doc__)
    for name, refusal in REFUSALS.items():
        suite.case(name, run_case, options, whole_swarm, refusal)
    suite.case("bound to a device", run_case, options, device_of_no_list, REFUSALS["no netlink"])
    suite.finish()


if __name__ == "__main__":
    main()
