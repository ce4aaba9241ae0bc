"""The other programs of the lab, each as a class that can seed and leech one torrent.

Every client gets an address of its own and binds to it (libtorrent takes one connection an
address; Transmission refuses loopback ones).  A class says when it seeds and when it is complete
from the client's own account where it has one.
"""

import json
import pathlib
import re
import urllib.error
import urllib.parse
import urllib.request

import lab

PORT = 6881

# What ours closes a connection for that no client in use deserves; who calls us may begin with an
# encrypted handshake.
QUARRELS = re.compile(r"peer_closed (?!\S+ incoming=1 handshake=0).*"
                      r"reason=\"?(?:protocol error|unsolicited block|flood|banned"
                      r"|self|bad handshake|handshake timeout|lost piece)\b.*")


def check_peaceful(log):
    """By the log of a `btfast -v` nobody was found at fault."""
    quarrel = QUARRELS.search(log)
    lab.check(not quarrel, quarrel and quarrel[0])


class Client:
    name = "?"
    makes_empty_files = True

    def __init__(self, options, folder, number, port=PORT):
        self.options = options
        self.folder = pathlib.Path(folder) / f"{self.name}-{number}"
        self.folder.mkdir()
        self.address = lab.address(number)
        self.port = port + number  # its own port too: some clients cannot bind an address
        self.process = None

    def endpoint(self):
        return f"{self.address}:{self.port}"

    def _start(self, argv, **options):
        self.process = lab.Process(argv, self.folder, self.name, **options)
        return self.process

    def seed(self, torrent):
        """Starts seeding torrent.data_parent; ready() tells when it has checked the content."""
        raise NotImplementedError

    def leech(self, torrent, out, peers=()):
        """Starts downloading into `out`; complete() tells when it has everything."""
        raise NotImplementedError

    def ready(self):
        return lab.port_is_open(self.port)

    def complete(self):
        raise NotImplementedError

    def wait_ready(self, seconds=40):
        self._wait(self.ready, seconds, "to be ready")

    def wait_complete(self, seconds=90):
        self._wait(self.complete, seconds, "to complete")

    def _wait(self, condition, seconds, what):
        def checked():
            ended = self.process.poll() is not None  # first: its end may be what is waited for
            if condition():
                return True
            if ended:
                raise RuntimeError(f"{self.name} ended with {self.process.poll()}\n"
                                   + self.process.tail())
            return False

        try:
            lab.wait_until(checked, seconds, f"{self.name} {what}")
        except TimeoutError as error:
            raise TimeoutError(f"{error}\n{self.process.tail()}") from None

    def stop(self):
        if self.process:
            self.process.stop()


class Btfast(Client):
    name = "btfast"

    def seed(self, torrent, *arguments):
        lab.require_command(self.options, "seed")
        self._start([self.options.btfast, "seed", "-t", torrent.path, "-o", torrent.data_parent,
                     "--bind", self.address, "--port", self.port, "-v", *arguments])

    def leech(self, torrent, out, peers=(), arguments=()):
        self._start([self.options.btfast, "-t", torrent.path, "-o", out, "--bind", self.address,
                     "--port", self.port, "--progress", "log", "--timeout", "120s", "-v",
                     *[part for peer in peers for part in ("--peer", peer)], *arguments])

    def complete(self):
        if self.process.poll() not in (None, 0):
            raise RuntimeError(f"btfast ended with {self.process.poll()}\n{self.process.tail()}")
        return self.process.poll() == 0


class Aria2(Client):
    name = "aria2"

    def _run(self, torrent, folder, *arguments):
        # Without DHT aria2 has no UDP socket and so no UDP trackers: it is told the same tracker
        # over HTTP, and only the others hear of it over UDP.
        by_http = [url.replace("udp:", "http:") for url in torrent.trackers()
                   if url.startswith("udp:")]
        if by_http:
            arguments = [*arguments, "--bt-tracker=" + ",".join(by_http)]
        self._start(["aria2c", "--no-conf", f"--dir={folder}", f"--listen-port={self.port}",
                     f"--interface={self.address}", f"--dht-listen-port={self.port + 200}",
                     "--enable-dht=false", "--bt-enable-lpd=false",
                     "--enable-peer-exchange=false", "--summary-interval=1",
                     "--console-log-level=notice", "--show-console-readout=false",
                     "--bt-tracker-timeout=5", "--follow-torrent=false", *arguments,
                     torrent.path])

    def seed(self, torrent):
        self._run(torrent, torrent.data_parent, "--seed-ratio=0.0", "--check-integrity=true",
                  "--bt-seed-unverified=false", "--allow-overwrite=true")

    def leech(self, torrent, out, peers=()):
        self._run(torrent, out, "--seed-time=0", "--allow-overwrite=true",
                  "--file-allocation=none")

    def ready(self):
        return "Seeding" in self.process.stdout() or (
            super().ready() and "Verification finished successfully" in self.process.stdout())

    def complete(self):
        return self.process.poll() == 0


