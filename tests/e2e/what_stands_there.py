"""What stands where a torrent's files go: `verify`, `seed` and `get` say the same of it, what is
somebody else's is never written over, and what is refused leaves everything as it was.

    what_stands_there.py [--btfast PATH] [--only PATTERN] [--keep]
"""

import hashlib
import os
import pathlib
import random
import shutil
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))

import lab  # noqa: E402
import wire  # noqa: E402
from mini_seed import AsyncThread, MiniSeed  # noqa: E402

PIECE = 32768
OURS, SEED = lab.address(9), lab.address(20)
NOBODY = 65534
COMMANDS = {
    "verify": ("verify",),
    "seed": ("seed", "--seed-time", "100ms"),
    "get": ("get",),
    "get --no-resume": ("get", "--no-resume"),
    "get --overwrite": ("get", "--overwrite"),
}
ALONE, AMONG = "alone", "among others"


def noise(size, seed):
    return random.Random(seed).randbytes(size)


class Scene:
    """A torrent of one file, or of three of which the middle one is looked at."""

    def __init__(self, folder, options, kind, data):
        self.folder, self.options, self.data = folder, options, data
        self.source, self.out = folder / "data", folder / "out"
        self.elsewhere = folder / "elsewhere"
        neighbours = [] if kind == ALONE else [("a first", noise(PIECE + 77, 1)),
                                               ("z/last", noise(3 * PIECE, 2))]
        self.files = sorted([("middle/it" if neighbours else "", data), *neighbours], key=str)
        top = self.source / "payload"
        for path, content in self.files:
            target = top / path if path else top
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        self.torrent = self.share(top, bool(neighbours))
        self.path = self.out / "payload" / self.files[1][0] if neighbours else self.out / "payload"
        self.clear()

    def share(self, top, several):
        content = b"".join(data for _, data in self.files)
        digests = b"".join(hashlib.sha1(content[at:at + PIECE]).digest()
                           for at in range(0, len(content), PIECE))
        info = {"name": top.name, "piece length": PIECE, "pieces": digests}
        if several:
            info["files"] = [{"length": len(data), "path": path.split("/")}
                             for path, data in self.files]
        else:
            info["length"] = len(content)
        file = self.folder / "x.torrent"
        file.write_bytes(wire.encode({"info": info}))
        return wire.Torrent(file, self.source)

    def clear(self):
        """An output folder in which only the neighbours are, whole."""
        for folder in (self.out, self.elsewhere):
            if folder.is_symlink():
                folder.unlink()
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
        if len(self.files) > 1:
            shutil.copytree(self.source / "payload", self.out / "payload")
            self.path.unlink()

    def check_content(self):
        """Read as the user would, through links as well."""
        for path, content in self.files:
            found = self.out / "payload" / path if path else self.out / "payload"
            lab.check(found.read_bytes() == content, f"{found} differs")

    def give_away(self):
        """To the user as whom btfast runs here: nobody, where we are root, who may everything."""
        if os.geteuid() != 0:
            return
        for folder in (self.folder, self.out, self.elsewhere):
            for path in [folder, *folder.rglob("*")]:
                os.lchown(path, NOBODY, NOBODY)

    def launch(self, name, seed, *more):
        words = COMMANDS[name]
        net = [] if words[0] == "verify" else [
            "--bind", OURS, "--port", "0", "--progress", "none"]
        if words[0] == "get":
            net += ["--peer", seed.endpoint(), "--timeout", "60s"]
        return lab.Process(
            [self.options.btfast, *words, "-t", self.torrent.path, "-o", self.out, *net, *more],
            self.folder, "run", preexec=lambda: os.setuid(NOBODY) if os.geteuid() == 0 else None)

    def run(self, name, seed, *more):
        process = self.launch(name, seed, *more)
        process.wait(70)
        return process

    def state(self):
        """All that a refusal must leave alone."""
        told = {}
        for folder in (self.out, self.elsewhere):
            for path, (mode, size, mtime) in lab.manifest(folder).items():
                content = b""
                if os.path.islink(path):
                    content = os.readlink(path)
                elif os.path.isfile(path):
                    content = hashlib.sha1(pathlib.Path(path).read_bytes()).hexdigest()
                told[path] = (mode, size, mtime, content)
        return told


