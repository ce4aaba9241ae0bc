// Hands payloads to other threads over each of the two roads of the data path: the queue
// library, and the worker pool.  As `race` the giver touches a payload after it gave it away;
// as `clean` it does not.  Run under the thread sanitizer with our suppressions, each race
// must be reported and the clean run must be silent: this is what makes a clean run of the
// real tests mean something.
#include <concurrentqueue/concurrentqueue.h>

#include <atomic>
#include <cstdio>
#include <string_view>
#include <thread>
#include <vector>

#include "engine/worker_pool.h"

namespace {

constexpr int kPayloads = 2000;

struct Payload {
  int bytes[4] = {};
};

int drain(moodycamel::ConcurrentQueue<Payload*>& queue) {
  int sum = 0;
  for (int taken = 0; taken < kPayloads;) {
    Payload* payload = nullptr;
    if (!queue.try_dequeue(payload)) {
      std::this_thread::yield();
      continue;
    }
    sum += payload->bytes[3];
    ++taken;
  }
  return sum;
}

int through_queue(bool race) {
  std::vector<Payload> payloads(kPayloads);
  moodycamel::ConcurrentQueue<Payload*> queue;
  int sum = 0;
  std::thread consumer{[&] { sum = drain(queue); }};

  moodycamel::ProducerToken const token{queue};
  for (auto& payload : payloads) {
    payload.bytes[3] = 1;
    queue.enqueue(token, &payload);
    if (race) payload.bytes[3] = 2;
  }
  consumer.join();
  return sum;
}

int through_pool(bool race) {
  std::vector<Payload> payloads(kPayloads);
  std::atomic<int> sum{0};
  btfast::WorkerPool pool{4};
  for (auto& payload : payloads) {
    payload.bytes[3] = 1;
    pool.submit([&sum, &payload] { sum.fetch_add(payload.bytes[3]); });
    if (race) payload.bytes[3] = 2;
  }
  while (sum.load() < kPayloads) std::this_thread::yield();
  return sum.load();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: tsan_canary queue|pool race|clean\n");
    return 2;
  }
  bool const race = std::string_view{argv[2]} == "race";
  int const sum = std::string_view{argv[1]} == "pool" ? through_pool(race) : through_queue(race);
  std::printf("%s %s: sum %d\n", argv[1], argv[2], sum);
  return 0;
}