class Transmission(Client):
    name = "transmission"
    makes_empty_files = False

    def _run(self, torrent, folder):
        self.rpc = lab.address(1), self.port + 300
        config = {
            "bind-address-ipv4": self.address, "bind-address-ipv6": "fe80::",
            "peer-port": self.port, "rpc-port": self.rpc[1], "rpc-bind-address": "127.0.0.1",
            "rpc-authentication-required": False, "rpc-whitelist-enabled": False,
            "rpc-host-whitelist-enabled": False, "dht-enabled": False, "lpd-enabled": False,
            "pex-enabled": False, "utp-enabled": False, "port-forwarding-enabled": False,
            "encryption": 0, "download-dir": str(folder), "incomplete-dir-enabled": False,
            "rename-partial-files": False, "start-added-torrents": True,
            "ratio-limit-enabled": False, "peer-port-random-on-start": False, "preallocation": 0,
        }
        (self.folder / "settings.json").write_text(json.dumps(config))
        self._start(["transmission-daemon", "--foreground", "-g", self.folder, "--log-error"],
                    env={"HOME": str(self.folder)})
        self.session = ""
        lab.wait_port(self.process, self.rpc[1])
        import base64
        added = self._call("torrent-add", {
            "metainfo": base64.b64encode(torrent.path.read_bytes()).decode(),
            "download-dir": str(folder), "paused": False})
        if "torrent-added" not in added:
            raise RuntimeError(f"transmission refused the torrent: {added}")

    def _call(self, method, arguments):
        body = json.dumps({"method": method, "arguments": arguments}).encode()
        for _ in range(2):
            asked = urllib.request.Request(f"http://127.0.0.1:{self.rpc[1]}/transmission/rpc", body,
                                           {"X-Transmission-Session-Id": self.session})
            try:
                with urllib.request.urlopen(asked, timeout=5) as answer:
                    return json.load(answer)["arguments"]
            except urllib.error.HTTPError as error:
                if error.code != 409:
                    raise
                self.session = error.headers["X-Transmission-Session-Id"]
        raise RuntimeError("transmission hands out no session id")

    def seed(self, torrent):
        self._run(torrent, torrent.data_parent)

    def leech(self, torrent, out, peers=()):
        self._run(torrent, out)

    def _torrent(self):
        return self._call("torrent-get", {
            "fields": ["status", "percentDone", "errorString", "leftUntilDone",
                       "trackerStats"]})["torrents"][0]

    def ready(self):
        stats = self._torrent()
        announced = not stats["trackerStats"] or any(
            tracker["hasAnnounced"] for tracker in stats["trackerStats"])
        return stats["percentDone"] == 1 and stats["status"] == 6 and announced

    def complete(self):
        stats = self._torrent()
        return stats["percentDone"] == 1 and stats["leftUntilDone"] == 0


class Qbittorrent(Client):
    name = "qbittorrent"

    def _run(self, torrent, folder, skip_checking):
        self.web_port = self.port + 400
        config = self.folder / "qBittorrent/config"
        config.mkdir(parents=True)
        (config / "qBittorrent.conf").write_text(f"""[LegalNotice]
Accepted=true
[BitTorrent]
Session\\Interface=lo
Session\\InterfaceAddress={self.address}
Session\\InterfaceName=lo
Session\\Port={self.port}
Session\\DHTEnabled=false
Session\\LSDEnabled=false
Session\\PeXEnabled=false
Session\\Encryption=2
Session\\BTProtocol=TCP
Session\\QueueingSystemEnabled=false
Session\\MultiConnectionsPerIp=true
Session\\SSRFMitigation=false
[Preferences]
WebUI\\Address=127.0.0.1
WebUI\\Port={self.web_port}
WebUI\\LocalHostAuth=false
WebUI\\UseUPnP=false
[Network]
PortForwardingEnabled=false
""")
        self._start(["qbittorrent-nox", f"--profile={self.folder}"],
                    env={"HOME": str(self.folder), "XDG_CONFIG_HOME": str(self.folder)})
        lab.wait_port(self.process, self.web_port, seconds=40)
        boundary = "btfast-lab-boundary"
        parts = {"savepath": str(folder), "paused": "false", "root_folder": "true",
                 "contentLayout": "Original", "autoTMM": "false",
                 "skip_checking": "true" if skip_checking else "false"}
        body = b"".join(f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n'
                        f"{value}\r\n".encode() for key, value in parts.items())
        body += (f'--{boundary}\r\nContent-Disposition: form-data; name="torrents"; '
                 'filename="x.torrent"\r\nContent-Type: application/x-bittorrent\r\n\r\n').encode()
        body += torrent.path.read_bytes() + f"\r\n--{boundary}--\r\n".encode()
        answer = self._web("torrents/add", body,
                           {"Content-Type": f"multipart/form-data; boundary={boundary}"})
        if answer != b"Ok.":
            raise RuntimeError(f"qbittorrent refused the torrent: {answer}")

    def _web(self, call, body=None, headers=None):
        asked = urllib.request.Request(f"http://127.0.0.1:{self.web_port}/api/v2/{call}", body,
                                       headers or {})
        with urllib.request.urlopen(asked, timeout=10) as answer:
            return answer.read()

    def _torrent(self):
        listed = json.loads(self._web("torrents/info"))
        return listed[0] if listed else None

    def seed(self, torrent):
        self._run(torrent, torrent.data_parent, False)

    def leech(self, torrent, out, peers=()):
        self._run(torrent, out, False)

    def ready(self):
        torrent = self._torrent()
        if not torrent or torrent["state"] not in ("uploading", "stalledUP", "forcedUP"):
            return False
        trackers = json.loads(self._web(f"torrents/trackers?hash={torrent['hash']}"))
        real = [tracker for tracker in trackers if not tracker["url"].startswith("**")]
        return not real or any(tracker["status"] == 2 for tracker in real)

    def complete(self):
        torrent = self._torrent()
        return bool(torrent) and torrent["state"] in ("uploading", "stalledUP", "forcedUP")


