"""The README's commands are run: what stands in its code blocks exists and does what it says.

    readme.py [--btfast PATH] [--only PATTERN] [--keep]

Commands of btfast run in an empty folder, beside a seed that has what they name; of `make` the
targets are looked for.  A block that is no shell (a unit file, git, apt-get) is left alone.
"""

import pathlib
import re
import shlex
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import lab  # noqa: E402
from cli import Scene, expect  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
UNTIL_STOPPED = ("seed", "tracker")
# What a synopsis leaves open; two words where the option before takes a value.
PLACES = {"FILE": "file.torrent", "FILE.torrent": "file.torrent", "PATH": "data.bin", "DIR": ".",
          "COMMAND": "get", "NAME": "name.bin", "OUT.torrent": "out.torrent",
          "URL": "http://127.0.0.1:9/announce"}
# What would take the machine too long.
SMALLER = {"swarm": ["--size", "4MiB", "--leeches", "1"]}


def block_lines():
    """The lines of indented and fenced blocks, remarks cut off."""
    fenced = False
    for line in (ROOT / "README.md").read_text().splitlines():
        if line.startswith("```"):
            fenced = not fenced
        elif fenced or line.startswith("    "):
            yield re.sub(r"\s+#.*$", "", line if fenced else line[4:])


def commands():
    """Of btfast, as words: "btfast -t FILE      download" is a command and what it is for."""
    found = []
    for line in block_lines():
        line = re.sub(r"^(\w+=)?\S*?(?=btfast\s)", "", line.removeprefix("$ "))
        if not line.startswith("btfast "):
            continue
        words = shlex.split(re.split(r"\s{2,}| \|\|? | && | >", line)[0])[1:]
        if words:
            found.append(words[:2] if words[0] == "bench" else words)  # a tight line
    return found


def concrete(words, folder):
    out = []
    for word in words:
        word = word.strip("[]")
        word = PLACES.get(word, word)
        if re.fullmatch(r"[a-z]+(\|[a-z]+)+", word):
            word = word.split("|")[0]
        if word.startswith("/"):  # nothing outside the folder
            word = str(folder / word.strip("/").replace("/", "-"))
        out.append(word)
    return out


def prepare(scene, words, folder):
    """What the words name is there: torrents, and the content of what is to be shared."""
    folder.mkdir()
    data = scene.torrent.data_path()
    places = {after for word, after in zip(words, words[1:]) if word in ("-o", "--output")}
    for place in places or {"."}:
        if words[0] in ("seed", "verify"):
            (folder / place).mkdir(exist_ok=True)
            (folder / place / scene.torrent.name).write_bytes(data.read_bytes())
    if words[0] == "create":
        (folder / words[1]).write_bytes(data.read_bytes())
    for word in words:
        if word.endswith(".torrent") and words[0] != "create":
            (folder / word).write_bytes(scene.torrent.path.read_bytes())


def run(scene, words, number):
    folder = scene.folder / f"run{number}"
    words = concrete(words, folder)
    prepare(scene, words, folder)
    command = words[0] if not words[0].startswith("-") and "." not in words[0] else "get"
    words += SMALLER.get(command, [])
    if command in ("get", "seed") and not {"--info", "--announce-only"} & set(words):
        words += ["--port", "0", "--bind", lab.address(9), "--peer", scene.source.endpoint()]
    process = scene.start(*words, cwd=folder)
    if command in UNTIL_STOPPED or any(word.startswith("--seed") for word in words):
        says = "listening" if command == "seed" else "announce"
        lab.wait_until(lambda: process.stdout() or process.poll() is not None
                       or "seeding" in process.stderr(), 20, says)
        process.signal(signal.SIGTERM)
    if "--announce-only" in words:
        return process.wait(20), lab.check(process.poll() in (0, 4), process.stderr())
    return expect(process, 0, 60)


def commands_case(folder, options):
    scene = Scene(options, folder)
    scene.source = scene.seed()
    try:
        found = commands()
        lab.check(len(found) >= 8, f"only {len(found)} commands: the README is read wrongly")
        for number, words in enumerate(found):
            try:
                run(scene, words, number)
            except lab.Failure as failure:
                raise lab.Failure(f"btfast {' '.join(words)}: {failure}") from failure
    finally:
        scene.end()


def make_case(folder, options):
    makefile = (ROOT / "Makefile").read_text()
    said = {word for line in block_lines() for word in re.findall(r"^make ([a-z][\w-]*)", line)}
    lab.check(said, "no make target in the README")
    missing = {name for name in said if not re.search(rf"^{name}:", makefile, re.MULTILINE)}
    lab.check(not missing, f"not in the Makefile: {sorted(missing)}")


def main():
    options, suite = lab.begin(__doc__)
    suite.case("commands", commands_case, options)
    suite.case("make", make_case, options)
    suite.finish()


if __name__ == "__main__":
    main()
