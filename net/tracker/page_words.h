// What a page that is no tracker's reply says, for people: a tracker that refuses often answers
// with a line of text or a web page.
//
// Errors: none; a page of which nothing can be told has no words.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace btfast::net {

// It begins as a web page does.
bool is_web_page(std::span<std::byte const> body);
// The title of a web page, else its first text; of plain text the first line that has a letter or
// a digit.  Empty where there is none of it.
// A stranger's words, cut; still raw: escape before printing.
std::string page_words(std::span<std::byte const> body);

}  // namespace btfast::net
