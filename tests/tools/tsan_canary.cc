// Hands payloads to another thread through the same queue library as the data path.  As
// `race` the producer touches a payload after it gave it away; as `clean` it does not.
// Run under the thread sanitizer with our suppressions, the first must be reported and the
// second must not: this is what makes a clean run of the real tests mean something.
#include <concurrentqueue/concurrentqueue.h>

#include <cstdio>
#include <string_view>
#include <thread>
#include <vector>

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

}  // namespace

int main(int argc, char** argv) {
  bool const race = argc > 1 && std::string_view{argv[1]} == "race";
  std::vector<Payload> payloads(kPayloads);
  moodycamel::ConcurrentQueue<Payload*> queue;
  int sum = 0;
  std::thread consumer{[&] { sum = drain(queue); }};

  {
    moodycamel::ProducerToken const token{queue};
    for (auto& payload : payloads) {
      payload.bytes[3] = 1;
      queue.enqueue(token, &payload);
      if (race) payload.bytes[3] = 2;
    }
  }
  consumer.join();

  std::printf("%s: sum %d\n", race ? "race" : "clean", sum);
  return 0;
}
