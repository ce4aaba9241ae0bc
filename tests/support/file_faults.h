// FileFaults: while it lives, every kernel call on files asks its rule first.
//
// Threads: the rule is called from every thread that does I/O; calls that began while the
//          object lived must end before it does.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>

#include "storage/fault_hook.h"

namespace btfast::test {

class FileFaults final : public storage::io::FaultHook {
 public:
  using Op = storage::io::Op;
  using Fault = storage::io::Fault;
  using Rule = std::function<Fault(std::uint64_t nth)>;  // `nth` call of the op, from 1

  FileFaults(Op op, Rule rule) : op_(op), rule_(std::move(rule)) {
    storage::io::set_fault_hook(this);
  }
  ~FileFaults() override { storage::io::set_fault_hook(nullptr); }

  static Rule always(int error) {
    return [error](std::uint64_t) { return Fault{.error = error}; };
  }
  static Rule on_call(std::uint64_t which, int error) {
    return [which, error](std::uint64_t nth) { return Fault{.error = nth == which ? error : 0}; };
  }

 private:
  Fault decide(Op op, std::uint64_t nth) noexcept override {
    return op == op_ ? rule_(nth) : Fault{};
  }

  Op const op_;
  Rule const rule_;
};

}  // namespace btfast::test
