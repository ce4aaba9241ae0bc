"""W2, W3, W4, W12: what seeding costs, alone and while downloading, clients with each other, and
how much of what many peers can take a seed gives them."""

import json
import pathlib
import subprocess
import time

import lib_download
import lib_measure
import lib_swarm
from lib_swarm import CLIENT, ROOT, lab

PORT = 7100
SEEDERS = ("perf_seeder", "btfast", "libtorrent", "libtorrent-tuned")
# Connections, and the requests each is ahead.  128 is what a fast client has open.  Of 200 that
# are 400 MiB, more than a seed's sockets hold: what it could not send yet is sent by the kernel
# when an acknowledgement comes, in the leech's time on one machine, and counts as the leech's.
# W12: peers, and bytes a second that each can take.
CROWDS = ((1, 50_000_000), (10, 5_000_000), (60, 2_000_000), (200, 500_000), (1000, 100_000))
CROWD_SECONDS = 5
LEECHES = ((1, 128), (8, 128), (50, 128), (50, 32), (200, 128), (200, 64), (200, 16))


def seed_argv(name, options, torrent, address=CLIENT, port=PORT, slots="250"):
    """A command that seeds complete content at `port`; `slots` are btfast's."""
    endpoint = f"{address}:{port}"
    if name == "perf_seeder":
        return [lib_swarm.tool(options, "perf_seeder"), torrent.info_hash.hex(),
                torrent.piece_length, torrent.data_path(), endpoint]
    if name == "btfast":
        return [options.btfast, "seed", "-t", torrent.path, "-o", torrent.data_parent, "--bind",
                address, "--port", port, "--upload-slots", slots, "--max-peers", "1100",
                "--progress", "log"]
    return [lab.PYTHON, ROOT / "tests/interop/libtorrent_peer.py", "peer", "--seed", "--trust",
            "--torrent", torrent.path, "--dir", torrent.data_parent, "--address", address,
            "--port", port, *(["--tuned"] if name == "libtorrent-tuned" else [])]


def start_seed(name, options, swarm, number=0, slots="250"):
    if name == "btfast":
        lab.require_command(options, "seed")
    process = lab.Process(seed_argv(name, options, swarm.torrent, CLIENT, PORT + number, slots),
                          swarm.scratch, f"{name}-{number}")
    lab.wait_port(process, PORT + number, seconds=60)
    if name == "btfast":  # it listens while it still checks the content
        lab.wait_until(lambda: "seeding" in process.stderr() + process.stdout(), 60,
                       "btfast to have checked")
    return process


def read_bytes_of(pid):
    for line in open(f"/proc/{pid}/io"):
        if line.startswith("read_bytes:"):
            return int(line.split()[1])
    return 0


def serve_once(options, swarm, name, number, connections, depth, cold):
    """One seed serves perf_leech's connections, each `depth` requests ahead, as many bytes as
    the content has."""
    seed = start_seed(name, options, swarm)
    try:
        if cold:
            lab.drop_from_page_cache(swarm.data)
        before, read_before = lib_measure.cpu_of(seed.pid), read_bytes_of(seed.pid)
        argv = [lib_swarm.tool(options, "perf_leech"), "--depth", depth,
                swarm.torrent.info_hash.hex(), swarm.piece_length, swarm.size, connections,
                swarm.size, f"{CLIENT}:{PORT}"]
        done = subprocess.run([str(part) for part in argv], capture_output=True, text=True,
                              timeout=lib_measure.RUN_SECONDS_MAX, check=False)
        after = lib_measure.cpu_of(seed.pid)
        user, system = after[0] - before[0], after[1] - before[1]
        told = json.loads(done.stdout) if done.returncode == 0 else {}
        gib = max(told.get("bytes_down", 0), 1) / lib_measure.GIB
        ok = told.get("bytes_down", 0) >= swarm.size
        return {**lib_download.describe("W2", name, swarm, number), "peers": connections,
                "depth": depth, "cold": cold, "ok": ok, "error": done.stderr.strip()[-200:] or None,
                "wall_s": told.get("wall_s", 0), "user_s": round(user, 3),
                "system_s": round(system, 3), "mib_per_s": round(gib * 1024 / max(
                    told.get("wall_s", 0), 1e-3)) if told else 0,
                "cpu_s_per_gib": round((user + system) / gib, 3) if told else 0,
                "leech_cpu_s_per_gib": round((told.get("user_s", 0) + told.get("system_s", 0))
                                             / gib, 3),
                "read_per_byte_sent": round((read_bytes_of(seed.pid) - read_before)
                                            / max(told.get("bytes_down", 0), 1), 3),
                "connections_served": told.get("connections_served", 0),
                "peak_rss_mib": round(lib_measure.status_kib(seed.pid, "VmHWM") / 1024, 1)}
    finally:
        seed.stop()


def upload(options, swarm, connections, depth, count, results, cold=False):
    """W2, interleaved: of --clients those that seed, beside perf_seeder.  Skips what cannot."""
    done, asked = [], {"perf_seeder", *options.clients.split(",")}
    names = [name for name in SEEDERS if name in asked]
    for number in range(1, count + 1):
        for name in list(names):
            try:
                run = results.add(serve_once(options, swarm, name, number, connections, depth,
                                             cold))
            except lab.Skip as reason:
                print(f"skip W2 {name}: {reason}")
                names.remove(name)
                continue
            print(f"{'ok' if run['ok'] else 'FAIL'} W2 {name} to {connections} x {depth} round "
                  f"{number}: "
                  f"{run['mib_per_s']} MiB/s, {run['cpu_s_per_gib']:.2f} CPU-s/GiB"
                  f"{', ' + run['error'] if run['error'] else ''}")
            if run["ok"]:
                done.append(run)
    return done


