"""What a kill or an interrupt leaves is ours at the next start, also where it is little and no
claim speaks of it: the same command goes on, and never says that the files are somebody else's.

    after_kill.py [--btfast PATH] [--only PATTERN] [--keep]

kills.py kills at random and at every call; here are the moments that need a machine of their own:
a file system that tells no holes, and pieces so large that they are written in parts.
"""

import os
import pathlib
import signal
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))

import lab  # noqa: E402
from mini_seed import MiniSeed  # noqa: E402
from scene import MIB, PIECE, pieces_of_file, several, single, strace  # noqa: E402

INTERRUPTED = 7
NO_HOLES = "lseek:error=EINVAL"  # as FAT, NTFS and much of FUSE answer
LAYING_OUT = "fallocate,ftruncate"


def btfast_under(process):
    """The pid of the command that strace runs."""
    found = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True,
                           check=True).stdout
    return int(found.split()[0])


def while_files_are_made_case(folder, options, make, number):
    """The files are as long as they will be, and the claim that comes after them is not written:
    zeros are all that is there."""
    scene = make(options, folder)
    process = scene.start(under=strace(NO_HOLES, f"{LAYING_OUT}:delay_exit=800000"))
    name, size = scene.torrent.files[0]
    path = scene.out / name
    lab.wait_until(lambda: path.exists() and path.stat().st_size == size, 20, "the first file")
    os.kill(btfast_under(process), number)
    process.wait(20)
    if number == signal.SIGINT:
        lab.check(process.poll() == INTERRUPTED, f"status {process.poll()}\n{process.tail()}")
    lab.check(not any(path.read_bytes()), "there is more than zeros")
    again = scene.start(under=strace(NO_HOLES))
    lab.check(again.wait(60) == 0, f"status {again.poll()}\n{again.tail()}")
    lab.check_same_tree(scene.data, scene.out / scene.torrent.name)


class OnePieceOf:
    """The torrent as a seed sees it that has one of its pieces."""

    def __init__(self, torrent, piece):
        self._torrent, self._piece = torrent, piece

    def __getattr__(self, name):
        return getattr(self._torrent, name)

    def full_bitfield(self):
        bits = bytearray((self.piece_count + 7) // 8)
        bits[self._piece // 8] |= 0x80 >> self._piece % 8
        return bytes(bits)


def pieces_in_parts_case(folder, options):
    """Larger than a quarter of the cache: each piece under way is half on the disk, whatever the
    number of workers."""
    scene = single(options, folder, size=64 * MIB, piece_length=8 * MIB)
    parts = [scene.loop.call(MiniSeed(OnePieceOf(scene.torrent, 2 * n), lab.address(21 + n),
                                      bytes_per_s=2 * MIB, fast=False,
                                      peer_id=b"-MS0001-onepieceof%02d" % n).start())
             for n in range(4)]
    argv = [word for word in scene.argv("-j", 1, "--cache", "31MiB")]
    at = argv.index("--peer")
    del argv[at:at + 2]
    argv += [word for part in parts for word in ("--peer", part.endpoint())]
    process = lab.Process(argv, folder, "parts")
    lab.wait_until(lambda: all(part.bytes_sent > 3 * MIB for part in parts), 30,
                   "some of each piece")
    process.kill()
    begun = [piece for piece in range(scene.torrent.piece_count)
             if any(scene.piece_on_disk(piece) or b"")]
    lab.check(len(begun) == len(parts), f"begun: {begun}")
    scene.finish()


def edited_case(folder, options):
    """What somebody writes into a file after a kill stays, while that file is not wanted."""
    scene = several(options, folder, files=3, size=MIB // 2 + 4097)
    scene.finish()
    first, *others = (scene.out / name for name, _ in scene.torrent.files)
    for other in others:
        other.unlink()
    process = scene.start(pace=MIB)
    # Else nothing proves that it is ours: the piece that it shares with the edit is wrong.
    inner = pieces_of_file(scene, 1) - pieces_of_file(scene, 0) - pieces_of_file(scene, 2)
    lab.wait_until(lambda: scene.right_pieces() & inner or process.poll() is not None, 30,
                   "a piece of the second file")
    process.kill()
    with open(first, "r+b") as file:
        file.seek(-5, os.SEEK_END)
        file.write(b"MYTAG")
    edited = first.read_bytes()
    process = scene.start("--select", "2")
    lab.check(process.wait(60) == 0, f"status {process.poll()}\n{process.tail()}")
    lab.check(first.read_bytes() == edited, "written over")
    lab.check(others[0].read_bytes() == (scene.data / others[0].name).read_bytes(), "not whole")
    scene.finish()


def moved_away_case(folder, options):
    """A finished file of another selection is its owner's: what becomes of it ends no run."""
    scene = several(options, folder, files=3, size=4 * PIECE)
    process = scene.start("--select", "1")
    lab.check(process.wait(60) == 0, f"status {process.poll()}\n{process.tail()}")
    process = scene.start_half_way("--select", "3", pace=MIB / 4, part=0.1)
    (scene.out / scene.torrent.files[0][0]).unlink()
    lab.check(process.wait(60) == 0, f"status {process.poll()}\n{process.tail()}")


def main():
    options, suite = lab.begin(__doc__)
    for make, kind in ((single, "a file is"), (several, "files are")):
        for number in (signal.SIGKILL, signal.SIGINT):
            suite.case(f"{number.name} while {kind} made, no holes told",
                       while_files_are_made_case, options, make, number)
    suite.case("killed with pieces half written in parts", pieces_in_parts_case, options)
    suite.case("edited after a kill", edited_case, options)
    suite.case("moved away while another selection runs", moved_away_case, options)
    suite.finish()


if __name__ == "__main__":
    main()
