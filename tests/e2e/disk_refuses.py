"""FAULTS §2.6 as far as the disk says no: full, out of inodes, read only, or broken.  The
whole section, 113-140, and where each case is tested:

    113 ENOSPC at the k-th write, once       here; tests/sim/faults_sim_test.cc
    114 ENOSPC for ever                      here
    115 filled by another, then freed        here
    116 out of inodes                        here
    117 EDQUOT EFBIG ENAMETOOLONG ELOOP ...  here; tests/storage/io_test.cc
    118 EIO at write, read, sync             here; resume.py; tests/engine/checkpointer_test.cc,
                                             torrent_resume_test.cc
        EIO at close                         ignored on purpose: storage/fd.h
    119 short writes, EINTR, EAGAIN, 0       here; tests/storage/io_test.cc
    120 short read while seeding             files_change.py; tests/engine/upload_scheduler_test.cc
    121 one write hangs                      disk_hangs.py
    122 every write hangs                    disk_hangs.py
    123 fallocate, ftruncate refused         here; tests/storage/allocate_test.cc
    124 read only                            here; tests/engine/torrent_test.cc
    125 directory moved away                 files_change.py; file_storage_watch_test.cc
    126 mount point gone                     files_change.py
    127 file removed while open              files_change.py; tests/engine/data_watch_test.cc
    128 changed while seeding                files_change.py; tests/engine/data_watch_test.cc
    129 what was there before                files_change.py; file_storage_layout_test.cc
    130 claims against changed files         resume.py; tests/engine/resume_store_test.cc
    131 damaged control file                 resume.py; tests/engine/resume_file_test.cc; the fuzzer
    132 save fails, or is killed             resume.py; kills.py; tests/storage/replace_file_test.cc
    133 two instances                        resume.py; tests/storage/output_lock_test.cc
    134 names that are one name here         files_change.py; file_storage_layout_test.cc,
                                             name_fold_test.cc
    135 5,000 files, 256 descriptors         files_change.py; tests/storage/file_pool_test.cc
    136 a piece of 1,000 files               files_change.py; tests/storage/file_storage_test.cc
    137 holes                                files_change.py; tests/engine/piece_checker_test.cc
    138 ESTALE                               here; tests/storage/file_storage_test.cc
    139 unsynced writes lost in a crash      tests/engine/checkpointer_test.cc (the order of things)
    140 a read brings a wrong bit            tests/sim/faults_sim_test.cc; files_change.py

    disk_refuses.py [--btfast PATH] [--only PATTERN] [--every-k] [--keep]

--every-k: each index of the cases that fail the k-th call, not a sample.
"""

import contextlib
import os
import pathlib
import re
import resource
import signal
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))

import lab  # noqa: E402
from asking_peer import AskingPeer  # noqa: E402
from scene import (MIB, OURS, PIECE, WRITES, interrupt, several, single, strace,  # noqa: E402
                   wait_until_still)

STORAGE, FULL = 6, 9
ASKER = lab.address(30)
SAMPLE_K = (1, 2, 7)


@contextlib.contextmanager
def tmpfs(folder, options):
    folder.mkdir(parents=True, exist_ok=True)
    lab.mount("-t", "tmpfs", "-o", options, "tmpfs", folder)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", folder], check=False)


