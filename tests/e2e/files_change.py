"""FAULTS §2.6 as far as somebody else changes files: under a download, under a seed, and before
either.  The table of the section stands in disk_refuses.py.

    files_change.py [--btfast PATH] [--only PATTERN] [--keep]
"""

import contextlib
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))

import lab  # noqa: E402
import torrents  # noqa: E402
from asking_peer import AskingPeer  # noqa: E402
from file_systems import ext4_casefold, file_system, ntfs, vfat  # noqa: E402
from mini_seed import AsyncThread, MiniSeed  # noqa: E402
from scene import MIB, OURS, PIECE, SEED, Scene, pieces_of_file, several, single  # noqa: E402

STORAGE, BAD_DATA = 6, 8
ASKER = lab.address(30)
PORT = 6999
NOBODY = 65534
AS_NOBODY = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
LOOK_SECONDS = 12  # two looks of the engine's, and some


def check_ends(process, status, named, seconds=LOOK_SECONDS):
    lab.check(process.wait(seconds) == status,
              f"status {process.poll()} instead of {status}\n{process.tail()}")
    lab.check(str(named) in process.stderr(), f"names no {named}: {process.stderr()[-300:]!r}")


# ---- under a download ------------------------------------------------------------------------


def under_download(folder, options, disturb, named=None, part=0.3):
    """Slow enough to be looked at before its end; returns the scene."""
    scene = several(options, folder)
    process = scene.start_half_way(part=part, pace=MIB / 2)
    disturb(scene)
    check_ends(process, STORAGE, named or scene.out)
    return scene


def removed_file_case(folder, options):
    victim = "many/1.bin"
    scene = under_download(folder, options, lambda s: (s.out / victim).unlink(), victim)
    lab.check(not (scene.out / victim).exists(), "made anew while it ran")
    scene.finish()


def removed_just_before_the_end_case(folder, options):
    """Too late for a look: the end looks by itself."""
    scene = several(options, folder)
    process = scene.start_half_way(part=0.9)
    (scene.out / "many/1.bin").unlink()
    check_ends(process, STORAGE, "many/1.bin")
    scene.finish()


def replaced_file_case(folder, options):
    def replace(scene):
        path = scene.out / "many/2.bin"
        shutil.copy(path, folder / "copy")
        os.replace(folder / "copy", path)

    under_download(folder, options, replace, "many/2.bin").finish()


def renamed_directory_case(folder, options):
    scene = under_download(folder, options, lambda s: s.out.rename(folder / "elsewhere"))
    lab.check(not scene.out.exists(), "the directory was made anew")
    (folder / "elsewhere").rename(scene.out)
    scene.check_claim()
    scene.finish()


def removed_directory_case(folder, options):
    scene = under_download(folder, options, lambda s: shutil.rmtree(s.out))
    lab.check(not scene.out.exists(), "the directory was made anew")
    scene.finish()


def closed_parent_case(folder, options):
    """What nobody may look into any more cannot be looked after (not as root, who may)."""
    scene = several(options, folder)
    parent = folder / "parent"
    scene.out = parent / "out"
    scene.out.mkdir(parents=True)
    os.chown(scene.out, NOBODY, NOBODY)
    scene.seed.bytes_per_s = MIB / 2
    process = lab.Process([*AS_NOBODY, *scene.argv()], folder, "nobody")
    lab.wait_until(lambda: scene.seed.bytes_sent > scene.torrent.size * 0.2, 30, "the first pieces")
    parent.chmod(0)
    check_ends(process, STORAGE, scene.out)
    parent.chmod(0o755)
    scene.finish()


def vanished_mount_case(folder, options):
    """The disk goes away and an empty directory is where it was: nothing may be written there."""
    scene = several(options, folder)
    scene.out.mkdir()
    lab.mount("-t", "tmpfs", "-o", "size=64m", "tmpfs", scene.out)
    process = scene.start_half_way(part=0.3, pace=MIB / 2)
    subprocess.run(["umount", "-l", scene.out], check=True)
    check_ends(process, STORAGE, scene.out)
    lab.check(not list(scene.out.iterdir()), f"written there: {list(scene.out.iterdir())}")
    scene.finish()


# ---- under a seed ----------------------------------------------------------------------------


