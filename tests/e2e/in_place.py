"""The laboratory in a container that may make no namespaces, as `make test-in-place` uses it.

    in_place.py [--btfast PATH] [--keep]

Such a container is made of what one lacks: a network of its own, and no right to mount.  There the
scripts must run, say what they cannot do, and leave neither an address nor a process behind.
"""

import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))

import lab  # noqa: E402

CONTAINER = ["unshare", "--net", "setpriv", "--bounding-set", "-sys_admin", "--inh-caps",
             "-sys_admin", "sh", "-c"]
# The state of `lo` afterwards is the last line.
COMMAND = '"$0" "$@"; status=$?; ip -o addr show dev lo | grep -c -e 10.77 -e fd77; exit $status'


def run(options, in_place, *arguments):
    environment = {name: value for name, value in os.environ.items()
                   if not name.startswith("BTFAST_")}
    if in_place:
        environment["BTFAST_LAB_IN_PLACE"] = "1"
    return subprocess.run(
        [*CONTAINER, COMMAND, lab.PYTHON, lab.ROOT / "tests/e2e/cli.py", "--btfast",
         options.btfast, *arguments],
        env=environment, capture_output=True, text=True, timeout=120, check=False)


def container_case(_folder, options):
    """A download runs, a case that mounts says why it does not, and `lo` is as before."""
    done = run(options, True, "--only",
               "a_full_disk_is_status_9_and_resumes,strategies_and_threads_give_the_same_bytes")
    lab.check(done.returncode == 0, done.stdout + done.stderr)
    lines = done.stdout.splitlines()
    lab.check(any(line.startswith("ok ") for line in lines), f"nothing ran: {done.stdout}")
    lab.check(any(line.startswith("skip ") and line.endswith("no mount namespace here")
                  for line in lines), f"no mount was missed: {done.stdout}")
    lab.check(lines[-1] == "0", f"addresses were left: {lines[-1]}")


def not_asked_case(_folder, options):
    """Nobody's network is changed without being asked: the script says what would help."""
    done = run(options, False)
    lab.check(done.returncode == lab.SKIPPED, f"status {done.returncode}: {done.stdout}")
    lab.check("make test-in-place" in done.stdout, done.stdout)
    lab.check(done.stdout.splitlines()[-1] == "0", "addresses were given")


def main():
    options = lab.parser(__doc__).parse_args()
    if os.geteuid() != 0 or subprocess.run([*CONTAINER, "true"], capture_output=True,
                                           check=False).returncode != 0:
        print("skipped: only root can give up the right to mount")
        sys.exit(lab.SKIPPED)
    lab.require_btfast(options)
    suite = lab.Suite(options)
    suite.case("in a container", container_case, options)
    suite.case("not asked", not_asked_case, options)
    suite.finish()


if __name__ == "__main__":
    main()