@contextlib.contextmanager
def loop_ext4(folder, image):
    """Mounted again by mount(); gives the name of its device.  Read only after an error."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(image, "wb") as file:
        file.truncate(64 * MIB)
    made = subprocess.run(["mkfs.ext4", "-q", image], capture_output=True, check=False)
    if made.returncode or not mount_ext4(folder, image):
        raise lab.Skip("no ext4 in a loop device here")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", folder], check=False)


def mount_ext4(folder, image):
    if lab.in_place():
        raise lab.Skip("no mount namespace here")
    return subprocess.run(["mount", "-o", "loop,errors=remount-ro", image, folder],
                          capture_output=True, check=False).returncode == 0


def break_ext4(folder):
    """What the kernel does on an error of the disk: no plain remount, which waits for whoever
    has a file open."""
    device = subprocess.run(["findmnt", "-no", "SOURCE", folder], capture_output=True, text=True,
                            check=True).stdout.strip()
    try:
        pathlib.Path("/sys/fs/ext4", pathlib.Path(device).name, "trigger_fs_error").write_text("1")
    except OSError as error:
        raise lab.Skip(f"cannot make ext4 fail: {error}") from error


def remount(folder, options):
    lab.mount("-o", f"remount,{options}", folder)


def check_ends(process, status, named, seconds=30):
    """With this status, and a message that names the path."""
    lab.check(process.wait(seconds) == status,
              f"status {process.poll()} instead of {status}\n{process.tail()}")
    lab.check(str(named) in process.stderr(), f"names no {named}: {process.stderr()[-300:]!r}")


def check_goes_on(scene):
    """The same command completes and fetches nothing that was right on the disk."""
    _, right = scene.check_claim()
    again = scene.finish() & right
    lab.check(not again, f"{len(again)} right pieces fetched again")
    return right


# ---- no room ---------------------------------------------------------------------------------


def check_told_of_space(process):
    """That it cannot fit, at the start; how much is missing, at the end; and both once."""
    said = process.stderr()
    lab.check(said.count("WARN short_of_space ") == 1, f"no warning at the start: {said[-600:]!r}")
    missing = re.findall(r"btfast: .*; \d+ MiB are still to come, and \S+ \w+ are free", said)
    lab.check(len(missing) == 1, f"not how much is missing: {said[-600:]!r}")
    check_told_once(process)


def check_told_once(process):
    """By the last line; that the control file had no room either is no other news."""
    said = process.stderr()
    for again in ("ERROR", "resume_not_saved"):
        lab.check(again not in said, f"said twice: {said[-600:]!r}")


def full_disk_case(folder, options):
    scene = single(options, folder, size=200 * MIB, piece_length=MIB)
    with tmpfs(scene.out, "size=100m"):
        process = scene.start("--cache", "32MiB")
        check_ends(process, FULL, scene.torrent.name, 60)
        check_told_of_space(process)
        # What was on its way when the disk was full, and no more.
        lab.check(scene.seed.bytes_sent < 140 * MIB, f"{scene.seed.bytes_sent} bytes were sent")
        remount(scene.out, "size=300m")
        right = check_goes_on(scene)
        lab.check(len(right) > 50, f"{len(right)} pieces kept")


def filled_by_another_case(folder, options):
    scene = single(options, folder, size=16 * MIB)
    with tmpfs(scene.out, "size=24m"):
        process = scene.start_half_way("--alloc", "sparse", part=0.2)
        hog = scene.out / "hog"
        with open(hog, "wb", buffering=0) as file:  # else closing it fails once more
            with contextlib.suppress(OSError):
                while True:
                    file.write(bytes(64 * 1024))
        check_ends(process, FULL, scene.torrent.name)
        check_told_once(process)
        hog.unlink()
        check_goes_on(scene)


def thin_disk_case(folder, options):
    """A file system on a disk that has less room than it says: everything is taken, and what is
    refused is the sync.  Nobody may be told "done", nor find in the cache what the disk lost."""
    behind, image = folder / "behind", folder / "behind" / "image"
    with tmpfs(behind, "size=24m"):
        scene = single(options, folder, size=48 * MIB, piece_length=MIB)
        with loop_ext4(scene.out, image):
            for run in range(2):
                process = scene.start()
                # By which of its writes met the end, the kernel refuses this file's data (9), or
                # makes the whole file system read only (6).
                status = process.wait(60)
                check_ends(process, FULL if status == FULL else STORAGE, scene.torrent.name)
                if status == FULL and run == 0:
                    # By how much had come, it says itself that the rest does not fit.
                    lab.check(re.search("less room than it said|still to come, and .* are free",
                                        process.stderr()),
                              f"says {process.stderr()[-300:]!r}")
                lab.check(scene.control_file().exists(), "no control file")


def reserved_at_start_case(folder, options):
    """With --alloc full a disk that is too small is known before anything is fetched."""
    scene = single(options, folder, size=16 * MIB)
    with tmpfs(scene.out, "size=8m"):
        check_ends(scene.start("--alloc", "full"), FULL, scene.torrent.name)
        lab.check(scene.seed.accepted == 0, "peers were asked all the same")
        remount(scene.out, "size=32m")
        scene.finish("--alloc", "full")


def no_inodes_case(folder, options):
    scene = several(options, folder, files=12, size=70_000)
    with tmpfs(scene.out, "nr_inodes=8"):
        check_ends(scene.start(), FULL, scene.torrent.name)
        remount(scene.out, "nr_inodes=100")
        scene.finish()


def no_inodes_seed_case(folder, options):
    """That it goes on is noted nowhere, so nothing is written; what is there is of use."""
    scene = single(options, folder, size=4 * MIB)
    with tmpfs(scene.out, "nr_inodes=8"):
        interrupt(scene, scene.start_half_way(pace=MIB))
        with contextlib.suppress(OSError):
            for number in range(9):
                (scene.out / f"hog{number}").touch()
        process = scene.start("--seed")
        lab.wait_until(lambda: "seeding what is there" in process.stderr(), 20, "the message")
        check_serves_what_is_there(scene, process)
        lab.check(scene.seed.bytes_sent == 0, "blocks were fetched all the same")
        process.signal(signal.SIGTERM)
        check_ends(process, FULL, scene.control_file(), 10)


def failing_writes(options):
    return range(1, 1000) if options.every_k else SAMPLE_K


def kth_write_case(folder, options, error, status, for_ever):
    """strace counts a call per thread: the k-th of the thread that gets there first."""
    for k in failing_writes(options):
        scene = several(options, folder / str(k), files=3, size=MIB // 2 + 4097)
        when = f"{k}+" if for_ever else str(k)
        process = scene.start(under=strace(f"{WRITES}:error={error}:when={when}"))
        process.wait(60)
        if process.poll() == 0:  # no thread got that far
            lab.check_same_tree(scene.data, scene.out / scene.torrent.name)
            break
        check_ends(process, status, scene.torrent.name)
        check_goes_on(scene)


def kth_sync_case(folder, options):
    """Nobody knows what the disk took: nothing more is claimed, and the next start looks."""
    for k in (1, 2):
        scene = several(options, folder / str(k), files=3, size=MIB // 2 + 4097)
        process = scene.start(pace=MIB / 4, under=strace(f"fdatasync:error=EIO:when={k}"))
        check_ends(process, STORAGE, scene.torrent.name)
        check_goes_on(scene)


def quota_case(folder, options):
    kth_write_case(folder, options, "EDQUOT", FULL, True)


def file_size_limit_case(folder, options):
    scene = single(options, folder, size=6 * MIB)
    limit = (3 * MIB, 3 * MIB)
    process = lab.Process(scene.argv("--alloc", "sparse"), folder, "limited",
                          preexec=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limit))
    check_ends(process, STORAGE, scene.torrent.name)
    scene.finish()


def unusable_output_case(folder, options):
    scene = single(options, folder, size=MIB)
    (folder / "file").write_bytes(b"")
    os.symlink("loop", folder / "loop")
    for out in (folder / ("n" * 300), folder / "file" / "below", folder / "file",
                folder / "loop"):
        scene.out = out
        check_ends(scene.start(), STORAGE, str(out)[:100])
        lab.check(scene.seed.accepted == 0, f"{out}: peers were asked all the same")


# ---- errors ----------------------------------------------------------------------------------


def interrupted_calls_case(folder, options):
    scene = several(options, folder, files=3, size=MIB // 2 + 4097)
    process = scene.start(under=strace(f"{WRITES}:error=EINTR:when=1+3"))
    lab.check(process.wait(60) == 0, f"status {process.poll()}\n{process.tail()}")
    lab.check_same_tree(scene.data, scene.out / scene.torrent.name)


def nothing_written_case(folder, options):
    """A write that moves nothing and gives no reason is an error, and no spin."""
    scene = single(options, folder, size=MIB)
    process = scene.start(under=strace(f"{WRITES}:retval=0:when=2+"))
    check_ends(process, STORAGE, scene.torrent.name)
    lab.check(process.cpu_s() < 5, f"{process.cpu_s()} s of CPU")
    scene.finish()


def unreadable_case(folder, options):
    """What cannot be read at the start is fetched again."""
    scene = single(options, folder, size=2 * MIB)
    scene.finish()
    process = scene.start(under=strace("pread64:error=EIO:when=6"))
    lab.check(process.wait(60) == 0, f"status {process.poll()}\n{process.tail()}")
    lab.check_same_tree(scene.data, scene.out / scene.torrent.name)


def stale_case(folder, options):
    scene = single(options, folder / "once", size=2 * MIB)
    process = scene.start(under=strace(f"{WRITES}:error=ESTALE:when=3"))
    lab.check(process.wait(60) == 0, f"status {process.poll()}\n{process.tail()}")
    lab.check_same_tree(scene.data, scene.out / scene.torrent.name)
    scene = single(options, folder / "always", size=2 * MIB)
    check_ends(scene.start(under=strace(f"{WRITES}:error=ESTALE:when=3+")), STORAGE,
               scene.torrent.name)
    check_goes_on(scene)


def layout_refused_case(folder, options):
    scene = single(options, folder / "allocate", size=2 * MIB)
    scene.start(under=strace("fallocate:error=EOPNOTSUPP:when=1+")).wait(60)
    lab.check_same_tree(scene.data, scene.out / scene.torrent.name)
    scene = single(options, folder / "truncate", size=2 * MIB)
    check_ends(scene.start("--alloc", "sparse", under=strace("ftruncate:error=ENOSPC:when=1+")),
               FULL, scene.torrent.name)
    lab.check(scene.seed.accepted == 0, "peers were asked all the same")


def read_only_case(folder, options):
    scene = single(options, folder, size=16 * MIB)
    with tmpfs(scene.out, "size=64m,ro"):
        check_ends(scene.start(), STORAGE, scene.out)
        lab.check(scene.seed.accepted == 0, "peers were asked all the same")
        remount(scene.out, "rw")
        scene.finish()


def check_asks_no_more(scene):
    sent = scene.seed.bytes_sent
    settled = wait_until_still(lambda: scene.seed.bytes_sent)
    lab.check(settled - sent <= 2 * MIB, f"{settled - sent} bytes were sent after that")


def mount_anew(scene, image):
    subprocess.run(["umount", scene.out], check=True)
    lab.check(mount_ext4(scene.out, image), "not to be mounted again")


def became_read_only_case(folder, options):
    for make in (single, several):
        scene = make(options, folder / make.__name__)
        image = folder / "image"
        with loop_ext4(scene.out, image):
            process = scene.start_half_way(part=0.3, pace=2 * MIB)
            break_ext4(scene.out)
            check_ends(process, STORAGE, scene.torrent.name, 3)
            lab.check("Read-only file system" in process.stderr(), process.tail())
            mount_anew(scene, image)
            check_goes_on(scene)


def read_only_seed_case(folder, options):
    """Told to seed, it goes on with what it has; the verdict comes at the end."""
    scene = several(options, folder)
    with loop_ext4(scene.out, folder / "image"):
        process = scene.start_half_way("--seed", part=0.3, pace=2 * MIB)
        break_ext4(scene.out)
        lab.wait_until(lambda: "seeding what is there" in process.stderr(), 3, "the message")
        check_asks_no_more(scene)
        check_serves_what_is_there(scene, process)
        process.signal(signal.SIGTERM)
        check_ends(process, STORAGE, scene.torrent.name, 10)


def check_serves_what_is_there(scene, process):
    port = lab.wait_until(lambda: lab.listening_port(OURS), 5, "a port")
    peer = scene.loop.call(AskingPeer.open(scene.torrent, OURS, port, ASKER), 40)
    right = scene.right_pieces()
    lab.check(peer.pieces and peer.pieces <= right, f"says it has {sorted(peer.pieces)[:9]} ...")
    for piece in peer.pieces:
        lab.check(scene.loop.call(peer.piece_is_right(piece), 40), f"does not serve {piece}")
    missing = next(iter(set(range(scene.torrent.piece_count)) - peer.pieces))
    lab.check(scene.loop.call(peer.ask(missing), 40) == "rejected", "serves what it has not")
    lab.check(process.poll() is None, f"ended\n{process.tail()}")


def full_disk_seed_case(folder, options):
    scene = single(options, folder, size=16 * MIB)
    with tmpfs(scene.out, "size=8m"):
        process = scene.start("--alloc", "sparse", "--seed", pace=8 * MIB)
        lab.wait_until(lambda: "seeding what is there" in process.stderr(), 20, "the message")
        check_asks_no_more(scene)
        check_serves_what_is_there(scene, process)
        process.signal(signal.SIGTERM)
        check_ends(process, FULL, scene.torrent.name, 10)


def main():
    options = lab.parser(__doc__)
    options.add_argument("--every-k", action="store_true", help="each index, not a sample")
    options = options.parse_args()
    lab.enter()
    lab.require_btfast(options)
    suite = lab.Suite(options)
    for error, status in (("ENOSPC", FULL), ("EIO", STORAGE)):
        number = 113 if error == "ENOSPC" else 118
        suite.case(f"{number} {error} once", kth_write_case, options, error, status, False)
        suite.case(f"{number} {error} for ever", kth_write_case, options, error, status, True)
    suite.case("114 full disk", full_disk_case, options)
    suite.case("115 filled by another", filled_by_another_case, options)
    suite.case("114 a disk with less room than it says", thin_disk_case, options)
    suite.case("114 reserved at the start", reserved_at_start_case, options)
    suite.case("116 no inodes", no_inodes_case, options)
    suite.case("116 no inodes while seeding", no_inodes_seed_case, options)
    suite.case("117 quota", quota_case, options)
    suite.case("117 file size limit", file_size_limit_case, options)
    suite.case("117 unusable output", unusable_output_case, options)
    suite.case("118 EIO of a sync", kth_sync_case, options)
    suite.case("118 unreadable", unreadable_case, options)
    suite.case("119 interrupted calls", interrupted_calls_case, options)
    suite.case("119 nothing written", nothing_written_case, options)
    suite.case("123 layout refused", layout_refused_case, options)
    suite.case("114 full disk under --seed", full_disk_seed_case, options)
    suite.case("124 read only", read_only_case, options)
    suite.case("124 became read only", became_read_only_case, options)
    suite.case("124 became read only under --seed", read_only_seed_case, options)
    suite.case("138 stale handle", stale_case, options)
    suite.finish()


if __name__ == "__main__":
    main()
