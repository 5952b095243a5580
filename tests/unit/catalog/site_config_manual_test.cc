#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <regex>

#include "libworkspace/base/fd.h"
#include "libworkspace/base/text.h"
#include "libworkspace/catalog/site_config_file.h"
#include "test_paths.h"

namespace workspace {
namespace {

struct Entry {
  std::string standard;  ///< what counts without the key, as the heading has it in brackets
  std::string text;
  std::string example;
};

/// The text behind `begin`, up to `end`.
std::string between(const std::string& text, const std::string& begin, const std::string& end) {
  const auto at = text.find(begin);
  if (at == std::string::npos) return "";
  const auto from = at + begin.size();
  return text.substr(from, text.find(end, from) - from);
}

/// A word or line of the manual as its reader sees it.
std::string plain(std::string text) {
  text = std::regex_replace(text, std::regex(R"(\\-)"), "-");
  return std::regex_replace(text, std::regex(R"("")"), "\"");
}

std::map<std::string, Entry, std::less<>> manual_entries() {
  const std::string manual =
      read_file(std::string(testing::kSourceDir) + "/docs/workspace.yaml.5", 1 << 20);
  std::map<std::string, Entry, std::less<>> entries;
  std::string keys = between(manual, "\n.SH KEYS\n", "\n.SH ") + "\n.TP\n";
  for (auto end = keys.find("\n.TP\n"); end != std::string::npos; end = keys.find("\n.TP\n")) {
    const std::string text = keys.substr(0, end + 1);
    keys.erase(0, end + 5);
    const std::string key = between(text, ".BR ", " ");
    if (key.empty()) continue;
    entries[key] = {plain(between(text, "\" (", ")\"")), text,
                    plain(between(text, "Example:\n.BR \"", "\" .\n"))};
  }
  return entries;
}

TEST(SiteConfigManual, HasEachKeyAndNoOther) {
  std::vector<std::string_view> named;
  const auto entries = manual_entries();
  for (const auto& [key, entry] : entries) named.push_back(key);
  const auto keys = site_config_keys();
  EXPECT_THAT(named, ::testing::UnorderedElementsAreArray(keys.begin(), keys.end()));
}

TEST(SiteConfigManual, GivesAnExampleOfEachKeyThatIsOne) {
  for (const auto& [key, entry] : manual_entries()) {
    EXPECT_TRUE(entry.example.starts_with(key + ": ")) << key << ": " << entry.example;
    EXPECT_NO_THROW((void)parse_site_config(entry.example, "the manual")) << entry.example;
    EXPECT_NE(entry.example, key + ": " + entry.standard) << "what counts without it";
  }
}

TEST(SiteConfigManual, TellsWhatCountsWithoutEachKeyAndItsUnit) {
  const std::regex unit(R"(\b([Aa] size|a time|a count|a port number|range)\b)");
  for (const auto& [key, entry] : manual_entries()) {
    EXPECT_NE(entry.standard, "") << key;
    if (entry.standard == "none" || entry.standard == "everybody") continue;
    EXPECT_NO_THROW((void)parse_site_config(key + ": " + entry.standard, "the manual")) << key;
    if (std::isdigit(static_cast<unsigned char>(entry.standard[0])) == 0) continue;
    EXPECT_TRUE(std::regex_search(entry.text, unit)) << key << " has no unit";
  }
}

}  // namespace
}  // namespace workspace
