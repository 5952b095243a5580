#include <cstdint>
#include <cstdlib>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

#include "libworkspace/base/error.h"
#include "spank_plugin/multi_prog.h"

namespace {

using Words = std::vector<std::string>;

const Words kExtra = {"extra", ""};

/// The task's words, or none where the text is refused or does not name the task.
Words words_of(std::string_view text, std::uint32_t task) {
  try {
    return workspace::multi_prog_argv(text, task, kExtra);
  } catch (const workspace::Error& e) {
    if (e.kind() != workspace::ErrorKind::kInvalid && e.kind() != workspace::ErrorKind::kNotFound)
      std::abort();
    return {};
  }
}

/// A program and the words behind; no word grows but by the task's number in place of `%t`.
void check_words(const Words& words, std::string_view text) {
  if (words.size() <= kExtra.size()) std::abort();
  if (!std::equal(kExtra.rbegin(), kExtra.rend(), words.rbegin())) std::abort();
  const std::size_t bytes =
      std::accumulate(words.begin(), words.end(), std::size_t{0},
                      [](std::size_t sum, const auto& word) { return sum + word.size(); });
  if (bytes > kExtra[0].size() + 5 * text.size()) std::abort();
}

}  // namespace

/// A user's file of programs, which slurmstepd reads before it is the user's: the first two bytes
/// are the task's number.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::uint32_t task = data[0] + 256U * data[1];
  const std::string text(reinterpret_cast<const char*>(data) + 2, size - 2);
  (void)workspace::looks_like_multi_prog(text);
  const Words words = words_of(text, task);
  if (words.empty()) return 0;
  check_words(words, text);
  // The first line that names the task counts, whatever stands below it.
  if (!text.ends_with('\\') && words_of(text + "\n* other", task) != words) std::abort();
  return 0;
}
