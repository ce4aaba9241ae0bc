"""The laboratory: one throw-away network, mount and process namespace a script.

enter() starts the script again inside `unshare`, so that nothing here can reach the outside
network, every peer owns an address (10.77.0.1-99, fd77::1-99, all on `lo`), and the end of the
script is the end of every process it started.  Waiting is always polling of real state with a
deadline, never a pause of fixed length.

A container often may not make namespaces.  With BTFAST_LAB_IN_PLACE=1 (`make test-in-place`) the
laboratory is then the container itself: its `lo` gets the addresses for as long as a script runs,
one script at a time, and what needs a mount of its own is skipped.
"""

import argparse
import atexit
import ctypes
import fcntl
import fnmatch
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback

ROOT = pathlib.Path(__file__).resolve().parents[2]
for _folder in ("tests/interop", "tests/tools"):
    sys.path.insert(0, str(ROOT / _folder))

PYTHON = "/usr/bin/python3"  # Debian's own: the one that has libtorrent
ADDRESSES_MAX = 99
SKIPPED = 77  # the status that ctest takes for "cannot run here"
POLL_S = 0.02

_INSIDE = "BTFAST_LAB_INSIDE"
_IN_PLACE = "BTFAST_LAB_IN_PLACE"
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def address(number):
    return f"10.77.0.{number}"


def address6(number):
    return f"fd77::{number:x}"


def _unshare():
    """The command that gives us namespaces, or nothing where the system refuses.  Where we are not
    root, a user namespace as well, in which we stay who we are (opentracker refuses to run as
    root) and may set the network up."""
    argv = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    if os.geteuid() != 0:
        argv[1:1] = ["--map-current-user", "--keep-caps"]
    forms = [argv]
    # The root of a chroot is no mount point, and nobody can make it private.  Where no mount is
    # shared there is no need to.
    if "shared:" not in pathlib.Path("/proc/self/mountinfo").read_text():
        forms.append([argv[0], "--propagation", "unchanged", *argv[1:]])
    for form in forms:
        if subprocess.run([*form, "true"], stderr=subprocess.DEVNULL, check=False).returncode == 0:
            return form
    return None


def in_place():
    return os.environ.get(_IN_PLACE) == "1"


def _skip_script(reason):
    print(f"skipped: {reason}")
    sys.exit(SKIPPED)


def _addresses(verb):
    """Gives `lo` the addresses, or takes them; whether it could."""
    lines = ["link set lo up", f"route {verb} 239.0.0.0/8 dev lo"]
    for number in range(1, ADDRESSES_MAX + 1):
        lines.append(f"addr {verb} {address(number)}/32 dev lo")
        nodad = " nodad" if verb == "replace" else ""
        lines.append(f"addr {verb} {address6(number)}/128 dev lo{nodad}")
    return subprocess.run(["ip", "-batch", "-"], input="\n".join(lines).encode(), check=False,
                          stderr=subprocess.DEVNULL).returncode == 0


def _enter_in_place():
    lock = os.open(pathlib.Path(tempfile.gettempdir()) / "btfast-lab.lock",
                   os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)  # until this process ends
    if not _addresses("replace"):
        _skip_script("`lo` takes no addresses here (a container needs the capability NET_ADMIN)")
    atexit.register(_addresses, "del")


