"""Content to share, and .torrent files of it made by every maker in the lab."""

import pathlib
import subprocess

import lab
import wire

KIB = 1024
MIB = 1024 * KIB


def single_file(parent, size=3 * MIB + 12345, name="single file.bin"):
    path = pathlib.Path(parent) / name
    lab.write_bytes(path, size, name)
    return path


def many_files(parent, name="Многоfile naïve"):
    """Nested, UTF-8 names, empty files, pieces over many files, a file of exactly one piece."""
    root = pathlib.Path(parent) / name
    sizes = {
        "a first.bin": 700_001,
        "b empty": 0,
        "c/deep/er/日本語.dat": 65536,
        "c/deep/tiny 1": 1,
        "c/deep/tiny 2": 2,
        "c/empty too": 0,
        "d émoji 🎈.bin": 1_300_003,
        "e/ünï/cöde/x": 16384,
        "z last": 33,
    }
    for path, size in sizes.items():
        lab.write_bytes(root / path, size, path)
    for number in range(40):
        lab.write_bytes(root / f"many/{number:03}.txt", 100 + number * 7, number)
    return root


def _run(argv, **options):
    done = subprocess.run([str(part) for part in argv], capture_output=True, timeout=120,
                          **options)
    if done.returncode != 0:
        raise RuntimeError(f"{argv[0]} ended with {done.returncode}: "
                           f"{(done.stderr + done.stdout).decode('utf-8', 'replace')[-300:]}")
    return done.stdout.decode()


def mktorrent(data, out, trackers=(), piece_length=65536):
    argv = ["mktorrent", "-l", piece_length.bit_length() - 1, "-o", out]
    for url in trackers:
        argv += ["-a", url]
    _run([*argv, data.name], cwd=data.parent)
    return out


def transmission_create(data, out, trackers=(), piece_length=65536):
    argv = ["transmission-create", "-s", piece_length // KIB, "-o", out]
    for url in trackers:
        argv += ["-t", url]
    _run([*argv, data])
    return out


def libtorrent_create(data, out, trackers=(), piece_length=65536, kind="v1"):
    """kind: v1, hybrid or v2.  Hybrid pads every file to a piece border (BEP 47)."""
    _run([lab.PYTHON, lab.ROOT / "tests/interop/libtorrent_peer.py", "create", "--kind", kind,
          "--piece-length", piece_length, "--out", out, "--data", data,
          *[f"--tracker={url}" for url in trackers]])
    return out


def btfast_create(binary, data, out, trackers=(), piece_length=65536):
    argv = [binary, "create", data, "-o", out, "--piece-size", piece_length]
    for url in trackers:
        argv += ["-a", url]
    _run(argv)
    return out


def share(data, out, trackers=(), piece_length=65536, maker=mktorrent):
    """The torrent of `data`, knowing where its content is."""
    return wire.Torrent(maker(data, out, trackers, piece_length), data.parent)


def info_hash_by_transmission(path):
    for line in _run(["transmission-show", path]).splitlines():
        if line.strip().startswith("Hash:"):
            return line.split(":", 1)[1].strip()
    raise RuntimeError("transmission-show printed no hash")


def info_hash_by_aria2(path):
    for line in _run(["aria2c", "--no-conf", "-S", path]).splitlines():
        if line.startswith("Info Hash:"):
            return line.split(":", 1)[1].strip()
    raise RuntimeError("aria2 printed no info hash")
