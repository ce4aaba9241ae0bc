#include "engine/torrent/shard_set.h"

#include <algorithm>
#include <utility>

namespace btfast {

void ShardSet::open(std::shared_ptr<SharedTorrent> const& torrent, SwarmReports& reports, Rng& rng,
                    WantedPiecesPtr const& wanted) {
  for (std::size_t i = 0; i < env_.nets.size(); ++i) {
    NetSeat const& seat = env_.nets[i];
    auto shard = std::make_shared<SwarmShard>(torrent, *seat.loop, static_cast<std::uint16_t>(i),
                                              reports, rng.next());
    torrent->add_listener(shard->news());
    shards_.push_back(shard);
    seat.loop->post(
        [shard, loop = seat.loop, host = seat.host.get(), port = env_.listen_port, wanted] {
          host->add_shard(shard->torrent().metainfo().info_hash, *shard);
          shard->start(port);
          shard->set_wanted(*wanted);
          loop->add_drain([weak = std::weak_ptr(shard)]() -> std::size_t {
            auto const here = weak.lock();
            return here ? here->drain() : 0;
          });
        });
  }
}

void ShardSet::stop() {
  stopping_ = shards_.size();
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    post(static_cast<std::uint16_t>(i), [host = env_.nets[i].host.get()](SwarmShard& shard) {
      host->remove_shard(shard.torrent().metainfo().info_hash);
      shard.stop();
    });
  }
}

// Timers and watches of a shard end on its own loop.
void ShardSet::drop() {
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    env_.nets[i].loop->post([shard = std::move(shards_[i])]() mutable { shard.reset(); });
  }
  shards_.clear();
}

void ShardSet::post(std::uint16_t net_thread, Task task) const {
  env_.nets[net_thread].loop->post(
      [shard = shards_[net_thread], task = std::move(task)] { task(*shard); });
}

void ShardSet::post_to_all(Task const& task) const {
  for (std::size_t i = 0; i < shards_.size(); ++i) post(static_cast<std::uint16_t>(i), task);
}

void ShardSet::add_to(TorrentStats& stats) const noexcept {
  for (auto const& shard : shards_) {
    ShardCounters const& c = shard->counters();
    stats.payload_down += c.payload_down.get();
    stats.payload_up += c.payload_up.get();
    stats.wasted += c.wasted.get();
    stats.requests_open += c.requests_open.get();
    stats.peers += c.peers.get();
    stats.seeds += c.seeds.get();
    stats.unchoking_us += c.unchoking_us.get();
    stats.hungry += c.hungry.get();
    stats.request_time_us += c.request_time_us.get();
    stats.at_down_limit += c.at_down_limit.get();
    stats.at_up_limit += c.at_up_limit.get();
    stats.rtt_us = std::max(stats.rtt_us, c.rtt_us.get());
    stats.wrong_hash += c.wrong_hash.get();
    stats.queue_news.most = std::max(stats.queue_news.most, c.news_most.get());
    for (std::size_t b = 0; b < LatencyHistogram::kBuckets; ++b) {
      stats.block_latency.counts[b] += c.block_latency[b].get();
    }
  }
}

}  // namespace btfast
