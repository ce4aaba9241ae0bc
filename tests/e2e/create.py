"""`btfast create` and the reading of torrents through pipes, as a shell has them.

    create.py [--btfast PATH] [--only PATTERN] [--keep]
"""

import os
import pathlib
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))

import lab  # noqa: E402
import bad_torrent_table as table  # noqa: E402

GIB = 1 << 30


def shell(options, folder, line, *arguments):
    return subprocess.run(["bash", "-c", line, options.btfast, *map(str, arguments)], cwd=folder,
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False)


def pipe_case(folder, options):
    """Whatever a shell makes of a torrent that is no file is read like one."""
    torrent, content = folder / "x.torrent", folder / "payload.bin"
    torrent.write_bytes(table.torrent(table.info()))
    content.write_bytes(table.CONTENT)
    os.mkfifo(folder / "fifo")
    for line in ('"$0" info <(cat "$1")', 'cat "$1" | "$0" info /dev/stdin',
                 'cat "$1" | "$0" info -', '"$0" info /dev/stdin <"$1"',
                 '"$0" info /dev/fd/3 3<"$1"', 'cat "$1" >fifo & "$0" info fifo',
                 '"$0" verify -t <(cat "$1") -o .', 'cat "$1" | "$0" verify -t /dev/stdin -o .',
                 '"$0" dump <(cat "$1")'):
        done = shell(options, folder, line, torrent)
        lab.check(done.returncode == 0, f"{line}: status {done.returncode}: {done.stderr[-200:]}")


def redirected_case(folder, options):
    """The shell makes the output before we come: it is no part of itself either."""
    (folder / "d").mkdir()
    (folder / "d" / "a").write_bytes(b"a" * 1000)
    done = shell(options, folder, '"$0" create d -o - >d/x.torrent')
    lab.check(done.returncode == 0, f"status {done.returncode}: {done.stderr[-200:]}")
    done = shell(options, folder, '"$0" verify -t d/x.torrent -o . --json')
    lab.check(done.returncode == 0, f"verify: status {done.returncode}: {done.stderr[-200:]}")
    done = shell(options, folder, '"$0" info d/x.torrent')
    lab.check(b"Files: 1" in done.stdout, f"{done.stdout[-300:]}")


def unreadable_case(folder, options):
    """The folder that may not be read is the one that is named (as another user than root)."""
    locked = folder / "d" / "locked"
    locked.mkdir(parents=True)
    (locked / "b").write_bytes(b"b" * 1000)
    for path in (folder, *folder.parents):
        if str(path).startswith(str(options.base)):
            path.chmod(0o755)
    locked.chmod(0)

    def become_nobody():
        if os.getuid() == 0:
            os.setgid(65534)
            os.setuid(65534)

    done = subprocess.run([options.btfast, "create", folder / "d", "-o", "-"], capture_output=True,
                          preexec_fn=become_nobody, timeout=60, check=False)
    locked.chmod(0o755)
    lab.check(done.returncode == 6, f"status {done.returncode}")
    lab.check(b"d/locked: Permission denied" in done.stderr, f"{done.stderr[-300:]}")
    lab.check(not done.stdout, "something was written")


def bytes_read(process):
    text = pathlib.Path(f"/proc/{process.pid}/io").read_text()
    return int(text.split("rchar: ")[1].split()[0])


def interrupted_case(folder, options):
    """^C while it hashes: it says so, and leaves no file."""
    (folder / "d").mkdir()
    with open(folder / "d" / "holes", "wb") as out:
        out.truncate(64 * GIB)
    process = subprocess.Popen([options.btfast, "create", "d", "-o", "x.torrent", "-j", "1"],
                               cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
    deadline = time.monotonic() + 30
    while bytes_read(process) < 1 << 24 and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    lab.check(process.returncode == 7, f"status {process.returncode}: {err[-300:]}")
    lab.check(b"interrupted" in err, f"{err[-300:]}")
    lab.check([p.name for p in folder.iterdir() if p.name.startswith("x.torrent")] == [],
              "something is left")


def main():
    options = lab.parser(__doc__).parse_args()
    lab.require_btfast(options)
    suite = lab.Suite(options)
    options.base = suite.base
    for case in (pipe_case, redirected_case, unreadable_case, interrupted_case):
        suite.case(case.__name__.removesuffix("_case"), case, options)
    suite.finish()


if __name__ == "__main__":
    main()
