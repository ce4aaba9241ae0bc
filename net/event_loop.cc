#include "net/event_loop.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"

namespace btfast::net {
namespace {

constexpr Duration kForever{-1};

std::uint32_t slot_in(std::uint64_t token) noexcept { return static_cast<std::uint32_t>(token); }
std::uint32_t generation_in(std::uint64_t token) noexcept {
  return static_cast<std::uint32_t>(token >> 32);
}

// The sooner of two waits, of which negative ones are for ever.
Duration sooner(Duration a, Duration b) noexcept {
  if (a < Duration::zero()) return b;
  if (b < Duration::zero()) return a;
  return std::min(a, b);
}

}  // namespace

Watch::Watch(Watch&& other) noexcept
    : loop_(std::exchange(other.loop_, nullptr)), slot_(other.slot_) {}

Watch& Watch::operator=(Watch&& other) noexcept {
  if (this != &other) {
    reset();
    loop_ = std::exchange(other.loop_, nullptr);
    slot_ = other.slot_;
  }
  return *this;
}

Watch::~Watch() { reset(); }

Status Watch::change(Interest interest) {
  BTF_CHECK(active());
  loop_->role_.assert_here();
  return loop_->change_watch(slot_, interest);
}

void Watch::reset() noexcept {
  if (EventLoop* const loop = std::exchange(loop_, nullptr)) {
    loop->role_.assert_here();
    loop->end_watch(slot_);
  }
}

EventLoop::EventLoop(Reactor& reactor, Clock const& clock)
    : reactor_(reactor), clock_(clock), timers_(clock.now()), posted_(*this) {}

EventLoop::~EventLoop() {
  // Tasks that will never run may own watches, which need us.
  deferred_.clear();
  posted_.drain([](Task const&) {});
  BTF_DCHECK(free_slots_.size() == registrations_.size());
}

// -- watches --------------------------------------------------------------------------------------

Expected<Watch> EventLoop::watch(int fd, EventHandler& handler, Interest interest,
                                 Trigger trigger) {
  role_.assert_here();
  if (free_slots_.empty()) {
    free_slots_.push_back(static_cast<std::uint32_t>(registrations_.size()));
    registrations_.emplace_back();
  }
  std::uint32_t const slot = free_slots_.back();
  if (auto const watched = reactor_.watch(fd, token_of(slot), interest, trigger); !watched) {
    return watched.error();
  }
  free_slots_.pop_back();
  Registration& registration = registrations_[slot];
  registration.handler = &handler;
  registration.fd = fd;
  registration.trigger = trigger;
  return Watch{*this, slot};
}

std::uint64_t EventLoop::token_of(std::uint32_t slot) const {
  return static_cast<std::uint64_t>(registrations_[slot].generation) << 32 | slot;
}

Status EventLoop::change_watch(std::uint32_t slot, Interest interest) {
  Registration const& registration = registrations_[slot];
  return reactor_.rewatch(registration.fd, token_of(slot), interest, registration.trigger);
}

void EventLoop::end_watch(std::uint32_t slot) noexcept {
  Registration& registration = registrations_[slot];
  reactor_.unwatch(registration.fd);
  registration.handler = nullptr;
  registration.fd = -1;
  ++registration.generation;  // events already collected for it are nobody's now
  free_slots_.push_back(slot);
}

std::size_t EventLoop::dispatch(std::span<ReactorEvent const> events) {
  std::size_t handled = 0;
  for (ReactorEvent const& event : events) {
    std::uint32_t const slot = slot_in(event.token);
    BTF_DCHECK(slot < registrations_.size());
    Registration const& registration = registrations_[slot];
    bool const live =
        registration.handler != nullptr && registration.generation == generation_in(event.token);
    if (!live) continue;
    registration.handler->on_event(event);
    ++handled;
  }
  return handled;
}

// -- tasks ----------------------------------------------------------------------------------------

void EventLoop::add_drain(std::function<std::size_t()> drain) {
  role_.assert_here();
  drains_.push_back(std::move(drain));
}

void EventLoop::post(Task task) { posted_.send(std::move(task)); }

void EventLoop::defer(Task task) {
  role_.assert_here();
  deferred_.push_back(std::move(task));
}

void EventLoop::notify() noexcept {
  if (gate_.must_wake()) reactor_.wake();
}

std::size_t EventLoop::drain_all() {
  std::size_t drained = run_posted();
  // By index: a drain may add another.
  for (std::size_t i = 0; i < drains_.size(); ++i) drained += drains_[i]();
  return drained;
}

std::size_t EventLoop::run_posted() {
  // Collected first: a task that posts itself runs once a turn.
  std::vector<Task> tasks;
  posted_.drain([&](Task task) { tasks.push_back(std::move(task)); });
  for (Task const& task : tasks) task();
  return tasks.size();
}

std::size_t EventLoop::run_deferred() {
  // What these defer is for the next turn.
  running_.swap(deferred_);
  for (Task const& task : running_) task();
  std::size_t const ran = running_.size();
  running_.clear();
  return ran;
}

// -- turns ----------------------------------------------------------------------------------------

void EventLoop::run() {
  role_.bind();
  role_.assert_here();
  // acquire: what its caller did before stop() is seen by the last drain.
  while (!stopping_.load(std::memory_order_acquire)) run_turn(kForever);
  drain_all();
  run_deferred();
  role_.unbind();
}

bool EventLoop::run_turn(Duration max_wait) {
  role_.assert_here();
  std::size_t done = 0;
  timers_.observe(clock_.now());
  Duration timeout = time_to_sleep(max_wait);
  bool const sleeps = timeout != Duration::zero();
  if (sleeps) {
    gate_.about_to_sleep();
    done += drain_all();  // what was sent before the announcement woke nobody
    timeout = done > 0 ? Duration::zero() : time_to_sleep(max_wait);
  }
  std::size_t const count = reactor_.wait(events_, timeout);
  if (sleeps) gate_.awake();

  timers_.observe(clock_.now());
  // Events before timers: after a long stall, what arrived in time is not timed out.
  done += dispatch(std::span{events_}.first(count));
  done += timers_.advance(timers_.now());
  done += drain_all();
  done += run_deferred();
  return done > 0;
}

Duration EventLoop::time_to_sleep(Duration max_wait) const {
  // acquire: pairs with stop(), as in run().
  if (!deferred_.empty() || stopping_.load(std::memory_order_acquire)) return Duration::zero();
  return sooner(max_wait, timers_.until_next());
}

void EventLoop::stop() noexcept {
  stopping_.store(true, std::memory_order_release);  // the gate orders it against sleep
  notify();
}

bool EventLoop::idle() const {
  role_.assert_here();
  Duration const next = timers_.until_next();
  bool const timer_due = next >= Duration::zero() && timers_.now() + next <= clock_.now();
  return deferred_.empty() && !timer_due;
}

}  // namespace btfast::net
