// Downloads one torrent from the peers named, with WebTorrent, over TCP alone.
//
//     node webtorrent_leech.mjs MODULE_FOLDER FILE.torrent OUTPUT HOST:PORT...
import fs from 'node:fs'
import path from 'node:path'
import { register } from 'node:module'
import { pathToFileURL } from 'node:url'

// WebRTC is a native module that must be built, and TCP does not need it.
const noWebRtc = 'export class RTCPeerConnection {}; export class RTCSessionDescription {}; ' +
  'export class RTCIceCandidate {}'
register('data:text/javascript,' + encodeURIComponent(`
  export const resolve = (name, context, next) => name === 'webrtc-polyfill'
    ? { url: 'data:text/javascript,${noWebRtc}', shortCircuit: true } : next(name, context)`))

const [modules, file, output, ...peers] = process.argv.slice(2)
const entry = pathToFileURL(path.join(modules, 'node_modules/webtorrent/index.js'))
const { default: WebTorrent } = await import(entry.href)
const bytes = fs.readFileSync(file)

const fail = error => { console.error(error); process.exit(1) }
const client = new WebTorrent({ dht: false, lsd: false, natUpnp: false, natPmp: false,
  utPex: false, utp: false, webSeeds: false, tracker: false })
client.on('error', fail)
const torrent = client.add(bytes, { path: output })
torrent.on('error', fail)
torrent.on('infoHash', () => peers.forEach(peer => torrent.addPeer(peer)))
torrent.on('done', () => client.destroy(() => process.exit(0)))
