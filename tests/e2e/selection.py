"""`--select` against the real binary: what is fetched, what is on disk, and what a later run
with another selection does with it.

    selection.py [--btfast PATH] [--only PATTERN] [--keep]
"""

import hashlib
import pathlib
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))

import lab  # noqa: E402
import wire  # noqa: E402
from asking_peer import AskingPeer  # noqa: E402
from mini_seed import AsyncThread, MiniSeed  # noqa: E402

PIECE = 65536
NAME = "Auswahl ñ"
# In the torrent's order, so numbered from 1.  Number 4 is padding (BEP 47).
FILES = [
    ("a first.bin", 150_000),
    ("b empty", 0),
    ("sub/日本語.dat", 65_536),
    (".pad/46608", 46_608),
    ("sub/ünï.iso", 200_003),
    ("c tiny", 5),
    ("sub/empty too", 0),
    ("z last.iso", 90_001),
]
PAD = 4
OURS = lab.address(9)


def paths(*numbers):
    return {FILES[number - 1][0] for number in numbers}


def share(folder):
    """The torrent, its content with the padding as files of zeros."""
    root = folder / "data" / NAME
    content = b""
    entries = []
    for number, (path, size) in enumerate(FILES, 1):
        lab.write_bytes(root / path, size, path)
        entry = {"length": size, "path": path.split("/")}
        if number == PAD:
            (root / path).write_bytes(bytes(size))
            entry["attr"] = "p"
        entries.append(entry)
        content += (root / path).read_bytes()
    digests = b"".join(hashlib.sha1(content[at:at + PIECE]).digest()
                       for at in range(0, len(content), PIECE))
    info = {"name": NAME, "piece length": PIECE, "files": entries, "pieces": digests}
    file = folder / "x.torrent"
    file.write_bytes(wire.encode({"info": info}))
    return wire.Torrent(file, folder / "data")


