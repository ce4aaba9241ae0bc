"""Two files of results, side by side, with a verdict.

    compare_results.py BEFORE.jsonl AFTER.jsonl [--client btfast] [--against floor]

For every cell that both files have (bench, piece length, peers): the client's medians, and as
ratios to --against in the same file, which takes the machine's mood out.  A difference counts when
it is more than --threshold and the middle halves of the runs do not overlap.  Ends with status 1
when something became slower.
"""

import argparse
import json
import statistics
import sys

RUNS_MIN = 3
FIGURES = ("wall_s_per_gib", "cpu_s_per_gib", "peak_rss_mib")


def load(path):
    """{(bench, piece length, peers): {client: [run]}}"""
    cells = {}
    with open(path) as lines:
        for line in lines:
            run = json.loads(line)
            if run.get("ok"):
                cell = cells.setdefault((run["bench"], run["piece_length"], run["peers"]), {})
                cell.setdefault(run["client"], []).append(run)
    return cells


def values_of(cell, client, against, key):
    """The client's values; as ratios to the other's median where there is one."""
    values = [run[key] for run in cell.get(client, []) if key in run]
    others = [run[key] for run in cell.get(against, []) if key in run]
    if key != "peak_rss_mib" and others:
        return [value / statistics.median(others) for value in values], "x " + against
    return values, ""


def quartiles(values):
    if len(values) < 2:
        return values[0], values[0]
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, high


def verdict(before, after, threshold):
    change = statistics.median(after) / statistics.median(before) - 1
    if min(len(before), len(after)) < RUNS_MIN:
        return change, "too few runs"
    (low_before, high_before), (low_after, high_after) = quartiles(before), quartiles(after)
    if abs(change) <= threshold or (low_after <= high_before and low_before <= high_after):
        return change, "same"
    return change, "SLOWER" if change > 0 else "better"


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("before")
    parser.add_argument("after")
    parser.add_argument("--client", default="btfast")
    parser.add_argument("--against", default="floor")
    parser.add_argument("--threshold", type=float, default=0.03)
    options = parser.parse_args()
    before, after = load(options.before), load(options.after)
    slower = compared = 0
    for cell in sorted(before.keys() & after.keys()):
        for key in FIGURES:
            old, unit = values_of(before[cell], options.client, options.against, key)
            new, new_unit = values_of(after[cell], options.client, options.against, key)
            if not old or not new or unit != new_unit:
                continue
            change, word = verdict(old, new, options.threshold)
            compared += 1
            slower += word == "SLOWER"
            print(f"{cell[0]} {cell[1] >> 10} KiB x {cell[2]} peers  {key:<15} "
                  f"{statistics.median(old):8.2f} -> {statistics.median(new):8.2f} {unit:<8} "
                  f"{100 * change:+6.1f} %  {word}  (n = {len(old)}, {len(new)})")
    print(f"{compared} compared, {slower} slower")
    sys.exit(1 if slower or not compared else 0)


if __name__ == "__main__":
    main()
