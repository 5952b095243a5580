#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace workspace {

/// Splits at every `separator`; an empty text gives one empty part.
std::vector<std::string> split(std::string_view text, char separator);

std::string join(std::span<const std::string> parts, std::string_view separator);

/// The text with every control byte and every byte above 0x7e written as `\xNN`, cut at
/// `max_bytes`: what a log line or an error may hold of bytes that came from elsewhere.
std::string printable(std::string_view text, std::size_t max_bytes = 4096);

/// A decimal number of digits alone, within [0, max]; nothing for anything else (signs, spaces,
/// overflow).
std::optional<std::uint64_t> parse_decimal(std::string_view text, std::uint64_t max = UINT64_MAX);

/// Lower-case hexadecimal of the bytes.
std::string to_hex(std::span<const std::uint8_t> bytes);

/// The bytes of a lower-case hexadecimal text; nothing if it is not one.
std::optional<std::vector<std::uint8_t>> from_hex(std::string_view text);

/// Escapes as in RFC 3986: every byte outside `[A-Za-z0-9._~:/,@+=-]` becomes `%XX`.
std::string percent_encode(std::string_view text);

/// The reverse; nothing for a stray `%`, a byte that should have been escaped, or a NUL.
std::optional<std::string> percent_decode(std::string_view text);

/// The candidate nearest to `word` by edit distance, if it is near enough to be a slip of the hand
/// (at most a third of the word's letters, at least one).
std::optional<std::string> nearest_word(std::string_view word,
                                        std::span<const std::string_view> candidates);

}  // namespace workspace
