"""Whether a file is the one that is meant or another one that has its name by now: on file systems
that keep inode numbers and times of birth, and on those that do not.

    which_file.py [--btfast PATH] [--only PATTERN] [--keep]
"""

import contextlib
import os
import pathlib
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))

import lab  # noqa: E402
from asking_peer import AskingPeer  # noqa: E402
from file_systems import Layers, ext4, file_system, ntfs, vfat  # noqa: E402
from scene import MIB, OURS, PIECE, Scene, interrupt, pieces_of_file, several, single  # noqa: E402

STORAGE = 6
ASKER = lab.address(30)
PORT = 6999
LOOK_SECONDS = 12  # two looks of the engine's, and some
FEW_DESCRIPTORS = ["prlimit", "--nofile=80:80"]  # of which a handful is for files
FILES = 40


# ---- an overlay ------------------------------------------------------------------------------


def complete_below_an_overlay_case(folder, options, make, *arguments):
    """Right as it is: nothing is fetched, and nothing is copied up to be looked at or given."""
    scene = make(options, folder)
    layers = Layers(folder, lambda lower: shutil.copytree(
        scene.data.parent, lower, dirs_exist_ok=True))
    scene.out = layers.merged
    process = scene.start(*arguments)
    lab.check(process.wait(30) == 0, f"status {process.poll()}\n{process.tail()}")
    lab.check(not scene.seed.asked, "fetched what was there")
    lab.check(not layers.copied_up(), f"copied up: {layers.copied_up()}")


