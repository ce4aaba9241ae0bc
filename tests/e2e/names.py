"""Names: whatever Linux holds is created, verified, seeded and fetched under its own name, but
for what is dangerous to take from a stranger; what stands on disk is found by the name it has.

    names.py [--btfast PATH] [--only PATTERN] [--keep]
"""

import contextlib
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))

import lab  # noqa: E402
import wire  # noqa: E402

OURS, SEED = lab.address(9), lab.address(20)
PORT = 7100
STORAGE = 6
KIB, MIB = 1024, 1024 * 1024

# What a stranger may not put into a name: controls but TAB, DEL, what changes the order of
# reading, and what is nothing at all.
MENDED = {bytes([byte]) for byte in range(1, 32) if byte != 9} | {b"\x7f"}
MENDED |= {char.encode() for char in "\u0085\u009b\u200b\ufeff\u202a\u202b\u202c\u202d\u202e"
           "\u2066\u2067\u2068\u2069"}


def mended(path):
    for piece in MENDED:
        path = path.replace(piece, b"_")
    return path


def content(path):
    """A few KiB that follow from the path."""
    digest = hashlib.sha256(path).digest()
    return digest * (20 + digest[0])


def make_tree(root, paths):
    """Paths are bytes; one that ends in '/' is an empty directory."""
    top = os.fsencode(root)
    for path in paths:
        whole = top + b"/" + path
        if path.endswith(b"/"):
            os.makedirs(whole, exist_ok=True)
            continue
        os.makedirs(os.path.dirname(whole), exist_ok=True)
        with open(whole, "wb") as file:
            file.write(content(path))


def tree(root):
    """Path to bytes, of files."""
    found = {}
    top = os.fsencode(root)
    for folder, _, names in os.walk(top):
        for name in names:
            whole = os.path.join(folder, name)
            with open(whole, "rb") as file:
                found[whole[len(top) + 1:]] = file.read()
    return found


def run(folder, options, *arguments, status=0):
    process = lab.Process([options.btfast, *arguments], folder, arguments[0])
    lab.check(process.wait(60) == status,
              f"{arguments[0]}: status {process.poll()}, not {status}\n{process.tail()}")
    return process


def create(folder, options, root):
    run(folder, options, "create", root, "-o", folder / "x.torrent")
    return folder / "x.torrent"


def verify(folder, options, torrent, parent):
    return run(folder, options, "verify", "-t", torrent, "-o", parent)


@contextlib.contextmanager
def seeding(folder, options, torrent, parent):
    """`btfast seed` finds everything, or this fails."""
    seed = lab.Process([options.btfast, "seed", "-t", torrent, "-o", parent, "--bind", SEED,
                        "--port", str(PORT), "--progress", "none"], folder, "seed")
    try:
        lab.wait_until(lambda: lab.listens_at(SEED, PORT) or seed.poll() is not None, 30,
                       "the seed")
        lab.check(seed.poll() is None, f"the seed ended\n{seed.tail()}")
        yield
    finally:
        seed.stop()


def get_argv(options, torrent, out, *more):
    return [options.btfast, "get", "-t", torrent, "-o", out, "--bind", OURS, "--port", "0",
            "--peer", f"{SEED}:{PORT}", "--progress", "none", "--timeout", "60s", *more]


def get(folder, options, torrent, out, *more):
    process = lab.Process(get_argv(options, torrent, out, *more), folder, "get")
    lab.check(process.wait(90) == 0, f"get: status {process.poll()}\n{process.tail()}")
    return process


# ---- trees -----------------------------------------------------------------------------------


def every_byte():
    yield from (bytes([byte]) for byte in range(1, 256) if byte not in b"/.")
    yield from (b"in the middle " + bytes([byte]) + b".bin" for byte in range(1, 256)
                if byte != ord("/"))


