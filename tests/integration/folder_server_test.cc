#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "libworkspace/base/error.h"
#include "libworkspace/lifecycle/user_folders.h"
#include "tests/support/temporary_folder.h"

namespace workspace {
namespace {

using testing::TemporaryFolder;

/// What the kernel of a hostile guest can say to the server of a folder: 9P2000.L by hand
/// (github.com/chaos/diod, protocol.md).
class HostileClient {
 public:
  explicit HostileClient(UniqueFd socket) : socket_(std::move(socket)) {
    const struct timeval patience { 20, 0 };
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ask(100, number(65536, 4) + text("9P2000.L"));
  }

  /// 0, or the errno of the refusal. `uid` is whom the guest says that it is.
  int attach(unsigned fid, const std::string& path, std::uint32_t uid = 0) {
    return ask(104,
               number(fid, 4) + number(UINT32_MAX, 4) + text("") + text(path) + number(uid, 4));
  }

  /// True if all the names were walked.
  bool walk(unsigned from, unsigned to, const std::vector<std::string>& names) {
    std::string body = number(from, 4) + number(to, 4) + number(names.size(), 2);
    for (const auto& name : names) body += text(name);
    return ask(110, body) == 0 && static_cast<unsigned char>(answer_[0]) == names.size();
  }

  /// What the file of the fid holds, or the errno's text.
  std::string read(unsigned fid) {
    int error = ask(12, number(fid, 4) + number(0, 4));
    if (error == 0) error = ask(116, number(fid, 4) + number(0, 8) + number(4096, 4));
    return error == 0 ? answer_.substr(4) : std::strerror(error);
  }

 private:
  static std::string number(std::uint64_t value, std::size_t bytes) {
    std::string out;
    for (std::size_t i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i) & 0xff);
    return out;
  }
  static std::string text(const std::string& value) { return number(value.size(), 2) + value; }

  std::string receive(std::size_t bytes) {
    std::string got(bytes, '\0');
    if (::recv(socket_.get(), got.data(), bytes, MSG_WAITALL) != static_cast<ssize_t>(bytes))
      throw Error(ErrorKind::kHost, "the server does not answer");
    return got;
  }

  /// Sends a message; leaves the answer's body. Returns 0, or the errno of an Rlerror.
  int ask(unsigned type, const std::string& body) {
    constexpr std::size_t kHeaderBytes = 7;
    constexpr char kRlerror = 7;
    write_all(socket_.get(),
              number(kHeaderBytes + body.size(), 4) + number(type, 1) + number(1, 2) + body, "9p");
    const std::string header = receive(kHeaderBytes);
    std::uint32_t bytes = 0;
    std::memcpy(&bytes, header.data(), sizeof bytes);
    answer_ = receive(bytes - kHeaderBytes);
    return header[4] == kRlerror ? answer_[0] : 0;
  }

  UniqueFd socket_;
  std::string answer_;
};

class FolderServerTest : public ::testing::Test {
 protected:
  FolderServerTest() {
    user_.name = "nobody";
    user_.uid = user_.gid = 65534;
    user_.groups = {{"nogroup", 65534}};
    ::chmod(folder_.path().c_str(), 0755);
    const std::string data = folder_.path() + "/data";
    ::mkdir(data.c_str(), 0755);
    std::ofstream(data + "/file") << "content";
    std::ofstream(data + "/closed") << "secret";
    ::chmod((data + "/closed").c_str(), 0600);
    std::ofstream(folder_.path() + "/beside") << "beside";
    EXPECT_EQ(::symlink("/", (data + "/root").c_str()), 0);
    EXPECT_EQ(::symlink("..", (data + "/up").c_str()), 0);
  }

  [[nodiscard]] HostileClient serve(const std::string& source = "data") const {
    const auto root = make_export_root(user_, {folder_.path() + "/" + source, "/x", false},
                                       files_of_program(kFolderServer, soon()));
    int ends[2];
    if (!root || ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
      throw Error(ErrorKind::kHost, "nothing can be served");
    const UniqueFd server_end(ends[1]);
    serve_folder(user_, *root, server_end.get(), {});
    return HostileClient(UniqueFd(ends[0]));
  }

  static Deadline soon() { return Deadline::in(std::chrono::seconds(20)); }

  TemporaryFolder folder_;
  UserAccount user_;
};

TEST_F(FolderServerTest, ServesItsFolderWithTheUsersRightsWhoeverAsks) {
  HostileClient client = serve();
  for (const std::uint32_t uid : {0U, 65534U}) {
    const unsigned fid = 10 + 10 * (uid != 0);
    ASSERT_EQ(client.attach(fid, ExportRoot::kFolderPath, uid), 0);
    ASSERT_TRUE(client.walk(fid, fid + 1, {"file"}));
    EXPECT_EQ(client.read(fid + 1), "content");
    ASSERT_TRUE(client.walk(fid, fid + 2, {"closed"}));
    EXPECT_EQ(client.read(fid + 2), "Permission denied");
  }
}

TEST_F(FolderServerTest, AttachesNothingElse) {
  HostileClient client = serve();
  unsigned fid = 10;
  for (const auto& path :
       {std::string("/"), std::string("/etc"), std::string("/usr"), std::string("/home"),
        folder_.path(), folder_.path() + "/data", std::string("/export/.."),
        std::string("/export/../etc"), std::string("/exports"), std::string("ctl/../etc"),
        std::string("../etc"), std::string("export")}) {
    EXPECT_EQ(client.attach(fid++, path), EPERM) << path;
  }
}

TEST_F(FolderServerTest, IsNotWalkedOutOf) {
  HostileClient client = serve();
  ASSERT_EQ(client.attach(1, ExportRoot::kFolderPath), 0);
  unsigned fid = 10;
  const std::vector<std::vector<std::string>> ways = {{"..", "beside"},
                                                      {"up", "beside"},
                                                      {"root", "etc", "hostname"},
                                                      {"..", "..", "etc", "shadow"},
                                                      {"root", "root"},
                                                      {"../beside"},
                                                      {"/etc/shadow"},
                                                      {"..", "proc", "version"},
                                                      {"..", "home"}};
  for (const auto& names : ways)
    EXPECT_FALSE(client.walk(1, ++fid, names)) << ::testing::PrintToString(names);
}

TEST_F(FolderServerTest, OpensOfASingleFilesFolderNothingElse) {
  std::ofstream(folder_.path() + "/data/beside") << "beside";
  HostileClient client = serve("data/file");
  ASSERT_EQ(client.attach(1, ExportRoot::kFolderPath), 0);
  unsigned fid = 10;
  ASSERT_TRUE(client.walk(1, ++fid, {"file"}));
  EXPECT_EQ(client.read(fid), "content");
  for (const char* other : {"beside", "."}) {
    ASSERT_TRUE(client.walk(1, ++fid, {other})) << other;
    EXPECT_EQ(client.read(fid), "Permission denied") << other;
  }
  EXPECT_FALSE(client.walk(1, ++fid, {"..", "usr"}));
}

}  // namespace
}  // namespace workspace