def enter():
    """Returns inside the laboratory.  The first call replaces the process, but for one in place."""
    inside = os.environ.get(_INSIDE) == "1"
    argv = None if inside else _unshare()
    if argv:
        os.environ[_INSIDE] = "1"
        os.environ.pop(_IN_PLACE, None)
        os.execvp(argv[0], [*argv, PYTHON, *sys.argv])
    if not inside and not in_place():
        _skip_script("no network namespace here; run as root, or allow user namespaces, or "
                     "`make test-in-place` in a container")
    sys.stdout.reconfigure(line_buffering=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if not inside:
        return _enter_in_place()
    if not _addresses("replace"):
        raise RuntimeError("`lo` takes no addresses in a namespace of its own")


def mount(*arguments):
    """A mount that ends with the namespace.  In place there would be nobody to undo it."""
    if in_place():
        raise Skip("no mount namespace here")
    subprocess.run(["mount", *arguments], check=True)


def make_root_read_only(scratch):
    """For this namespace only, and not for the scratch folder.  A stray write then fails, and
    the test that caused it with it.  Where the root is no mount point (a chroot, or in place) that
    cannot be had, and is said: cases still compare what was there before and after."""
    done = not in_place() and all(
        subprocess.run(["mount", *arguments], check=False, stderr=subprocess.DEVNULL).returncode
        == 0 for arguments in [("--bind", scratch, scratch), ("-o", "remount,bind,ro", "/")])
    if not done:
        print("note: the root stays writable here; stray writes outside the scratch folder pass")


def _link(path):
    """What a link says, or nothing where it is gone already."""
    try:
        return os.readlink(path)
    except OSError:
        return ""


# ---- processes -------------------------------------------------------------------------------


def die_with_parent():
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class Process:
    """One child: its output in a file, its resource use known when it has ended."""

    _alive = set()

    def __init__(self, argv, log_dir, name, cwd=None, env=None, stdin=subprocess.DEVNULL,
                 preexec=None, stdout=None):
        self.name = name
        self.argv = [str(part) for part in argv]
        self.stdout_path = pathlib.Path(log_dir) / f"{name}.out"
        self.stderr_path = pathlib.Path(log_dir) / f"{name}.err"
        self.rusage = None
        self.started = time.monotonic()
        self.ended = None

        def before_exec():
            die_with_parent()
            if preexec:
                preexec()

        with open(self.stdout_path, "wb") as out, open(self.stderr_path, "wb") as err:
            self.popen = subprocess.Popen(
                self.argv, stdin=stdin, stdout=out if stdout is None else stdout, stderr=err,
                cwd=cwd, env=dict(os.environ, **(env or {})), preexec_fn=before_exec,
                start_new_session=True)
        Process._alive.add(self)

    @property
    def pid(self):
        return self.popen.pid

    def poll(self):
        """Exit status (negative for a signal) or None.  Collects the resource use once."""
        if self.popen.returncode is None:
            pid, status, rusage = os.wait4(self.pid, os.WNOHANG)
            if pid:
                self.rusage = rusage
                self.ended = time.monotonic()
                self.popen.returncode = os.waitstatus_to_exitcode(status)
                Process._alive.discard(self)
        return self.popen.returncode

    def wait(self, seconds):
        wait_until(lambda: self.poll() is not None, seconds, f"{self.name} to end")
        return self.popen.returncode

    def signal(self, number):
        if self.poll() is None:
            os.kill(self.pid, number)

    def stop(self, seconds=3.0):
        self.signal(signal.SIGTERM)
        try:
            self.wait(seconds)
        except TimeoutError:
            self.kill()

    def kill(self):
        self.signal(signal.SIGKILL)
        try:
            self.wait(10)
        except TimeoutError:
            pass

    def stdout(self):
        return self.stdout_path.read_bytes().decode("utf-8", "replace")

    def stderr(self):
        return self.stderr_path.read_bytes().decode("utf-8", "replace")

    def status_field(self, key):
        """A field of /proc/PID/status, or None once the process is gone."""
        try:
            for line in open(f"/proc/{self.pid}/status"):
                if line.startswith(key + ":"):
                    return int(line.split()[1])
        except (OSError, ValueError):
            pass
        return None

    def fd_count(self):
        try:
            return len(os.listdir(f"/proc/{self.pid}/fd"))
        except OSError:
            return None

    def socket_count(self):
        """Of all descriptors: files come and go with the pieces that arrive meanwhile."""
        folder = f"/proc/{self.pid}/fd"
        try:
            return sum(_link(f"{folder}/{name}").startswith("socket:") for name in
                       os.listdir(folder))
        except OSError:
            return None

    def peak_rss_mib(self):
        """Of a process that has ended; ru_maxrss counts KiB."""
        return self.rusage.ru_maxrss / 1024 if self.rusage else None

    def wall_s(self):
        return (self.ended or time.monotonic()) - self.started

    def cpu_s(self):
        return self.rusage.ru_utime + self.rusage.ru_stime if self.rusage else None

    def tail(self, lines=12):
        text = (self.stdout() + self.stderr()).splitlines()
        return "\n".join("      | " + line[:300] for line in text[-lines:])


@atexit.register
def _kill_what_is_left():
    for process in list(Process._alive):
        process.kill()


# ---- waiting ---------------------------------------------------------------------------------


def wait_until(condition, seconds, what):
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise TimeoutError(f"gave up after {seconds:g} s waiting for {what}")
        time.sleep(POLL_S)


def _sockets(table):
    with open(f"/proc/net/{table}") as lines:
        next(lines)
        for line in lines:
            fields = line.split()
            yield int(fields[1].rsplit(":", 1)[1], 16), fields[3]


def port_is_open(port, udp=False):
    """Whether any socket of the namespace listens on the port: asked of the kernel, so that no
    client sees a stray connection."""
    if udp:
        return any(p == port for table in ("udp", "udp6") for p, _ in _sockets(table))
    return any(p == port and state == "0A" for table in ("tcp", "tcp6")
               for p, state in _sockets(table))


def listens_at(host, port):
    """Whether a TCP socket listens on exactly that IPv4 address and port."""
    import ipaddress
    wanted = f"{int.from_bytes(ipaddress.ip_address(host).packed, 'little'):08X}:{port:04X}"
    with open("/proc/net/tcp") as lines:
        return any(line.split()[1] == wanted and line.split()[3] == "0A" for line in lines)


def listening_port(host):
    """Of the TCP socket that listens on exactly that IPv4 address; None where there is none."""
    import ipaddress
    wanted = f"{int.from_bytes(ipaddress.ip_address(host).packed, 'little'):08X}"
    with open("/proc/net/tcp") as lines:
        for line in lines:
            address, _, port = line.split()[1].partition(":")
            if address == wanted and line.split()[3] == "0A":
                return int(port, 16)
    return None


def wait_port(process, port, udp=False, seconds=20):
    def ready():
        if process is not None and process.poll() is not None:
            raise RuntimeError(f"{process.name} ended with {process.poll()} before it listened\n"
                               + process.tail())
        return port_is_open(port, udp)

    wait_until(ready, seconds, f"port {port} to listen")


def wait_answer(process, torrent, host, port, seconds=20):
    """Who comes between the opening of the port and the end of the torrent's check is turned away
    and must come again: a peer that calls once needs this first."""
    import wire
    wait_port(process, port, seconds=seconds)
    wait_until(lambda: wire.answers(torrent.info_hash, host, port) or process.poll() is not None,
               seconds, f"{process.name} to answer a handshake")


# ---- files -----------------------------------------------------------------------------------


def write_bytes(path, size, seed):
    """Content that depends on the seed and does not repeat, so a misplaced block always shows."""
    import random
    generator = random.Random(seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "wb") as out:
        while size > 0:
            run = min(size, 1 << 20)
            out.write(generator.randbytes(run))
            size -= run


def drop_from_page_cache(path):
    with open(path, "rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _files_of(root):
    root = pathlib.Path(root)
    if root.is_file():
        return {pathlib.PurePath("."): root}
    return {path.relative_to(root): path for path in root.rglob("*")
            if path.is_file() and not path.name.endswith((".btfast", ".aria2"))}


def _first_difference(left, right):
    with open(left, "rb") as a, open(right, "rb") as b:
        offset = 0
        while True:
            x, y = a.read(1 << 20), b.read(1 << 20)
            if x != y:
                at = next((i for i, (p, q) in enumerate(zip(x, y)) if p != q), min(len(x), len(y)))
                return offset + at
            if not x:
                return None
            offset += len(x)


def tree_differences(expected, found, empty_files=True):
    """What differs between two files or folders, as sentences; empty when they are the same.
    empty_files=False is for clients that do not make files without a byte."""
    want, have = _files_of(expected), _files_of(found)
    if not empty_files:
        want = {path: file for path, file in want.items() if file.stat().st_size}
        have = {path: file for path, file in have.items() if file.stat().st_size}
    problems = [f"missing: {path}" for path in sorted(want.keys() - have.keys())]
    problems += [f"unexpected: {path}" for path in sorted(have.keys() - want.keys())]
    for path in sorted(want.keys() & have.keys()):
        at = _first_difference(want[path], have[path])
        if at is not None:
            problems.append(f"differs: {path} at byte {at} (sizes {want[path].stat().st_size} and "
                            f"{have[path].stat().st_size})")
    return problems


def check_same_tree(expected, found, empty_files=True):
    problems = tree_differences(expected, found, empty_files)
    check(not problems, f"trees differ: {'; '.join(problems[:4])}")


def remove_tree(folder):
    shutil.rmtree(folder, ignore_errors=True)


def manifest(root):
    """Every path under root with its kind, size and time: O2's before and after."""
    entries = {}
    for folder, folders, files in os.walk(root):
        for name in folders + files:
            path = os.path.join(folder, name)
            status = os.lstat(path)
            entries[path] = (status.st_mode, status.st_size, status.st_mtime_ns)
    return entries


# ---- cases -----------------------------------------------------------------------------------


class Failure(AssertionError):
    pass


class Skip(Exception):
    pass


def check(condition, message):
    if not condition:
        raise Failure(message)


class Suite:
    """Runs named cases, prints a line each, and knows the exit status of the script."""

    def __init__(self, options):
        self.options = options
        self.number = self.passed = self.failed = self.skipped = 0
        self.named = 0
        self.part, self.parts = options.part
        self.base = pathlib.Path(tempfile.mkdtemp(prefix="btfast-lab-", dir=options.scratch))
        self.base.chmod(0o755)  # opentracker reads its list as `nobody`
        atexit.register(self._clean)

    def _clean(self):
        if self.options.keep:
            print(f"kept {self.base}")
        else:
            # Only make_root_read_only() has mounted anything there.
            subprocess.run(["umount", "-l", self.base], check=False, stderr=subprocess.DEVNULL)
            shutil.rmtree(self.base, ignore_errors=True)

    def wanted(self, name):
        """A number alone is a catalogue number; anything else matches anywhere in the name."""
        return any(fnmatch.fnmatch(name, pattern) or name.split(" ")[0] == pattern
                   or (not pattern.isdigit() and pattern in name)
                   for pattern in self.options.only.split(","))

    def case(self, name, function, *arguments):
        if not self.wanted(name):
            return
        self.named += 1
        if self.named % self.parts != self.part % self.parts:
            return
        self.number += 1
        folder = self.base / f"{self.number:03}-{re.sub('[^A-Za-z0-9.-]+', '_', name)[:60]}"
        folder.mkdir(parents=True)
        started = time.monotonic()
        before = set(Process._alive)
        try:
            function(folder, *arguments)
        except Skip as reason:
            self.skipped += 1
            print(f"skip {name}: {reason}")
        except (Failure, TimeoutError, RuntimeError, OSError, subprocess.SubprocessError) as error:
            self.failed += 1
            print(f"FAIL {name} {time.monotonic() - started:.1f} {str(error) or repr(error)}")
        except Exception:  # a bug of the harness is a failure of the case, not the end of the run
            self.failed += 1
            print(f"FAIL {name} {time.monotonic() - started:.1f}")
            traceback.print_exc()
        else:
            self.passed += 1
            print(f"ok {name} {time.monotonic() - started:.1f}")
        finally:
            for process in set(Process._alive) - before:
                process.stop(2.0)
            if not self.options.keep:
                shutil.rmtree(folder, ignore_errors=True)

    def finish(self):
        if self.skipped:
            print(f"{self.skipped} skipped")
        print(f"{self.passed} passed, {self.failed} failed")
        sys.exit(1 if self.failed or not (self.passed or self.skipped) else 0)


def _roomy_folder():
    """Memory where there is enough: a container's /dev/shm often has 64 MiB."""
    try:
        roomy = shutil.disk_usage("/dev/shm").free >= 2 << 30
    except OSError:
        roomy = False
    return "/dev/shm" if roomy else tempfile.gettempdir()


def _part(text):
    part, parts = (int(number) for number in text.split("/"))
    if not 1 <= part <= parts:
        raise ValueError(text)
    return part, parts


def parser(description):
    options = argparse.ArgumentParser(description=description)
    options.add_argument("--btfast", default=str(ROOT / "build/btfast"), help="the binary to test")
    options.add_argument("--only", default="*", metavar="PATTERN[,PATTERN]",
                         help="run only the cases whose name matches")
    options.add_argument("--part", default=(1, 1), type=_part, metavar="K/N",
                         help="of these, each N-th, the K-th first: to run N parts side by side")
    options.add_argument("--keep", action="store_true", help="keep the scratch folder")
    options.add_argument("--scratch", default=_roomy_folder(),
                         help="where scratch folders are made")
    return options


def require_btfast(options):
    path = pathlib.Path(options.btfast).resolve()
    if not os.access(path, os.X_OK):
        print(f"no btfast at {path}: build it, or name it with --btfast")
        sys.exit(1)
    options.btfast = str(path)


def begin(description):
    """A script without options of its own: those of every script, and its suite, in the lab."""
    options = parser(description).parse_args()
    enter()
    require_btfast(options)
    return options, Suite(options)


def require_command(options, command):
    """Skips the case where this btfast does not have the command."""
    told = subprocess.run([options.btfast, "--help"], capture_output=True, text=True, timeout=20)
    if not re.search(rf"^  {command}\b", told.stdout.split("ubcommands:")[-1], re.MULTILINE):
        raise Skip(f"no `btfast {command}` yet")
