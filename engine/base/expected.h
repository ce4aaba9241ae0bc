// Expected<T>: a value, or the error that explains why there is none.
//
// The subset of C++23 std::expected that btfast uses, under the same names; when
// every tool we run understands <expected>, this file becomes a using-alias.
#pragma once

#include <type_traits>
#include <utility>
#include <variant>

#include "engine/base/check.h"
#include "engine/base/error.h"

namespace btfast {

template <class T, class E = Error>
class [[nodiscard]] Expected {
  static_assert(!std::is_same_v<T, E>);

 public:
  Expected(T value) : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT: implicit
  Expected(E error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: implicit

  bool has_value() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }

  T& value() & { return *checked(); }
  T const& value() const& { return *checked(); }
  T& operator*() & { return *checked(); }
  T const& operator*() const& { return *checked(); }
  T&& operator*() && { return std::move(*checked()); }
  T* operator->() { return checked(); }
  T const* operator->() const { return checked(); }

  E const& error() const& {
    BTF_CHECK(!has_value());
    return *std::get_if<1>(&state_);
  }
  E&& error() && {
    BTF_CHECK(!has_value());
    return std::move(*std::get_if<1>(&state_));
  }

 private:
  T* checked() {
    BTF_CHECK(has_value());
    return std::get_if<0>(&state_);
  }
  T const* checked() const {
    BTF_CHECK(has_value());
    return std::get_if<0>(&state_);
  }

  std::variant<T, E> state_;
};

// Data plane: Expected<T> and Status.  Control plane, where text is wanted:
// Result<T> and Outcome.
using Status = Expected<std::monostate>;
template <class T>
using Result = Expected<T, Failure>;
using Outcome = Result<std::monostate>;
inline constexpr std::monostate kOk{};

}  // namespace btfast
