// What the words of a command line that are no options mean: torrents, and the name of what they
// are to become.
//
// Threads: the main thread; looks at files.
// Errors:  a Failure of kBadArgument says what a word cannot be, and what to type instead.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/expected.h"
#include "engine/metainfo/metainfo.h"

namespace btfast::cli {

enum class TorrentForm { kFile, kStandardInput, kMagnet, kUrl, kInfoHash };
// By what the word looks like; a hash is one only where no file has that name.
TorrentForm form_of(std::string const& word);

// A word that is a torrent wherever it stands: another form than a file, a name that ends in
// .torrent, a pipe, or a file whose content is one.
bool names_torrent(std::string const& word);

struct TorrentWords {
  std::vector<std::string> torrents;
  std::string name;  // of the output; empty: the torrent's
};
// What a misspelt word may have meant.
struct CommandWords {
  std::span<std::string const> all;
  bool one_came = false;  // before the words: none of them can be another
};
// `given` by -t; `words` stand alone.  With no torrent given the first word is one, as far as it
// can be; of the others, one may be a name.
Result<TorrentWords> sort_words(std::vector<std::string> given,
                                std::vector<std::string> const& words,
                                CommandWords const& commands);

// Why a torrent of that form, no file and not standard input, cannot be read yet.
Failure unsupported(std::string const& word);
// The metainfo of a torrent in any form; what is not supported yet is said so.
Result<Metainfo> load_torrent(std::string const& word, std::uint64_t bytes_max);

}  // namespace btfast::cli
