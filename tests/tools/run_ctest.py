"""Runs ctest and says at the end what did not run, and why.

    run_ctest.py BUILD_FOLDER [--one-by-one LABELS] [CTEST ARGUMENT ...]

--one-by-one runs the tests of these labels (a regular expression) after all others, one at a time.

"100 % tests passed" is true too where half of them could not run.  The last line here counts what
passed, failed and was skipped, the cases that scripts skip by themselves as well; the lines above
it name each with its reason.  What failed is said there too, each case of a script with its first
line: the end of a long output is what people keep.  The exit status is ctest's.
"""

import pathlib
import re
import subprocess
import sys
import xml.etree.ElementTree as tree

# What GoogleTest says of a skipped test stands two lines above the mark; scripts say it at once.
GTEST_SKIPPED = re.compile(r"^.*?: Skipped\n(.*)$", re.MULTILINE)
SCRIPT_SKIPPED = re.compile(r"^skipped: (.*)$", re.MULTILINE)
CASE_SKIPPED = re.compile(r"^skip (.*?): (.*)$", re.MULTILINE)
GTEST_FAILED = re.compile(r"^(.*: Failure)\n(.*)$", re.MULTILINE)
CASE_FAILED = re.compile(r"^FAIL (.*)$", re.MULTILINE)
OUTPUT_BYTES = "1000000"


def reason_of(output):
    for pattern in (SCRIPT_SKIPPED, GTEST_SKIPPED):
        found = pattern.search(output)
        if found:
            return found.group(1).strip()
    return "it does not say why"


def skips_of(case):
    """[(name, reason)] of one ctest test: itself, or cases in it."""
    name, output = case.get("name"), case.findtext("system-out") or ""
    if case.find("skipped") is not None:
        return [(name, reason_of(output))]
    return [(f"{name}: {part}", reason) for part, reason in CASE_SKIPPED.findall(output)]


def failures_of(case):
    """What failed in one ctest test, a line each; of a script, each of its cases."""
    output = case.findtext("system-out") or ""
    assertions = [": ".join(found) for found in GTEST_FAILED.findall(output)]
    return CASE_FAILED.findall(output) or assertions[:1] or output.strip().splitlines()[-1:]


def by_reason(skips):
    """[(reason, names)], so that twenty tests without a namespace are one line."""
    reasons = {}
    for name, reason in skips:
        reasons.setdefault(reason, []).append(name)
    return reasons.items()


def report(files, out):
    cases = [case for file in files for case in tree.parse(file).getroot().iter("testcase")]
    failed = [case for case in cases if case.find("failure") is not None]
    passed = sum(case.get("status") == "run" and case not in failed for case in cases)
    skips = [skip for case in cases for skip in skips_of(case)]
    for reason, names in by_reason(skips):
        print(f"skipped, for {reason}: {', '.join(names)}", file=out)
    for case in failed:
        for failure in failures_of(case) or ["it does not say why"]:
            print(f"failed: {case.get('name')}: {failure}", file=out)
    print(f"{passed} passed, {len(failed)} failed, {len(skips)} skipped", file=out)


def run(build, number, arguments):
    """ctest's exit status, and the file of its results."""
    results = build.resolve() / f"Testing/results-{number}.xml"
    results.unlink(missing_ok=True)
    status = subprocess.run(
        ["ctest", "--test-dir", build, "--output-on-failure", "--output-junit", results,
         "--test-output-size-passed", OUTPUT_BYTES, "--test-output-size-failed", OUTPUT_BYTES,
         *arguments], check=False).returncode
    return status, results


def main():
    build, arguments = pathlib.Path(sys.argv[1]), sys.argv[2:]
    rounds = [arguments]
    if arguments[:1] == ["--one-by-one"]:
        labels, arguments = arguments[1], arguments[2:]
        rounds = [[*arguments, "-LE", labels], [*arguments, "-L", labels, "-j", "1"]]
    done = [run(build, number, each) for number, each in enumerate(rounds)]
    report([results for _, results in done if results.exists()], sys.stdout)
    sys.exit(max(status for status, _ in done))


if __name__ == "__main__":
    main()