# ---- what stands there -----------------------------------------------------------------------


def half_right(scene):
    return scene.data[:2 * PIECE] + noise(len(scene.data) - 2 * PIECE, 9)


def hole(path, size):
    with open(path, "wb") as file:
        file.truncate(size)


def link(scene, content, name="it"):
    target = scene.elsewhere / name
    if content is not None:
        target.write_bytes(content)
    scene.path.symlink_to(target)


def linked_folder(scene, content):
    """The folder that the file is in, or the output folder where there is none."""
    folder = scene.path.parent
    shutil.rmtree(scene.elsewhere)
    shutil.move(folder, scene.elsewhere)
    folder.symlink_to(scene.elsewhere)
    if content is not None:
        (scene.elsewhere / scene.path.name).write_bytes(content)


def without_rights(scene, content, mode):
    scene.path.write_bytes(content)
    scene.path.chmod(mode)


def foreign(scene, size):
    return noise(size, 8)


# name: (how it comes to stand there, the statuses of verify, seed, get, get --no-resume and
# get --overwrite).
HERE, MISSING, OTHERS = (0, 0, 0, 0, 0), (8, 8, 0, 0, 0), (8, 8, 6, 6, 0)
KEPT, CANNOT = (8, 8, 6, 6, 6), (6, 6, 6, 6, 6)
STATES = {
    "nothing": (lambda s: None, MISSING),
    "an empty file": (lambda s: s.path.write_bytes(b""), MISSING),
    "a smaller file": (lambda s: s.path.write_bytes(foreign(s, 5 * PIECE // 2)), OTHERS),
    "a file of one byte": (lambda s: s.path.write_bytes(b"x"), OTHERS),
    "a file of the same size": (lambda s: s.path.write_bytes(foreign(s, len(s.data))), OTHERS),
    "a larger file": (lambda s: s.path.write_bytes(foreign(s, len(s.data) + 9)), OTHERS),
    "zeros that are no hole": (lambda s: s.path.write_bytes(bytes(len(s.data))), OTHERS),
    "right and longer": (lambda s: s.path.write_bytes(s.data + b"x"), OTHERS),
    "half right": (lambda s: s.path.write_bytes(half_right(s)), MISSING),
    "cut short": (lambda s: s.path.write_bytes(s.data[:2 * PIECE + 5]), MISSING),
    "complete": (lambda s: s.path.write_bytes(s.data), HERE),
    "space for it": (lambda s: hole(s.path, len(s.data)), MISSING),
    "a hole of another size": (lambda s: hole(s.path, len(s.data) - PIECE), OTHERS),
    "a link to it": (lambda s: link(s, s.data), HERE),
    "a link to something else": (lambda s: link(s, foreign(s, len(s.data))), KEPT),
    "a link to half of it": (lambda s: link(s, half_right(s)), KEPT),
    "a link to an empty file": (lambda s: link(s, b""), KEPT),
    "a link to nothing": (lambda s: link(s, None), KEPT),
    "a linked folder with it": (lambda s: linked_folder(s, s.data), HERE),
    "a linked folder without it": (lambda s: linked_folder(s, None), KEPT),
    "a file not to be read": (lambda s: without_rights(s, s.data, 0), CANNOT),
    "a file not to be written": (lambda s: without_rights(s, s.data, 0o444), HERE),
    "another's file not to be written":
        (lambda s: without_rights(s, foreign(s, len(s.data)), 0o444), KEPT),
    "a directory": (lambda s: s.path.mkdir(), CANNOT),
}
# Of one file the linked folder is the output folder itself, which is the user's own word.
WITH_ONE_FILE = {"a linked folder without it": MISSING}


def check_refused(scene, name, process, before):
    lab.check(scene.state() == before, f"{name}: something changed")
    if process.poll() == 6:
        said = process.stderr()
        lab.check(str(scene.path) in said, f"{name}: does not name the path: {said}")


def table_case(folder, options, kind, state, data=None):
    put, statuses = STATES[state]
    if kind == ALONE:
        statuses = WITH_ONE_FILE.get(state, statuses)
    size = 5 * PIECE + 1234
    scene = Scene(folder, options, kind, noise(size, 5) if data is None else data(size))
    loop = AsyncThread()
    try:
        seed = loop.call(MiniSeed(scene.torrent, SEED).start())
        for (name, _), status in zip(COMMANDS.items(), statuses):
            scene.clear()
            put(scene)
            scene.give_away()
            before = scene.state()
            process = scene.run(name, seed)
            lab.check(process.poll() == status,
                      f"{name}: status {process.poll()}, not {status}: {process.stderr()}")
            changes = name.startswith("get") and status == 0
            if not changes:
                check_refused(scene, name, process, before)
                continue
            scene.check_content()
            left = sorted(path.name for path in scene.out.iterdir())
            lab.check(left == ["payload"], f"{name}: {left} is left")
            if statuses == HERE:
                lab.check(scene.state() == before, f"{name}: changed what was right")
        told = "--overwrite" in process_of_get(scene, put, seed)
        lab.check(told == (statuses == OTHERS or "another's" in state),
                  "the remedy is named for files of others, only")
    finally:
        loop.stop()


def process_of_get(scene, put, seed):
    scene.clear()
    put(scene)
    scene.give_away()
    return scene.run("get", seed).stderr()


# ---- pieces that prove nothing ---------------------------------------------------------------


def coincidence_case(folder, options, piece_length, theirs, ours, status=6):
    """Another's file in which some of the torrent's pieces are right by chance or by guess."""
    scene = Scene(folder, options, ALONE, ours)
    loop = AsyncThread()
    try:
        file = folder / "x.torrent"
        digests = b"".join(hashlib.sha1(ours[at:at + piece_length]).digest()
                           for at in range(0, len(ours), piece_length))
        file.write_bytes(wire.encode({"info": {
            "name": "payload", "piece length": piece_length, "pieces": digests,
            "length": len(ours)}}))
        scene.torrent = wire.Torrent(file, scene.source)
        right = sum(theirs[at:at + piece_length] == ours[at:at + piece_length]
                    for at in range(0, len(theirs), piece_length))
        lab.check(right > 0, "no piece is right: nothing is asked")
        seed = loop.call(MiniSeed(scene.torrent, SEED).start())
        for name in ("get", "get --no-resume"):
            scene.clear()
            scene.path.write_bytes(theirs)
            scene.give_away()
            before = scene.state()
            process = scene.run(name, seed)
            lab.check(process.poll() == status,
                      f"{name}: status {process.poll()}, not {status}: {process.stderr()}")
            if status == 6:
                check_refused(scene, name, process, before)
            else:
                scene.check_content()
    finally:
        loop.stop()


def coincidences():
    notes = b"These are my notes, and nobody else's. " * 300
    yield "bytes", 1, notes, noise(20000, 3), 6
    yield "a line's first words", 8, b"ssh-ed25519 AAAA me\n", b"ssh-ed25519 EVIL you\n" * 2, 6
    data = noise(PIECE, 1) + bytes(PIECE) + noise(2 * PIECE, 2)
    yield "zeros", PIECE, noise(PIECE, 7) + bytes(PIECE) + noise(2 * PIECE, 8), data, 6
    yield "zeros, shorter", PIECE, noise(PIECE, 7) + bytes(PIECE + 5), data, 6
    yield "half a block", 8192, data[:8192] + noise(PIECE, 7), data, 6
    yield "a block of small pieces", 1024, data[:16384] + noise(PIECE, 7), data, 0


# ---- claims ----------------------------------------------------------------------------------


class Download:
    """Interrupted in the middle, with its control file."""

    def __init__(self, folder, options, stop=signal.SIGINT):
        self.scene = Scene(folder, options, AMONG, noise(80 * PIECE, 5))
        shutil.rmtree(self.scene.out)
        self.scene.out.mkdir()
        self.loop = AsyncThread()
        self.seed = self.loop.call(MiniSeed(self.scene.torrent, SEED).start())
        self.seed.bytes_per_s = 2 << 20
        process = lab.Process(
            [options.btfast, "-t", self.scene.torrent.path, "-o", self.scene.out, "--bind", OURS,
             "--port", "0", "--progress", "none", "--peer", self.seed.endpoint(), "--strategy",
             "sequential", "--timeout", "60s"], folder, "first")
        lab.wait_until(lambda: self.seed.bytes_sent > self.scene.torrent.size / 2, 60, "half")
        process.signal(stop)
        process.wait(10)
        self.seed.bytes_per_s = None
        lab.check((self.scene.out / "payload.btfast").exists(), "no control file")

    def go_on(self, status, *more):
        self.scene.give_away()
        before = self.scene.state()
        process = self.scene.run("get", self.seed, *more)
        lab.check(process.poll() == status, f"status {process.poll()}: {process.stderr()}")
        if status == 0:
            self.scene.check_content()
        else:
            lab.check(self.scene.state() == before, "something changed")
        return process


def replaced_case(folder, options, number, how):
    """A control file speaks of a file that is not there any more: another has its name."""
    download = Download(folder, options)
    try:
        victim = download.scene.out / "payload" / download.scene.files[number][0]
        size = victim.stat().st_size
        if how == "moved over":
            (folder / "new").write_bytes(noise(size, 6))
            os.replace(folder / "new", victim)
        else:
            victim.write_bytes(noise(size, 6))
        said = download.go_on(6).stderr()
        lab.check(str(victim) in said, f"does not name {victim}: {said}")
        download.go_on(0, "--overwrite")
    finally:
        download.loop.stop()


def torn_case(folder, options):
    """Killed in the middle of a write: a file of ours without a right piece, which nothing but
    the control file can know."""
    download = Download(folder, options, stop=signal.SIGKILL)
    try:
        victim = download.scene.out / "payload" / "z/last"
        with open(victim, "r+b") as file:
            file.write(noise(5000, 3))
        download.go_on(0)
    finally:
        download.loop.stop()


def put_there_case(folder, options, kind, anew):
    """Killed before its first piece; then the user puts a file of his own in its place."""
    scene = Scene(folder, options, kind, noise(4 * PIECE, 5))
    loop = AsyncThread()
    try:
        slow = loop.call(MiniSeed(scene.torrent, lab.address(21), bytes_per_s=100).start())
        seed = loop.call(MiniSeed(scene.torrent, SEED).start())
        scene.give_away()
        process = scene.launch("get", slow)
        lab.wait_until(lambda: slow.asked and scene.path.exists(), 30, "a request")
        process.kill()
        process.wait(10)
        control = scene.out / "payload.btfast"
        lab.check(control.exists(), "no control file: it was not killed in time")
        if anew:
            scene.path.unlink()
        scene.path.write_bytes(noise(len(scene.data), 6))
        scene.give_away()
        before = scene.state()
        for name in ("get", "get --no-resume"):
            process = scene.run(name, seed)
            lab.check(process.poll() == 6, f"{name}: {process.poll()}: {process.stderr()}")
            check_refused(scene, name, process, before)
            lab.check("--overwrite" in process.stderr(), "the remedy is not named")
        process = scene.run("get --overwrite", seed)
        lab.check(process.poll() == 0, f"status {process.poll()}: {process.stderr()}")
        scene.check_content()
    finally:
        loop.stop()


# ---- beside the files ------------------------------------------------------------------------


def check_kept(scene, content):
    lab.check(scene.path.read_bytes() == content, "another's file is written over")


def begin_the_others(scene, loop, border):
    """A run that wants all but the middle file, stopped before or after it has the piece that
    ends in the middle one.  It leaves a control file."""
    rate = 2 * PIECE if border else PIECE
    seed = loop.call(MiniSeed(scene.torrent, lab.address(21), bytes_per_s=rate).start())
    process = scene.launch("get", seed, "--select", "1,3", "--strategy", "sequential")
    enough = (3 if border else 1) * PIECE
    lab.wait_until(lambda: seed.bytes_sent >= enough, 30, "its first pieces")
    process.signal(signal.SIGINT)
    process.wait(10)
    lab.check((scene.out / "payload.btfast").exists(), "no control file: it was not interrupted")
    lab.check(not border or (scene.out / "payload.btfast-part").exists(), "no part file")


def not_wanted_case(folder, options, more, border):
    """Another's file in the place of one that is not asked for stays what it is, whatever an
    interrupted run noted."""
    scene = Scene(folder, options, AMONG, noise(5 * PIECE + 1234, 5))
    content = noise(len(scene.data) + more, 6)
    loop = AsyncThread()
    try:
        seed = loop.call(MiniSeed(scene.torrent, SEED).start())
        for again in (False, True):
            scene.clear()
            for path in ("a first", "z/last"):
                (scene.out / "payload" / path).unlink()
            scene.path.write_bytes(content)
            scene.give_away()
            begin_the_others(scene, loop, border)
            check_kept(scene, content)
            if again:
                finish_the_others(scene, seed, content)
            process = scene.run("get", seed)
            check_kept(scene, content)
            lab.check(process.poll() == 6, f"status {process.poll()}: {process.stderr()}")
    finally:
        loop.stop()


def finish_the_others(scene, seed, content):
    for _ in range(2):
        seed.asked.clear()
        process = scene.run("get", seed, "--select", "1,3")
        check_kept(scene, content)
        lab.check(process.poll() == 0, f"status {process.poll()}: {process.stderr()}")
        for path in ("a first", "z/last"):
            same = (scene.out / "payload" / path).read_bytes() == dict(scene.files)[path]
            lab.check(same, f"{path} differs")
        for name in ("verify", "seed"):
            process = scene.run(name, seed, "--select", "1,3")
            lab.check(process.poll() == 0, f"{name}: {process.poll()}")
    lab.check(not seed.asked, f"fetched again: {seed.asked}")


def same_top_case(folder, options):
    """Another torrent whose folder has the name of an unfinished one's."""
    download = Download(folder, options)
    scene = download.scene
    try:
        control = scene.out / "payload.btfast"
        noted = control.read_bytes()
        second = folder / "second"
        second.mkdir()
        other = Scene(second, options, AMONG, noise(PIECE, 4))
        other.files = [("another/one", noise(3 * PIECE + 5, 7))]
        shutil.rmtree(other.source / "payload")
        (other.source / "payload" / "another").mkdir(parents=True)
        (other.source / "payload" / "another" / "one").write_bytes(other.files[0][1])
        other.torrent = other.share(other.source / "payload", True)
        other.out = scene.out
        other.give_away()
        scene.give_away()
        seed = download.loop.call(MiniSeed(other.torrent, lab.address(21)).start())
        process = other.run("get", seed)
        lab.check(process.poll() == 0, f"status {process.poll()}: {process.stderr()}")
        lab.check(str(control) in process.stderr(), f"does not name it: {process.stderr()}")
        other.check_content()
        lab.check(control.exists() and control.read_bytes() == noted, "the first's is not there")
        sent = download.seed.bytes_sent
        download.go_on(0)
        lab.check(download.seed.bytes_sent - sent < scene.torrent.size, "fetched all again")
        other.check_content()
    finally:
        download.loop.stop()


def beside_case(folder, options, name, content):
    """The user's own files of the names that we would use beside the output."""
    scene = Scene(folder, options, AMONG, noise(5 * PIECE + 1234, 5))
    loop = AsyncThread()
    try:
        seed = loop.call(MiniSeed(scene.torrent, SEED).start())
        (scene.out / name).write_bytes(content)
        (scene.out / "payload" / "a first").unlink()
        scene.give_away()
        process = scene.run("get", seed, "--select", "1")
        lab.check(process.poll() == 6, f"status {process.poll()}: {process.stderr()}")
        lab.check(str(scene.out / name) in process.stderr(), process.stderr())
        lab.check((scene.out / name).read_bytes() == content, "written over")
    finally:
        loop.stop()


def planted_case(folder, options, name):
    """A torrent of one file that has the name of another's control file, or of what stands beside
    one.  A download does not make it; who has it may verify and seed it."""
    scene = Scene(folder, options, ALONE, noise(2 * PIECE, 5))
    (scene.source / "payload").rename(scene.source / name)
    scene.torrent = scene.share(scene.source / name, False)
    loop = AsyncThread()
    try:
        seed = loop.call(MiniSeed(scene.torrent, SEED).start())
        scene.give_away()
        process = scene.run("get", seed)
        lab.check(process.poll() == 0, f"status {process.poll()}: {process.stderr()}")
        lab.check([path.name for path in scene.out.iterdir()] == [name + "_"], "not its safe name")
        lab.check((scene.out / (name + "_")).read_bytes() == scene.data, "differs")
        lab.check(name + "_" in process.stdout() + process.stderr(), "the new name is not told")
        for there in (name + "_", name):
            (scene.out / (name + "_")).rename(scene.out / there)
            for command in ("verify", "seed", "get"):
                process = scene.run(command, seed)
                lab.check(process.poll() == 0, f"{command} {there}: {process.stderr()}")
            lab.check([path.name for path in scene.out.iterdir()] == [there], "made another")
    finally:
        loop.stop()


def file_for_folder_case(folder, options):
    """The file that is in the way is named, not only what was to go below it."""
    scene = Scene(folder, options, AMONG, noise(5 * PIECE + 1234, 5))
    loop = AsyncThread()
    try:
        seed = loop.call(MiniSeed(scene.torrent, SEED).start())
        for place in (scene.out / "payload", scene.path.parent):
            scene.clear()
            shutil.rmtree(place)
            place.write_bytes(b"the user's own notes")
            scene.give_away()
            before = scene.state()
            for name in ("verify", "seed", "get", "get --overwrite"):
                process = scene.run(name, seed)
                lab.check(process.poll() == 6, f"{name}: status {process.poll()}")
                said = process.stderr()
                lab.check(f"cannot enter {place}, where " in said, f"{name}: says {said}")
            lab.check(scene.state() == before, "something changed")
    finally:
        loop.stop()


def nothing_made_case(folder, options):
    """What is refused makes no file, no folder and no control file on the way."""
    scene = Scene(folder, options, AMONG, noise(5 * PIECE + 1234, 5))
    loop = AsyncThread()
    try:
        seed = loop.call(MiniSeed(scene.torrent, SEED).start())
        shutil.rmtree(scene.out / "payload")
        (scene.out / "payload" / "z").mkdir(parents=True)
        (scene.out / "payload" / "z" / "last").write_bytes(noise(70, 4))
        scene.give_away()
        before = scene.state()
        process = scene.run("get", seed)
        lab.check(process.poll() == 6 and not seed.asked, f"status {process.poll()}")
        lab.check(scene.state() == before, "something changed")
    finally:
        loop.stop()


def main():
    options, suite = lab.begin(__doc__)
    for kind in (ALONE, AMONG):
        for state in STATES:
            suite.case(f"{kind}: {state}", table_case, options, kind, state)
    HOLES = {"space for it": HERE, "zeros that are no hole": HERE, "nothing": MISSING,
             "a link to it": HERE}
    for state, statuses in HOLES.items():
        STATES[state] = (STATES[state][0], statuses)
        for kind in (ALONE, AMONG):
            suite.case(f"zeros, {kind}: {state}", table_case, options, kind, state, bytes)
    for name, *more in coincidences():
        suite.case(f"right by chance: {name}", coincidence_case, options, *more)
    for number, name in ((1, "begun"), (2, "not begun")):
        for how in ("moved over", "written over"):
            suite.case(f"claimed, {name}, {how}", replaced_case, options, number, how)
    suite.case("claimed, and torn by a kill", torn_case, options)
    for kind in (ALONE, AMONG):
        for anew in (False, True):
            name = f"killed, {kind}, then another's written {'anew' if anew else 'over it'}"
            suite.case(name, put_there_case, options, kind, anew)
    for more in (0, 1, -PIECE):
        for border in (False, True):
            name = f"not wanted, {more:+} bytes, border {'fetched' if border else 'missing'}"
            suite.case(name, not_wanted_case, options, more, border)
    suite.case("two torrents of one name", same_top_case, options)
    for name in ("payload.btfast-part", "payload.btfast", "payload.btfast.new"):
        for content in (b"the user's own notes", b"bt", b"btfast resume notes, his own\n"):
            suite.case(f"another's {name}, {len(content)} bytes", beside_case, options, name,
                       content)
    for name in ("other.btfast", "other.btfast.new", "other.btfast-part"):
        suite.case(f"a torrent called {name}", planted_case, options, name)
    suite.case("a file in the place of a folder", file_for_folder_case, options)
    suite.case("a refusal makes nothing", nothing_made_case, options)
    suite.finish()


if __name__ == "__main__":
    main()
