"""File systems in images and layers, for the scripts that need one that is unlike the machine's.

A recipe names the commands that make one of `image` and mount it at `folder`.
"""

import contextlib
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))

import lab  # noqa: E402

MIB = 1 << 20


def vfat(image, folder):
    return [["mkfs.vfat", image], ["mount", "-o", "loop,utf8", image, folder]]


def ext4_casefold(image, folder):
    return [["mkfs.ext4", "-q", "-O", "casefold", "-E", "encoding=utf8", image],
            ["mount", "-o", "loop", image, folder], ["mkdir", folder / "out"],
            ["chattr", "+F", folder / "out"]]


def ext4(image, folder):
    """With times of birth, whatever its size."""
    return [["mkfs.ext4", "-q", "-I", "256", image], ["mount", "-o", "loop", image, folder]]


def ntfs(image, folder):
    """By a process that serves FUSE; it ends with the mount."""
    return [["mkntfs", "-q", "-F", image], ["lowntfs-3g", "-o", "ignore_case", image, folder]]


@contextlib.contextmanager
def file_system(recipe, folder):
    image, mounted = folder / "image", folder / "mounted"
    mounted.mkdir()
    with open(image, "wb") as file:
        file.truncate(64 * MIB)
    try:
        for argv in recipe(image, mounted):
            if not shutil.which(argv[0]):
                raise lab.Skip(f"no {argv[0]} here")
            done = subprocess.run(argv, capture_output=True, text=True, check=False)
            if done.returncode:
                raise lab.Skip(f"{argv[0]}: {done.stderr.strip() or done.returncode}")
        yield mounted / "out"
    finally:
        subprocess.run(["umount", "-l", mounted], check=False, stderr=subprocess.DEVNULL)


class Layers:
    """An overlay: what `fill(folder)` makes is in the lower layer.  Without a place of its own to
    be merged at, it has one beside the layers."""

    def __init__(self, folder, fill, merged=None):
        base = folder / "layers"
        base.mkdir(parents=True)
        lab.mount("-t", "tmpfs", "-o", "size=128m", "tmpfs", base)
        self.lower, self.upper = base / "lower", base / "upper"
        self.merged = merged or base / "merged"
        for made in (self.lower, self.upper, base / "work", self.merged):
            made.mkdir(parents=True)
        fill(self.lower)
        options = f"lowerdir={self.lower},upperdir={self.upper},workdir={base / 'work'}"
        done = subprocess.run(["mount", "-t", "overlay", "overlay", "-o", options, self.merged],
                              capture_output=True, text=True, check=False)
        if done.returncode:
            raise lab.Skip(f"no overlay here: {done.stderr.strip()}")

    def copied_up(self):
        return [path for path in self.upper.rglob("*") if path.is_file()]
