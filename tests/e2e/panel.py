"""What a person sees in a terminal, looked at in tmux: layouts by width, wide and long names,
resizing while it runs, nothing left behind in the history, and the last line.

    panel.py [--btfast PATH] [--only PATTERN] [--keep]
"""

import os
import pathlib
import re
import shlex
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "interop"))
sys.path.insert(0, str(ROOT / "tools"))

import lab  # noqa: E402
import torrents  # noqa: E402
from scene import MIB, OURS, Scene  # noqa: E402
from scripted_tracker import HttpTracker, http_reply, reply_body  # noqa: E402
from tmux_screen import Screen, columns_of  # noqa: E402

PLAIN = "big.bin"
WIDE = "日本語の映画とても長い名前のファイルです第一話高画質版完全収録特別編集版.mkv"
LONG = "Some.Very.Long.Release.Name." * 7 + "mkv"  # 199 characters


def scene_of(folder, options, name, size=24 * MIB, pace=MIB):
    scene = Scene(options, folder, torrents.single_file(folder / "data", size, name))
    scene.seed.bytes_per_s = pace
    return scene


def downloading(scene, *arguments, columns=80, rows=24, progress="panel", **environment):
    argv = scene.argv(*arguments)
    argv[argv.index("--progress") + 1] = progress
    return Screen(scene.folder, argv, columns, rows, **environment)


def check_fits(screen):
    for line in screen.lines():
        lab.check(columns_of(line) <= screen.columns, f"wider than {screen.columns}: {line!r}")


def check_one_panel(screen, lines):
    """One row of each kind, and one bar."""
    for sign in ("^ net ", "^ up ", "limit: ", "ETA ", r"\d\d:\d\d$"):
        found = [line for line in lines if re.search(sign, line)]
        lab.check(len(found) == 1, f"{len(found)} rows {sign!r}\n" + "\n".join(lines))


def check_whole(screen):
    """No figure is cut at the edge: what is there has its unit, and times have their end."""
    for line in screen.lines():
        lab.check("ETA" not in line or re.search(r"ETA ((\d+:)+\d\d|-:--)\b|ETA -:--$", line), line)
        lab.check(not re.search(r"\d\.\d$|\d \w?i?$", line), f"cut: {line!r}")


def frames(screen, count=4):
    """So many different frames are seen: rates and bars move."""
    seen = set()

    def enough():
        seen.add(screen.text())
        return len(seen) >= count
    lab.wait_until(enough, 30, f"{count} frames")


def width_case(folder, options, name, columns):
    screen = downloading(scene_of(folder, options, name), columns=columns)
    screen.wait_for("limit: network" if columns > 20 else "limit:", "net ")
    frames(screen)
    check_fits(screen)
    check_whole(screen)
    check_one_panel(screen, screen.with_history())
    lab.check(screen.history_size() == 0, f"history: {screen.with_history()}")
    title = screen.lines()[0]
    lab.check(title.startswith(name[:3]) and re.search(r"\d\d:\d\d$", title), f"title {title!r}")
    if columns == 80:
        lab.check(columns_of(title) == 80, f"the clock is not at the edge: {title!r}")
        screen.wait_for("1 peer (1 seed)")
    screen.close()


LAYOUTS = ((60, "of 2 busy"), (40, "of 2 busy"), (20, "limit: network"), (80, "requests, RTT"),
           (40, "of 2 busy"), (100, "requests, RTT"))


def resize_case(folder, options, name, above):
    """Where lines of others are above the panel, narrowing wraps it and scrolls only them out."""
    screen = downloading(scene_of(folder, options, name), above=above)
    screen.wait_for("limit: network", "requests, RTT")
    for columns, sign in LAYOUTS:
        screen.resize(columns)
        screen.wait_for(sign)
        lab.wait_until(lambda: max(map(columns_of, screen.lines())) <= columns, 30, "the new width")
        frames(screen, 3)
        check_fits(screen)
        check_whole(screen)
        # Of a panel at the top tmux itself moves the rows that it wrapped into the history.
        check_one_panel(screen, screen.with_history() if above else screen.lines())
    screen.close()


def check_stands_below(screen, above, rows=6):
    """One whole panel directly below the lines of others, all of which are there, and no more."""
    def lines():
        shown = screen.with_history()
        while shown and not shown[-1]:
            shown.pop()
        return shown
    # A frame of the old size may stand until the next one.
    lab.wait_until(lambda: len(lines()) == above + rows, 30,
                   f"{rows} rows below {above} lines:\n" + "\n".join(lines()))
    shown = lines()
    lab.check(shown[:above] == [f"before {n + 1}" for n in range(above)], "\n".join(shown))
    lab.check("" not in shown, "\n".join(shown))
    return shown[above:]


