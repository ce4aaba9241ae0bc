#include "cli/watched_verify.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "cli/signals.h"
#include "cli/terminal.h"
#include "cli/text.h"
#include "engine/control_loop.h"

namespace btfast::cli {
namespace {

constexpr std::chrono::milliseconds kRefresh{200};

std::string progress_line(std::uint32_t checked, std::uint32_t pieces, std::uint64_t bytes,
                          double seconds) {
  double const share = pieces > 0 ? std::min(1.0, static_cast<double>(checked) / pieces) : 1;
  auto const done = static_cast<std::uint64_t>(share * static_cast<double>(bytes));
  return fmt::format("verifying {:5.1f} %  {} of {}  {}", 100 * share, human_size(done),
                     human_size(bytes),
                     human_rate(seconds > 0 ? static_cast<double>(done) / seconds : 0));
}

}  // namespace

Result<VerifyReport> verify_watched(Metainfo const& metainfo, VerifyRequest request, bool show) {
  auto control = ControlLoop::make();
  if (!control) return control.error();
  net::EventLoop& loop = (*control)->loop();
  std::stop_source stop;
  std::atomic<std::uint32_t> checked{0};
  request.stop = stop.get_token();
  // Jobs end out of order, and their counts with them: the largest is the latest.
  request.progress = [&checked](std::uint32_t now) {
    std::uint32_t before = checked.load(std::memory_order_relaxed);
    while (before < now && !checked.compare_exchange_weak(before, now, std::memory_order_relaxed)) {
    }
  };

  Terminal terminal{STDERR_FILENO};
  TimePoint const started = (*control)->now();
  auto const how_far = [&] {
    std::chrono::duration<double> const time = loop.now() - started;
    return progress_line(checked.load(std::memory_order_relaxed), metainfo.geometry.piece_count(),
                         metainfo.geometry.total_size(), time.count());
  };
  Signals const signals{loop,
                        {.on_stop = [&](int) { stop.request_stop(); },
                         .on_status = [&] { terminal.line(how_far()); },
                         .on_reopen = [] {}}};
  net::Timer refresh{loop.timers(), [&] {
                       refresh.arm(kRefresh);
                       terminal.block(how_far() + '\n');
                     }};
  if (show && terminal.is_tty()) refresh.arm(kRefresh);
  std::optional<Result<VerifyReport>> report;
  std::jthread const hashing{[&]() noexcept {
    report.emplace(verify_torrent(metainfo, request));
    loop.stop();
  }};
  loop.run();
  // The loop stops when the report stands.
  terminal.clear_block();
  return *std::move(report);
}

}  // namespace btfast::cli
