"""A file that somebody else cuts under a running download: never "done", whether a look finds it
or only the end does, and what is lost is fetched again.

    cut_files.py [--btfast PATH] [--only PATTERN] [--keep]
"""

import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))

import lab  # noqa: E402
from scene import MIB, pieces_of_file, several, single  # noqa: E402

STORAGE = 6
LOOK_SECONDS = 12  # two looks of the engine's, and some
SEQUENTIAL = ("--strategy", "sequential")


def check_refused(process, path):
    lab.check(process.wait(LOOK_SECONDS) == STORAGE,
              f"status {process.poll()} instead of {STORAGE}\n{process.tail()}")
    said = process.stderr()
    lab.check(f"{path}: cut to " in said, f"says {said[-300:]!r}")


def check_goes_on(scene, path, number):
    """The control file stays and claims nothing of the file; what it held is fetched again."""
    lab.check(scene.control_file().exists(), "no control file")
    claimed = scene.claimed_pieces() & pieces_of_file(scene, number)
    lab.check(not claimed, f"claims of {path}: {sorted(claimed)}")
    scene.finish()


def large_files(options, folder):
    return several(options, folder, files=3, size=3 * MIB + 4097)


def under_download_case(folder, options, make, alloc, part):
    """Sequential: the file is cut where it was written, and its end comes later than the next
    look, which is two seconds away at most: with it the file has its size again."""
    scene = make(options, folder)
    number, half_way, pace = (1, 0.42, 0.75) if make is large_files else (0, 0.3, 0.5)
    process = scene.start_half_way("--alloc", alloc, *SEQUENTIAL, part=half_way, pace=pace * MIB)
    name, size = scene.torrent.files[number]
    path = scene.out / name
    os.truncate(path, int(size * part))
    check_refused(process, path)
    check_goes_on(scene, path, number)


def just_before_the_end_case(folder, options):
    """Too late for a look: the end looks by itself."""
    scene = several(options, folder)
    process = scene.start_half_way(*SEQUENTIAL, part=0.9)
    name, size = scene.torrent.files[1]
    os.truncate(scene.out / name, size // 2)
    check_refused(process, scene.out / name)
    lab.check(scene.control_file().exists(), "no control file")
    scene.finish()


def long_again_case(folder, options, alloc):
    """Our own last writes give the file its size again before anybody looks."""
    scene = single(options, folder)
    process = scene.start_half_way("--alloc", alloc, *SEQUENTIAL, part=0.9)
    path = scene.out / scene.torrent.files[0][0]
    os.truncate(path, 0)
    lab.check(process.wait(LOOK_SECONDS) == STORAGE,
              f"status {process.poll()} instead of {STORAGE}\n{process.tail()}")
    said = process.stderr()
    lab.check(f"{path}: cut to " in said or f"{path}: lost bytes" in said, f"says {said[-300:]!r}")
    scene.finish()


def main():
    options, suite = lab.begin(__doc__)
    for kind, make in (("single", single), ("several", large_files)):
        for alloc in ("sparse", "full"):
            # Of nothing, and of some right pieces.
            for part in (0, 0.2):
                suite.case(f"{kind}, {alloc}, {part:.0%} is left", under_download_case,
                           options, make, alloc, part)
    suite.case("just before the end", just_before_the_end_case, options)
    for alloc in ("sparse", "full"):
        suite.case(f"cut and long again, {alloc}", long_again_case, options, alloc)
    suite.finish()


if __name__ == "__main__":
    main()
