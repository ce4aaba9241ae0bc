"""One torrent whose files lie on two devices: something is mounted below the output directory.

    devices.py [--btfast PATH] [--only PATTERN] [--keep]
"""

import json
import pathlib
import re
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))

import lab  # noqa: E402
from scene import MIB, PIECE, Scene  # noqa: E402

BAD_DATA = 8
FILE = 32 * MIB
FILES = ("near.bin", "other/far.bin")


def scene_on_two_devices(options, folder):
    """All content is there, `other` on a tmpfs of its own."""
    root = folder / "data" / "two"
    for name in FILES:
        lab.write_bytes(root / name, FILE, name)
    scene = Scene(options, folder, root)
    other = scene.out / "two" / "other"
    other.mkdir(parents=True)
    lab.mount("-t", "tmpfs", "-o", "size=64m", "tmpfs", other)
    for name in FILES:
        shutil.copyfile(root / name, scene.out / "two" / name)
    return scene


def verify(scene, *more, under=()):
    return subprocess.run(
        [*under, scene.options.btfast, "verify", "-t", scene.torrent.path, "-o", scene.out,
         "--json", *more], capture_output=True, text=True, timeout=100, check=False)


def repair_case(folder, options):
    """What is wrong on the other device is named, and fetched to where it was."""
    scene = scene_on_two_devices(options, folder)
    sound = verify(scene)
    lab.check(sound.returncode == 0, f"status {sound.returncode}: {sound.stderr}")
    far = scene.out / "two" / FILES[1]
    with open(far, "r+b") as file:
        file.seek(3 * PIECE)
        file.write(b"not this")
    piece = (FILE + 3 * PIECE) // PIECE

    told = verify(scene)
    lab.check(told.returncode == BAD_DATA, f"status {told.returncode}: {told.stderr}")
    faults = [{"fault": "bad", "first": piece, "last": piece, "files": ["two/" + FILES[1]]}]
    lab.check(json.loads(told.stdout)["faults"] == faults, told.stdout[:600])
    lab.check(scene.finish() == {piece}, "not that piece alone")


def file_reads(trace):
    """(file, offset) of each read of the content, in the order they began."""
    pattern = re.compile(r'pread64\(\d+<[^>]*?/two/([^>]+)>,.*, (\d+)\)?')
    begun = re.compile(r'pread64\(\d+<[^>]*?/two/([^>]+)>')
    for line in trace.read_text(errors="replace").splitlines():
        whole, half = pattern.search(line), begun.search(line)
        if whole:
            yield whole[1], int(whole[2])
        elif half:
            yield half[1], None  # its offset stands in the line where it goes on


def order_case(folder, options):
    """Two workers read both devices at once, and each of them from its beginning to its end."""
    if not shutil.which("strace"):
        raise lab.Skip("no strace")
    scene = scene_on_two_devices(options, folder)
    trace = folder / "reads"
    told = verify(scene, "-j", "2",
                  under=["strace", "-f", "-qq", "-y", "-s", "0", "-o", trace, "-e",
                         "trace=pread64"])
    lab.check(told.returncode == 0, f"status {told.returncode}: {told.stderr}")
    reads = list(file_reads(trace))
    lab.check(len(reads) >= 2 * FILE // MIB, f"{len(reads)} reads")
    for name in FILES:
        first = next(at for at, read in enumerate(reads) if read[0] == name)
        lab.check(first < len(reads) / 4, f"{name} is begun after {first} of {len(reads)} reads")
        offsets = [offset for file, offset in reads if file == name and offset is not None]
        back = max((before - after for before, after in zip(offsets, offsets[1:])), default=0)
        lab.check(back <= 4 * MIB, f"{name} is read {back} bytes back")


def main():
    options, suite = lab.begin(__doc__)
    suite.case("repair", repair_case, options)
    suite.case("order", order_case, options)
    suite.finish()


if __name__ == "__main__":
    main()
