"""Broken and hostile .torrent files: what FAULTS §2.1 lists, numbered as there.

refused() yields files that must not load; tolerated() yields files that load, and download, with
their content.  Everything is computed; nothing is random.
"""

import hashlib
from dataclasses import dataclass

from wire import Raw, encode

PIECE = 16384
CONTENT = bytes((i * 7 + i // 251) & 0xff for i in range(2 * PIECE + 100))


def digests(data, piece=PIECE):
    return b"".join(hashlib.sha1(data[at:at + piece]).digest()
                    for at in range(0, len(data), piece))


def info(**changes):
    """A good single-file info dictionary with keys replaced, or removed by None."""
    fields = {"name": "payload.bin", "piece length": PIECE, "length": len(CONTENT),
              "pieces": digests(CONTENT)}
    fields.update({key.replace("_", " "): value for key, value in changes.items()})
    return {key: value for key, value in fields.items() if value is not None}


def torrent(info_dictionary, **outer):
    return encode({"info": info_dictionary, **outer})


def files_info(paths, content=CONTENT, name="folder", **changes):
    """A multi-file info dictionary: the content shared out evenly over the paths."""
    share = len(content) // len(paths)
    lengths = [share] * len(paths)
    lengths[-1] += len(content) - share * len(paths)
    files = [{"length": length, "path": path} for length, path in zip(lengths, paths)]
    return info(name=name, length=None, files=files, **changes)


@dataclass
class Refused:
    number: int
    name: str
    data: bytes
    says: str = ""        # a regular expression the message must match, ignoring case
    rss_mib_max: int = 96
    seconds_max: float = 5


@dataclass
class Tolerated:
    number: int
    name: str
    data: bytes
    content: bytes = CONTENT
    file_count: int = 1


# ---- refused ---------------------------------------------------------------------------------


def refused():
    yield from _structure()
    yield from _integers()
    yield from _missing_and_typed_wrong()
    yield from _sizes()
    yield from _hybrids()


def _structure():
    bomb = 10 ** 6
    yield Refused(15, "lists nested a million deep", b"l" * bomb)
    yield Refused(15, "dictionaries nested a million deep", b"d1:a" * bomb)
    yield Refused(15, "nested below info", b"d4:info" + b"l" * bomb)
    yield Refused(15, "depth 101 and closed", b"l" * 101 + b"e" * 101)
    ints = b"i1e" * 3_200_000
    yield Refused(16, "three million integers", b"l" + ints + b"e", rss_mib_max=150)
    yield Refused(16, "seven million empty strings", b"l" + b"0:" * 5_000_000 + b"e",
                  rss_mib_max=150)
    for prefix in (b"99999999999:", b"18446744073709551616:", b"-1:", b"00:", b"01:a", b"4:",
                   b"4:abc", b":", b"5", b"1x:a", b"+1:a"):
        yield Refused(17, f"string prefix {prefix.decode()}", b"d4:info" + prefix)
    yield Refused(20, "duplicate key pieces",
                  b"d4:infod6:lengthi1e4:name1:a12:piece lengthi16384e6:pieces20:" + b"x" * 20
                  + b"6:pieces20:" + b"x" * 20 + b"ee")
    yield Refused(20, "duplicate key length",
                  b"d4:infod6:lengthi1e6:lengthi2e4:name1:a12:piece lengthi16384e6:pieces20:"
                  + b"x" * 20 + b"ee")
    good = encode(info())
    yield Refused(20, "duplicate key info", b"d4:info" + good + b"4:info" + good + b"e",
                  says=f"byte {7 + len(good)}:.*info")
    yield Refused(22, "empty file", b"")
    yield Refused(22, "a list at the root", b"le")
    yield Refused(22, "an integer at the root", b"i1e")
    yield Refused(22, "an integer key", b"di1ei2ee")
    yield Refused(22, "cut in the middle", torrent(info())[:120])
    yield Refused(22, "cut before the last byte", torrent(info())[:-1])
    yield Refused(22, "text", b"this is not a torrent\n")
    yield Refused(22, "HTML", b"<!DOCTYPE html><html></html>", says="HTML page")


def _integers():
    for bad in (b"i--1e", b"ie", b"i-e", b"i1", b"i 1e", b"i1.5e", b"i0x1e", b"i+1e"):
        yield Refused(18, f"integer {bad.decode()}",
                      b"d4:infod6:length" + bad + b"4:name1:aee", says=r"\d")
    for bad in (b"i-0e", b"i9223372036854775808e", b"i-9223372036854775809e"):
        yield Refused(18, f"length {bad.decode()}", torrent(info(length=Raw(bad))), says="length")


def _missing_and_typed_wrong():
    for key in ("name", "piece length", "pieces", "length"):
        without = info(**{key.replace(" ", "_"): None})
        yield Refused(22, f"no {key}", torrent(without), says=key)
    wrong = {"name": 5, "piece length": "16384", "pieces": [1], "length": "10"}
    for key, value in wrong.items():
        yield Refused(22, f"{key} of the wrong type",
                      torrent(info(**{key.replace(" ", "_"): value})), says=key)
    yield Refused(22, "no info", encode({"announce": "http://x/announce"}), says="info")
    yield Refused(22, "info is a list", encode({"info": [1]}), says="info")
    yield Refused(22, "files is a dictionary", torrent(info(length=None, files={})), says="files")
    yield Refused(22, "a file is a string", torrent(info(length=None, files=["x"])), says="file")
    yield Refused(22, "path is a string",
                  torrent(info(length=None, files=[{"length": 9, "path": "x"}])), says="path")
    yield Refused(22, "a path element is an integer",
                  torrent(info(length=None, files=[{"length": 9, "path": [1]}])), says="path")
    yield Refused(22, "a file without length",
                  torrent(info(length=None, files=[{"path": ["x"]}])), says="length")
    yield Refused(22, "a file without path",
                  torrent(info(length=None, files=[{"length": len(CONTENT)}])), says="path")
    yield Refused(23, "neither length nor files", torrent(info(length=None)), says="length|files")
    yield Refused(23, "files is empty", torrent(info(length=None, files=[])), says="files")
    yield Refused(23, "path is empty",
                  torrent(info(length=None, files=[{"length": len(CONTENT), "path": []}])),
                  says="path")


def _sizes():
    yield Refused(24, "negative length", torrent(info(length=-1)), says="length")
    yield Refused(24, "list for a length", torrent(info(length=[1])), says="length")
    yield Refused(24, "length 2^63-1", torrent(info(length=2 ** 63 - 1)))
    huge = {"length": 2 ** 62, "path": ["a"]}
    yield Refused(24, "two lengths of 2^62", torrent(
        info(length=None, files=[huge, {**huge, "path": ["b"]}])))
    yield Refused(24, "four lengths of 2^62", torrent(
        info(length=None, files=[{**huge, "path": [str(n)]} for n in range(4)])))
    yield Refused(24, "a negative file", torrent(info(length=None, files=[
        {"length": -5, "path": ["a"]}, {"length": len(CONTENT) + 5, "path": ["b"]}])))
    yield Refused(25, "nothing in it", torrent(info(length=0, pieces=b"")))
    yield Refused(25, "only empty files", torrent(info(length=None, pieces=b"", files=[
        {"length": 0, "path": ["a"]}, {"length": 0, "path": ["b"]}])))
    for size in (0, -1, 2 ** 31 - 1, 2 ** 40, 2 ** 63 - 1):
        yield Refused(26, f"piece length {size}", torrent(info(piece_length=size)),
                      says="piece length|pieces")
    yield Refused(26, "piece length 1 and 2^40 bytes",
                  torrent(info(piece_length=1, length=2 ** 40)), says="piece")
    good = digests(CONTENT)
    yield Refused(27, "pieces not a multiple of 20", torrent(info(pieces=good[:-1])),
                  says="pieces")
    yield Refused(27, "one digest too few", torrent(info(pieces=good[:-20])), says=r"2.*3|3.*2")
    yield Refused(27, "one digest too many", torrent(info(pieces=good + b"x" * 20)),
                  says=r"4.*3|3.*4")
    yield Refused(27, "no digest", torrent(info(pieces=b"")), says="pieces")
    yield Refused(28, "107 million pieces by length only",
                  torrent(info(length=107_000_000 * PIECE)), says="piece")
    deep = torrent(files_info([["d"] * 101 + ["x"]]))
    yield Refused(6, "a path 102 elements deep", deep)
    yield Refused(6, "a path of 10 000 elements", torrent(files_info([["d"] * 10_000])))
    yield Refused(8, "118 files of one path", torrent(files_info([["same"]] * 118)))


def _hybrids():
    v2_only = {"name": "x", "piece length": PIECE, "meta version": 2,
               "file tree": {"x": {"": {"length": 5, "pieces root": b"r" * 32}}}}
    yield Refused(33, "v2 only", torrent(v2_only), says="v2|version")
    yield Refused(33, "meta version 3", torrent({**v2_only, "meta version": 3}), says="version|v")
    hybrid = info(meta_version=2, file_tree={"other.bin": {"": {
        "length": len(CONTENT), "pieces root": b"r" * 32}}})
    yield Refused(33, "hybrid with another name in its tree", torrent(hybrid))
    hybrid = info(meta_version=2, file_tree={"payload.bin": {"": {
        "length": len(CONTENT) + 1, "pieces root": b"r" * 32}}})
    yield Refused(33, "hybrid with another length in its tree", torrent(hybrid))


# ---- tolerated -------------------------------------------------------------------------------


def tolerated():
    yield from _names()
    yield from _collisions()
    yield from _outer()
    yield from odd_of_one_meaning()


def odd_of_one_meaning():
    """What other clients load too, and what is the same to all of them (FAULTS 18, 20, 22, 23)."""
    yield Tolerated(18, "leading zeros in a length",
                    torrent(info(length=Raw(b"i000%de" % len(CONTENT)))))
    yield Tolerated(18, "leading zeros in a string's length",
                    torrent(info(name=Raw(b"0011:payload.bin"))))
    yield Tolerated(18, "a negative zero nobody reads", torrent(info(x=Raw(b"i-0e"))))
    yield Tolerated(18, "more than 64 bits nobody reads",
                    torrent(info(x=Raw(b"i99999999999999999999e")),
                            **{"creation date": Raw(b"i99999999999999999999e")}))
    good = encode(info())
    yield Tolerated(20, "an unknown key of info twice",
                    b"d4:infod3:123i1e3:123i2e" + good[1:] + b"e")
    yield Tolerated(20, "comment and announce twice",
                    b"d8:announce10:http://x/a8:announce10:http://y/a7:comment1:a7:comment1:b4:info"
                    + good + b"e")
    yield Tolerated(22, "an empty name.utf-8", torrent(info(**{"name.utf-8": ""})))
    yield Tolerated(22, "name.utf-8 an integer", torrent(info(**{"name.utf-8": 5})))
    for name, path in (("an empty list", []), ("a string", "x"), ("of integers", [1])):
        one = {"length": len(CONTENT), "path": ["plain"], "path.utf-8": path}
        yield Tolerated(22, f"path.utf-8 {name}", torrent(info(name="folder", length=None,
                                                               files=[one])))
    one = {"length": len(CONTENT), "path": ["plain"], "attr": 7}
    yield Tolerated(22, "attr an integer", torrent(info(name="folder", length=None, files=[one])))
    yield Tolerated(22, "meta version a string", torrent(info(meta_version="2")))
    yield Tolerated(22, "trackers of the wrong types",
                    torrent(info(), announce=5, **{"announce-list": "http://x/a", "url-list": {}}))
    yield Tolerated(23, "length beside files",
                    torrent(info(files=[{"length": len(CONTENT), "path": ["x"]}])))
    yield Tolerated(23, "length beside files that are none", torrent(info(files={})))
    yield _nameless_pad()


def _names():
    hostile = {
        (1, "two levels up"): ["..", "..", "escaped"],
        (1, "up in the middle"): ["a", "..", "..", "escaped"],
        (1, "a slash in an element"): ["a/../../escaped"],
        (2, "absolute"): ["/etc/escaped"],
        (2, "double slash"): ["//", "escaped"],
        (2, "a share"): ["\\\\server\\escaped"],
        (2, "a drive"): ["C:\\escaped"],
        (2, "a bare drive"): ["c:", "escaped"],
        (3, "NUL"): ["a\0b"],
        (3, "control characters"): ["new\nline\rreturn\x1b[31mred\x7f\x85"],
        (4, "overlong dots"): [b"\xc0\xae\xc0\xae", "escaped"],
        (4, "overlong slash"): [b"..\xc0\xafescaped"],
        (4, "three-byte overlong"): [b"\xe0\x80\xae\xe0\x80\xae", "escaped"],
        (4, "a truncated sequence"): [b"abc\xe2\x82"],
        (4, "five bytes"): [b"\xf8\x88\x80\x80\x80"],
        (5, "bidi and zero width"): ["ev\u202eil\u200b\u2066\ufeff.txt"],
        (6, "an element of 300 bytes"): ["n" * 300 + ".iso"],
        (7, "a dot"): ["."],
        (7, "an empty element"): [""],
        (7, "a space"): [" "],
        (7, "only what is filtered"): ["//\\"],
    }
    for (number, name), path in hostile.items():
        yield Tolerated(number, f"path: {name}", torrent(files_info([path, ["safe"]])),
                        file_count=2)
    for name in ("..", "../up", "/etc/escaped", ".", "", "a\0b", b"\xc0\xae\xc0\xae", "n" * 300):
        yield Tolerated(1, f"name: {name!r:.20}", torrent(info(name=name)))
    for name in ("..", "../up", "/etc", ""):
        yield Tolerated(1, f"folder: {name!r}", torrent(files_info([["a"], ["b"]], name=name)),
                        file_count=2)


def _collisions():
    yield Tolerated(8, "the same path twice", torrent(files_info([["a"], ["a"], ["b"]])),
                    file_count=3)
    yield Tolerated(8, "differing in case", torrent(files_info([["Read.me"], ["README.ME"]])),
                    file_count=2)
    yield Tolerated(8, "composed and decomposed",
                    torrent(files_info([["caf\u00e9"], ["cafe\u0301"]])), file_count=2)
    yield Tolerated(9, "a file and a folder of one name",
                    torrent(files_info([["a"], ["a", "b"]])), file_count=2)
    yield Tolerated(9, "a folder and a file of one name",
                    torrent(files_info([["a", "b"], ["a"]])), file_count=2)


def _outer():
    good = torrent(info())
    yield Tolerated(19, "unsorted keys in info", b"d4:info" + b"d6:pieces%d:" % len(
        digests(CONTENT)) + digests(CONTENT) + b"4:name11:payload.bin6:lengthi%de" % len(CONTENT)
        + b"12:piece lengthi16384eee")
    yield Tolerated(21, "garbage after the end", good + b"garbage")
    empty = files_info([["a"], ["b"]])
    empty["files"] = [{"length": 0, "path": ["empty 1"]}, *empty["files"],
                      {"length": 0, "path": ["sub", "empty 2"]}]
    yield Tolerated(25, "empty files among others", torrent(empty), file_count=4)
    yield Tolerated(31, "a comment of a megabyte",
                    torrent(info(), comment="c" * 10 ** 6, **{"created by": "b" * 10 ** 6}))
    yield Tolerated(31, "100 000 trackers", torrent(info(), **{
        "announce-list": [[f"udp://0.0.0.{n % 9}:9/{n}"] for n in range(100_000)]}))
    schemes = ["file:///etc/passwd", "gopher://x/", "ftp://x/announce", "data:,x", "ws://x/",
               "invalid url", "http://", ":", "javascript:alert(1)"]
    yield Tolerated(32, "tracker schemes nobody serves",
                    torrent(info(), announce=schemes[0], **{"announce-list": [schemes]}))
    yield Tolerated(31, "announce of a megabyte",
                    torrent(info(), announce="http://" + "a" * 10 ** 6))
    yield Tolerated(22, "unknown keys everywhere",
                    torrent(info(x_key=[1, {"deep": Raw(b"le")}]), zzz={"y": 1}))
    yield _padded()
    link = {"attr": "l", "length": 0, "path": ["link"], "symlink path": ["..", "..", "etc"]}
    absolute = {**link, "path": ["link 2"], "symlink path": ["/etc/passwd"]}
    linked = files_info([["a"]])
    linked["files"] += [link, absolute]
    yield Tolerated(10, "symbolic links", torrent(linked), file_count=-1)


def _nameless_pad():
    first, pad, second = CONTENT[:PIECE - 1000], bytes(1000), CONTENT[PIECE:PIECE + 500]
    stream = first + pad + second
    files = [{"length": len(first), "path": ["a"]}, {"attr": "p", "length": len(pad)},
             {"length": len(second), "path": ["b"]}]
    return Tolerated(34, "a pad file without a path", torrent(info(
        name="folder", length=None, files=files, pieces=digests(stream))), stream, 2)


def _padded():
    """BEP 47: the pad belongs to the pieces and never to the disk, even as the last file."""
    first, pad = CONTENT[:PIECE - 1000], bytes(1000)
    second = CONTENT[PIECE:PIECE + 500]
    stream = first + pad + second + bytes(200)
    files = [{"length": len(first), "path": ["a"]},
             {"attr": "p", "length": len(pad), "path": [".pad", "1000"]},
             {"length": len(second), "path": ["b"]},
             {"attr": "p", "length": 200, "path": [".pad", "200"]}]
    return Tolerated(34, "pad files", torrent(info(
        name="folder", length=None, files=files, pieces=digests(stream))), stream, 2)
