"""The command line as a contract: what words mean, what is said of mistakes and with which status,
--json for every failure, several torrents, signals and pipes in every command.

    command_line.py [--btfast PATH] [--only PATTERN] [--keep]
"""

import json
import os
import pathlib
import re
import signal
import socket
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import lab  # noqa: E402
import torrents  # noqa: E402
from cli import PIECE, RESULT_KEYS, expect, run_all, start_half_way  # noqa: E402
from mini_seed import MiniSeed  # noqa: E402

HASH = "0123456789abcdef0123456789abcdef01234567"
CASES = []


def case(function):
    CASES.append(function)
    return function


def other_torrent(scene, name="y"):
    data = torrents.single_file(scene.folder / f"data-{name}", 5 * PIECE + 7, f"{name}.bin")
    return torrents.share(data, scene.folder / f"{name}.torrent", (), PIECE)


# ---- words -----------------------------------------------------------------------------------


@case
def several_torrents_are_several_downloads(scene):
    """Whatever they are called, none is written over, and each has its result."""
    second = other_torrent(scene)
    plain = scene.folder / "plain"
    plain.write_bytes(second.path.read_bytes())
    before = second.path.read_bytes()
    seeds = [scene.seed(), scene.loop.call(MiniSeed(second, lab.address(21)).start())]
    peers = [word for seed in seeds for word in ("--peer", seed.endpoint())]
    for number, words in enumerate(([scene.torrent.path, second.path],
                                    ["-t", scene.torrent.path, "-t", second.path],
                                    ["-t", scene.torrent.path, plain])):
        out = scene.folder / f"out{number}"
        process = scene.start(*words, "-o", out, "--bind", lab.address(9), "--port", "0", "--json",
                              *peers)
        expect(process, 0, 40)
        results = json.loads(process.stdout())
        lab.check([r["name"] for r in results] == [scene.torrent.name, second.name], f"{results}")
        lab.check(all(RESULT_KEYS <= r.keys() for r in results), "keys")
        lab.check_same_tree(scene.torrent.data_path(), out / scene.torrent.name)
        lab.check_same_tree(second.data_path(), out / second.name)
        lab.check(plain.read_bytes() == before == second.path.read_bytes(), "a torrent changed")


@case
def the_first_failure_is_the_status_of_several(scene):
    process = scene.start("missing.torrent", "-t", scene.torrent.path, "-o", scene.out, "--bind",
                          lab.address(9), "--port", "0", "--json", seed=scene.seed())
    process.wait(30)
    results = json.loads(process.stdout())
    lab.check([r["status"] for r in results] == ["done", "failed"], f"{results}")
    lab.check(process.poll() == results[1]["exit"] != 0, f"status {process.poll()}")


@case
def an_interrupt_ends_the_row(scene):
    second = other_torrent(scene)
    process, _ = start_half_way(scene, second.path, "--json")
    process.signal(signal.SIGINT)
    expect(process, 7, 10)
    results = json.loads(process.stdout())
    lab.check([r["status"] for r in results] == ["interrupted"], f"{results}")
    lab.check(scene.control_files(), "no control file")
    lab.check(not (scene.out / second.name).exists(), "the second one began")


@case
def a_torrent_is_never_its_own_output(scene):
    """By its own name, through a link, or by --as."""
    here = scene.folder / "here"
    here.mkdir()
    data = torrents.single_file(scene.folder / "data", 3 * PIECE, "self.torrent")
    torrent = torrents.share(data, here / "self.torrent", (), PIECE)
    (here / "link.iso").symlink_to("self.torrent")
    os.link(here / "self.torrent", here / "hard.iso")
    before = torrent.path.read_bytes()
    for words in (["self.torrent"], ["self.torrent", "hard.iso"], ["self.torrent", "link.iso"],
                  ["self.torrent", "--as", "./self.torrent"], ["-t", "self.torrent", "--as",
                                                               here / "hard.iso"]):
        process = scene.start(*words, "--port", "0", "--timeout", "2s", cwd=here)
        process.wait(10)
        lab.check(process.poll() != 0, f"{words}: status 0")
        lab.check(torrent.path.read_bytes() == before, f"{words}: written over")


