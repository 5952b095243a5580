#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace workspace {

/// The frames between the node and the guest's agent: a length (u32, little endian), a type, a
/// stream and two zero bytes, then the payload. A connection is one task, probe or mount; the node
/// speaks first (kHello). Neither side trusts the other: a length, a type or an order that is not
/// in this file ends the connection.
///
/// A task's connection carries channels: each is a program that runs on one side, with its standard
/// streams on the other. Channel 0 is the task itself, which the node asks the guest to run. What
/// stands below of the task's frames holds for every channel, with the sides exchanged where the
/// guest asks the node.
enum class FrameType : std::uint8_t {
  // to the side that runs the program
  kHello = 1,    ///< Hello
  kSpec = 2,     ///< a piece of TaskSpec
  kSpecEnd = 3,  ///< the pieces are complete
  kScript = 4,   ///< a piece of the batch script
  kStart = 5,    ///< the program may start
  kSignal = 6,   ///< u8: deliver this signal
  kResize = 7,   ///< TerminalSize
  kMount = 8,    ///< MountRequest
  kSize = 9,     ///< MachineSize
  // both ways
  kData = 16,  ///< bytes of a stream, within its credit
  kClose =
      17,  ///< from the writing side: the end of the stream; from the reading side: nobody reads
  kCredit = 18,  ///< u32: the reader can take so many more bytes
  // from the side that runs the program
  kExit = 33,   ///< TaskExit; the channel's last frame
  kError = 34,  ///< a line of text: what was asked cannot be done; the channel's last frame
  kReady = 35,  ///< Readiness
  kOk = 36,
};

/// The name for messages; nothing for a number that is no type.
std::optional<std::string_view> name_of(FrameType type);

struct Frame {
  FrameType type{};
  std::uint8_t stream = 0;
  std::string payload;
};

/// Errors: kInvalid for a frame of another channel than the task's.
void expect_task_channel(const Frame& frame);

inline constexpr std::size_t kFrameHeaderBytes = 8;
/// So much that the calls for each frame are few where they are dear, in a guest whose CPU is
/// emulated; and as little as comes of a stream's credit at once.
inline constexpr std::size_t kMaxPayloadBytes = std::size_t{256} << 10;

/// What a stream's writer may send before the reader's first kCredit. It bounds what each side
/// keeps for a stream, so that a stream nobody reads holds up neither the others nor the signals.
inline constexpr std::size_t kStreamWindowBytes = std::size_t{1} << 20;

inline constexpr std::uint8_t kStdin = 0;
inline constexpr std::uint8_t kStdout = 1;
inline constexpr std::uint8_t kStderr = 2;
inline constexpr std::uint8_t kStreamCount = 3;

/// How many channels a connection can have at once. A number is free again when its kExit or kError
/// was sent; what its former user sent into it is then not yet all read, and is ignored.
inline constexpr std::uint8_t kChannelCount = 32;
inline constexpr std::uint8_t kTaskChannel = 0;
inline constexpr std::uint8_t kPmiChannel = 1;  ///< the task's PMI socket, both ways; no program
inline constexpr std::uint8_t kFirstCommandChannel = 2;  ///< from here on: the guest's commands

/// The number in a frame's header of one of a channel's streams (kStdin, kStdout, kStderr). A frame
/// of the whole channel bears the number of its stdin.
constexpr std::uint8_t stream_of(std::uint8_t channel, std::uint8_t stream = kStdin) {
  return static_cast<std::uint8_t>(channel * kStreamCount + stream);
}
constexpr std::uint8_t channel_of(std::uint8_t stream) {
  return static_cast<std::uint8_t>(stream / kStreamCount);
}

/// Puts a frame behind `out`. The payload must not be longer than kMaxPayloadBytes.
void append_frame(std::string& out, FrameType type, std::uint8_t stream, std::string_view payload);

/// Puts the header alone behind `out`: the payload follows by another way.
void append_header(std::string& out, FrameType type, std::uint8_t stream,
                   std::size_t payload_bytes);

/// A frame's first bytes, checked.
struct FrameHeader {
  FrameType type{};
  std::uint8_t stream = 0;
  std::size_t payload_bytes = 0;

  /// Reads the first kFrameHeaderBytes of `bytes`. Errors: kInvalid.
  static FrameHeader parse(std::string_view bytes);
};

/// Cuts a byte stream into frames. It holds at most one incomplete frame beyond what it was fed.
class FrameReader {
 public:
  void feed(std::string_view bytes) { buffer_.append(bytes); }

  /// The next complete frame, or nothing until more bytes are fed. Errors: kInvalid; the connection
  /// is then to be closed.
  std::optional<Frame> next();

  /// The header of the frame that has come in part, if the header is whole. Errors: kInvalid.
  [[nodiscard]] std::optional<FrameHeader> incomplete() const;
  /// Makes what has come of that frame's payload a frame of its own, for next(), and returns how
  /// many bytes of it are still to come, which are then for another than this reader.
  std::size_t cut_incomplete();
  /// True between two frames when the last one was large.
  [[nodiscard]] bool expects_large() const { return last_was_large_ && begin_ == buffer_.size(); }

 private:
  std::string buffer_;
  std::size_t begin_ = 0;
  bool last_was_large_ = false;
};

/// A payload of fewer bytes is copied sooner than the kernel would move it from a pipe to a socket.
inline constexpr std::size_t kLeastMovedBytes = 4096;

/// Numbers in payloads: little endian, exactly 4 bytes.
std::string encode_u32(std::uint32_t value);
/// Errors: kInvalid, naming `what`.
std::uint32_t decode_u32(std::string_view payload, std::string_view what);

}  // namespace workspace
