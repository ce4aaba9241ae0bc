// Which word somebody meant who typed another one.
//
// Threads: pure functions.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace btfast::cli {

// Characters left out, added or changed, and neighbours changed round, each as one step.
std::size_t edit_distance(std::string_view a, std::string_view b);

// The nearest of `known`, where it is near enough for a slip: a step, two from six characters
// on, or all that was typed is the beginning of one of them alone.  Case does not count.
std::optional<std::string> near_word(std::string_view word, std::span<std::string const> known);

// "; did you mean verify?", or nothing.
std::string did_you_mean(std::optional<std::string> const& meant);

}  // namespace btfast::cli