SIZES = ((80, 24, 6, "requests, RTT"), (60, 24, 6, "of 2 busy"), (40, 24, 6, "of 2 busy"),
         (80, 24, 6, "requests, RTT"), (100, 24, 6, "requests, RTT"))


def below_case(folder, options, name, above):
    """Between what was there before and the panel nothing is left, whatever the width was."""
    screen = downloading(scene_of(folder, options, name), above=above)
    for columns, height, rows, sign in SIZES:
        screen.resize(columns, height)
        screen.wait_for("limit: network", sign)
        lab.wait_until(lambda: max(map(columns_of, screen.lines())) <= columns, 30, "the new width")
        frames(screen, 3)
        check_one_panel(screen, check_stands_below(screen, above, rows))
        check_whole(screen)
    screen.close()


def lower_case(folder, options, name, above):
    """Where the panel has no room there is a line alone; with room again, one panel."""
    screen = downloading(scene_of(folder, options, name), above=above)
    for rows in (24, 5, 24, 3, 30):
        screen.resize(80, rows)
        screen.wait_for("limit: network" if rows > 6 else "pieces)")
        frames(screen, 3)
        if rows > 6:
            check_one_panel(screen, check_stands_below(screen, above))
        else:
            shown = [line for line in screen.lines() if line]
            lab.check(len(shown) == 1 and "pieces)" in shown[0], screen.text())
    screen.close()


def interrupted_case(folder, options, columns):
    """The `^C` that the terminal echoes is gone with the panel."""
    screen = downloading(scene_of(folder, options, PLAIN), columns=columns, above=8)
    screen.wait_for("limit: network")
    frames(screen, 3)
    screen.signal("INT")
    screen.wait_for("ended=7")
    shown = [line for line in screen.with_history() if line]
    lab.check("^C" not in "\n".join(shown), screen.text())
    lab.check(len(shown) == 8 + 3 + 2 and "interrupted" in shown[-2], "\n".join(shown))
    # What stays are lines of their own: a wider terminal does not join them.
    screen.resize(columns + 60)
    lab.check([line for line in screen.with_history() if line] == shown, screen.text())
    screen.close()


SMALLER = ((40, 24, "of 2 busy"), (20, 24, "limit: network"), (10, 4, " %"),
           (80, 24, "requests, RTT"))


def shrunk_case(folder, options):
    """A screen too small for the panel that stood there has one again when it is larger."""
    screen = downloading(scene_of(folder, options, PLAIN), above=40)
    screen.wait_for("limit: network", "requests, RTT")
    for columns, rows, sign in SMALLER:
        screen.resize(columns, rows)
        screen.wait_for(sign)
        lab.wait_until(lambda: max(map(columns_of, screen.lines())) <= columns, 30, "the new width")
        frames(screen, 3)
    check_one_panel(screen, check_stands_below(screen, 40))
    screen.close()


def check_whole_panels(lines, count):
    """So many panels, each with all of its rows, one below the other."""
    kinds = ("title", "bar", "net", "hash", "disk", "up")
    signs = (r"\d\d:\d\d$", "ETA ", "^ net ", "^ hash ", "^ disk ", "^ up .*limit: ")
    seen = [kind for line in lines for kind, sign in zip(kinds, signs) if re.search(sign, line)]
    lab.check(seen == list(kinds) * count, f"{count} whole panels: {seen}\n" + "\n".join(lines))


def stopped_case(folder, options):
    """What the shell wrote between ^Z and `fg` stays, and so does the panel above it."""
    scene = scene_of(folder, options, PLAIN)
    argv = scene.argv()
    argv[argv.index("--progress") + 1] = "panel"
    (folder / "run").write_text(shlex.join(str(word) for word in argv) + "\n")
    screen = Screen(folder, ["bash", "--norc", "--noprofile", "-i"], rows=70, PS1="prompt$ ")
    screen.wait_for("prompt$")
    screen.keys(f"clear; . {folder}/run", "Enter")
    for stops in (1, 2):
        screen.wait_for("limit: network")
        frames(screen, 3)
        screen.signal("TSTP")
        lab.wait_until(lambda: screen.text().count("Stopped") == stops, 30, "the stop")
        stopped = [line for line in screen.lines() if line]
        check_whole_panels(screen.lines(), stops)
        screen.keys("echo others; fg", "Enter")
        lab.wait_until(lambda: screen.text().count(" net ") > stops, 30, "the panel again")
        frames(screen, 3)
        lab.check(screen.lines()[:len(stopped) - 1] == stopped[:-1], f"{screen.text()}\n{stopped}")
        check_whole_panels(screen.lines(), stops + 1)
    screen.close()


