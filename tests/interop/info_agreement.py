"""`btfast info --json` against libtorrent, aria2 and transmission-show, and `btfast create` against
mktorrent, for torrents of every maker in the lab.

    info_agreement.py [--btfast PATH] [--only PATTERN] [--keep]
"""

import json
import subprocess

import lab
import bad_torrent_table
import torrents
import wire

KIB = 1024
TRACKERS = ["http://10.77.0.1:6969/announce", "udp://10.77.0.1:6969/announce"]


def makers(options):
    hybrid = lambda *a: torrents.libtorrent_create(*a, kind="hybrid")  # noqa: E731
    return {
        "mktorrent": torrents.mktorrent, "transmission": torrents.transmission_create,
        "libtorrent": torrents.libtorrent_create, "hybrid": hybrid,
        "btfast": lambda *a: torrents.btfast_create(options.btfast, *a),
    }


CONTENTS = {
    "single": torrents.single_file,
    "multi": torrents.many_files,
    "one byte": lambda parent: torrents.single_file(parent, 1, "one"),
}


def shown_by_libtorrent(path):
    done = subprocess.run([lab.PYTHON, lab.ROOT / "tests/interop/libtorrent_peer.py", "show", path],
                          capture_output=True, timeout=30, check=True)
    return json.loads(done.stdout)


def info(options, folder, path):
    process = lab.Process([options.btfast, "info", path, "--json"], folder, "info")
    process.wait(20)
    lab.check(process.poll() == 0, f"info: status {process.poll()}: {process.stderr()[:300]}")
    return json.loads(process.stdout())


def agree_case(folder, options, maker, content, piece_length):
    data = CONTENTS[content](folder / "data")
    path = maker(data, folder / "x.torrent", TRACKERS, piece_length)
    ours, theirs = info(options, folder, path), shown_by_libtorrent(path)

    lab.check(ours["info_hash"] == theirs["info_hash"], f"info hash {ours['info_hash']}, "
              f"libtorrent {theirs['info_hash']}")
    lab.check(ours["info_hash"] == wire.Torrent(path).info_hash.hex(),
              "info hash differs from hashlib's of the raw dictionary")
    if not theirs["info_hash_v2"]:
        # aria2 1.36 and transmission 3.00 stumble over the empty keys of a hybrid's file tree.
        lab.check(ours["info_hash"] == torrents.info_hash_by_aria2(path),
                  "info hash differs from aria2's")
        lab.check(ours["info_hash"] == torrents.info_hash_by_transmission(path),
                  "info hash differs from transmission-show")
    lab.check((ours["info_hash_v2"] or None) == theirs["info_hash_v2"], "v2 info hash")
    lab.check(ours["name"] == theirs["name"] == data.name, f"name {ours['name']!r}")
    lab.check(ours["piece_length"] == theirs["piece_length"] == piece_length, "piece length")
    lab.check(ours["pieces"] == theirs["pieces"], f"{ours['pieces']} pieces")
    lab.check(ours["private"] is False, "private")
    urls = [url for tier in ours["trackers"] for url in tier]
    lab.check(sorted(urls) == sorted(TRACKERS), f"trackers {urls}")

    prefix = data.name + "/" if data.is_dir() else ""
    def below(name):  # with or without the top folder: both are ways to say it
        return name[len(prefix):] if prefix and name.startswith(prefix) else name
    listed = sorted((below(file["path"]), file["length"]) for file in ours["files"])
    wanted = sorted((below(name), size) for name, size in theirs["files"])
    lab.check(listed == wanted, f"files differ: {set(listed) ^ set(wanted)}")
    lab.check(ours["length"] == sum(size for _, size in wanted), f"length {ours['length']}")


def create_case(folder, options, content, piece_length):
    """The same bytes hashed and the same files: for one file even the same info hash."""
    data = CONTENTS[content](folder / "data")
    by_us = wire.Torrent(torrents.btfast_create(options.btfast, data, folder / "a.torrent",
                                                TRACKERS, piece_length))
    by_mktorrent = wire.Torrent(torrents.mktorrent(data, folder / "b.torrent", TRACKERS,
                                                   piece_length))
    lab.check(by_us.piece_length == piece_length, f"piece length {by_us.piece_length}")
    if by_us.files == by_mktorrent.files:
        lab.check(by_us.info_hash == by_mktorrent.info_hash,
                  f"info hash differs: keys {sorted(by_us.info)} and {sorted(by_mktorrent.info)}")
    else:
        lab.check(sorted(by_us.files) == sorted(by_mktorrent.files), "other files than mktorrent")
        raise lab.Failure("the files stand in another order than mktorrent's")


# Where libtorrent 2.0.8 stops and we do not: it takes an empty twin for the name (Transmission
# does not), and reads no list that is empty.
ONLY_HERE = ("an empty name.utf-8", "path.utf-8 an empty list", "path.utf-8 of integers")


def odd_case(folder, options, odd):
    """A torrent written oddly, but with one meaning, means the same to libtorrent."""
    path = folder / "odd.torrent"
    path.write_bytes(odd.data)
    ours, theirs = info(options, folder, path), shown_by_libtorrent(path)
    if odd.name in ONLY_HERE:
        lab.check("error" in theirs, "libtorrent takes it by now: compare it")
        return
    lab.check("error" not in theirs, f"libtorrent: {theirs}")
    lab.check(ours["info_hash"] == theirs["info_hash"], f"info hash {ours['info_hash']}, "
              f"libtorrent {theirs['info_hash']}")
    lab.check(ours["name"] == theirs["name"], f"{ours['name']!r}, {theirs['name']!r}")
    listed = sorted((file["path"], file["length"]) for file in ours["files"])
    wanted = sorted((name, size) for name, size in theirs["files"])
    lab.check(listed == wanted, f"{listed}, libtorrent {wanted}")


def create_threads_case(folder, options):
    data = torrents.many_files(folder / "data")
    hashes = set()
    for jobs in (1, 2, 8):
        out = folder / f"{jobs}.torrent"
        done = subprocess.run([options.btfast, "create", data, "-o", out, "-j", str(jobs),
                               "--piece-size", "32KiB", "--no-date"], capture_output=True,
                              timeout=60)
        lab.check(done.returncode == 0, done.stderr.decode("utf-8", "replace")[:300])
        hashes.add(out.read_bytes())
    lab.check(len(hashes) == 1, "the torrent depends on the number of threads")


def main():
    options, suite = lab.begin(__doc__)
    for name, maker in makers(options).items():
        for content in CONTENTS:
            for kib in (16, 32, 256):
                # transmission-create 3.00 takes the size in KiB, mktorrent from 32 KiB up.
                if name == "mktorrent" and kib < 32:
                    continue
                suite.case(f"{name} {content} {kib} KiB", agree_case, options, maker, content,
                           kib * KIB)
    for content in CONTENTS:
        for kib in (32, 64, 1024):
            suite.case(f"create {content} {kib} KiB", create_case, options, content, kib * KIB)
    for odd in bad_torrent_table.odd_of_one_meaning():
        suite.case(f"odd: {odd.name}", odd_case, options, odd)
    suite.case("create with any number of threads", create_threads_case, options)
    suite.finish()


if __name__ == "__main__":
    main()
