"""Tables and plots of results.  A result is a dict with `client` and the figures."""

import html
import statistics

BAR_HEIGHT, BAR_GAP, LEFT, WIDTH, TEXT = 18, 6, 130, 760, 12
COLORS = {"btfast": "#1b6ca8", "floor": "#777777", "floor-lanes": "#aaaaaa"}
OTHER_COLOR = "#d08c3a"


def by_client(runs):
    grouped = {}
    for run in runs:
        grouped.setdefault(run["client"], []).append(run)
    return grouped


def median(runs, key):
    return statistics.median(run[key] for run in runs)


def spread(runs, key, digits=2):
    values = [run[key] for run in runs]
    return (f"{statistics.median(values):.{digits}f} "
            f"[{min(values):.{digits}f}-{max(values):.{digits}f}]")


def download_table(runs, markdown=False):
    """Medians and range of each client, and the ratio to the floor."""
    grouped = by_client(runs)
    floor = grouped.get("floor")
    rows = [["client", "wall s/GiB", "x floor", "CPU-s/GiB", "x floor", "user", "system",
             "peak RSS MiB", "switches", "others' CPU s"]]
    for name, own in grouped.items():
        ratio = {key: f"{median(own, key) / median(floor, key):.2f}" if floor else "-"
                 for key in ("wall_s_per_gib", "cpu_s_per_gib")}
        gib = own[0]["bytes"] / (1 << 30)
        rows.append([
            name, spread(own, "wall_s_per_gib"), ratio["wall_s_per_gib"],
            spread(own, "cpu_s_per_gib"), ratio["cpu_s_per_gib"],
            f"{median(own, 'user_s') / gib:.2f}", f"{median(own, 'system_s') / gib:.2f}",
            spread(own, "peak_rss_mib", 0),
            f"{median(own, 'switches_voluntary') + median(own, 'switches_involuntary'):.0f}",
            spread(own, "others_cpu_s", 1)])
    return table(rows, markdown)


def start_up_table(runs, markdown=False):
    """Of runs of three sizes: what the smallest takes, which is starting up, and what a GiB more
    takes from the second to the largest."""
    rows = [["client", "starting up, s", "of the wall time of 1 GiB", "wall s of a GiB more",
             "x btfast", "CPU-s of a GiB more", "x btfast"]]
    lines = {}
    for name, own in by_client(runs).items():
        sizes = sorted({run["bytes"] for run in own})
        if len(sizes) != 3:
            continue
        least, small, large = ([run for run in own if run["bytes"] == size] for size in sizes)
        gib = (sizes[2] - sizes[1]) / (1 << 30)
        start = median(least, "wall_s")
        lines[name] = (start, start / median(small, "wall_s"),
                       (median(large, "wall_s") - median(small, "wall_s")) / gib,
                       (_cpu_s(large) - _cpu_s(small)) / gib)
    ours = lines.get("btfast")
    for name, (start, share, wall, cpu) in lines.items():
        times = [f"{figure / of:.2f}" if ours else "-"
                 for figure, of in zip((wall, cpu), ours[2:] if ours else (1, 1))]
        rows.append([name, f"{start:.2f}", f"{share:.0%}", f"{wall:.2f}", times[0], f"{cpu:.2f}",
                     times[1]])
    return table(rows, markdown)


def _cpu_s(runs):
    return statistics.median(run["user_s"] + run["system_s"] for run in runs)


def call_table(runs, markdown=False):
    rows = [["client", "calls/GiB", "reads/GiB", "file writes/GiB", "mean write KiB"]]
    for run in runs:
        rows.append([run["client"], str(run["calls_per_gib"]), str(run["reads_per_gib"]),
                     str(run["file_writes_per_gib"]), str(run["write_kib_mean"] or "-")])
    return table(rows, markdown)


def table(rows, markdown=False):
    if markdown:
        lines = ["| " + " | ".join(row) + " |" for row in rows]
        lines.insert(1, "|" + "---|" * len(rows[0]))
        return "\n".join(lines)
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(width) if i == 0 else cell.rjust(width)
                               for i, (cell, width) in enumerate(zip(row, widths)))
                     for row in rows)


def _text(x, y, words, anchor="start"):
    return (f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}" font-size="{TEXT}">'
            f"{html.escape(words)}</text>")


def svg_bars(groups, title, unit):
    """groups: [(heading, [(client, median, lowest, highest)])], one scale for all."""
    highest = max(bar[3] for _, bars in groups for bar in bars)
    scale = (WIDTH - LEFT - 60) / highest
    y, parts = 24, [_text(8, 18, f"{title} ({unit}; bar: median, line: range)")]
    for heading, bars in groups:
        y += 24
        parts.append(_text(8, y, heading))
        y += 8
        for client, middle, low, high in bars:
            centre = y + BAR_HEIGHT / 2
            color = COLORS.get(client, OTHER_COLOR)
            parts.append(_text(LEFT - 6, centre + 4, client, "end"))
            parts.append(f'<rect x="{LEFT}" y="{y}" width="{middle * scale:.1f}" '
                         f'height="{BAR_HEIGHT}" fill="{color}"/>')
            parts.append(f'<line x1="{LEFT + low * scale:.1f}" x2="{LEFT + high * scale:.1f}" '
                         f'y1="{centre}" y2="{centre}" stroke="black"/>')
            parts.append(_text(LEFT + high * scale + 6, centre + 4, f"{middle:.2f}"))
            y += BAR_HEIGHT + BAR_GAP
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{y + 12}" '
            'font-family="sans-serif"><rect width="100%" height="100%" fill="white"/>'
            + "\n".join(parts) + "</svg>\n")


def plot(runs, key, title, unit, path):
    cells = {}
    for run in runs:
        heading = f"{run['piece_length'] >> 10} KiB pieces, {run['peers']} peers"
        cells.setdefault(heading, []).append(run)
    groups = []
    for heading, cell in cells.items():
        bars = [(name, median(own, key), min(run[key] for run in own), max(run[key] for run in own))
                for name, own in by_client(cell).items()]
        groups.append((heading, bars))
    path.write_text(svg_bars(groups, title, unit))
