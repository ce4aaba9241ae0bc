#include "cli/torrent_words.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <optional>
#include <system_error>
#include <utility>

#include "cli/near_word.h"
#include "engine/base/ascii.h"
#include "engine/base/url.h"

namespace btfast::cli {
namespace {

namespace fs = std::filesystem;

// A shell's *.torrent may be many; more is a slip.
constexpr std::size_t kTorrentsMax = 10'000;
// Enough of a torrent file to see its info dictionary begin, but for thousands of trackers.
constexpr std::size_t kGlanceBytes = 256 * 1024;

bool begins(std::string_view word, std::string_view with) {
  return ascii_lower(word.substr(0, with.size())) == with;
}

bool all_of(std::string_view text, bool (*fits)(unsigned char)) {
  return std::all_of(text.begin(), text.end(), fits);
}
bool is_hex(unsigned char c) { return std::isxdigit(c) != 0; }
bool is_of_scheme(unsigned char c) {
  return std::isalnum(c) != 0 || c == '+' || c == '-' || c == '.';
}
bool is_base32(unsigned char c) { return (c >= 'A' && c <= 'Z') || (c >= '2' && c <= '7'); }

// An info hash of version 1 in hex or base 32, or of version 2.
bool looks_like_hash(std::string_view word) {
  if (word.size() == 40 || word.size() == 64) return all_of(word, is_hex);
  return word.size() == 32 && all_of(word, is_base32);
}

bool is_there(std::string const& word) {
  std::error_code ignored;
  return fs::exists(fs::symlink_status(word, ignored));
}

bool looks_like_url(std::string const& word) {
  std::string const scheme = url_scheme(word);
  return !scheme.empty() && all_of(scheme, is_of_scheme);
}

bool begins_like_a_torrent(std::string const& path) {
  std::ifstream in{path, std::ios::binary};
  std::string glance(kGlanceBytes, '\0');
  in.read(glance.data(), static_cast<std::streamsize>(glance.size()));
  glance.resize(static_cast<std::size_t>(in.gcount()));
  return glance.size() > 1 && glance[0] == 'd' &&
         std::isdigit(static_cast<unsigned char>(glance[1])) != 0 &&
         glance.find("4:infod") != std::string::npos;
}

Failure usage(std::string text) { return {Errc::kBadArgument, std::move(text)}; }

// What people type who know another program.
struct Synonym {
  std::string_view typed;
  std::string_view command;
};
constexpr std::array<Synonym, 10> kSynonyms{{{"download", "get"},
                                             {"fetch", "get"},
                                             {"leech", "get"},
                                             {"check", "verify"},
                                             {"recheck", "verify"},
                                             {"hash", "verify"},
                                             {"show", "info"},
                                             {"make", "create"},
                                             {"new", "create"},
                                             {"upload", "seed"}}};

std::optional<std::string> near_command(std::string const& word,
                                        std::span<std::string const> commands) {
  if (auto found = near_word(word, commands)) return found;
  std::array<std::string, kSynonyms.size()> typed;
  std::transform(kSynonyms.begin(), kSynonyms.end(), typed.begin(),
                 [](Synonym const& each) { return std::string{each.typed}; });
  auto const found = near_word(word, typed);
  if (!found) return std::nullopt;
  auto const at = std::find(typed.begin(), typed.end(), *found);
  return std::string{kSynonyms[static_cast<std::size_t>(at - typed.begin())].command};
}

std::string list_of(std::span<std::string const> commands) {
  std::string out;
  for (auto const& each : commands) out += (out.empty() ? "" : ", ") + each;
  return out;
}

bool is_command(std::string const& word, CommandWords const& commands) {
  return std::find(commands.all.begin(), commands.all.end(), word) != commands.all.end();
}

std::string comes_first(std::string const& word) {
  return "the command comes first: btfast " + word + " [OPTIONS]";
}

// Of a word that nothing is known of, where a torrent is expected.  Behind a command, what is no
// command is a file that is missing: who reads it says so.
std::optional<Failure> no_torrent(std::string const& word, CommandWords const& commands) {
  if (is_there(word) || word.find('/') != std::string::npos) return std::nullopt;
  if (is_command(word, commands)) {
    return usage("no file is called \"" + word + "\", and " + comes_first(word));
  }
  if (commands.one_came) return std::nullopt;
  if (auto const meant = near_command(word, commands.all)) {
    return usage("no command and no file is called \"" + word + "\"" + did_you_mean(meant));
  }
  if (word.find('.') != std::string::npos) return std::nullopt;
  return usage("no command and no file is called \"" + word + "\"; the commands are " +
               list_of(commands.all));
}

std::optional<Failure> no_name(std::string const& word, CommandWords const& commands) {
  if (is_command(word, commands)) {
    return usage("\"" + word + "\": " + comes_first(word) + "; an output of that name is --as " +
                 word);
  }
  if (word.find('/') != std::string::npos) {
    return usage("\"" + word +
                 "\" is a path, not a name: the folder is said with -o DIR, or all of it with "
                 "--as PATH");
  }
  if (auto const meant = near_command(word, commands.all)) {
    return usage("\"" + word + "\": no command" + did_you_mean(meant) + " (btfast " + *meant +
                 " [OPTIONS]); an output of that name is --as " + word);
  }
  return std::nullopt;
}

bool is_fetched_by_curl(std::string const& url) {
  static constexpr std::array<std::string_view, 5> kSchemes = {"http", "https", "ftp", "ftps",
                                                               "sftp"};
  return std::find(kSchemes.begin(), kSchemes.end(), url_scheme(url)) != kSchemes.end();
}

// The value of a magnet link's `xt` that names a hash.
bool magnet_names_a_hash(std::string_view link) {
  for (std::string_view const urn : {"xt=urn:btih:", "xt=urn:btmh:1220"}) {
    auto const at = link.find(urn);
    if (at == std::string_view::npos) continue;
    auto const value = link.substr(at + urn.size());
    if (looks_like_hash(value.substr(0, value.find('&')))) return true;
  }
  return false;
}

}  // namespace

TorrentForm form_of(std::string const& word) {
  if (word == "-") return TorrentForm::kStandardInput;
  if (begins(word, "magnet:")) return TorrentForm::kMagnet;
  if (looks_like_url(word) && !is_there(word)) return TorrentForm::kUrl;
  if (looks_like_hash(word) && !is_there(word)) return TorrentForm::kInfoHash;
  return TorrentForm::kFile;
}

bool names_torrent(std::string const& word) {
  if (form_of(word) != TorrentForm::kFile) return true;
  if (fs::path{word}.extension() == ".torrent") return true;
  std::error_code failed;
  auto const kind = fs::status(word, failed).type();
  if (kind == fs::file_type::fifo || kind == fs::file_type::character) return true;
  return kind == fs::file_type::regular && begins_like_a_torrent(word);
}

Result<TorrentWords> sort_words(std::vector<std::string> given,
                                std::vector<std::string> const& words,
                                CommandWords const& commands) {
  TorrentWords out{.torrents = std::move(given), .name = {}};
  for (auto const& word : words) {
    if (names_torrent(word)) {
      out.torrents.push_back(word);
    } else if (out.torrents.empty()) {
      if (auto const why = no_torrent(word, commands)) return *why;
      out.torrents.push_back(word);
    } else if (auto const why = no_name(word, commands)) {
      return *why;
    } else if (!out.name.empty()) {
      return usage("\"" + out.name + "\" and \"" + word +
                   "\" are no torrents, and an output has one name");
    } else {
      out.name = word;
    }
  }
  if (out.torrents.size() > kTorrentsMax) {
    return usage(std::to_string(out.torrents.size()) + " torrents are more than a run takes, " +
                 std::to_string(kTorrentsMax));
  }
  if (out.torrents.size() > 1 && !out.name.empty()) {
    return usage("\"" + out.name + "\" is no torrent, and no name for " +
                 std::to_string(out.torrents.size()) + " torrents");
  }
  return out;
}

Failure unsupported(std::string const& word) {
  switch (form_of(word)) {
    case TorrentForm::kMagnet:
      if (!magnet_names_a_hash(word)) {
        return {Errc::kBadMetainfo, word + ": a bad magnet link: no xt=urn:btih:HASH in it"};
      }
      return {Errc::kUnsupported,
              word + ": magnet links are not supported yet; btfast needs the .torrent file"};
    case TorrentForm::kUrl:
      return {Errc::kUnsupported,
              word + ": torrents are not fetched from URLs yet; " +
                  (is_fetched_by_curl(word) ? "fetch it first: curl -LO " + word
                                            : "btfast needs the path of the .torrent file")};
    case TorrentForm::kInfoHash:
    case TorrentForm::kFile:
    case TorrentForm::kStandardInput:
      break;
  }
  return {Errc::kUnsupported,
          word + ": an info hash alone is not supported yet; btfast needs the .torrent file"};
}

Result<Metainfo> load_torrent(std::string const& word, std::uint64_t bytes_max) {
  auto const form = form_of(word);
  if (form != TorrentForm::kFile && form != TorrentForm::kStandardInput) return unsupported(word);
  return load_metainfo(word, bytes_max);
}

}  // namespace btfast::cli
