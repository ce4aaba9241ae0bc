"""FAULTS 130-133, 141 and 143: going on after a stop: the control file and its lock.

    resume.py [--btfast PATH] [--only PATTERN] [--keep]
"""

import os
import pathlib
import random
import shutil
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))

import lab  # noqa: E402
from scene import (HEADER, MIB, PIECE, RENAMES, interrupt, pieces_of_file, several,  # noqa: E402
                   single, strace, traced)


# ---- stops that are asked for ----------------------------------------------------------------


def interrupted_case(folder, options):
    scene = single(options, folder)
    claimed, right = interrupt(scene, scene.start_half_way())
    lab.check(claimed == right and claimed, f"{len(claimed)} claimed, {len(right)} right")
    asked = scene.finish()
    lab.check(not asked & claimed, f"{len(asked & claimed)} pieces fetched again")


def interrupted_twice_case(folder, options):
    scene = several(options, folder)
    first, _ = interrupt(scene, scene.start_half_way(part=0.3))
    second, _ = interrupt(scene, scene.start_half_way(part=0.3))
    lab.check(first < second, "the second run lost or won nothing")
    lab.check(not scene.finish() & second, "pieces fetched again")


def second_instance_case(folder, options):
    for make in (single, several):
        scene = make(options, folder / make.__name__)
        process = scene.start_half_way(pace=2 * MIB)
        second = lab.Process(scene.argv(), folder, "second")
        lab.check(second.wait(10) == 10, f"status {second.poll()}\n{second.tail()}")
        lab.check(str(scene.out / scene.torrent.name) in second.stderr(), second.tail())
        process.kill()
        scene.finish()  # nothing stale: the lock went with its holder


def stopped_while_checking_case(folder, options):
    """What was claimed stays claimed when the check of a touched file is not finished."""
    scene = single(options, folder)
    claimed, _ = interrupt(scene, scene.start_half_way())
    os.utime(scene.out / scene.torrent.name)
    before = scene.control_file().read_bytes()
    process = scene.start()
    process.signal(signal.SIGINT)
    process.wait(10)
    if process.poll() == 7 and scene.control_file().read_bytes() != before:
        lab.check(scene.check_claim()[0] >= claimed, "the claim shrank")
    scene.finish()


# ---- claims that do not hold -----------------------------------------------------------------