class Seeding:
    """`btfast seed` of a whole copy, and a peer that asks it."""

    def __init__(self, folder, options, *arguments, make=several):
        self.scene = make(options, folder)
        self.torrent = self.scene.torrent
        self.out = self.scene.out
        self.loop = AsyncThread()
        shutil.copytree(self.scene.data.parent, self.out)
        self.process = lab.Process(
            [options.btfast, "seed", "-t", self.torrent.path, "-o", self.out, "--bind", OURS,
             "--port", PORT, "--progress", "none", *arguments], folder, "seed")
        # What changes during the check would be found by the check.
        lab.wait_answer(self.process, self.torrent, OURS, PORT)

    def connect(self, fast=True):
        return self.loop.call(AskingPeer.open(self.torrent, OURS, PORT, ASKER, fast), 40)

    def served(self, peer, pieces):
        """Those of the pieces that it serves; a wrong byte raises."""
        return {piece for piece in pieces if self.loop.call(peer.piece_is_right(piece), 40)}

    def wait_noticed(self):
        lab.wait_until(lambda: "data_checked" in self.process.stderr(), LOOK_SECONDS,
                       "the change to be noticed")

    def check_loses(self, pieces):
        """Noticed by itself: neither told nor served, and all others still are."""
        self.wait_noticed()
        everything = set(range(self.torrent.piece_count))
        peer = self.connect()
        lab.check(peer.pieces == everything - pieces,
                  f"does not say what it lost: {sorted(everything - pieces - peer.pieces)} too few,"
                  f" {sorted(peer.pieces & pieces)} too many")
        lab.check(self.served(peer, everything) == everything - pieces, "serves what it lost")
        lab.check(self.process.poll() is None, f"ended\n{self.process.tail()}")


def number_of(torrent, path):
    return next(n for n, (name, _) in enumerate(torrent.files) if name == path)


def flip_byte(path, at):
    with open(path, "r+b") as file:
        file.seek(at)
        byte = file.read(1)
        file.seek(at)
        file.write(bytes([byte[0] ^ 1]))


def removed_under_seed_case(folder, options):
    seeding = Seeding(folder, options)
    (seeding.out / "many/2.bin").unlink()
    seeding.check_loses(pieces_of_file(seeding, number_of(seeding.torrent, "many/2.bin")))
    lab.check(not (seeding.out / "many/2.bin").exists(), "a seed made a file")