@case
def a_name_is_no_command_and_no_path(scene):
    for words, says in ((["verfiy", "-t", scene.torrent.path], "did you mean verify"),
                        ([scene.torrent.path, "chekc"], "did you mean verify"),
                        (["downlaod", scene.torrent.path], "did you mean get"),
                        (["frobnicate"], "commands are get, seed"),
                        ([scene.torrent.path, "iso/name.iso"], "-o DIR"),
                        ([scene.torrent.path, "a", "b"], "one name")):
        process = scene.start(*words, "--port", "0", cwd=scene.folder)
        expect(process, 2, says=says)
        lab.check(process.stderr().startswith("btfast: "), process.stderr()[:100])
        lab.check(process.stderr().count("\n") == 1, f"more than a line: {process.stderr()}")
    lab.check(not list(scene.folder.glob("*.btfast")), "left behind")
    process = scene.start(scene.torrent.path, "--as", scene.out / "in" / "verify", "--bind",
                          lab.address(9), "--port", "0", seed=scene.seed())
    expect(process, 0, 30)
    lab.check_same_tree(scene.torrent.data_path(), scene.out / "in" / "verify")


@case
def a_missing_torrent_is_the_same_in_every_place(scene):
    """Behind a command no word can be another one."""
    for command in ("get", "seed", "info", "verify", "dump"):
        for words in (["nothere"], ["nothere.torrent"], ["-t", "nothere"]):
            expect(scene.start(command, *words), 3, says="nothere.*: No such file or directory")
        if command in ("get", "seed", "verify"):
            expect(scene.start(command, "help"), 2,
                   says="the command comes first: btfast help")
    expect(scene.start("-j", "2", "verify", scene.torrent.path), 2,
           says="the command comes first: btfast verify")


@case
def what_is_not_supported_yet_is_said(scene):
    for word, says in ((f"magnet:?xt=urn:btih:{HASH}", "magnet links are not supported yet"),
                       ("magnet:?dn=x", "bad magnet link"), (HASH, "info hash"),
                       ("https://127.0.0.1:9/x.torrent",
                        "curl -LO https://127.0.0.1:9/x.torrent"),
                       ("ftp://127.0.0.1/x.torrent", "curl -LO ftp://127.0.0.1/x.torrent"),
                       ("file:///x.torrent", "not fetched from URLs yet")):
        for form in ([word], ["-t", word], ["info", word], ["verify", "-t", word], ["seed", word],
                     ["dump", word]):
            expect(scene.start(*form, "--json"), 3, says=re.escape(says))


@case
def mistakes_say_what_to_type(scene):
    torrent = scene.torrent.path
    for words, says in ((["--job", "4", torrent], r"did you mean --jobs\?"),
                        ([torrent, "--frobnicate"], r"btfast: unknown option --frobnicate"),
                        (["verify", torrent, "--stall-timeout", "1s"], "but of get"),
                        ([torrent, "--timeout", "5x"], "30s"),
                        ([torrent, "--down-limit", "5MiBps"], "5MiB"),
                        ([torrent, "-j"], "--jobs: its value is missing: --jobs N"),
                        ([torrent, "--summary-interval", "0"], "at least 100ms"),
                        (["create", torrent, "--piece-size", "10"], "--piece-size: expected"),
                        (["create", torrent, "-a", "foo"], '--announce: not a URL: "foo"'),
                        (["create", torrent, "--exclude", "[a"], "--exclude: .* never closed"),
                        (["help", "verfiy"], "did you mean verify")):
        expect(scene.start(*words), 2, says=says)
    expect(scene.start(torrent, "-o", scene.out, "--bind", "203.0.113.7"), 4, says="203.0.113.7")
    taken = socket.socket()
    taken.bind((lab.address(9), 0))
    taken.listen()
    expect(scene.start(torrent, "-o", scene.out, "--bind", lab.address(9), "--port",
                       str(taken.getsockname()[1])), 4, says="--port 0")


