#include "libworkspace/guest/protocol.h"

#include <gtest/gtest.h>

#include "tests/support/expect_error.h"

namespace workspace {
namespace {

using testing::expect_error;
using ::testing::StrEq;

std::string header(std::uint32_t length, int type, int stream, int reserved = 0) {
  return encode_u32(length) + static_cast<char>(type) + static_cast<char>(stream) +
         static_cast<char>(reserved) + '\0';
}

TEST(Frames, ComeBackAsTheyWereSent) {
  const std::string everything("\0\xff frame\n", 9);
  std::string bytes;
  append_frame(bytes, FrameType::kData, kStderr, everything);
  append_frame(bytes, FrameType::kStart, 0, {});
  append_frame(bytes, FrameType::kSpec, 0, std::string(kMaxPayloadBytes, 'x'));

  FrameReader reader;
  reader.feed(bytes);
  const auto data = reader.next();
  ASSERT_TRUE(data);
  EXPECT_EQ(data->type, FrameType::kData);
  EXPECT_EQ(data->stream, kStderr);
  EXPECT_EQ(data->payload, everything);
  EXPECT_EQ(reader.next()->type, FrameType::kStart);
  EXPECT_EQ(reader.next()->payload.size(), kMaxPayloadBytes);
  EXPECT_FALSE(reader.next());
}

TEST(Frames, MayComeByteByByte) {
  std::string bytes;
  append_frame(bytes, FrameType::kData, kStdout, "one");
  append_frame(bytes, FrameType::kData, kStdout, "two");
  FrameReader reader;
  std::string payloads;
  for (const char byte : bytes) {
    reader.feed({&byte, 1});
    while (const auto frame = reader.next()) payloads += frame->payload;
  }
  EXPECT_EQ(payloads, "onetwo");
}

TEST(Frames, AreRefusedFromTheirHeaderAlone) {
  const struct {
    std::string bytes;
    std::string text;
  } cases[] = {
      {header(262145, 16, 1),
       "protocol error: a frame of 262145 bytes, more than the 262144 allowed"},
      {header(UINT32_MAX, 16, 1),
       "protocol error: a frame of 4294967295 bytes, more than the 262144 allowed"},
      {header(0, 0, 0), "protocol error: unknown frame type 0"},
      {header(0, 15, 0), "protocol error: unknown frame type 15"},
      {header(0, 255, 0), "protocol error: unknown frame type 255"},
      {header(0, 16, 96), "protocol error: DATA for stream 96, which does not exist"},
      {header(0, 18, 255), "protocol error: CREDIT for stream 255, which does not exist"},
      {header(0, 5, 1), "protocol error: START for stream 1, which does not exist"},
      {header(0, 33, 4), "protocol error: EXIT for stream 4, which does not exist"},
      {header(0, 6, 96), "protocol error: SIGNAL for stream 96, which does not exist"},
      {header(0, 1, 3), "protocol error: HELLO for stream 3, which does not exist"},
      {header(0, 8, 3), "protocol error: MOUNT for stream 3, which does not exist"},
      {header(0, 16, 1, 1), "protocol error: reserved bytes of a frame are not zero"},
  };
  for (const auto& c : cases) {
    FrameReader reader;
    reader.feed(c.bytes);
    expect_error([&] { reader.next(); }, ErrorKind::kInvalid, StrEq(c.text));
  }
}

TEST(Frames, AreOfAChannel) {
  std::string bytes;
  append_frame(bytes, FrameType::kSpec, stream_of(31), "x");
  append_frame(bytes, FrameType::kCredit, stream_of(31, kStderr), encode_u32(1));
  FrameReader reader;
  reader.feed(bytes);
  EXPECT_EQ(channel_of(reader.next()->stream), 31);
  EXPECT_EQ(reader.next()->stream, 95);
  EXPECT_EQ(stream_of(kTaskChannel, kStdout), kStdout);
}

TEST(Frames, CannotBeMadeTooLong) {
  std::string out;
  expect_error(
      [&] { append_frame(out, FrameType::kData, 0, std::string(kMaxPayloadBytes + 1, 'x')); },
      ErrorKind::kInvalid,
      StrEq("protocol error: a payload of 262145 bytes does not fit into a frame"));
}

TEST(Numbers, AreFourBytes) {
  EXPECT_EQ(encode_u32(0x01020304), std::string("\x04\x03\x02\x01"));
  EXPECT_EQ(decode_u32(encode_u32(UINT32_MAX), "CREDIT"), UINT32_MAX);
  expect_error([] { decode_u32("abc", "CREDIT"); }, ErrorKind::kInvalid,
               StrEq("protocol error: CREDIT of 3 bytes instead of 4"));
}

}  // namespace
}  // namespace workspace