def long_names():
    yield b"n" * 255
    yield b"n" * 251 + b".mkv"
    for letter in ("\u00e9", "\u0416", "\u05d0", "\u0639", "\u0e01", "\u6f22", "\ud55c",
                   "\U0001f600", "\u0065\u0301"):
        size = len(letter.encode())
        stem = (letter * (251 // size)).encode()
        yield stem + b"x" * (251 - len(stem)) + b".iso"
    yield b"\xff" * 255
    yield b"d" * 255 + b"/" + b"f" * 255


ZERO_WIDTH = [name.encode() for name in (
    "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "\u0dc1\u0dca\u200d\u0dbb\u0dd3",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467.jpg",
    "\U0001f3f4\U000e0067\U000e0062\U000e007f", "\u2764\ufe0f", "soft\u00adhyphen",
    "\ufeffmark", "\u200b", "ab", "a\u200bb", "\u200f\u05d0\u200e", "\u2067isolated\u2069")]
TWINS = [b"xt_MARK.h", b"xt_mark.h", b"net/Makefile", b"net/makefile", b"Net/Makefile",
         b"Doc/x", b"Doc/deep/y", b"doc", "caf\u00e9".encode(), "cafe\u0301".encode(),
         "CAF\u00c9".encode(), "\u212b".encode(), "\u00c5".encode(), b"dot.", b"dot", b"dot ",
         b"what?", b"what*", b"what_", b"CON", b"a:b", b"back\\slash"]
BIDI = ["photo\u202egnp.exe".encode(), b"photo_gnp.exe", "\u202dx/\u202ey".encode(),
        "\u202b\u05d0\u202c".encode()]
ESCAPES = [b"line\nbreak/\x1b[2J\x1b[31mred", b"line_break/plain", b"\ttab", b" ", b"-rf", b"~",
           b"...", b"\xc2\x9b31m", b"bell\a"]
DEEP = [b"d/" * 98 + b"file", b"e" * 30 + b"/f" * 90 + b"/file"]

TREES = {
    "every byte": (list(every_byte()), b"every byte"),
    "255 bytes": (list(long_names()), b"t" * 255),
    "zero width": (ZERO_WIDTH, "\u200d\u0dbb".encode()),
    "twins": (TWINS, b"Twins"),
    "bidi": (BIDI, b"bidi"),
    "escapes": (ESCAPES, b"top\n\x1b[2J"),
    "deep, and empty directories": (DEEP + [b"nothing/here/", b"nothing/"], b"deep"),
    "not UTF-8": ([b"Stra\xdfe", b"\xe9t\xe9/\xe0", b"\xc0\xaf", b"\xed\xa0\x80"], b"Gr\xfc\xdfe"),
}


def downloaded_names(had):
    """What needs no mending keeps its name; what meets another then is numbered."""
    wanted = {}
    for path in sorted(had, key=lambda path: (mended(path) != path, path)):
        folder, _, name = mended(path).rpartition(b"/")
        stem, dot, extension = name.rpartition(b".")
        if not stem:
            stem, dot, extension = name, b"", b""
        number = 0
        while True:
            infix = b".%d" % number if number else b""
            here = (folder + b"/" if folder else b"") + stem + infix + dot + extension
            if here not in wanted:
                break
            number += 1
        wanted[here] = had[path]
    return wanted


def check_told(result, had, wanted, top):
    """Each file that is called otherwise than in the torrent is told, the first hundred by name."""
    was = {data: path for path, data in had.items()}
    moved = {top + b"/" + was[data]: mended(top) + b"/" + here for here, data in wanted.items()
             if mended(top) != top or was[data] != here}
    told = {name_bytes(file, "name"): name_bytes(file, "path")
            for file in result["renamed"]["files"]}
    lab.check(result["renamed"]["count"] == len(moved), f"{result['renamed']['count']} are told")
    lab.check(len(told) == min(len(moved), 100) and told.items() <= moved.items(),
              f"told {sorted(told.items() - moved.items())[:5]}")


def name_bytes(file, key):
    """A name in JSON as the bytes that it is."""
    encoded = file.get(key + "_encoded")
    return urllib.parse.unquote_to_bytes(encoded) if encoded else file[key].encode()


def tree_case(folder, options, paths, top):
    """create, verify, seed; a download, its verify, its seed, and a second download of that."""
    data = folder / "data"
    root = os.path.join(os.fsencode(data), top)
    make_tree(root, paths)
    had = tree(root)
    torrent = create(folder, options, os.fsdecode(root))
    verify(folder, options, torrent, data)
    first, second = folder / "first", folder / "second"
    with seeding(folder, options, torrent, data):
        get(folder, options, torrent, first)
        again = get(folder, options, torrent, first, "--json")
    result = json.loads(again.stdout())
    lab.check(result["downloaded"] == 0, "the same command fetched again")
    wanted = downloaded_names(had)
    check_told(result, had, wanted, top)
    got = tree(os.path.join(os.fsencode(first), mended(top)))
    lab.check(got == wanted, f"there {sorted(set(got) - set(wanted))[:5]}, not "
                             f"{sorted(set(wanted) - set(got))[:5]}")
    lab.check(os.listdir(os.fsencode(first)) == [mended(top)], "something is left beside it")
    verify(folder, options, torrent, first)
    with seeding(folder, options, torrent, first):
        get(folder, options, torrent, second)
    verify(folder, options, torrent, second)
    lab.check(tree(folder / "second") == tree(folder / "first"), "the second differs")


def told_case(folder, options):
    """People are told of ten and of how many more, harmlessly; -q says nothing."""
    make_tree(folder / "data" / "t", [b"\x1b[31m%d" % number for number in range(12)] + [b"plain"])
    torrent = create(folder, options, folder / "data" / "t")
    for words, named, more in (([], 10, " more=2"), (["-q"], 0, None)):
        shutil.rmtree(folder / "out", ignore_errors=True)
        with seeding(folder, options, torrent, folder / "data"):
            said = get(folder, options, torrent, folder / "out", *words).stderr()
        lab.check("\x1b" not in said, "raw bytes")
        lab.check(said.count(" WARN file_renamed ") == named, said)
        lab.check(more is None or said.count(f" WARN files_renamed{more}\n") == 1, said)
        lab.check(not named or r"name=t/\x1b[31m0 path=t/_[31m0" in said, said)


# ---- single files ----------------------------------------------------------------------------


def too_long_case(folder, options):
    """Names of more than 255 bytes are cut; two that begin alike stand side by side."""
    data = content(b"long") * 40
    pieces = b"".join(hashlib.sha1(data[at:at + 65536]).digest()
                      for at in range(0, len(data), 65536))
    (folder / "data").mkdir()
    (folder / "out").mkdir()
    for end in (b"1.mkv", b"2.mkv"):
        torrent = folder / "long.torrent"
        torrent.write_bytes(wire.encode({"info": {
            "name": b"n" * 300 + end, "piece length": 65536, "length": len(data),
            "pieces": pieces, "source": end}}))
        (folder / "data" / "short").write_bytes(data)
        seed = lab.Process([options.btfast, "seed", "-t", torrent, "-o", folder / "data", "--as",
                            "short", "--bind", SEED, "--port", str(PORT), "--progress", "none"],
                           folder, "seed")
        lab.wait_until(lambda: lab.listens_at(SEED, PORT) or seed.poll() is not None, 30,
                       "the seed")
        lab.check(seed.poll() is None, f"the seed ended\n{seed.tail()}")
        get(folder, options, torrent, folder / "out")
        verify(folder, options, torrent, folder / "out")
        seed.stop()
    names = os.listdir(folder / "out")
    lab.check(len(names) == 2 and all(len(name) == 255 and name.endswith(".mkv")
                                      for name in names), f"there {names}")


def as_case(folder, options):
    """--as is the person's own word: taken as it is, also where it is 255 bytes long."""
    make_tree(folder / "data" / "a", [b"x", b"sub/y"])
    torrent = create(folder, options, folder / "data" / "a")
    with seeding(folder, options, torrent, folder / "data"):
        for name in ("my\nname:", "\u202etxt", "l" * 255):
            get(folder, options, torrent, folder / "out", "--as", name)
            lab.check(tree(folder / "out" / name) == tree(folder / "data" / "a"), repr(name))
            run(folder, options, "verify", "-t", torrent, "-o", folder / "out", "--as", name)


def interrupted(folder, options, torrent, out, pattern, *arguments):
    """Stops a slow download once its control file is there."""
    process = lab.Process(get_argv(options, torrent, out, "--down-limit", "100KiB", *arguments),
                          folder, "part")
    lab.wait_until(lambda: list(out.glob(pattern)) or process.poll() is not None, 30,
                   "the control file")
    lab.check(process.poll() is None, f"ended early\n{process.tail()}")
    process.stop(10)
    control = list(out.glob(pattern))
    lab.check(len(control) == 1, f"control files {control}")


def big_single(folder, options, name):
    (folder / "data").mkdir()
    path = os.path.join(os.fsencode(folder / "data"), name)
    with open(path, "wb") as file:
        file.write(content(b"big") * 4000)
    return create(folder, options, os.fsdecode(path)), path


def resume_of_long_name_case(folder, options):
    """A name that leaves no room for ".btfast" resumes all the same, and leaves nothing."""
    name = b"n" * 251 + b".iso"
    torrent, path = big_single(folder, options, name)
    out = folder / "out"
    with seeding(folder, options, torrent, folder / "data"):
        interrupted(folder, options, torrent, out, "*.btfast")
        get(folder, options, torrent, out)
    lab.check(os.listdir(os.fsencode(out)) == [name], f"there {os.listdir(out)}")
    with open(path, "rb") as file:
        lab.check((out / os.fsdecode(name)).read_bytes() == file.read(), "differs")


def raw_file_appears_case(folder, options):
    """A download that began under a mended name goes on there, whatever else appears."""
    name = "photo\u202egnp.exe".encode()
    torrent, path = big_single(folder, options, name)
    out = folder / "out"
    stranger = os.path.join(os.fsencode(out), name)
    with seeding(folder, options, torrent, folder / "data"):
        interrupted(folder, options, torrent, out, "*.btfast")
        with open(stranger, "wb") as file:
            file.write(b"not the torrent's")
        get(folder, options, torrent, out)
    with open(stranger, "rb") as file:
        lab.check(file.read() == b"not the torrent's", "the stranger's file was written")
    with open(path, "rb") as file:
        lab.check((out / "photo_gnp.exe").read_bytes() == file.read(), "differs")
    verify(folder, options, torrent, out)


def missing_file_case(folder, options):
    """What is missing of an own tree is fetched into that tree."""
    make_tree(folder / "data" / "top\n", [b"a\nb/x", b"a\nb/y", b"z"])
    for path in (folder / "data").rglob("[xyz]"):
        path.write_bytes(path.read_bytes() * 64)  # each holds a whole piece: they are known by it
    torrent = create(folder, options, folder / "data" / "top\n")
    shutil.copytree(folder / "data", folder / "out")
    (folder / "out" / "top\n" / "a\nb" / "y").unlink()
    with seeding(folder, options, torrent, folder / "data"):
        get(folder, options, torrent, folder / "out")
    lab.check(tree(folder / "out") == tree(folder / "data"), "not in its own folder")


# Both begin alike, so that what one has of the other's looks like a half of its own.
ALIKE = os.urandom(150_000)
TWO_OF_A_LENGTH = {
    "case": (b"Disc/cover", b"disc/cover"), "case, deeper": (b"a/D/x", b"a/d/x"),
    "composition": ("e\u0301/x".encode(), "\u00e9/x".encode()),
    "mended files": (b"A\x01", b"A_"), "both mended": (b"A\x01", b"A\x02"),
    "mended folders": (b"A\x01/x", b"A_/x"), "both folders mended": (b"A\x01/x", b"A\x02/x"),
    "mended below": (b"q/A\x01", b"q/A_"), "mended at the end": (b"a/b\x01", b"a/b_"),
    "former, a joiner": (b"A/x", "A\u200d/x".encode()),
    "former, a backslash": (b"a_b/x", b"a\\b/x"), "former, a tab": (b"A_/x", b"A\t/x"),
}


def two_alike(folder, options, pair, first_is_empty):
    root = os.fsencode(folder / "data" / "two")
    beside = [os.path.dirname(path) + b"/z" for path in pair[1:] if b"/" in path]
    for path in [*pair, *beside]:
        whole = os.path.join(root, path)
        os.makedirs(os.path.dirname(whole), exist_ok=True)
        empty = path == pair[0] and first_is_empty
        with open(whole, "wb") as file:
            file.write(b"" if empty else ALIKE + os.urandom(50_000))
    return create(folder, options, folder / "data" / "two")


def lose(top, path):
    """The file, and its folder where nothing else is in it."""
    os.unlink(os.path.join(top, path))
    with contextlib.suppress(OSError):
        os.rmdir(os.path.dirname(os.path.join(top, path)))


def check_all_there(folder, options, torrent, whole):
    found = tree(folder / "out")
    lab.check(found == whole, f"there {sorted(found)}, not {sorted(whole)}, or another content")
    verify(folder, options, torrent, folder / "out")
    again = json.loads(get(folder, options, torrent, folder / "out", "--json").stdout())
    lab.check(again["downloaded"] == 0, "the same command fetched again")


def twins_case(folder, options, pair, first_is_empty=False):
    """No file of a torrent is written where another one of it stands, whichever is missing."""
    torrent = two_alike(folder, options, pair, first_is_empty)
    top = os.fsencode(folder / "out")
    with seeding(folder, options, torrent, folder / "data"):
        get(folder, options, torrent, folder / "out")
        whole = tree(folder / "out")
        lab.check(sorted(whole.values()) == sorted(tree(folder / "data").values()),
                  f"there {sorted(whole)}")
        for path in whole:
            lose(top, path)
            get(folder, options, torrent, folder / "out")
            check_all_there(folder, options, torrent, whole)
        for path in whole:  # all of the folder
            shutil.rmtree(os.path.join(top, os.path.dirname(path)), ignore_errors=True)
            get(folder, options, torrent, folder / "out")
            check_all_there(folder, options, torrent, whole)
        for words in (["1"], ["2"], ["2", "1"]):
            shutil.rmtree(folder / "out")
            for word in words:
                get(folder, options, torrent, folder / "out", "--select", word)
            get(folder, options, torrent, folder / "out")
            check_all_there(folder, options, torrent, whole)
    with seeding(folder, options, torrent, folder / "out"):
        get(folder, options, torrent, folder / "second")
    lab.check(tree(folder / "second") == whole, "the second differs")


def too_deep_case(folder, options):
    """What no torrent may name is refused by its name, not left out."""
    make_tree(folder / "data" / "deep", [b"d/" * 101 + b"the file", b"x"])
    process = run(folder, options, "create", folder / "data" / "deep", "-o",
                  folder / "x.torrent", status=3)
    lab.check("the file" in process.stderr(), f"said {process.stderr()[-300:]!r}")


def output_name_case(folder, options):
    """`create` without -o, of a folder whose name leaves no room for ".torrent"."""
    make_tree(folder / ("t" * 255), [b"x"])
    process = lab.Process([options.btfast, "create", folder / ("t" * 255)], folder, "create",
                          cwd=folder)
    lab.check(process.wait(30) == 0, process.tail())
    lab.check(len(list(folder.glob("*.torrent"))) == 1, "no torrent")


# ---- a file system that refuses names --------------------------------------------------------


@contextlib.contextmanager
def ntfs(folder, option):
    image, mounted = folder / "image", folder / "mounted"
    mounted.mkdir()
    with open(image, "wb") as file:
        file.truncate(64 * MIB)
    try:
        for argv in (["mkntfs", "-q", "-F", image],
                     ["lowntfs-3g", "-o", option, image, mounted]):
            if not shutil.which(argv[0]):
                raise lab.Skip(f"no {argv[0]} here")
            done = subprocess.run(argv, capture_output=True, text=True, check=False)
            if done.returncode:
                raise lab.Skip(f"{argv[0]}: {done.stderr.strip() or done.returncode}")
        yield mounted
    finally:
        subprocess.run(["umount", "-l", mounted], check=False, stderr=subprocess.DEVNULL)


def refused_names_case(folder, options):
    """What the file system refuses is mended, each file by itself, and found again."""
    make_tree(folder / "data" / "a:b", [b"what?", b"what*", b"what_", b"dot.", b"plain", b"d?/x"])
    torrent = create(folder, options, folder / "data" / "a:b")
    had = sorted(tree(folder / "data").values())
    with ntfs(folder, "windows_names") as out:
        with seeding(folder, options, torrent, folder / "data"):
            get(folder, options, torrent, out)
            again = get(folder, options, torrent, out, "--json")
        lab.check(json.loads(again.stdout())["downloaded"] == 0, "fetched again")
        lab.check(sorted(tree(out).values()) == had, f"there {sorted(tree(out))}")
        verify(folder, options, torrent, out)


def in_this_order(folder, paths):
    """`create` sorts; here the order of the files is the torrent's own word."""
    make_tree(folder / "data" / "two", paths)
    data = b""
    for path in paths:
        whole = os.path.join(os.fsencode(folder / "data" / "two"), path)
        with open(whole, "wb") as file:
            file.write(ALIKE + os.urandom(50_000))
        data += pathlib.Path(os.fsdecode(whole)).read_bytes()
    pieces = b"".join(hashlib.sha1(data[at:at + 32768]).digest()
                      for at in range(0, len(data), 32768))
    (folder / "x.torrent").write_bytes(wire.encode({"info": {
        "name": "two", "piece length": 32768, "pieces": pieces,
        "files": [{"length": 200_000, "path": path.split(b"/")} for path in paths]}}))
    return folder / "x.torrent"


def folded_case(folder, options, paths, firsts):
    """Where the file system takes two names for one each file gets its own, and again if lost."""
    torrent = in_this_order(folder, paths)
    had = sorted(tree(folder / "data").values())
    with ntfs(folder, "ignore_case") as mounted, \
            seeding(folder, options, torrent, folder / "data"):
        for words in firsts:
            out = mounted / f"out{words}"
            for word in words:
                get(folder, options, torrent, out, "--select", word)
            get(folder, options, torrent, out)
            whole = tree(out)
            lab.check(sorted(whole.values()) == had, f"there {sorted(whole)}")
            for path in whole:
                lose(os.fsencode(out), path)
                get(folder, options, torrent, out)
                found = tree(out)
                lab.check(sorted(found.values()) == had, f"{path} lost: there {sorted(found)}")
                verify(folder, options, torrent, out)


def folded_and_listed_small_case(folder, options):
    """Whose file it is cannot be told where small letters are listed: nothing is written over."""
    torrent = in_this_order(folder, [b"Name", b"name"])
    with ntfs(folder, "ignore_case") as out, seeding(folder, options, torrent, folder / "data"):
        get(folder, options, torrent, out)
        [mark] = [path for path in tree(out) if b"~" in path]
        # As who knows nothing of marks makes it.
        os.replace(os.path.join(os.fsencode(out), mark), out / "two" / "name")
        left = tree(out)
        process = lab.Process(get_argv(options, torrent, out), folder, "get")
        lab.check(process.wait(60) == STORAGE, f"status {process.poll()}\n{process.tail()}")
        lab.check("two/name: is another file of the torrent, too" in process.stderr(),
                  process.tail())
        lab.check(tree(out) == left, "something was written")


def refused_as_anothers(folder, options, torrent, out, *arguments):
    process = lab.Process(get_argv(options, torrent, out, *arguments), folder, "get")
    lab.check(process.wait(60) == STORAGE, f"status {process.poll()}\n{process.tail()}")
    lab.check("two/name: is another file of the torrent, too" in process.stderr(), process.tail())


def folded_beside_a_control_file_case(folder, options):
    """A control file that says that a file is not there does not give it its twin's."""
    torrent = in_this_order(folder, [b"Name", b"name", b"z"])
    theirs = (folder / "data" / "two" / "Name").read_bytes()
    with ntfs(folder, "ignore_case") as out, seeding(folder, options, torrent, folder / "data"):
        (out / "two").mkdir()
        (out / "two" / "Name").write_bytes(theirs)
        lab.check(os.listdir(out / "two") == ["name"], f"there {os.listdir(out / 'two')}")
        interrupted(folder, options, torrent, out, "*.btfast", "--select", "3")
        for arguments in ([], ["--overwrite"]):
            refused_as_anothers(folder, options, torrent, out, *arguments)
            lab.check((out / "two" / "name").read_bytes() == theirs, "the right one was written")


def served(folder, options, torrent, out, *arguments):
    return run(folder, options, "seed", "-t", torrent, "-o", out, "--bind", OURS, "--port", "0",
               "--seed-time", "1s", "--progress", "none", *arguments)


def folded_and_selected_case(folder, options, paths):
    """What one selection got is found by the next command that has it."""
    torrent = in_this_order(folder, paths)
    with ntfs(folder, "ignore_case") as mounted, \
            seeding(folder, options, torrent, folder / "data"):
        for number in ("1", "2"):
            out = mounted / number
            get(folder, options, torrent, out, "--select", number)
            got = {path: data for path, data in tree(out).items() if b".btfast" not in path}
            lab.check(len(got) == 1, f"there {sorted(got)}")
            run(folder, options, "verify", "-t", torrent, "-o", out, "--select", number)
            served(folder, options, torrent, out, "--select", number)
            again = get(folder, options, torrent, out, "--select", number, "--json")
            lab.check(json.loads(again.stdout())["downloaded"] == 0, "fetched again")
            get(folder, options, torrent, out)
            found = tree(out)
            lab.check(got.items() <= found.items(), f"lost of {sorted(got)}: {sorted(found)}")
            lab.check(sorted(found.values()) == sorted(tree(folder / "data").values()),
                      f"there {sorted(found)}")
            verify(folder, options, torrent, out)


def mended_name_is_taken_case(folder, options):
    """What stands under the name that the file system leaves is refused before anything is made,
    written over where the person insists, and gone on with where it is ours."""
    torrent = in_this_order(folder, [b"g", b"what?", b"z"])
    whole = (folder / "data" / "two" / "what?").read_bytes()
    with ntfs(folder, "windows_names") as mounted, \
            seeding(folder, options, torrent, folder / "data"):
        for number, theirs in enumerate((b"MINE" * 1000, b"MINE" * 60_000)):
            out = mounted / str(number)
            (out / "two").mkdir(parents=True)
            (out / "two" / "what_").write_bytes(theirs)
            run(folder, options, "verify", "-t", torrent, "-o", out, status=8)
            process = lab.Process(get_argv(options, torrent, out), folder, "get")
            lab.check(process.wait(60) == STORAGE, f"status {process.poll()}\n{process.tail()}")
            lab.check("two/what_: is " in process.stderr(), process.tail())
            lab.check(tree(out) == {b"two/what_": theirs}, f"made {sorted(tree(out))}")
            get(folder, options, torrent, out, "--overwrite")
            verify(folder, options, torrent, out)
        os.truncate(out / "two" / "what_", len(whole) - 1)
        process = run(folder, options, "verify", "-t", torrent, "-o", out, status=8)
        lab.check("two/what_" in process.stdout() and "199999" in process.stdout().replace(",", ""),
                  f"said {process.stdout()}")
        result = json.loads(get(folder, options, torrent, out, "--json").stdout())
        lab.check(result["downloaded"] < len(whole) // 2, "all of it was fetched again")
        lab.check((out / "two" / "what_").read_bytes() == whole, "differs")


DEVICES = [b"CON", b"nul", b"COM1.txt", b"aux.txt", b"aux_.txt", b"sub/lpt9", b"prn/x", b"a.",
           b"b "]


def device_names_case(folder, options):
    """What Windows calls a device gets a name that can be made, and is found under it again."""
    torrent = in_this_order(folder, DEVICES)
    had = sorted(tree(folder / "data").values())
    with ntfs(folder, "windows_names") as out, seeding(folder, options, torrent, folder / "data"):
        interrupted(folder, options, torrent, out, "*.btfast")
        process = get(folder, options, torrent, out)
        lab.check("file_renamed" in process.stderr(), "names no other name")
        lab.check(sorted(tree(out).values()) == had, f"there {sorted(tree(out))}")
        verify(folder, options, torrent, out)
        served(folder, options, torrent, out)
        again = get(folder, options, torrent, out, "--json")
        lab.check(json.loads(again.stdout())["downloaded"] == 0, "fetched again")


def main():
    options, suite = lab.begin(__doc__)
    for name, (paths, top) in TREES.items():
        suite.case(name, tree_case, options, paths, top)
    suite.case("files with other names are told", told_case, options)
    suite.case("more than 255 bytes", too_long_case, options)
    suite.case("--as", as_case, options)
    suite.case("resume of a long name", resume_of_long_name_case, options)
    suite.case("the raw file appears", raw_file_appears_case, options)
    suite.case("a missing file of an own tree", missing_file_case, options)
    for name, pair in TWO_OF_A_LENGTH.items():
        suite.case(f"two that begin alike: {name}", twins_case, options, pair)
    suite.case("two by case, the first empty", twins_case, options,
               (b"D/__init__.py", b"d/__init__.py"), True)
    suite.case("too deep", too_deep_case, options)
    suite.case("create without -o", output_name_case, options)
    suite.case("names that are refused", refused_names_case, options)
    suite.case("names that are folded: two files", folded_case, options, [b"name", b"Name"],
               ([], ["1"]))
    suite.case("names that are folded: a folder", folded_case, options, [b"Doc/x", b"doc"],
               ([], ["1"], ["2"]))
    suite.case("names that are folded and listed small", folded_and_listed_small_case, options)
    for paths in ([b"name", b"Name"], [b"Name", b"name"], [b"D/x", b"d/x"], [b"NAME", b"Name"]):
        suite.case(f"names that are folded and selected: {paths[0].decode()}",
                   folded_and_selected_case, options, paths)
    suite.case("a mended name is taken", mended_name_is_taken_case, options)
    suite.case("device names", device_names_case, options)
    suite.case("names that are folded beside a control file", folded_beside_a_control_file_case,
               options)
    suite.finish()


if __name__ == "__main__":
    main()
