"""A libtorrent 2.0.8 seed or leech for the lab, one process a peer, driven by arguments.

    libtorrent_peer.py peer --torrent F --dir D --address 10.77.0.2 --port 6881 [--seed]
    libtorrent_peer.py create --data D --out F --piece-length N --kind v1|hybrid|v2
    libtorrent_peer.py show F...          what libtorrent makes of a file, a JSON line each

`peer` prints a JSON line whenever its state changes; a leech ends with status 0 when complete
unless --stay.
"""

import argparse
import json
import os
import sys

import libtorrent as lt


def session_for(options):
    settings = {
        "listen_interfaces": f"{options.address}:{options.port}",
        "outgoing_interfaces": options.address,
        "enable_dht": False, "enable_lsd": False, "enable_upnp": False, "enable_natpmp": False,
        "allow_multiple_connections_per_ip": True,
        "user_agent": "lab-libtorrent",
        "alert_mask": (lt.alert.category_t.error_notification
                       | lt.alert.category_t.status_notification),
        "unchoke_slots_limit": -1,
        "connection_speed": 500,
        "mixed_mode_algorithm": 0,
        "out_enc_policy": options.encryption, "in_enc_policy": options.encryption,
        "enable_incoming_utp": False, "enable_outgoing_utp": False,
        "min_reconnect_time": 1,
        "ssrf_mitigation": False,
        "max_out_request_queue": 1500, "send_buffer_watermark": 3 << 20,
    }
    if options.tuned:  # what a benchmark has to grant it
        settings.update({
            "aio_threads": 4, "hashing_threads": 2, "request_queue_time": 3,
            "max_peer_recv_buffer_size": 5 << 20, "recv_socket_buffer_size": 1 << 20,
            "max_queued_disk_bytes": 64 << 20, "whole_pieces_threshold": 20,
        })
    return lt.session(settings)


def run_peer(options):
    session = session_for(options)
    params = lt.add_torrent_params()
    params.ti = lt.torrent_info(options.torrent)
    params.save_path = options.dir
    params.flags &= ~(lt.torrent_flags.auto_managed | lt.torrent_flags.paused)
    if options.seed and options.trust:
        params.flags |= lt.torrent_flags.seed_mode
    torrent = session.add_torrent(params)
    if options.up_limit:  # of the torrent: the session's limit leaves local peers out
        torrent.set_upload_limit(options.up_limit)
    for text in options.peer:
        host, port = text.rsplit(":", 1)
        torrent.connect_peer((host, int(port)))
    last = None
    while True:
        session.wait_for_alert(100)
        for alert in session.pop_alerts():
            if isinstance(alert, (lt.torrent_error_alert, lt.file_error_alert,
                                  lt.listen_failed_alert)):
                print(json.dumps({"error": alert.message()}), flush=True)
        status = torrent.status()
        now = {"state": str(status.state), "done": status.total_done, "peers": status.num_peers,
               "up": status.total_payload_upload, "seeding": status.is_seeding}
        if now != last:
            print(json.dumps(now), flush=True)
            last = now
        if status.is_seeding and not options.seed and not options.stay:
            # Files are complete when the disk thread has flushed them.
            torrent.flush_cache()
            session.pause()
            return


def create(options):
    storage = lt.file_storage()
    lt.add_files(storage, options.data)
    flags = {"v1": 64,  # v1_only of the C++ header, which this binding forgot
             "v2": lt.create_torrent_flags_t.v2_only,
             "hybrid": 0}[options.kind]
    maker = lt.create_torrent(storage, options.piece_length, flags)
    for tier, url in enumerate(options.tracker):
        maker.add_tracker(url, tier)
    maker.set_creator("lab")
    lt.set_piece_hashes(maker, os.path.dirname(os.path.abspath(options.data)))
    with open(options.out, "wb") as out:
        out.write(lt.bencode(maker.generate()))


def show(options):
    for path in options.files:
        try:
            info = lt.torrent_info(path)
        except Exception as error:  # the binding throws RuntimeError and friends by content
            print(json.dumps({"path": path, "error": str(error)}))
            continue
        files = info.files()
        real = [i for i in range(files.num_files())
                if not files.file_flags(i) & lt.file_storage.flag_pad_file]
        hashes = info.info_hashes()
        print(json.dumps({
            "path": path, "name": info.name(), "piece_length": info.piece_length(),
            "info_hash": str(hashes.v1) if hashes.has_v1() else None,
            "info_hash_v2": str(hashes.v2) if hashes.has_v2() else None,
            "pieces": info.num_pieces(),
            "files": [[files.file_path(i), files.file_size(i)] for i in real],
            "private": info.priv(),
            "trackers": [[t.tier, t.url] for t in info.trackers()],
        }))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    peer = commands.add_parser("peer")
    peer.add_argument("--torrent", required=True)
    peer.add_argument("--dir", required=True)
    peer.add_argument("--address", required=True)
    peer.add_argument("--port", type=int, default=6881)
    peer.add_argument("--seed", action="store_true")
    peer.add_argument("--trust", action="store_true", help="seed without checking the files")
    peer.add_argument("--stay", action="store_true", help="keep seeding when complete")
    peer.add_argument("--peer", action="append", default=[], metavar="HOST:PORT")
    peer.add_argument("--up-limit", type=int, default=0)
    peer.add_argument("--tuned", action="store_true", help="settings for high rates")
    peer.add_argument("--encryption", type=int, default=2, help="0 forced, 1 enabled, 2 disabled")
    make = commands.add_parser("create")
    make.add_argument("--data", required=True)
    make.add_argument("--out", required=True)
    make.add_argument("--piece-length", type=int, default=0)
    make.add_argument("--kind", default="v1", choices=["v1", "v2", "hybrid"])
    make.add_argument("--tracker", action="append", default=[])
    look = commands.add_parser("show")
    look.add_argument("files", nargs="+")
    options = parser.parse_args()
    {"peer": run_peer, "create": create, "show": show}[options.command](options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
