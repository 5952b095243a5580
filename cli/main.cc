#include "cli/dispatch.h"
#include "libworkspace/base/error.h"

int main(int argc, char** argv) {
  return workspace::main_guard("workspace", &workspace::cli::dispatch, argc, argv);
}