def flipped_under_seed_case(folder, options):
    seeding = Seeding(folder, options)
    start = sum(size for _, size in seeding.torrent.files[:3])
    flip_byte(seeding.out / seeding.torrent.files[3][0], 5 * PIECE)
    seeding.check_loses({(start + 5 * PIECE) // PIECE})


def truncated_under_seed_case(folder, options):
    seeding = Seeding(folder, options)
    name, size = seeding.torrent.files[1]
    start = sum(size for _, size in seeding.torrent.files[:1])
    os.truncate(seeding.out / name, size // 2)
    first = (start + size // 2) // PIECE
    seeding.check_loses(set(range(first, (start + size - 1) // PIECE + 1)))


def grown_under_seed_case(folder, options):
    """What the torrent says is still there, and is served."""
    seeding = Seeding(folder, options)
    with open(seeding.out / "many/4.bin", "ab") as file:
        file.write(b"more")
    seeding.check_loses(set())


def short_read_case(folder, options):
    """A peer that asks before the look: told no, or let go, and never given other bytes."""
    for fast in (True, False):
        seeding = Seeding(folder / str(fast), options, make=single)
        peer = seeding.connect(fast)
        os.truncate(seeding.out / seeding.torrent.name, 10 * PIECE)
        answer = seeding.loop.call(peer.ask(50), 40)
        lab.check(answer == ("rejected" if fast else "closed"), f"answered {answer[:40]!r}")
        if fast:
            lab.check(seeding.served(peer, {3, 9}) == {3, 9}, "the rest is not served")
        # Another thread says so, after the answer.
        lab.wait_until(lambda: "piece_lost" in seeding.process.stderr(), 10, "the log line")
        seeding.process.stop()


def nothing_left_case(folder, options):
    seeding = Seeding(folder, options, make=single)
    (seeding.out / seeding.torrent.name).unlink()
    check_ends(seeding.process, STORAGE, seeding.torrent.name)


def moved_seed_case(folder, options):
    seeding = Seeding(folder, options)
    seeding.out.rename(folder / "elsewhere")
    check_ends(seeding.process, STORAGE, seeding.out)
    lab.check(not seeding.out.exists(), "the directory was made anew")


# ---- there before ----------------------------------------------------------------------------


def prepared(folder, options, name):
    scene = several(options, folder / name)
    shutil.copytree(scene.data.parent, scene.out)
    return scene


def existing_data_case(folder, options):
    """Valid data is used, and what is not is fetched where that is insisted on."""
    scene = prepared(folder, options, "valid")
    lab.check(not scene.finish(), "fetched what was there")

    scene = prepared(folder, options, "invalid")
    for name, size in scene.torrent.files:
        lab.write_bytes(scene.out / name, size, "other " + name)
    check_ends(scene.start(), STORAGE, scene.torrent.files[0][0])
    asked = scene.finish("--overwrite")
    lab.check(asked == set(range(scene.torrent.piece_count)), "kept what was wrong")

    scene = prepared(folder, options, "half")
    name, size = scene.torrent.files[2]
    lab.write_bytes(scene.out / name, size, "other")
    check_ends(scene.start(), STORAGE, name)
    lab.check(scene.finish("--overwrite") == pieces_of_file(scene, 2), "not what was wrong")

    scene = prepared(folder, options, "smaller")
    name, size = scene.torrent.files[0]
    os.truncate(scene.out / name, 4 * PIECE)
    missing = set(range(4, (size - 1) // PIECE + 1))
    lab.check(scene.finish() == missing, "not what was missing")


def larger_file_case(folder, options):
    """It may be the user's: nothing is cut, and nothing else is touched."""
    scene = prepared(folder, options, "larger")
    name, _ = scene.torrent.files[0]
    with open(scene.out / name, "ab") as file:
        file.write(b"mine")
    before = lab.manifest(scene.out)
    check_ends(scene.start(), STORAGE, name)
    lab.check(lab.manifest(scene.out) == before, "touched")


@contextlib.contextmanager
def immutable(scene, path):
    if subprocess.run(["chattr", "+i", path], capture_output=True, check=False).returncode:
        raise lab.Skip("no chattr +i on this file system")
    try:
        yield ()
    finally:
        subprocess.run(["chattr", "-i", path], check=True)


@contextlib.contextmanager
def mounted_read_only(scene, path):
    lab.mount("--bind", path, path)
    try:
        lab.mount("-o", "remount,bind,ro", path)
        yield ()
    finally:
        subprocess.run(["umount", "-l", path], check=True)


def own_all(scene, user):
    for found in [scene.out, *scene.out.rglob("*")]:
        os.chown(found, user, user)


@contextlib.contextmanager
def anothers(scene, path):
    """Not only the file: nothing there is ours."""
    own_all(scene, 0)
    yield AS_NOBODY


@contextlib.contextmanager
def ours_without_permission(scene, path):
    own_all(scene, NOBODY)
    path.chmod(0o444)
    yield AS_NOBODY


def unwritable_case(folder, options, protect):
    """Enough where it is right; else it ends before anyone is asked, with status and path."""
    def flip(path):
        flip_byte(path, 3 * PIECE)

    for damage in (None, flip, lambda path: os.truncate(path, PIECE)):
        scene = prepared(folder, options, getattr(damage, "__name__", "right"))
        name, _ = scene.torrent.files[1]
        if damage:
            damage(scene.out / name)
        with protect(scene, scene.out / name) as under:
            before = lab.manifest(scene.out)
            process = scene.start(under=under)
            if damage:
                check_ends(process, STORAGE, name)
            else:
                lab.check(process.wait(30) == 0, f"status {process.poll()}\n{process.tail()}")
                lab.check(not process.stderr(), f"warned of something\n{process.tail()}")
            lab.check(scene.seed.accepted == 0 or not damage, "peers were asked all the same")
            lab.check(not scene.seed.asked, "fetched what was there")
            lab.check(lab.manifest(scene.out) == before, "touched")


def whole_on_read_only_disk_case(folder, options):
    scene = prepared(folder, options, "whole")
    with mounted_read_only(scene, scene.out):
        process = scene.start()
        lab.check(process.wait(30) == 0, f"status {process.poll()}\n{process.tail()}")
        lab.check(not process.stderr(), f"warned of something\n{process.tail()}")


def hole_case(folder, options):
    """A file of the right size without its bytes claims nothing."""
    scene = several(options, folder)
    for name, size in scene.torrent.files:
        path = scene.out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        os.truncate(path, size)
    lab.check(scene.finish() == set(range(scene.torrent.piece_count)), "a hole was taken for data")


def repair_case(folder, options):
    """One wrong byte: verify names its piece and file, and get fetches that piece alone."""
    scene = several(options, folder)
    scene.finish()
    start = sum(size for _, size in scene.torrent.files[:3])
    name = scene.torrent.files[3][0]
    flip_byte(scene.out / name, 5 * PIECE)
    piece = (start + 5 * PIECE) // PIECE
    told = subprocess.run([options.btfast, "verify", "-t", scene.torrent.path, "-o", scene.out,
                           "--json"], capture_output=True, text=True, timeout=60, check=False)
    lab.check(told.returncode == BAD_DATA, f"status {told.returncode}: {told.stderr}")
    faults = [{"fault": "bad", "first": piece, "last": piece, "files": [name]}]
    lab.check(json.loads(told.stdout)["faults"] == faults, told.stdout[:600])
    lab.check(scene.finish() == {piece}, "not that piece alone")


# ---- names that are one name here ------------------------------------------------------------


CLASHING = ("A.txt", "a.txt", "Dir/x.bin", "dir/x.bin", "dir/X.BIN", "caf\u00e9", "cafe\u0301")


def contents(folder):
    """The digest of each file; names aside."""
    return sorted(hashlib.sha256(path.read_bytes()).hexdigest()
                  for path in folder.rglob("*") if path.is_file())


def one_name_case(folder, options, recipe):
    """Files of one name to this file system are all there, each whole."""
    root = folder / "data" / "names"
    for number, name in enumerate(CLASHING):
        lab.write_bytes(root / name, 2 * PIECE + 4097 * number, name)
    scene = Scene(options, folder, root)
    with file_system(recipe, folder) as out:
        out.mkdir(exist_ok=True)
        (out / "Probe").touch()
        lab.check((out / "pROBE").exists(), "this file system tells case apart")
        (out / "Probe").unlink()
        scene.out = out
        for fetches in (True, False):
            process = scene.start()
            lab.check(process.wait(60) == 0, f"status {process.poll()}\n{process.tail()}")
            lab.check(contents(out) == contents(root), "not every file is there")
            lab.check(bool(scene.seed.asked) == fetches, "fetched again")


# ---- many ------------------------------------------------------------------------------------


def many_files(parent, count, size):
    root = parent / "crowd"
    for number in range(count):
        lab.write_bytes(root / f"{number % 50:02}/{number:05}", size(number), number)
    return root


def five_thousand_files_case(folder, options):
    data = many_files(folder / "data", 5000, lambda n: 300 + n % 50)
    torrent = torrents.share(data, folder / "x.torrent")
    seed = AsyncThread().call(MiniSeed(torrent, SEED).start())
    out = folder / "out"
    process = lab.Process(
        ["prlimit", "--nofile=256:256", options.btfast, "-t", torrent.path, "-o", out, "--bind",
         OURS, "--port", "0", "--peer", seed.endpoint(), "--progress", "none", "--timeout", "60s"],
        folder, "crowd")
    lab.check(process.wait(70) == 0, f"status {process.poll()}\n{process.tail()}")
    lab.check_same_tree(data, out / "crowd")


def tiny_files_case(folder, options):
    """One piece over a thousand files, some of them empty, and a last piece of one byte."""
    data = many_files(folder / "data", 1500, lambda n: 0 if n % 3 == 0 else 40)
    total = 1000 * 40
    lab.write_bytes(data / "zz last", (-total) % PIECE + 1, "last")
    torrent_size = total + (-total) % PIECE + 1
    torrent = torrents.share(data, folder / "x.torrent", piece_length=PIECE)
    lab.check(torrent.size == torrent_size and torrent.piece_size(torrent.piece_count - 1) == 1,
              "not the torrent that was meant")
    seed = AsyncThread().call(MiniSeed(torrent, SEED).start())
    process = lab.Process(
        [options.btfast, "-t", torrent.path, "-o", folder / "out", "--bind", OURS, "--port", "0",
         "--peer", seed.endpoint(), "--progress", "none", "--timeout", "60s"], folder, "tiny")
    lab.check(process.wait(70) == 0, f"status {process.poll()}\n{process.tail()}")
    lab.check_same_tree(data, folder / "out/crowd")


def main():
    options, suite = lab.begin(__doc__)
    suite.case("127 removed under a download", removed_file_case, options)
    suite.case("127 removed just before the end", removed_just_before_the_end_case, options)
    suite.case("127 replaced under a download", replaced_file_case, options)
    suite.case("125 directory renamed", renamed_directory_case, options)
    suite.case("125 directory removed", removed_directory_case, options)
    suite.case("125 parent closed", closed_parent_case, options)
    suite.case("126 mount point vanished", vanished_mount_case, options)
    suite.case("127 removed under a seed", removed_under_seed_case, options)
    suite.case("128 flipped under a seed", flipped_under_seed_case, options)
    suite.case("128 truncated under a seed", truncated_under_seed_case, options)
    suite.case("128 grown under a seed", grown_under_seed_case, options)
    suite.case("120 short read", short_read_case, options)
    suite.case("127 nothing left", nothing_left_case, options)
    suite.case("125 seed moved", moved_seed_case, options)
    suite.case("129 existing data", existing_data_case, options)
    suite.case("129 larger file", larger_file_case, options)
    for protect in (immutable, mounted_read_only, anothers, ours_without_permission):
        suite.case(f"129 unwritable: {protect.__name__}", unwritable_case, options, protect)
    suite.case("129 whole on a read-only disk", whole_on_read_only_disk_case, options)
    for recipe in (vfat, ext4_casefold, ntfs):
        suite.case(f"134 one name on {recipe.__name__}", one_name_case, options, recipe)
    suite.case("137 hole", hole_case, options)
    suite.case("128 repair", repair_case, options)
    suite.case("135 five thousand files", five_thousand_files_case, options)
    suite.case("136 tiny files", tiny_files_case, options)
    suite.finish()


if __name__ == "__main__":
    main()