def damages(data, named):
    """`named`: where the header ends that says whose it is."""
    yield "empty", b""
    for at in (named, len(data) // 2, len(data) - 1):
        yield f"cut at {at}", data[:at]
    generator = random.Random(5)
    for _ in range(6):
        at = generator.randrange(named, len(data))
        yield f"flipped at {at}", data[:at] + bytes([data[at] ^ 1 << at % 8]) + data[at + 1:]
    yield "a later version", data.replace(b"resume 3", b"resume 4", 1)
    yield "longer", data + b"x"


def damaged_case(folder, options):
    scene = single(options, folder, size=3 * MIB)
    claimed, _ = interrupt(scene, scene.start_half_way())
    kept = folder / "kept"
    shutil.copytree(scene.out, kept)  # with its times
    data = scene.control_file().read_bytes()
    named = data.index(scene.torrent.info_hash) + len(scene.torrent.info_hash)
    for size in (2, 7, len(HEADER), named - 1):
        scene.control_file().write_bytes(data[:size])
        process = scene.start()
        lab.check(process.wait(60) == 6, f"cut at {size}: {process.poll()}\n{process.tail()}")
        lab.check(str(scene.control_file()) in process.stderr(), process.tail())
        lab.check(scene.control_file().read_bytes() == data[:size], "somebody's own was changed")
    for name, bad in damages(data, named):
        shutil.rmtree(scene.out)
        shutil.copytree(kept, scene.out)
        scene.control_file().write_bytes(bad)
        asked = scene.finish(warning="resume_ignored")
        lab.check(not asked & claimed, f"{name}: {len(asked & claimed)} pieces fetched again")


def touched_case(folder, options):
    """A file changed behind our back is hashed again, and only that one is."""
    scene = several(options, folder)
    claimed, _ = interrupt(scene, scene.start_half_way(part=0.8))
    number = next(n for n in range(6) if len(pieces_of_file(scene, n) & claimed) > 3)
    victim = sorted(pieces_of_file(scene, number) & claimed)[2]
    at = victim * PIECE + 100 - sum(size for _, size in scene.torrent.files[:number])
    path = scene.out / scene.torrent.files[number][0]
    with open(path, "r+b") as file:
        file.seek(at)
        byte = file.read(1)
        file.seek(at)
        file.write(bytes([byte[0] ^ 1]))
    asked = scene.finish()
    lab.check(asked & claimed == {victim}, f"fetched again: {sorted(asked & claimed)}")


def missing_file_case(folder, options):
    scene = several(options, folder)
    claimed, _ = interrupt(scene, scene.start_half_way(part=0.8))
    number = next(n for n in range(6) if len(pieces_of_file(scene, n) & claimed) > 3)
    (scene.out / scene.torrent.files[number][0]).unlink()
    asked = scene.finish()
    lost = pieces_of_file(scene, number) & claimed
    lab.check(asked & claimed == lost, f"fetched again: {sorted(asked & claimed)[:9]}")


def zeroed_file_case(folder, options):
    scene = several(options, folder)
    claimed, _ = interrupt(scene, scene.start_half_way(part=0.8))
    path = scene.out / scene.torrent.files[1][0]
    size = path.stat().st_size
    path.write_bytes(b"")
    os.truncate(path, size)
    asked = scene.finish()
    lab.check(asked & claimed == pieces_of_file(scene, 1) & claimed, "not what was lost")


def no_resume_case(folder, options):
    """Size and time agree and the bytes do not: only --no-resume can know."""
    scene = single(options, folder)
    claimed, _ = interrupt(scene, scene.start_half_way())
    path = scene.out / scene.torrent.name
    times = path.stat()
    victim = sorted(claimed)[3]
    with open(path, "r+b") as file:
        file.seek(victim * PIECE)
        file.write(bytes(16))
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    asked = scene.finish("--no-resume")
    lab.check(asked & claimed == {victim}, f"fetched again: {sorted(asked & claimed)}")


def foreign_file_case(folder, options):
    """A file of the user's that has the control file's name is his."""
    scene = single(options, folder, size=2 * MIB)
    scene.out.mkdir()
    scene.control_file().write_bytes(b"my own notes")
    process = scene.start()
    lab.check(process.wait(60) == 6, f"status {process.poll()}\n{process.tail()}")
    lab.check(str(scene.control_file()) in process.stderr(), process.tail())
    lab.check(scene.control_file().read_bytes() == b"my own notes", "overwritten")
    lab.check(list(scene.out.iterdir()) == [scene.control_file()], "something was made")


# ---- disks that refuse -----------------------------------------------------------------------


def sync_fails_case(folder, options):
    """What a failed sync may have lost is never claimed (EIO is told once only)."""
    scene = single(options, folder)
    process = scene.start(pace=MIB, under=strace("fdatasync:error=EIO:when=1+"))
    lab.check(process.wait(30) == 6, f"status {process.poll()}\n{process.tail()}")
    lab.check(not scene.claimed_pieces(), "claims after a failed sync")
    scene.finish()


def failing_renames(error):
    return strace(f"{RENAMES}:error={error}:when=1+")


def save_fails_case(folder, options):
    """Once it was begun, a control file that cannot be written costs nothing but the claim."""
    for error in ("EIO", "ENOSPC"):
        scene = single(options, folder / error, size=4 * MIB)
        process = scene.start_half_way(pace=MIB, part=0.1)
        with traced(process, failing_renames(error)):
            lab.check(process.wait(60) == 0, f"status {process.poll()}\n{process.tail()}")
        told = process.stderr().count("resume_not_saved")
        lab.check(told == 1, f"warned {told} times, not once")
        lab.check_same_tree(scene.data, scene.out / scene.torrent.name)


def first_save_fails_case(folder, options):
    """Nothing is written before the control file says whose it is: the next start could not tell
    what a kill leaves from a file of the user's."""
    for error, expected in (("EIO", 6), ("ENOSPC", 9)):
        scene = single(options, folder / error, size=4 * MIB)
        process = scene.start(under=failing_renames(error))
        lab.check(process.wait(60) == expected, f"status {process.poll()}\n{process.tail()}")
        lab.check(f"cannot save {scene.control_file()}" in process.stderr(), process.tail())
        lab.check(scene.seed.accepted == 0, "peers were asked all the same")
        scene.finish()


def folder_may_not_change_case(folder, options):
    """Whoever may write the files and not the folder knows that, and is told what it costs."""
    scene = single(options, folder, size=4 * MIB)
    process = scene.start(under=failing_renames("EACCES"))
    lab.check(process.wait(60) == 0, f"status {process.poll()}\n{process.tail()}")
    lab.check(process.stderr().count("resume_not_saved") == 1, process.tail())
    lab.check_same_tree(scene.data, scene.out / scene.torrent.name)


def main():
    options, suite = lab.begin(__doc__)
    suite.case("141 interrupted", interrupted_case, options)
    suite.case("141 interrupted twice", interrupted_twice_case, options)
    suite.case("133 second instance", second_instance_case, options)
    suite.case("143 stopped while checking", stopped_while_checking_case, options)
    suite.case("131 damaged control file", damaged_case, options)
    suite.case("130 changed file", touched_case, options)
    suite.case("130 missing file", missing_file_case, options)
    suite.case("130 zeroed file", zeroed_file_case, options)
    suite.case("130 no-resume", no_resume_case, options)
    suite.case("131 somebody else's file", foreign_file_case, options)
    suite.case("118 sync fails", sync_fails_case, options)
    suite.case("132 save fails", save_fails_case, options)
    suite.case("132 first save fails", first_save_fails_case, options)
    suite.case("132 the folder may not be changed", folder_may_not_change_case, options)
    suite.finish()


if __name__ == "__main__":
    main()