@case
def help_and_version_are_commands(scene):
    for words, says in ((["help"], "Subcommands:"), (["help", "verify"], "btfast verify"),
                        (["version"], r"btfast \d")):
        for more in ([], ["-q", "-v", "--progress", "none", "--log-format=json"]):
            process = scene.start(*words, *more)
            expect(process, 0)
            lab.check(re.search(says, process.stdout()), process.stdout()[:200])
    process = scene.start("version", "--json")
    expect(process, 0)
    told = json.loads(process.stdout())
    lab.check(told["name"] == "btfast" and re.match(r"\d", told["version"]), f"{told}")
    lab.check((told["status"], told["exit"], told["error"]) == ("done", 0, None), f"{told}")
    for words in (["-t", "x", "-V"], ["get", "-V"], ["create", "--version"]):
        process = scene.start(*words)
        expect(process, 0)
        lab.check(re.fullmatch(r"btfast \d\S*\n", process.stdout()), process.stdout()[:200])


# ---- output ----------------------------------------------------------------------------------


@case
def every_failure_is_an_object_with_json(scene):
    bad = scene.folder / "bad.torrent"
    bad.write_bytes(b"d4:infoi0e")
    torrent = scene.torrent.path
    for words in (["-t", bad], ["-t", "missing.torrent"], [torrent, "--select", "99"],
                  [torrent, "--peer", "nonsense"], [torrent, "--frobnicate"], [],
                  ["seed", bad], ["seed", torrent, "-o", scene.folder / "empty"]):
        process = scene.start(*words, "--json", "--port", "0")
        process.wait(10)
        result = json.loads(process.stdout())
        lab.check(RESULT_KEYS <= result.keys(), f"{words}: {RESULT_KEYS - result.keys()}")
        lab.check(result["exit"] == process.poll() != 0, f"{words}: {result}")
        lab.check(result["error"] and result["status"] == "failed", f"{words}: {result}")
    for words in (["info", bad], ["verify", bad], ["verify", "-j", "0", torrent], ["dump", bad],
                  ["create", scene.folder / "nothing"], ["create"], ["bench", "x"],
                  ["tracker", "--bind", "203.0.113.7"], ["swarm", "--seeds", "0"],
                  ["bench", "disk", "--dir", scene.folder / "nothing"]):
        process = scene.start(*words, "--json")
        process.wait(10)
        result = json.loads(process.stdout())
        lab.check(result["exit"] == process.poll() != 0 and result["error"], f"{words}: {result}")


@case
def every_line_is_json_where_records_are(scene):
    bad = scene.folder / "bad.torrent"
    bad.write_bytes(b"d4:infoi0e")
    for words in (["--progress", "json"], ["--log-format=json"]):
        for command in (["-t", bad], ["verify", bad], ["-t", scene.torrent.path, "--frobnicate"]):
            process = scene.start(*command, *words)
            process.wait(10)
            for line in process.stderr().splitlines():
                lab.check(json.loads(line)["level"] in ("ERROR", "WARN"), line)


@case
def every_command_takes_the_options_of_output(scene):
    data, torrent = scene.torrent.data_path(), scene.torrent.path
    for number, words in enumerate((["info", torrent], ["dump", torrent],
                                    ["verify", torrent, "-o", data.parent],
                                    ["create", data, "-o", scene.folder / "made.torrent",
                                     "--force"],
                                    ["--info", torrent])):
        for more in (["-q"], ["-v"], ["--progress", "none"], ["--log-format", "json"],
                     ["--summary-interval", "5s"]):
            expect(scene.start(*words, *more), 0, 20)
        process = scene.start(*words, "--json")
        expect(process, 0, 20)
        lab.check(isinstance(json.loads(process.stdout()), dict), f"{number}")
    process = scene.start("create", data, "-o", scene.folder / "quiet.torrent", "-q")
    expect(process, 0, 20)
    lab.check(process.stdout() == process.stderr() == "", "create -q spoke")


