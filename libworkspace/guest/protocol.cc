#include "libworkspace/guest/protocol.h"

#include "libworkspace/base/error.h"

namespace workspace {
namespace {

[[noreturn]] void refuse(const std::string& why) {
  throw Error(ErrorKind::kInvalid, "protocol error: " + why);
}

std::uint32_t load_u32(std::string_view bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i)
    value |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  return value;
}

/// Whether a frame of this type may bear this number in its header.
bool may_bear(FrameType type, std::uint8_t stream) {
  switch (type) {
    case FrameType::kData:
    case FrameType::kClose:
    case FrameType::kCredit:
      return channel_of(stream) < kChannelCount;
    case FrameType::kSpec:
    case FrameType::kSpecEnd:
    case FrameType::kScript:
    case FrameType::kStart:
    case FrameType::kSignal:
    case FrameType::kResize:
    case FrameType::kExit:
    case FrameType::kError:
      return channel_of(stream) < kChannelCount && stream_of(channel_of(stream)) == stream;
    case FrameType::kHello:
    case FrameType::kMount:
    case FrameType::kSize:
    case FrameType::kReady:
    case FrameType::kOk:
      break;
  }
  return stream == 0;
}

}  // namespace

std::optional<std::string_view> name_of(FrameType type) {
  switch (type) {
    case FrameType::kHello:
      return "HELLO";
    case FrameType::kSpec:
      return "SPEC";
    case FrameType::kSpecEnd:
      return "SPEC_END";
    case FrameType::kScript:
      return "SCRIPT";
    case FrameType::kStart:
      return "START";
    case FrameType::kSignal:
      return "SIGNAL";
    case FrameType::kResize:
      return "RESIZE";
    case FrameType::kMount:
      return "MOUNT";
    case FrameType::kSize:
      return "SIZE";
    case FrameType::kData:
      return "DATA";
    case FrameType::kClose:
      return "CLOSE";
    case FrameType::kCredit:
      return "CREDIT";
    case FrameType::kExit:
      return "EXIT";
    case FrameType::kError:
      return "ERROR";
    case FrameType::kReady:
      return "READY";
    case FrameType::kOk:
      return "OK";
  }
  return std::nullopt;
}

void expect_task_channel(const Frame& frame) {
  if (channel_of(frame.stream) == kTaskChannel) return;
  refuse(std::string(name_of(frame.type).value_or("a frame")) + " for channel " +
         std::to_string(channel_of(frame.stream)) + ", which is not open");
}

void append_header(std::string& out, FrameType type, std::uint8_t stream,
                   std::size_t payload_bytes) {
  if (payload_bytes > kMaxPayloadBytes)
    refuse("a payload of " + std::to_string(payload_bytes) + " bytes does not fit into a frame");
  out += encode_u32(static_cast<std::uint32_t>(payload_bytes));
  out += static_cast<char>(type);
  out += static_cast<char>(stream);
  out.append(2, '\0');
}

void append_frame(std::string& out, FrameType type, std::uint8_t stream, std::string_view payload) {
  append_header(out, type, stream, payload.size());
  out.append(payload);
}

FrameHeader FrameHeader::parse(std::string_view bytes) {
  FrameHeader header;
  header.payload_bytes = load_u32(bytes);
  header.type = static_cast<FrameType>(bytes[4]);
  header.stream = static_cast<std::uint8_t>(bytes[5]);
  if (header.payload_bytes > kMaxPayloadBytes) {
    refuse("a frame of " + std::to_string(header.payload_bytes) + " bytes, more than the " +
           std::to_string(kMaxPayloadBytes) + " allowed");
  }
  if (!name_of(header.type))
    refuse("unknown frame type " + std::to_string(static_cast<unsigned>(header.type)));
  if (!may_bear(header.type, header.stream)) {
    refuse(std::string(*name_of(header.type)) + " for stream " + std::to_string(header.stream) +
           ", which does not exist");
  }
  if (bytes[6] != 0 || bytes[7] != 0) refuse("reserved bytes of a frame are not zero");
  return header;
}

std::optional<Frame> FrameReader::next() {
  const std::string_view waiting = std::string_view(buffer_).substr(begin_);
  if (waiting.size() >= kFrameHeaderBytes) {
    const FrameHeader header = FrameHeader::parse(waiting);
    const std::size_t whole = kFrameHeaderBytes + header.payload_bytes;
    if (waiting.size() >= whole) {
      begin_ += whole;
      last_was_large_ = header.payload_bytes >= kLeastMovedBytes;
      return Frame{header.type, header.stream,
                   std::string(waiting.substr(kFrameHeaderBytes, header.payload_bytes))};
    }
  }
  buffer_.erase(0, begin_);
  begin_ = 0;
  return std::nullopt;
}

std::optional<FrameHeader> FrameReader::incomplete() const {
  const std::string_view waiting = std::string_view(buffer_).substr(begin_);
  if (waiting.size() < kFrameHeaderBytes) return std::nullopt;
  const FrameHeader header = FrameHeader::parse(waiting);
  if (waiting.size() >= kFrameHeaderBytes + header.payload_bytes) return std::nullopt;
  return header;
}

std::size_t FrameReader::cut_incomplete() {
  const FrameHeader header = FrameHeader::parse(std::string_view(buffer_).substr(begin_));
  const std::size_t have = buffer_.size() - begin_ - kFrameHeaderBytes;
  const std::string shorter = encode_u32(static_cast<std::uint32_t>(have));
  if (have == 0) {
    buffer_.resize(begin_);
  } else {
    buffer_.replace(begin_, shorter.size(), shorter);
  }
  last_was_large_ = true;
  return header.payload_bytes - have;
}

std::string encode_u32(std::uint32_t value) {
  std::string bytes(4, '\0');
  for (std::size_t i = 0; i < 4; ++i) bytes[i] = static_cast<char>(value >> (8 * i));
  return bytes;
}

std::uint32_t decode_u32(std::string_view payload, std::string_view what) {
  if (payload.size() != 4)
    refuse(std::string(what) + " of " + std::to_string(payload.size()) + " bytes instead of 4");
  return load_u32(payload);
}

}  // namespace workspace