class Libtorrent(Client):
    name = "libtorrent"

    def _run(self, torrent, folder, *arguments):
        self._start([lab.PYTHON, lab.ROOT / "tests/interop/libtorrent_peer.py", "peer",
                     "--torrent", torrent.path, "--dir", folder, "--address", self.address,
                     "--port", self.port, *arguments])

    def seed(self, torrent, *arguments):
        self._run(torrent, torrent.data_parent, "--seed", *arguments)

    def leech(self, torrent, out, peers=(), arguments=()):
        self._run(torrent, out, *[f"--peer={peer}" for peer in peers], *arguments)

    def last(self):
        lines = self.process.stdout().strip().splitlines()
        return json.loads(lines[-1]) if lines else {}

    def ready(self):
        return super().ready() and self.last().get("seeding", False)

    def complete(self):
        return self.process.poll() == 0 or self.last().get("seeding", False)


class Rtorrent(Client):
    name = "rtorrent"

    def _run(self, torrent, folder):
        session = self.folder / "session"
        session.mkdir()
        self.marks = self.folder / "finished"
        self.hashed = self.folder / "hashed"
        commands = [
            "system.daemon.set=true", f"session.path.set={session}",
            f"directory.default.set={folder}",
            f"network.bind_address.set={self.address}",
            f"network.local_address.set={self.address}",
            f"network.port_range.set={self.port}-{self.port}", "network.port_random.set=no",
            "dht.mode.set=disable", "protocol.pex.set=no", "trackers.use_udp.set=yes",
            "protocol.encryption.set=none", "pieces.hash.on_completion.set=no",
            f"method.set_key=event.download.finished,lab,\"execute=touch,{self.marks}\"",
            f"method.set_key=event.download.hash_done,lab,\"execute=touch,{self.hashed}\"",
        ]
        # The torrent is loaded from a copy: rtorrent 0.9.8 splits command arguments at commas.
        copy = self.folder / "x.torrent"
        copy.write_bytes(torrent.path.read_bytes())
        resource = self.folder / "rtorrent.rc"
        resource.write_text("\n".join(line.replace("=", " = ", 1) for line in commands)
                            + f"\nschedule2 = lab,0,0,\"load.start={copy}\"\n")
        self._start(["rtorrent", "-n", "-o", f"import={resource}"],
                    env={"HOME": str(self.folder), "TERM": "xterm"})

    def seed(self, torrent):
        self._run(torrent, torrent.data_parent)

    def leech(self, torrent, out, peers=()):
        self._run(torrent, out)

    def ready(self):
        return super().ready() and self.hashed.exists()

    def complete(self):
        return self.marks.exists()


SEEDS = [Aria2, Transmission, Qbittorrent, Libtorrent, Rtorrent]
BY_NAME = {client.name: client for client in [*SEEDS, Btfast]}


class Opentracker:
    """Debian builds it with a white list: it serves the info hashes it was started with."""

    def __init__(self, folder, info_hashes, address=None, port=6969):
        self.folder = pathlib.Path(folder) / "opentracker"
        self.folder.mkdir()
        self.folder.chmod(0o755)
        listed = self.folder / "whitelist"
        listed.write_text("".join(info_hash.hex() + "\n" for info_hash in info_hashes))
        listed.chmod(0o644)
        self.address, self.port = address or lab.address(1), port
        self.process = lab.Process(
            ["opentracker", "-i", self.address, "-p", port, "-P", port, "-d", self.folder,
             "-w", "whitelist"], self.folder, "opentracker")
        lab.wait_port(self.process, port)
        lab.wait_port(self.process, port, udp=True)

    def url(self, scheme):
        return f"{scheme}://{self.address}:{self.port}/announce"

    def peer_counts(self, info_hash):
        """(seeds, leeches) as a scrape tells."""
        quoted = urllib.parse.quote(info_hash)
        with urllib.request.urlopen(
                f"http://{self.address}:{self.port}/scrape?info_hash={quoted}", timeout=5) as got:
            text = got.read()
        return tuple(int(re.search(rb"%d:%si(\d+)e" % (len(key), key), text)[1])
                     if key in text else 0 for key in (b"complete", b"incomplete"))


def tracker_urls(scheme, address=None, port=6969):
    return [f"{scheme}://{address or lab.address(1)}:{port}/announce"]