def pieces_of(*numbers):
    """Of the files with these numbers."""
    found, start = set(), 0
    for number, (_, size) in enumerate(FILES, 1):
        if number in numbers and size:
            found |= set(range(start // PIECE, (start + size - 1) // PIECE + 1))
        start += size
    return found


def get(folder, options, torrent, *more, loop=None, peer=None, bind=OURS):
    """Runs a download from an honest seed; returns the pieces it asked for."""
    loop_here = loop or AsyncThread()
    try:
        seed = None
        if peer is None:
            seed = loop_here.call(MiniSeed(torrent, lab.address(30)).start())
            peer = seed.endpoint()
        process = lab.Process(
            [options.btfast, "-t", torrent.path, "-o", folder / "out", "--bind", bind, "--port",
             "0", "--progress", "none", "--timeout", "60s", "--peer", peer, *more],
            folder, "btfast")
        process.wait(70)
        lab.check(process.poll() == 0, f"status {process.poll()}: {process.stderr()[-300:]}")
        return {piece for piece, _, _ in seed.asked} if seed else set()
    finally:
        if loop is None:
            loop_here.stop()


def check_files(folder, torrent, expected):
    """Exactly these files, whole and right, and no directory that none of them is in."""
    root = folder / "out" / NAME
    found = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
    lab.check(found == expected, f"files {sorted(found)}, not {sorted(expected)}")
    for path in expected:
        want = torrent.data_path() / path
        lab.check((root / path).read_bytes() == want.read_bytes(), f"{path} differs")
    folders = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_dir()}
    lab.check(folders == {path.rsplit("/", 1)[0] for path in expected if "/" in path},
              f"folders {sorted(folders)}")


def part_file(folder):
    return folder / "out" / (NAME + ".btfast-part")


def verify(folder, options, torrent, *more):
    done = lab.Process([options.btfast, "verify", "-t", torrent.path, "-o", folder / "out", *more],
                       folder, "verify")
    done.wait(30)
    return done.poll(), done.stdout()


def selection_case(folder, options, selection, numbers):
    torrent = share(folder)
    asked = get(folder, options, torrent, "--select", selection)
    lab.check(asked == pieces_of(*numbers), f"asked for {asked}, not {pieces_of(*numbers)}")
    check_files(folder, torrent, paths(*numbers))
    status, said = verify(folder, options, torrent, "--select", selection)
    count = len(pieces_of(*numbers))
    lab.check(status == 0 and f"{count} of {count} pieces good" in said, f"verify: {status} {said}")
    lab.check(not list((folder / "out").glob("*.btfast")), "a control file is left")


def larger_case(folder, options):
    torrent = share(folder)
    first = get(folder, options, torrent, "--select", "1,6")
    lab.check(part_file(folder).exists(), "no part file for the pieces at the edges")
    status, said = verify(folder, options, torrent)
    lab.check(status == 8 and "not there" in said, f"verify of everything: {status} {said}")
    second = get(folder, options, torrent, "--select", "1,3,6,8")
    lab.check(not first & second, f"fetched again: {sorted(first & second)}")
    check_files(folder, torrent, paths(1, 3, 6, 8))
    third = get(folder, options, torrent)
    lab.check(not (first | second) & third, f"fetched again: {sorted((first | second) & third)}")
    lab.check(first | second | third == set(range(torrent.piece_count)), "a piece nobody asked for")
    check_files(folder, torrent, paths(1, 2, 3, 5, 6, 7, 8))
    lab.check(not part_file(folder).exists(), "the part file is left")
    lab.check(verify(folder, options, torrent)[0] == 0, "not all good at the end")


def other_length_case(folder, options, size):
    """Of a file that is not wanted the beginning is right, whatever its length: every command
    finds that, and nothing is fetched again, or written to it."""
    torrent = share(folder)
    get(folder, options, torrent)
    path = folder / "out" / NAME / FILES[2][0]
    content = (path.read_bytes() + b"x" * 100)[:size]
    path.write_bytes(content)
    wanted = ["--select", "1"]
    status, said = verify(folder, options, torrent, *wanted)
    lab.check(status == 0, f"verify: {status} {said}")
    seed = lab.Process([options.btfast, "seed", "-t", torrent.path, "-o", folder / "out", "--bind",
                        OURS, "--port", "0", "--seed-time", "100ms", "--progress", "none", *wanted],
                       folder, "seed")
    lab.check(seed.wait(30) == 0, f"seed: status {seed.poll()}: {seed.stderr()[-300:]}")
    for _ in range(2):
        asked = get(folder, options, torrent, *wanted)
        lab.check(not asked, f"fetched again: {sorted(asked)}")
    lab.check(path.read_bytes() == content, "the file was written to")
    lab.check(not part_file(folder).exists(), "a part file was made")


def smaller_case(folder, options):
    """Files that are there are used, wanted or not, and stay."""
    torrent = share(folder)
    get(folder, options, torrent)
    lab.check(not get(folder, options, torrent, "--select", "5"), "something was fetched again")
    check_files(folder, torrent, paths(1, 2, 3, 5, 6, 7, 8))


def lost_part_case(folder, options):
    """Nothing vouches for a part file that somebody took away."""
    torrent = share(folder)
    get(folder, options, torrent, "--select", "5")
    part_file(folder).unlink()
    get(folder, options, torrent)
    check_files(folder, torrent, paths(1, 2, 3, 5, 6, 7, 8))


def partial_seed_case(folder, options):
    """Who has a part of the torrent serves it, pieces at the edges of files too."""
    torrent = share(folder)
    get(folder, options, torrent, "--select", "5")
    seeding = lab.Process(
        [options.btfast, "-t", torrent.path, "-o", folder / "out", "--bind", OURS, "--port", "6881",
         "--progress", "none", "--select", "5", "--seed"], folder, "seeding")
    lab.wait_answer(seeding, torrent, OURS, 6881)
    other = folder / "other"
    other.mkdir()
    get(other, options, torrent, "--select", "5", bind=lab.address(10), peer=f"{OURS}:6881")
    check_files(other, torrent, paths(5))
    seeding.stop()


def seed_selected_case(folder, options):
    """What was downloaded with --select is seeded with it; without, the rest is missed."""
    torrent = share(folder)
    get(folder, options, torrent, "--select", "5")
    argv = [options.btfast, "seed", "-t", torrent.path, "-o", folder / "out", "--bind", OURS,
            "--port", "6990", "--progress", "none"]
    without = lab.Process(argv, folder, "without")
    lab.check(without.wait(20) == 8, f"status {without.poll()}\n{without.tail()}")
    seed = lab.Process([*argv, "--select", "5"], folder, "seed")
    lab.wait_answer(seed, torrent, OURS, 6990)
    loop = AsyncThread()
    try:
        peer = loop.call(AskingPeer.open(torrent, OURS, 6990, lab.address(31)))
        lab.check(peer.pieces == pieces_of(5), f"has {sorted(peer.pieces)}")
        for piece in pieces_of(5):
            lab.check(loop.call(peer.piece_is_right(piece)), f"piece {piece} is not served")
    finally:
        loop.stop()


def wrong_case(folder, options, selection, words):
    torrent = share(folder)
    process = lab.Process([options.btfast, "-t", torrent.path, "-o", folder / "out", "--select",
                           selection, "--port", "0"], folder, "btfast")
    process.wait(20)
    lab.check(process.poll() == 2, f"status {process.poll()}")
    for word in ("--select", *words):
        lab.check(word in process.stderr(), f"{word} is not in: {process.stderr()}")
    lab.check(not (folder / "out").exists(), "something was made")


def first_last_case(folder, options):
    torrent = share(folder)
    loop = AsyncThread()
    try:
        seed = loop.call(MiniSeed(torrent, lab.address(30)).start())
        get(folder, options, torrent, "--first-last", "--select", "5", "--strategy", "sequential",
            loop=loop, peer=seed.endpoint())
        order = list(dict.fromkeys(piece for piece, _, _ in seed.asked))
        wanted = sorted(pieces_of(5))
        lab.check(set(order[:2]) == {wanted[0], wanted[-1]}, f"asked in the order {order}")
    finally:
        loop.stop()


def main():
    options, suite = lab.begin(__doc__)
    for name, selection, numbers in (
            ("index", "1", (1,)), ("range", "3-6", (3, 5, 6)), ("open range", "7-", (7, 8)),
            ("glob", "*.iso", (5, 8)), ("several", "b*, 6,sub/empty*", (2, 6, 7)),
            ("UTF-8 name", "日*", (3,)), ("UTF-8 path", NAME + "/sub/ü?ï.iso", (5,)),
            ("folder", "sub/", (3, 5, 7)), ("name", NAME + "/sub/ünï.iso", (5,)),
            ("all but", "!sub/,!*.iso", (1, 2, 6)),
            ("empty files only", "2,7", (2, 7)), ("every file", "*", (1, 2, 3, 5, 6, 7, 8))):
        suite.case(f"select by {name}", selection_case, options, selection, numbers)
    for size in (60_000, 65_636):
        suite.case(f"one not wanted that is {size} bytes long", other_length_case, options, size)
    suite.case("larger selections fetch what is missing", larger_case, options)
    suite.case("smaller selection keeps what is there", smaller_case, options)
    suite.case("lost part file", lost_part_case, options)
    suite.case("partial seed", partial_seed_case, options)
    suite.case("seed of some files", seed_selected_case, options)
    suite.case("first and last piece first", first_last_case, options)
    for selection, words in (("99", ["99", "1 to 8"]), ("*.mkv", ["*.mkv"]), ("4", ["padding"]),
                             ("3-1", ["3-1"]), ("1,sub", ["sub", "folder"]),
                             ("nothere/", ["nothere/"]), ("1,,2", ["commas"])):
        suite.case(f"wrong: {selection}", wrong_case, options, selection, words)
    suite.finish()


if __name__ == "__main__":
    main()