def half_below_an_overlay_case(folder, options):
    """What is opened to be written gets another birth, and with hard links another number."""
    scene = several(options, folder)

    def fill(lower):
        shutil.copytree(scene.data.parent, lower, dirs_exist_ok=True)
        for name, size in scene.torrent.files[2:4]:
            os.truncate(lower / name, size // 2)
            os.truncate(lower / name, size)
        os.link(lower / scene.torrent.files[2][0], lower / "another name")

    scene.out = Layers(folder, fill).merged
    asked = scene.finish()
    lab.check(asked and asked < pieces_of_file(scene, 2) | pieces_of_file(scene, 3),
              f"not what was missing: {sorted(asked)}")


def overlay_below_the_output_case(folder, options):
    """Each file is judged by where it lies itself."""
    scene = several(options, folder)
    name = pathlib.PurePath(scene.torrent.files[4][0]).name

    def fill(lower):
        shutil.copytree(scene.data, lower, dirs_exist_ok=True)
        os.truncate(lower / name, PIECE)
        os.link(lower / name, lower / "another name")

    Layers(folder, fill, merged=scene.out / "many")
    process = scene.start()
    lab.check(process.wait(60) == 0, f"status {process.poll()}\n{process.tail()}")
    lab.check((scene.out / "many" / name).read_bytes() == (scene.data / name).read_bytes(),
              "not what was missing")


# ---- files with other names ------------------------------------------------------------------


def refused(scene, path, *arguments):
    process = scene.start(*arguments)
    lab.check(process.wait(60) == STORAGE, f"status {process.poll()}\n{process.tail()}")
    lab.check(f"{path}: has other names (hard links)" in process.stderr(), process.tail())
    lab.check(not scene.seed.asked, "fetched what it could not write")


def two_names_of_one_torrent_case(folder, options):
    """A file that is another one's hard link is not written, however much of it is right."""
    data = folder / "data" / "two"
    alike = os.urandom(3 * PIECE)
    for number in range(2):
        lab.write_bytes(data / f"{number}.bin", PIECE, number)
        with open(data / f"{number}.bin", "ab") as file:
            file.write(alike)
    scene = Scene(options, folder, data)
    top = scene.out / scene.torrent.name
    shutil.copytree(scene.data, top)
    os.unlink(top / "1.bin")
    os.link(top / "0.bin", top / "1.bin")
    for arguments in ([], ["--overwrite"], []):
        refused(scene, top / "1.bin", *arguments)
        lab.check((top / "0.bin").read_bytes() == (scene.data / "0.bin").read_bytes(),
                  "the right one was written")
    shutil.copyfile(top / "1.bin", top / "1.bin.tmp")
    os.replace(top / "1.bin.tmp", top / "1.bin")
    lab.check(scene.finish(), "nothing was missing")


def copy_by_links_case(folder, options):
    """`cp -al` of a download is the start of another one that is half like it: the first stays."""
    scene = several(options, folder, 3)
    before = folder / "before"
    shutil.copytree(scene.data, before)
    with open(before / "1.bin", "r+b") as file:
        file.seek(MIB // 2)
        file.write(os.urandom(MIB // 2))
    theirs = (before / "1.bin").read_bytes()
    top = scene.out / scene.torrent.name
    shutil.copytree(before, top, copy_function=os.link)
    refused(scene, top / "1.bin")
    lab.check((before / "1.bin").read_bytes() == theirs, "the first was written")
    lab.check(not scene.control_file().exists(), "a control file is left")

    os.unlink(top / "1.bin")
    wrong = (before / "2.bin").read_bytes()
    with open(before / "2.bin", "r+b") as file:
        file.write(b"?")  # of a piece that it shares with what is missing
    process = scene.start()
    lab.check(process.wait(60) == STORAGE, f"status {process.poll()}\n{process.tail()}")
    lab.check(f"{top / '2.bin'}: has other names (hard links)" in process.stderr(), process.tail())
    lab.check((before / "2.bin").read_bytes() == b"?" + wrong[1:], "2.bin was written")
    (before / "2.bin").write_bytes(wrong)
    scene.finish()
    lab.check((before / "1.bin").read_bytes() == theirs, "the first was written")
    for name in ("0.bin", "2.bin"):
        lab.check((before / name).samefile(top / name), "what is right got another file")


def backup_by_links_case(folder, options):
    """A half download that was kept by `cp -al`, too, goes on in a copy, and what is kept stays."""
    scene = single(options, folder)
    interrupt(scene, scene.start_half_way())
    path = scene.out / scene.torrent.name
    os.link(path, folder / "kept")
    half = path.read_bytes()
    refused(scene, path)
    shutil.copy2(path, folder / "tmp")
    os.replace(folder / "tmp", path)
    asked = scene.finish()
    lab.check(len(asked) < scene.torrent.piece_count, "all of it was fetched again")
    lab.check((folder / "kept").read_bytes() == half, "what was kept was written")


def not_wanted_link_case(folder, options):
    """What a piece has of a file that is not wanted is not written into one with other names."""
    scene = several(options, folder, 3)
    top = scene.out / scene.torrent.name
    top.mkdir(parents=True)
    half = (scene.data / "0.bin").read_bytes()[:-5000] + os.urandom(5000)
    (folder / "kept").write_bytes(half)
    os.link(folder / "kept", top / "0.bin")
    process = scene.start("--select", "2")
    lab.check(process.wait(60) == 0, f"status {process.poll()}\n{process.tail()}")
    lab.check((top / "1.bin").read_bytes() == (scene.data / "1.bin").read_bytes(), "1.bin differs")
    lab.check((folder / "kept").read_bytes() == half, "the other name's bytes changed")


# ---- files that are closed -------------------------------------------------------------------


def open_files(process):
    """Names alone."""
    found = set()
    for number in os.listdir(f"/proc/{process.pid}/fd"):
        with contextlib.suppress(OSError):
            found.add(os.path.basename(os.readlink(f"/proc/{process.pid}/fd/{number}")))
    return found


def replace_under_its_number(path):
    """With its bytes; there is a right file of the name at any moment."""
    number = path.stat().st_ino
    copy = path.with_name("copy")
    shutil.copyfile(path, copy)
    os.replace(copy, path)
    for attempt in range(64):
        candidate = path.with_name(f"candidate {attempt}")
        shutil.copyfile(path, candidate)
        if candidate.stat().st_ino == number:
            return os.replace(candidate, path)
    raise lab.Skip("the number is not given again here")


def given_again_case(folder, options):
    """A closed file of a seed is removed and comes back under its old number: nothing is lost."""
    scene = several(options, folder, FILES, PIECE)
    with file_system(ext4, folder) as out:
        scene.out = out
        argv = scene.argv("--seed")
        argv[argv.index("--port") + 1] = str(PORT)
        process = lab.Process([*FEW_DESCRIPTORS, *argv], folder, "seed")
        lab.wait_until(lambda: len(scene.right_pieces()) == scene.torrent.piece_count
                       and not scene.control_file().exists(), 60, "the download to end")
        opened = open_files(process)
        path = next(out / name for name, _ in scene.torrent.files
                    if os.path.basename(name) not in opened)
        replace_under_its_number(path)
        lab.wait_until(lambda: "data_checked" in process.stderr(), LOOK_SECONDS,
                       "the change to be noticed")
        peer = scene.loop.call(AskingPeer.open(scene.torrent, OURS, PORT, ASKER, True), 40)
        lost = set(range(scene.torrent.piece_count)) - peer.pieces
        lab.check(not lost, f"withdrew what is right: {sorted(lost)}\n{process.tail()}")
        piece = min(pieces_of_file(scene, next(
            n for n, (name, _) in enumerate(scene.torrent.files) if out / name == path)))
        lab.check(scene.loop.call(peer.piece_is_right(piece), 40), "does not give it")
        process.stop()


@contextlib.contextmanager
def overlay(folder):
    yield Layers(folder, lambda lower: None).merged / "out"


def moved_over_case(folder, options, place):
    """The user's own file of the size, moved over one that is closed, is not written."""
    scene = several(options, folder, FILES, 4 * PIECE)
    with place(folder) as out:
        out.mkdir(exist_ok=True)
        scene.out = out
        process = scene.start(pace=1.5 * MIB, under=FEW_DESCRIPTORS)
        lab.wait_until(lambda: scene.seed.bytes_sent > scene.torrent.size * 0.3, 60, "some files")

        def closed_and_unfinished():
            opened, right = open_files(process), scene.right_pieces()
            for number, (name, _) in enumerate(scene.torrent.files):
                if os.path.basename(name) not in opened and pieces_of_file(scene, number) - right:
                    return out / name
            return None

        lab.wait_until(closed_and_unfinished, 20, "a file that is closed")
        mine = b"MINE!" * (4 * PIECE // 5) + b"MINE"[:4 * PIECE % 5]
        (out / "mine").write_bytes(mine)
        path = closed_and_unfinished()
        os.rename(out / "mine", path)
        lab.check(process.wait(30) == STORAGE, f"status {process.poll()}\n{process.tail()}")
        lab.check(f"{path}: replaced while in use" in process.stderr(), process.tail())
        lab.check(path.read_bytes() == mine, "written over")


def few_descriptors_case(folder, options, place):
    """Files that are closed and opened again are known, whatever numbers they have by then."""
    scene = several(options, folder, FILES, 4 * PIECE)
    with place(folder) as out:
        out.mkdir(exist_ok=True)
        scene.out = out
        process = scene.start("-j", "1", under=FEW_DESCRIPTORS)
        lab.check(process.wait(60) == 0, f"status {process.poll()}\n{process.tail()}")
        lab.check_same_tree(scene.data, out / scene.torrent.name)


def on(recipe):
    return lambda folder: file_system(recipe, folder)


def main():
    options, suite = lab.begin(__doc__)
    for make in (several, single):
        suite.case(f"complete below an overlay: {make.__name__}", complete_below_an_overlay_case,
                   options, make)
    suite.case("complete below an overlay, and given", complete_below_an_overlay_case, options,
               several, "--seed-time", "2s")
    suite.case("half below an overlay", half_below_an_overlay_case, options)
    suite.case("an overlay below the output", overlay_below_the_output_case, options)
    suite.case("two names of one torrent", two_names_of_one_torrent_case, options)
    suite.case("a copy by links", copy_by_links_case, options)
    suite.case("a backup by links", backup_by_links_case, options)
    suite.case("a link that is not wanted", not_wanted_link_case, options)
    suite.case("a number given again under a seed", given_again_case, options)
    places = {"ext4": on(ext4), "vfat": on(vfat), "ntfs": on(ntfs), "overlay": overlay}
    for name, place in places.items():
        suite.case(f"moved over a closed file on {name}", moved_over_case, options, place)
        suite.case(f"few descriptors on {name}", few_descriptors_case, options, place)
    suite.finish()


if __name__ == "__main__":
    main()