def low_case(folder, options, rows):
    screen = downloading(scene_of(folder, options, WIDE), columns=80, rows=rows)
    screen.wait_for("MiB/s down", "1 peer")
    frames(screen)
    lab.check(sum("MiB/s down" in line for line in screen.with_history()) == 1,
              f"{screen.with_history()}")
    lab.check(screen.history_size() == 0, f"history: {screen.with_history()}")
    screen.close()


def line_case(folder, options):
    screen = downloading(scene_of(folder, options, PLAIN), columns=80, progress="line")
    screen.wait_for("pieces)", "MiB/s down", "1 peer", "ETA ")
    frames(screen)
    check_fits(screen)
    check_whole(screen)
    lab.check(screen.history_size() == 0, f"history: {screen.with_history()}")
    screen.close()


def end_case(folder, options):
    scene = scene_of(folder, options, PLAIN, size=4 * MIB, pace=8 * MIB)
    screen = downloading(scene)
    screen.wait_for("ended=0")
    lines = [line for line in screen.unwrapped() if line]
    done = r"Done: .*/out/big\.bin, 4 MiB in \d+(\.\d)? s, [\d.]+ \wiB/s"
    lab.check(re.fullmatch(done, lines[-2]), f"{lines}")
    shown = screen.text()
    lab.check("100.0 %" in shown and "4.00 MiB of 4.00 MiB" in shown, shown)
    lab.check("no peers" not in shown and "INFO" not in shown, shown)
    lab.check(lines[-1] == "ended=0", f"{lines}")
    screen.close()


def failure_case(folder, options):
    scene = scene_of(folder, options, PLAIN)
    scene.out.mkdir()
    (scene.out / PLAIN).mkdir()
    screen = downloading(scene)
    screen.wait_for("ended=6")
    shown = screen.text()
    lab.check(shown.count("btfast: ") == 1 and "ERROR" not in shown, shown)
    screen.close()


def notice_case(folder, options):
    """Why there are no peers is said once: on the panel while it lasts, in the last line then."""
    dead = f"http://{lab.address(50)}:1/announce"
    data = torrents.single_file(folder / "data", MIB, PLAIN)
    torrent = torrents.share(data, folder / "x.torrent", [dead])
    screen = Screen(folder, [options.btfast, "-t", torrent.path, "-o", folder / "out", "--bind",
                             OURS, "--port", "0", "--timeout", "3s"], columns=120)
    screen.wait_for(f" {dead}: Connection refused")
    said = "\n".join(screen.with_history())
    lab.check(said.count("refused") == 1 and "WARN" not in said, said)
    screen.wait_for("ended=4")
    said = "\n".join(screen.with_history())
    lab.check(said.count("refused") == 1 and "WARN" not in said, said)
    screen.close()


REFUSAL = reply_body(failure_reason="this torrent is not registered here")
WARNING = reply_body(warning_message="this client may be refused from the first of friday on; "
                                     "read the seventh rule of the house")


def lost_notice_case(folder, options, columns, body, words):
    """What leaves the panel at once, for another tracker has peers, or is too wide for it, is a
    record."""
    scene = scene_of(folder, options, PLAIN, size=4 * MIB, pace=8 * MIB)
    trackers = [HttpTracker(http_reply(body), lab.address(50)),
                HttpTracker(http_reply(reply_body([("10.77.0.20", scene.seed.port)])),
                            lab.address(51))]
    for tracker in trackers:
        scene.loop.call(tracker.start())
    torrent = torrents.share(scene.data, folder / "tracked.torrent",
                             [tracker.url() for tracker in trackers])
    screen = Screen(folder, [options.btfast, "-t", torrent.path, "-o", scene.out, "--bind", OURS,
                             "--port", "0", "--timeout", "30s"], columns)
    screen.wait_for("ended=0")
    said = re.sub(r"\s+", "", "".join(screen.with_history()))
    lab.check(said.count(re.sub(r"\s+", "", words)) == 1, f"{screen.with_history()}")
    screen.close()


def colour_case(folder, options):
    scene = scene_of(folder, options, PLAIN)
    screen = downloading(scene)
    screen.wait_for("limit: network")
    lab.wait_until(lambda: "\x1b[32m" in screen.with_colours(), 30, "a green bar")
    screen.signal("INT")
    screen.wait_for("ended=7")
    screen.close()
    plain = downloading(scene, NO_COLOR="1")
    plain.wait_for("limit: network")
    lab.check("\x1b[" not in plain.with_colours(), repr(plain.with_colours()))
    plain.close()


