"""The main job, shown on this machine alone: btfast downloads a torrent from two seeds.

    demo.py [--btfast PATH] [--size MIB] [--jobs N] [--keep]

Makes some files and their torrent, starts a tracker and two libtorrent seeds on 127.0.0.1, runs
`btfast -t demo.torrent -j 8` with its own progress panel, compares every byte, and removes
everything again, also on Ctrl-C.
"""

import argparse
import ctypes
import hashlib
import http.server
import os
import pathlib
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/tools"))

import wire  # noqa: E402  (found through the line above)

MIB = 1 << 20
PIECE = 1 * MIB
SEEDS = 2
READY_WITHIN_S = 30
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def say(text):
    print(f"\033[1m{text}\033[0m" if sys.stdout.isatty() else text, flush=True)


class Tracker:
    """An HTTP tracker (BEP 3, BEP 23) that forgets everything when it ends."""

    def __init__(self):
        peers = self.peers = {}

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                query = urllib.parse.parse_qs(urllib.parse.urlparse(self.path).query,
                                              encoding="latin-1")
                me = (self.client_address[0], int(query["port"][0]))
                if query.get("event") == ["stopped"]:
                    peers.pop(me, None)
                else:
                    peers[me] = query.get("left") == ["0"]
                others = [peer for peer in peers if peer != me]
                compact = b"".join(socket.inet_aton(host) + port.to_bytes(2, "big")
                                   for host, port in others)
                body = wire.encode({"interval": 60, "peers": compact})
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/announce"

    def seed_count(self):
        return sum(self.peers.values())


def make_content(folder, size):
    """Files whose borders fall inside pieces; returns (path below the folder, size) of each."""
    small = [("read me first.txt", 1234), ("extras/cover.jpg", 300_007), ("extras/empty", 0)]
    rest = size - sum(length for _, length in small)
    files = [*small, ("disc 1.img", rest * 5 // 8), ("disc 2.img", rest - rest * 5 // 8)]
    for number, (name, length) in enumerate(files):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "wb") as out:
            for at in range(0, length, MIB):
                key = f"{number}/{at}".encode()
                out.write(hashlib.shake_128(key).digest(min(MIB, length - at)))
    return files


def make_torrent(data, files, url, path):
    pieces, pending = [], b""
    for name, _ in files:
        with open(data / name, "rb") as source:
            while block := source.read(PIECE - len(pending)):
                pending += block
                if len(pending) == PIECE:
                    pieces.append(hashlib.sha1(pending).digest())
                    pending = b""
    if pending:
        pieces.append(hashlib.sha1(pending).digest())
    info = {"name": data.name, "piece length": PIECE, "pieces": b"".join(pieces),
            "files": [{"length": length, "path": name.split("/")} for name, length in files]}
    path.write_bytes(wire.encode({"announce": url, "info": info}))


def start_seed(torrent, folder, log):
    """In a session of its own, so that Ctrl-C is this script's to handle; dies with it."""
    return subprocess.Popen(
        [sys.executable, str(ROOT / "tests/interop/libtorrent_peer.py"), "peer", "--seed",
         "--trust", "--torrent", str(torrent), "--dir", str(folder), "--address", "127.0.0.1",
         "--port", "0"],
        stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
        preexec_fn=lambda: _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL))


def wait_ready(tracker, seeds, log_path):
    deadline = time.monotonic() + READY_WITHIN_S
    while tracker.seed_count() < SEEDS:
        if time.monotonic() > deadline or any(seed.poll() is not None for seed in seeds):
            sys.exit("demo: the seeds did not come up:\n" + log_path.read_text()[-2000:])
        time.sleep(0.05)


def stop(process, seconds):
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def scratch_parent(size):
    """Where two copies fit, with room to spare."""
    for parent in (pathlib.Path(tempfile.gettempdir()), ROOT / "build"):
        if parent.is_dir() and shutil.disk_usage(parent).free > 3 * size:
            return parent
    sys.exit(f"demo: no room for {3 * size // MIB} MiB; try --size 64, or set TMPDIR")


def run(options, scratch, running):
    size = options.size * MIB
    data, out = scratch / "seeds/btfast demo", scratch / "out"
    data.mkdir(parents=True)
    say(f"Making {options.size} MiB in five files, and their torrent ...")
    files = make_content(data, size)
    tracker = Tracker()
    torrent = scratch / "demo.torrent"
    make_torrent(data, files, tracker.url, torrent)

    say(f"Starting a tracker at {tracker.url} and {SEEDS} libtorrent seeds ...")
    log_path = scratch / "seeds.log"
    with open(log_path, "wb") as log:
        running += [start_seed(torrent, data.parent, log) for _ in range(SEEDS)]
    wait_ready(tracker, running, log_path)

    argv = [options.btfast, "-t", str(torrent), "-o", str(out), "-j", str(options.jobs)]
    say("$ " + shlex.join(argv))
    started = time.monotonic()
    running.append(subprocess.Popen(argv))
    status = running[-1].wait()
    took = time.monotonic() - started
    if status != 0:
        sys.exit(f"demo: btfast ended with status {status}")

    for name, _ in files:
        subprocess.run(["cmp", data / name, out / data.name / name], check=True)
    if leftover := {path.name for path in out.iterdir()} - {data.name}:
        sys.exit(f"demo: left beside the download: {leftover}")
    say(f"Done: {len(files)} files, {options.size} MiB in {took:.2f} s "
        f"({options.size / took:.0f} MiB/s), every byte equal.")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--btfast", default=str(ROOT / "build/btfast"))
    parser.add_argument("--size", type=int, default=512, help="MiB")
    parser.add_argument("--jobs", type=int, default=8)
    parser.add_argument("--keep", action="store_true", help="leave the files for a look")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="btfast-demo-",
                                            dir=scratch_parent(options.size * MIB)))
    running = []
    try:
        run(options, scratch, running)
    except KeyboardInterrupt:
        say("\nInterrupted.")
        return 130
    except subprocess.CalledProcessError as failure:
        say(f"demo: {shlex.join(map(str, failure.cmd))} failed")
        return 1
    finally:
        for process in reversed(running):
            stop(process, 5)
        if options.keep:
            say(f"Kept in {scratch}")
        else:
            shutil.rmtree(scratch, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