@case
def every_result_says_how_it_ended(scene):
    for words in (["info", scene.torrent.path], ["bench", "hash", "-j", "1"], ["version"],
                  ["verify", scene.torrent.path, "-o", scene.torrent.data_path().parent]):
        process = scene.start(*words, "--json")
        expect(process, 0, 60)
        told = json.loads(process.stdout())
        lab.check(told["exit"] == 0 and told["status"] in ("done", "good"), f"{words}: {told}")
        lab.check(told["error"] is None, f"{words}: {told}")


@case
def of_several_torrents_each_is_named(scene):
    odd = scene.folder / "odd.torrent"
    odd.write_bytes(scene.torrent.path.read_bytes() + b"x")
    process = scene.start("info", "nosuch1", "nosuch2")
    expect(process, 3, says="nosuch1.*")
    lab.check(process.stdout() == "", repr(process.stdout()))
    process = scene.start("info", scene.torrent.path, odd)
    expect(process, 0, says="warning: .*odd.torrent: 1 byte after the end was ignored")
    process = scene.start("create", scene.torrent.data_path(), "-o", odd)
    process.wait(10)
    lab.check("odd.torrent: exists already; --force replaces it" in process.stderr(),
              process.stderr())


@case
def dump_is_json_with_binary_as_hex(scene):
    process = scene.start("dump", "--json", scene.torrent.path)
    expect(process, 0)
    tree = json.loads(process.stdout())
    lab.check(tree["info"]["name"] == scene.torrent.name, "the name")
    lab.check(re.fullmatch(r"[0-9a-f]+", tree["info"]["pieces"]), "the digests")
    lab.check(len(tree["info"]["pieces"]) == 40 * scene.torrent.piece_count, "all of them")


@case
def a_reader_that_goes_away_is_no_failure(scene):
    """`btfast info x.torrent | head -3` under pipefail."""
    for words in (["info"], ["dump", "--full"], ["dump", "--json"]):
        read, write = os.pipe()
        os.close(read)
        process = scene.start(*words, scene.torrent.path, stdout=write)
        os.close(write)
        expect(process, 0)
        lab.check(not process.stderr(), process.stderr())


@case
def a_full_standard_output_is_said_by_every_command(scene):
    data = scene.torrent.data_path()
    many = scene.folder / "many"
    many.mkdir()
    for number in range(2000):
        (many / f"a name that takes some room {number}").touch()
    (many / "data").write_bytes(b"x" * PIECE)
    torrent = torrents.share(many, scene.folder / "many.torrent", (), PIECE).path
    mistake = ["get", "--json", "missing.torrent"]
    for words in (["info", scene.torrent.path], ["info", "--json", torrent], ["info", torrent],
                  ["info", scene.torrent.path, torrent], ["dump", "--full", torrent],
                  ["verify", scene.torrent.path, "-o", data.parent],
                  ["verify", "--json", scene.torrent.path, "-o", data.parent],
                  ["create", data, "-o", "-"], ["create", many, "-o", "-"],
                  ["create", data, "-o", scene.folder / "made.torrent"],
                  ["tracker", "--bind", lab.address(9), "--port", "0"],
                  ["completion", "bash"], ["completion", "fish"], ["help"], ["help", "get"],
                  ["--help"], ["get", "--help"], ["version"], ["--version"]):
        with open("/dev/full", "wb") as full:
            process = scene.start(*words, stdout=full)
        expect(process, 9, says=r"cannot write the result.*No space left on device")
    # No socket of ours gets the number of a stream that is closed, and what is printed.
    for words in (["info", torrent], ["get", "-t", torrent, "--announce-only"],
                  ["swarm", "--size", "1MiB", "--leeches", "1"]):
        process = scene.start(*words, preexec=lambda: os.close(1))
        expect(process, 6, says=r"cannot write the result.*Bad file descriptor")
    with open("/dev/full", "wb") as full:
        process = scene.start(*mistake, stdout=full)
    process.wait(10)
    lab.check(process.poll() not in (0, 9), f"the mistake is the status: {process.poll()}")
    lab.check("could not be written" in process.stderr(), process.stderr())


# ---- settings --------------------------------------------------------------------------------