def seeding_case(folder, options):
    scene = scene_of(folder, options, PLAIN)
    argv = [options.btfast, "seed", "-t", scene.torrent.path, "-o", folder / "data", "--bind", OURS,
            "--port", "6881", "--seed-ratio", "2"]
    screen = Screen(folder, argv)
    screen.wait_for("seeding", "sent 0 bytes", "ratio 0.00 of 2.00", "port 6881", "of the goal")
    lab.check("limit" not in screen.text(), screen.text())
    screen.signal("INT")
    screen.wait_for("ended=0", " seeded", "Stopped before its goal: ", "sent 0 bytes in")
    screen.close()
    for columns in (40, 20):
        (folder / f"{columns}").mkdir()  # a terminal of its own
        screen = Screen(folder / f"{columns}", argv, columns)
        screen.wait_for(" seeding", " sent 0 bytes", " ratio 0.00 of 2.00", " port 6881", " up ")
        rows = [line for line in screen.lines() if line][1:]
        lab.check(all(row.startswith(" ") for row in rows), screen.text())
        check_fits(screen)
        screen.signal("INT")
        screen.wait_for("ended=0", " seeded", " sent 0 bytes", " ratio 0.00 of 2.00")
        screen.close()


def create_case(folder, options):
    """Large enough to be seen while it is hashed, on any machine; a hole costs no disk."""
    path = folder / "sparse.bin"
    with open(path, "wb") as file:
        file.truncate(64 << 30)
    argv = [options.btfast, "create", "-j", "1", path, "-o", folder / "x.torrent"]
    screen = Screen(folder, argv)
    screen.wait_for(" hashing ", " of 64.00 GiB", "iB/s", "ETA ", " %")
    frames(screen)
    check_fits(screen)
    lab.check(screen.history_size() == 0, f"history: {screen.with_history()}")
    screen.signal("INT")
    screen.wait_for("ended=7", "btfast: ")
    lab.check(" hashing " not in screen.text(), screen.text())
    lab.check(not (folder / "x.torrent").exists(), "a torrent of half a file")
    screen.close()


def swarm_case(folder, options):
    argv = [options.btfast, "swarm", "--leeches", "2", "--size", "512MiB", "--piece-size", "16KiB",
            "--dir", folder]
    screen = Screen(folder, argv)
    screen.wait_for(" fetching, 0 of 2 complete ", "ETA ", " %")
    frames(screen)
    check_fits(screen)
    lab.check(screen.history_size() == 0, f"history: {screen.with_history()}")
    screen.signal("INT")
    screen.wait_for("ended=7", "btfast: interrupted")
    lab.check(" fetching" not in screen.text(), screen.text())
    screen.close()


def bench_case(folder, options):
    screen = Screen(folder, [options.btfast, "bench", "all", "-j", "1", "--dir", folder])
    screen.wait_for(" measuring ", "ETA ", " %")
    check_fits(screen)
    screen.signal("INT")
    screen.wait_for("ended=7", "btfast: interrupted")
    lab.check(" measuring " not in screen.text(), screen.text())
    screen.close()


def main():
    options = lab.parser(__doc__).parse_args()
    lab.enter()
    lab.require_btfast(options)
    os.umask(0o022)
    suite = lab.Suite(options)
    for columns in (80, 60, 40, 20):
        for kind, name in (("plain", PLAIN), ("wide", WIDE), ("long", LONG)):
            suite.case(f"{columns} columns, a {kind} name", width_case, options, name, columns)
    for kind, name in (("plain", PLAIN), ("wide", WIDE), ("long", LONG)):
        suite.case(f"resized, a {kind} name", resize_case, options, name, 40)
    suite.case("resized at the top", resize_case, options, WIDE, 0)
    for kind, name in (("plain", PLAIN), ("wide", WIDE), ("long", LONG)):
        suite.case(f"below others, a {kind} name", below_case, options, name, 8)
    suite.case("below a full screen of others", below_case, options, PLAIN, 40)
    for above in (3, 40):
        suite.case(f"lower, below {above} lines", lower_case, options, PLAIN, above)
    for columns in (80, 100):
        suite.case(f"interrupted at {columns} columns", interrupted_case, options, columns)
    suite.case("shrunk", shrunk_case, options)
    suite.case("stopped", stopped_case, options)
    for rows in (1, 2, 4, 6):
        suite.case(f"{rows} rows", low_case, options, rows)
    suite.case("line", line_case, options)
    suite.case("end", end_case, options)
    suite.case("failure", failure_case, options)
    suite.case("notice", notice_case, options)
    for columns in (80, 40, 20):
        suite.case(f"a refusal beside peers at {columns} columns", lost_notice_case, options,
                   columns, REFUSAL, "not registered here")
        suite.case(f"a warning at {columns} columns", lost_notice_case, options, columns, WARNING,
                   "the seventh rule of the house")
    suite.case("colour", colour_case, options)
    suite.case("seeding", seeding_case, options)
    suite.case("create", create_case, options)
    suite.case("swarm", swarm_case, options)
    suite.case("bench", bench_case, options)
    suite.finish()


if __name__ == "__main__":
    main()
