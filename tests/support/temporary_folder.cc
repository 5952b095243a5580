#include "tests/support/temporary_folder.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace workspace::testing {

TemporaryFolder::TemporaryFolder() {
  std::string name = "/tmp/workspace-test-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make " + name);
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string TemporaryFolder::file(std::string_view name) const {
  return path_ + "/" + std::string(name);
}

std::string TemporaryFolder::write(std::string_view name, std::string_view content) const {
  const std::string where = file(name);
  std::filesystem::create_directories(std::filesystem::path(where).parent_path());
  std::ofstream out(where, std::ios::binary);
  out << content;
  out.close();
  if (!out) throw std::runtime_error("cannot write " + where);
  return where;
}

}  // namespace workspace::testing
