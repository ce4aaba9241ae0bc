"""WebTorrent (Node.js) completes from a btfast that is its only seed.

    webtorrent.py [--btfast PATH] [--modules FOLDER] [--install | --set-up] [--keep]

FOLDER has node_modules/webtorrent [the user's cache folder]; --install puts it there with npm.
--set-up does only that, and where it fails says why and ends well: the tests are skipped then.
Without Node.js or the module it is skipped, and says so.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys

import clients
import lab
import torrents

VERSION = "2.8.5"
DEFAULT = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache",
                       "btfast/webtorrent")
SEED = lab.address(2)
CONTENTS = {"single": torrents.single_file, "multi": torrents.many_files}


INSTALL_SECONDS = 240


def install(folder):
    folder.mkdir(parents=True, exist_ok=True)
    # A later uint8-util has another arr2hex, on which this webtorrent fails.
    (folder / "package.json").write_text(json.dumps({
        "private": True, "dependencies": {"webtorrent": VERSION},
        "overrides": {"uint8-util": "2.2.6"}}))
    # Without scripts: what they build is WebRTC, which TCP does not need.
    subprocess.run(["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder,
                   check=True, timeout=INSTALL_SECONDS, stdin=subprocess.DEVNULL)


def set_up(folder):
    if is_there(folder):
        return
    try:
        install(folder)
    except (OSError, subprocess.SubprocessError) as error:
        print(f"WebTorrent's tests will be skipped: {error}")


def is_there(folder):
    return (folder / "node_modules/webtorrent/package.json").exists() and shutil.which("node")


def start(folder, torrent, out, peers, modules=DEFAULT):
    """A leech at work, or None where there is no WebTorrent."""
    if not is_there(modules):
        return None
    return lab.Process(["node", lab.ROOT / "tests/tools/webtorrent_leech.mjs", modules,
                        torrent.path, out, *peers], folder, "webtorrent")


def check_there(folder):
    if not shutil.which("node"):
        print("skipped: no Node.js here")
        sys.exit(lab.SKIPPED)
    if not is_there(folder):
        print(f"skipped: no webtorrent in {folder}; --install gets it from npm")
        sys.exit(lab.SKIPPED)


def seeded_case(folder, options, content):
    data = CONTENTS[content](folder / "data")
    torrent = torrents.share(data, folder / "x.torrent")
    seed = lab.Process([options.btfast, "seed", "-t", torrent.path, "-o", torrent.data_parent,
                        "--bind", SEED, "--port", "6881", "--progress", "none", "-v"],
                       folder, "seed")
    lab.wait_answer(seed, torrent, SEED, 6881)
    out = folder / "out"
    leech = start(folder, torrent, out, [f"{SEED}:6881"], options.modules)
    leech.wait(90)
    lab.check(leech.poll() == 0, f"status {leech.poll()}: {leech.stderr()[-600:]}")
    lab.check_same_tree(torrent.data_path(), out / torrent.name, empty_files=False)
    seed.stop()
    lab.check(seed.poll() == 0, f"the seed: status {seed.poll()}: {seed.stderr()[-300:]}")
    clients.check_peaceful(seed.stderr())


def main():
    parser = lab.parser(__doc__)
    parser.add_argument("--modules", type=pathlib.Path, default=DEFAULT)
    parser.add_argument("--install", action="store_true")
    parser.add_argument("--set-up", action="store_true")
    options = parser.parse_args()
    options.modules = options.modules.resolve()
    if options.set_up:
        set_up(options.modules)
        return
    if options.install and os.environ.get("BTFAST_LAB_INSIDE") != "1":
        install(options.modules)
    check_there(options.modules)
    lab.enter()
    lab.require_btfast(options)
    suite = lab.Suite(options)
    for content in CONTENTS:
        suite.case(f"webtorrent/{content}", seeded_case, options, content)
    suite.finish()


if __name__ == "__main__":
    main()
