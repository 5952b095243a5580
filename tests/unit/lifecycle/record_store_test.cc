#include "libworkspace/lifecycle/record_store.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <optional>

#include "tests/support/expect_error.h"
#include "tests/support/temporary_folder.h"

namespace workspace {
namespace {

class RecordStoreTest : public ::testing::Test {
 protected:
  [[nodiscard]] RecordStore store() const { return RecordStore(folder_); }
  [[nodiscard]] static Deadline soon() { return Deadline::in(std::chrono::milliseconds(50)); }

  testing::TemporaryFolder temporary_;
  const std::string folder_ = temporary_.path();
  const JobId job_{42};
};

JobRecord full_record() {
  JobRecord record{JobId(42)};
  record.uid = 1001;
  record.gid = 100;
  record.restart_count = 3;
  record.state = WorkspaceState::kFailed;
  record.reason = "image 'x' said: 100% wrong = \"bad\"\nreally";
  record.image = "legacy:1";
  record.token = std::string(64, 'a');
  record.port = 7777;
  record.step_times_ms = {{"stage", 12}, {"boot", 3400}};
  return record;
}

TEST_F(RecordStoreTest, AJobWithoutAFolderHasNoWorkspace) {
  EXPECT_FALSE(store().has(job_));
  EXPECT_TRUE(store().jobs().empty());
}

TEST_F(RecordStoreTest, TheFolderIsForItsOwnerAlone) {
  store().make_folder(job_);
  struct stat info {};
  ASSERT_EQ(::stat((folder_ + "/42").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0700U);
  EXPECT_TRUE(store().has(job_));
  EXPECT_EQ(store().jobs(), std::vector<JobId>{job_});
  EXPECT_FALSE(store().load(job_).has_value()) << "no record was written yet";
}

TEST_F(RecordStoreTest, KeepsARecordByteForByte) {
  store().make_folder(job_);
  store().save(full_record());
  EXPECT_EQ(store().load(job_)->to_lines(), full_record().to_lines());
}

TEST_F(RecordStoreTest, KnowsWhatTheVmWasResizedTo) {
  store().make_folder(job_);
  JobRecord record = full_record();
  record.vcpus = 2;
  record.memory_mib = 336;
  store().save(record);
  EXPECT_EQ(store().load(job_)->vcpus_now(), 2U);
  EXPECT_EQ(store().load(job_)->memory_now_mib(), 336U);
  store().save_resized(job_, {1, 100, 0, 0});
  store().save(record);  // whatever else is written of the job
  EXPECT_EQ(store().load(job_)->vcpus_now(), 1U);
  EXPECT_EQ(store().load(job_)->memory_now_mib(), 100U);
  store().remove(job_);
  testing::expect_error(
      [&] {
        store().save_resized(job_, {1, 100, 0, 0});
      },
      ErrorKind::kHost, ::testing::HasSubstr("No such file or directory"));
}

TEST_F(RecordStoreTest, RefusesARecordThatWasCutOff) {
  store().make_folder(job_);
  const std::string whole = full_record().to_lines();
  std::ofstream(folder_ + "/42/record") << whole.substr(0, whole.size() - 1);
  testing::expect_error([&] { (void)store().load(job_); }, ErrorKind::kInvalid,
                        "the record of a workspace job is damaged: the last line is cut off");
}

TEST_F(RecordStoreTest, RefusesARecordThatWasTamperedWith) {
  const JobId other(43);
  const std::string path = folder_ + "/42/record";
  const struct {
    std::function<void()> tamper;
    std::string message;
  } cases[] = {
      {[&] { std::filesystem::create_symlink(folder_ + "/43/record", path); },
       path + " is not trusted: it is a link"},
      {[&] { std::filesystem::copy_file(folder_ + "/43/record", path); },
       path + " is damaged: it is the record of job 43"},
      {[&] {
         store().save(full_record());
         ::chmod(path.c_str(), 0666);
       },
       path + " is not trusted: others than its owner can write it; chmod go-w " + path},
      {[&] { ::mkfifo(path.c_str(), 0600); }, path + " is not trusted: it is not a regular file"},
      {[&] { std::filesystem::create_directory(path); },
       path + " is not trusted: it is not a regular file"},
      {[&] { std::ofstream(path) << std::string(JobRecord::kMaxBytes + 1, 'x'); },
       "reading " + path + ": it holds more than " + std::to_string(JobRecord::kMaxBytes) +
           " bytes"},
      {[&] { std::ofstream(path) << ""; },
       "the record of a workspace job is damaged: field 'version' is missing"},
  };
  store().make_folder(other);
  JobRecord others(other);
  others.token = std::string(64, 'b');
  store().save(others);
  for (const auto& c : cases) {
    SCOPED_TRACE(c.message);
    store().make_folder(job_);
    c.tamper();
    testing::expect_error([&] { (void)store().load(job_); }, ErrorKind::kInvalid, c.message);
    // What is done about the job does no harm to the other's.
    store().remove(job_);
    EXPECT_EQ(store().load(other)->token, others.token);
  }
}

TEST_F(RecordStoreTest, RemovesTwiceAndForeignThingsAreNoJobs) {
  store().make_folder(job_);
  store().save(full_record());
  std::filesystem::create_directory(folder_ + "/042");
  std::filesystem::create_directory(folder_ + "/lost+found");
  EXPECT_EQ(store().jobs().size(), 1U);
  // As a prolog leaves it that was killed while it saved the boot log.
  const std::string unfinished = folder_ + "/42.console.new-7";
  std::ofstream(unfinished) << "boot";
  store().remove(job_);
  store().remove(job_);
  EXPECT_FALSE(store().has(job_));
  EXPECT_FALSE(std::filesystem::exists(unfinished));
}

TEST_F(RecordStoreTest, ALockHoldsOthersOff) {
  store().make_folder(job_);
  const FileLock held = store().lock(job_, soon());
  testing::expect_error([&] { (void)store().lock(job_, soon()); }, ErrorKind::kTimeout,
                        ::testing::HasSubstr("42/lock"));
}

TEST_F(RecordStoreTest, ALockOfAJobThatIsGoneIsRefused) {
  testing::expect_error([&] { (void)store().lock(job_, soon()); }, ErrorKind::kNotFound,
                        "job 42 has no workspace here");
}

TEST_F(RecordStoreTest, AFolderThatGoesBeforeItIsLockedIsMadeAgain) {
  // Often, as whoever waits comes now before the lock is removed, now before the folder is.
  for (int round = 0; round < 500; ++round) {
    SCOPED_TRACE(round);
    store().make_folder(job_);
    std::optional<FileLock> held = store().lock(job_, soon());
    auto lock = std::async(std::launch::async, [&] {
      return store().make_locked_folder(job_, Deadline::in(std::chrono::seconds(30)));
    });
    // Whoever holds the lock takes the folder along, as a teardown does.
    store().remove(job_);
    held.reset();
    const FileLock made = lock.get();
    ASSERT_TRUE(store().has(job_));
    ASSERT_TRUE(made.is_file_at(store().file(job_, "lock")));
  }
}

TEST_F(RecordStoreTest, AFolderThatCannotBeRemovedIsTold) {
  store().make_folder(job_);
  const std::string lock = store().file(job_, "lock");
  std::filesystem::create_directory(lock);
  testing::expect_error([&] { store().remove(job_); }, ErrorKind::kHost,
                        "removing " + lock + ": Is a directory");
}

TEST_F(RecordStoreTest, RemovesWhatAResizeWritesMeanwhile) {
  for (int round = 0; round < 100; ++round) {
    SCOPED_TRACE(round);
    store().make_folder(job_);
    const FileLock held = store().lock(job_, soon());
    auto write = std::async(std::launch::async,
                            [&] { std::ofstream(store().file(job_, "resized")) << "late"; });
    store().remove(job_);
    write.get();
    ASSERT_FALSE(store().has(job_));
  }
}

}  // namespace
}  // namespace workspace
