"""The manual, the help and the README name the same flags and exit statuses.

    manual.py [--btfast PATH] [--only PATTERN]
"""

import pathlib
import re
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))

import lab  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
COMMANDS = ("get", "seed", "info", "create", "verify", "swarm", "bench", "tracker", "dump",
            "completion", "help", "version")
# The contract of the command line, by command.  LATER is promised and not there yet: what comes
# leaves that list.
CONTRACT = {
    "get": """--torrent --output --as --info --announce-only --strategy --select --peer --no-resume
        --seed --seed-ratio --seed-time --timeout --stall-timeout --jobs --net-threads --max-peers
        --upload-slots --port --bind --cache --alloc --down-limit --up-limit
        --connect-timeout --request-timeout -t -o -j""",
    "seed": "--torrent --output --as --no-verify -t -o",
    "info": "--torrent --json -t -v",
    "create": """--output --announce --tier --piece-size --private --comment --source --web-seed
        --no-date --jobs -o -a -j""",
    "verify": "--torrent --output --as --jobs -t -o -j",
    "swarm": "--seeds --leeches --size --piece-size",
    "bench": "--jobs -j",
    "tracker": "--port --interval",
    "dump": "--torrent -t",
}
OUTPUT = """--quiet --verbose --progress --summary-interval --json --log-format --version --help
    -q -v -V -h"""
LATER = """magnet dht daemon why bcast --metadata-only --no-dht --no-pex --no-lsd --port-map
    --encryption --transport --proxy --block-list --peers-enough --announce-min""".split()
FLAG = r"(?<![\w\[-])(--[a-z][a-z-]+|-[a-zA-Z])(?![\w-])"
EVERYWHERE = {"-h", "--help", "-V", "--version"}


def help_of(options, *command):
    return subprocess.run([options.btfast, *command, "--help"], capture_output=True, text=True,
                          check=True).stdout


def flags_of_help(options):
    flags = set()
    for command in COMMANDS:
        for line in help_of(options, command).splitlines():
            if re.match(r"  -", line):  # an option, not what is said about one
                flags |= set(re.findall(FLAG, line.split("  ")[1]))
    return flags - EVERYWHERE


def manual_text():
    return (ROOT / "cli/btfast.1").read_text().replace("\\-", "-")


def statuses_of(text, pattern):
    return {int(number) for number in re.findall(pattern, text, re.MULTILINE)}


def flags_case(folder, options):
    helped = flags_of_help(options)
    said = set(re.findall(FLAG, re.sub(r'\\f[A-Z]|^\.\\".*$', " ", manual_text(), flags=re.M)))
    lab.check(helped - said == set(), f"not in the manual: {sorted(helped - said)}")
    said -= EVERYWHERE
    lab.check(said - helped == set(), f"only in the manual: {sorted(said - helped)}")


def contract_case(folder, options):
    for command, flags in CONTRACT.items():
        helped = set(re.findall(FLAG, help_of(options, command)))
        missing = set((flags + " " + OUTPUT).split()) - helped
        lab.check(not missing, f"btfast {command}: {sorted(missing)}")
    wanted = {flag for flags in CONTRACT.values() for flag in flags.split()}
    lab.check(not wanted & set(LATER), "what is there is not for later")


def columns_case(folder, options):
    for command in ((), *((each,) for each in COMMANDS)):
        for line in help_of(options, *command).splitlines():
            lab.check(len(line) <= 80, f"{len(line)} columns: {line}")
            lab.check("INT in" not in line, line)


def same_help_case(folder, options):
    for command in COMMANDS:
        told = subprocess.run([options.btfast, "help", command], capture_output=True, text=True,
                              check=True).stdout
        lab.check(told == help_of(options, command), f"btfast help {command}: {told[:200]}")
    told = subprocess.run([options.btfast, "help"], capture_output=True, text=True,
                          check=True).stdout
    lab.check(told == help_of(options), told[:300])


def commands_case(folder, options):
    helped = set(re.findall(r"^  (\w+) {2,}", help_of(options).split("Subcommands:")[1], re.M))
    lab.check(helped == set(COMMANDS), f"{sorted(helped)}")
    for command in COMMANDS:
        lab.check(f".SH {command.upper()}" in manual_text(), f"no section of {command}")


def readme_case(folder, options):
    helped = flags_of_help(options) | EVERYWHERE
    commands = (ROOT / "README.md").read_text().split("## Commands")[1].split("## Building")[0]
    said = set(re.findall(FLAG, commands))
    lab.check(said - helped == set(), f"only in the README: {sorted(said - helped)}")


def statuses_case(folder, options):
    readme = statuses_of((ROOT / "README.md").read_text(), r"^\| (\d+) \|")
    manual = statuses_of(manual_text(), r"^(\d+)\t")
    helped = statuses_of(help_of(options).split("Exit status:")[1], r"(?:^|,) ?(\d+) ")
    lab.check(readme == manual == helped == set(range(11)), f"{readme} {manual} {helped}")


def rendered_case(folder, options):
    if not shutil.which("groff"):
        raise lab.Skip("no groff here")
    done = subprocess.run(["groff", "-t", "-man", "-Tutf8", "-ww", ROOT / "cli/btfast.1"],
                          capture_output=True, text=True, check=False)
    lab.check(done.returncode == 0 and not done.stderr, done.stderr[:500])
    lab.check("another btfast holds this output" in done.stdout, "not the whole page")


def main():
    options = lab.parser(__doc__).parse_args()
    lab.require_btfast(options)
    suite = lab.Suite(options)
    for case in (flags_case, contract_case, columns_case, same_help_case, commands_case,
                 readme_case, statuses_case, rendered_case):
        suite.case(case.__name__.removesuffix("_case"), case, options)
    suite.finish()


if __name__ == "__main__":
    main()