@case
def settings_are_those_of_every_command(scene):
    home = scene.folder / "config"
    (home / "btfast").mkdir(parents=True)
    file = home / "btfast/btfast.toml"
    env = {"XDG_CONFIG_HOME": str(home)}
    data = scene.torrent.data_path()

    def run(text, *words, **more):
        file.write_text(text)
        return scene.start(*words, env={**env, **more})

    verify = ["verify", scene.torrent.path, "-o", data.parent]
    process = run("json = true\n", *verify)
    expect(process, 0)
    json.loads(process.stdout())
    expect(run("json = true\n", *verify, BTFAST_JSON="false"), 0)
    expect(run("jobs = 2\njbos = 3\n", *verify), 2, says=r"btfast\.toml: line 2: .*jobs\?")
    expect(run("\njobs = nope\n", *verify), 2, says=r"btfast\.toml: line 2: jobs: expected")
    expect(run("jobs = nope\n", "dump", scene.torrent.path), 0)
    expect(run("[verify]\njobs = 2\n[nonsense]\njobs = 1\n", *verify), 2, says="nonsense")
    expect(run("[verify]\nmax-peers = 5\n", *verify), 2,
           says="line 2: max-peers is no setting of verify, but of get, seed")
    expect(run("", *verify, BTFAST_JOBS="many"), 2, says="BTFAST_JOBS: expected")
    process = run("", *verify, BTFAST_JBOS="3")
    expect(process, 0, says="warning: unknown variable BTFAST_JBOS; did you mean BTFAST_JOBS")
    lab.check(process.stderr().count("JBOS") == 1, process.stderr())
    expect(run("", "tracker", BTFAST_INTERVAL="soon"), 2, says="BTFAST_INTERVAL: expected")
    for words in (["--help"], ["help"], ["version"], ["verify", "--help"]):
        expect(run("]]]\n", *words), 0)


# ---- signals ---------------------------------------------------------------------------------


@case
def a_wish_said_twice_is_one(scene):
    """As `timeout` does; a further one after a second is impatience (cli.py)."""
    for number in (signal.SIGTERM, signal.SIGINT):
        scene.out = scene.folder / f"out{int(number)}"
        process, _ = start_half_way(scene)
        for _ in range(3):
            process.signal(number)
        expect(process, 7, 10)
        lab.check(scene.control_files(), "no control file")


def listens_to(process, number):
    """Since it has begun to work."""
    try:
        status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    except OSError:
        return True  # it is gone, and what is asked next says so
    return bool(int(re.search(r"SigCgt:\s*(\w+)", status)[1], 16) >> (number - 1) & 1)


@case
def no_stray_signal_ends_a_command(scene):
    """HUP and USR1, to commands that take time: they say how far they are, and go on."""
    for words, says in ((["swarm", "--leeches", "1", "--size", "64MiB", "--dir", scene.folder],
                         " leeches=1 pct="),
                        (["bench", "disk", "--dir", scene.folder, "-j", "1"],
                         'bench doing="measuring disk" pct=')):
        process = scene.start(*words)
        lab.wait_until(lambda: listens_to(process, signal.SIGUSR1), 20, "it to begin")
        process.signal(signal.SIGHUP)
        process.signal(signal.SIGUSR1)
        lab.wait_until(lambda: says in process.stderr() or process.poll() is not None, 20, says)
        lab.check(says in process.stderr(), process.stderr()[-300:])
        expect(process, 0, 60)
    tracker = scene.start("tracker", "--port", "0", "--bind", lab.address(9), "--json")
    lab.wait_until(tracker.stdout, 10, "its URLs")
    lab.check(json.loads(tracker.stdout())["status"] == "listening", tracker.stdout())
    tracker.signal(signal.SIGHUP)
    tracker.signal(signal.SIGUSR1)
    lab.wait_until(lambda: "announces=" in tracker.stderr(), 10, "a status line")
    tracker.signal(signal.SIGTERM)
    expect(tracker, 0, 10)


if __name__ == "__main__":
    run_all(__doc__, CASES)