def serve_crowd(options, swarm, name, peers, each, results):
    """One seed as it comes, and so many peers that take `each` bytes a second: what they got of
    that in the first seconds."""
    seed = start_seed(name, options, swarm, slots="auto")
    try:
        before = lib_measure.cpu_of(seed.pid)
        depth = max(4, min(128, each // (16 << 10)))
        argv = [lib_swarm.tool(options, "perf_leech"), "--depth", depth, "--rate", each,
                "--seconds", CROWD_SECONDS, swarm.torrent.info_hash.hex(), swarm.piece_length,
                swarm.size, peers, 0, f"{CLIENT}:{PORT}"]
        done = subprocess.run([str(part) for part in argv], capture_output=True, text=True,
                              timeout=lib_measure.RUN_SECONDS_MAX, check=False)
        after = lib_measure.cpu_of(seed.pid)
        told = json.loads(done.stdout) if done.returncode == 0 else {}
        could = each * CROWD_SECONDS  # connecting, before it, takes time of its own
        return results.add({
            **lib_download.describe("W12", name, swarm, 1), "peers": peers,
            # Others have limits of their own: how many they serve is the figure.
            "each_bytes_per_s": each,
            "ok": bool(told) and (name != "btfast" or told["connections_left"] == peers),
            "error": done.stderr.strip()[-200:] or None,
            "share_taken": round(told.get("bytes_down", 0) / (peers * could), 3),
            "least_share": round(told.get("least_bytes", 0) / could, 3),
            "connections_served": told.get("connections_served", 0),
            "cpu_s": round(sum(after) - sum(before), 3),
            "peak_rss_mib": round(lib_measure.status_kib(seed.pid, "VmHWM") / 1024, 1)})
    finally:
        seed.stop()


def _leech_argv(name, options, swarm, out, number, peer):
    address = lib_swarm.peer_address(100 + number)
    if name == "btfast":
        return [options.btfast, "-t", swarm.torrent.path, "-o", out, "--progress", "none",
                "--port", "0", "--bind", address, "--peer", peer]
    return [lab.PYTHON, ROOT / "tests/interop/libtorrent_peer.py", "peer", "--torrent",
            swarm.torrent.path, "--dir", out, "--address", address, "--port", 7300 + number,
            "--tuned", f"--peer={peer}"]


def exchange(options, swarm, seed_name, leech_name, leeches, results):
    """W4: one seed, so many leeches of one client; the CPU of both ends."""
    seed = start_seed(seed_name, options, swarm)
    outs = [lib_download.fresh_folder(pathlib.Path(swarm.scratch) / f"leech-{n}")
            for n in range(leeches)]
    started = time.monotonic()
    processes = [lab.Process(_leech_argv(leech_name, options, swarm, out, n, f"{CLIENT}:{PORT}"),
                             swarm.scratch, f"leech-{n}") for n, out in enumerate(outs)]
    try:
        for process in processes:
            process.wait(lib_measure.RUN_SECONDS_MAX)
        wall = time.monotonic() - started
        ok = all(process.poll() == 0 for process in processes) and not any(
            lab.tree_differences(swarm.data, out / swarm.torrent.name) for out in outs)
        gib = swarm.size * leeches / lib_measure.GIB
        seed_cpu = sum(lib_measure.cpu_of(seed.pid))
        return results.add({
            **lib_download.describe("W4", leech_name, swarm, 1), "seed": seed_name,
            "leeches": leeches, "ok": ok, "wall_s": round(wall, 3),
            "wall_s_per_gib": round(wall / gib, 3), "seed_cpu_s_per_gib": round(seed_cpu / gib, 3),
            "cpu_s_per_gib": round(sum(process.cpu_s() for process in processes) / gib, 3)})
    finally:
        seed.stop()
        for process in processes:
            process.stop()


def both_ways(options, swarm, results):
    """W3: btfast downloads from the swarm while a libtorrent leech gets everything from it."""
    lab.require_command(options, "seed")
    out = lib_download.fresh_folder(pathlib.Path(swarm.scratch) / "dual")
    far_out = lib_download.fresh_folder(pathlib.Path(swarm.scratch) / "dual-leech")
    middle = lab.Process(
        [options.btfast, "-t", swarm.torrent.path, "-o", out, "--seed", "--progress", "none",
         "--bind", CLIENT, "--port", PORT,
         *[part for peer in swarm.peers for part in ("--peer", peer)]], swarm.scratch, "middle")
    lab.wait_port(middle, PORT)
    leech = lab.Process(_leech_argv("libtorrent", options, swarm, far_out, 0, f"{CLIENT}:{PORT}"),
                        swarm.scratch, "dual-leech")
    try:
        leech.wait(lib_measure.RUN_SECONDS_MAX)
        user, system = lib_measure.cpu_of(middle.pid)
        ok = not any(lab.tree_differences(swarm.data, path / swarm.torrent.name)
                     for path in (out, far_out))
        gib = 2 * swarm.size / lib_measure.GIB
        return results.add({
            **lib_download.describe("W3", "btfast", swarm, 1), "ok": ok,
            "wall_s": round(leech.wall_s(), 3), "user_s": user, "system_s": system,
            "cpu_s_per_gib_moved": round((user + system) / gib, 3),
            "peak_rss_mib": round(lib_measure.status_kib(middle.pid, "VmHWM") / 1024, 1)})
    finally:
        middle.stop()
        leech.stop()
