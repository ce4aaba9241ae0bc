"""What a download says it is limited by, where that is known: a slow seed, a slow disk, a seed that
unchokes nobody, nobody at all.

    limiting_stage.py [--btfast PATH] [--only PATTERN] [--keep]
"""

import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))

import lab  # noqa: E402
from mini_seed import MiniSeed  # noqa: E402
from scene import MIB, single, strace  # noqa: E402

OTHER = lab.address(21)


def limits_said(process, count):
    """What the records say, once there are so many of them."""
    def said():
        return re.findall(r"limit=(\"[^\"]*\"|\S+)", process.stderr())
    lab.wait_until(lambda: len(said()) >= count or process.poll() is not None, 30,
                   f"{count} records")
    return said()


def check_said(scene, wanted, *arguments, under=(), first=4):
    argv = scene.argv("--summary-interval", "500ms", *arguments)
    argv[argv.index("--progress") + 1] = "log"
    process = lab.Process([*under, *argv], scene.folder, "get")
    try:
        said = limits_said(process, first)
        lab.check(said[first - 1:] and said[first - 1] == wanted,
                  f"said {said}, not {wanted}\n{process.tail()}")
    finally:
        process.stop()


def network_case(folder, options):
    scene = single(options, folder)
    scene.seed.bytes_per_s = MIB
    check_said(scene, "net")


def limited_case(folder, options):
    check_said(single(options, folder), "limited", "--down-limit", "1MiB")


def disk_case(folder, options):
    scene = single(options, folder)
    slow = strace("pwritev,pwrite64:delay_exit=50000")
    check_said(scene, "disk", "-j", "2", under=slow)


def choked_case(folder, options):
    scene = single(options, folder)
    scene.seed = MiniSeed(scene.torrent, OTHER, gated=True)
    scene.loop.call(scene.seed.start())
    check_said(scene, "choked")


def no_peers_case(folder, options):
    scene = single(options, folder)
    scene.seed = MiniSeed(scene.torrent, OTHER, port=1)  # where nobody listens
    check_said(scene, "no-peers")


def seeding_case(folder, options):
    scene = single(options, folder)
    check_said(scene, "seeding", "--seed", first=8)


def main():
    options, suite = lab.begin(__doc__)
    suite.case("network", network_case, options)
    suite.case("limited", limited_case, options)
    suite.case("disk", disk_case, options)
    suite.case("choked", choked_case, options)
    suite.case("no peers", no_peers_case, options)
    suite.case("seeding", seeding_case, options)
    suite.finish()


if __name__ == "__main__":
    main()
