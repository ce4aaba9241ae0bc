"""The completions of bash, zsh and fish: every option of the help is in them, each shell that is
here loads its script, and completes.

    completions.py [--btfast PATH] [--only PATTERN]
"""

import pathlib
import re
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import lab  # noqa: E402
from manual import COMMANDS, FLAG, help_of  # noqa: E402

SHELLS = ("bash", "zsh", "fish")

# What each shell answers to the words before the cursor, a line each.
ASK = {
    "bash": r"""source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
                _btfast; printf '%s\n' "${COMPREPLY[@]}" """,
    "fish": r"""source $argv[1]; complete -C (string join -- ' ' $argv[2..])""",
}


def script_of(options, folder, shell):
    done = subprocess.run([options.btfast, "completion", shell], capture_output=True, text=True,
                          check=True)
    path = folder / f"btfast.{shell}"
    path.write_text(done.stdout)
    return path


def run(shell, *arguments):
    plain = {"bash": ["--norc", "--noprofile"], "zsh": ["-f"], "fish": ["--no-config"]}[shell]
    return subprocess.run([shell, *plain, *map(str, arguments)], capture_output=True, text=True,
                          check=False, timeout=30, stdin=subprocess.DEVNULL)


def here(shell):
    if not shutil.which(shell):
        raise lab.Skip(f"no {shell} here")


def flags_case(folder, options, shell):
    """The same flags, command by command, as the help has."""
    script = script_of(options, folder, shell).read_text()
    for command in COMMANDS:
        helped = {flag for line in help_of(options, command).splitlines()
                  if re.match(r"  -", line) for flag in re.findall(FLAG, line.split("  ")[1])}
        lab.check(helped, f"{command}: no flags in the help")
        if shell == "fish":
            condition = f"'__fish_seen_subcommand_from {command}'"
            if command == "get":
                condition = "'not __fish_seen_subcommand_from "
            lines = [line for line in script.splitlines() if f"-n {condition}" in line]
            found = {"--" + name for line in lines for name in re.findall(r" -l (\S+)", line)}
            found |= {"-" + name for line in lines for name in re.findall(r" -s (\S)", line)}
        else:
            part = script.split(f"\n    {command})\n", 1)[1].split("\n    esac")[0]
            part = re.split(r"\n    \w+\)\n|\n  esac", part)[0]
            found = set(re.findall(FLAG.replace(r"[\w\[-]", r"[\w\[{-]"), part))
        lab.check(helped <= found, f"{shell}, {command}: without {sorted(helped - found)}")


def loads_case(folder, options, shell):
    here(shell)
    script = script_of(options, folder, shell)
    load = {"bash": f"source {script}; complete -p btfast",
            "zsh": f"autoload -U compinit; compinit -u -D; source {script}; "
                   "print -r -- $_comps[btfast]",
            "fish": f"source {script}; complete -c btfast"}[shell]
    done = run(shell, "-c", load)
    lab.check(done.returncode == 0 and not done.stderr, f"{shell}: {done.stderr[:300]}")
    lab.check("btfast" in done.stdout, f"{shell} knows nothing of btfast: {done.stdout[:200]}")


def completes_case(folder, options, shell):
    here(shell)
    script = script_of(options, folder, shell)
    (folder / "a folder").mkdir(exist_ok=True)

    def answers(*words):
        done = run(shell, "-c", ASK[shell], *(["ask"] if shell == "bash" else []), script, *words)
        lab.check(not done.stderr, f"{words}: {done.stderr[:300]}")
        return {line.split("\t")[0] for line in done.stdout.splitlines()}

    lab.check("verify" in answers("btfast", "ver"), f"{answers('btfast', 'ver')}")
    lab.check("--alloc" in answers("btfast", "get", "--al"), "an option of get")
    lab.check("--alloc" in answers("btfast", "--al"), "an option without a command")
    lab.check("--alloc" not in answers("btfast", "verify", "--al"), "an option of another command")
    lab.check({"sparse", "full", "auto"} <= answers("btfast", "get", "--alloc", ""), "its values")
    if shell == "bash":  # which splits at '='
        values = answers("btfast", "get", "--alloc", "=", "s")
        lab.check(values == {"sparse"}, f"after =s: {values}")
        values = answers("btfast", "--alloc", "=")
        lab.check(values == {"sparse", "full", "auto"}, f"after =: {values}")
        done = run(shell, "-c", ASK[shell] + "; declare -F", "ask", script, "btfast", "get", "")
        made = re.findall(r"declare -f (\S+)", done.stdout)
        lab.check(made and all(name.startswith("_btfast") for name in made), f"made {made}")
    lab.check("disk" in answers("btfast", "bench", "d"), "what stands alone")


def main():
    options = lab.parser(__doc__).parse_args()
    lab.require_btfast(options)
    suite = lab.Suite(options)
    for shell in SHELLS:
        suite.case(f"{shell} flags", flags_case, options, shell)
        suite.case(f"{shell} loads", loads_case, options, shell)
        if shell in ASK:  # zsh completes in its line editor only
            suite.case(f"{shell} completes", completes_case, options, shell)
    suite.finish()


if __name__ == "__main__":
    main()
