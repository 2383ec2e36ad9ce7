// Requests that must be answered, however their bytes arrive.
#pragma once

#include <string>
#include <vector>

namespace lull::http::test {

/// One connection's input, and what the handler makes of each request in it (describe()).
struct ValidCase {
  std::string name;
  std::string bytes;
  std::vector<std::string> described;
  std::vector<bool> head_only = {};
};

/// About forty cases; the last request of each asks to close.
std::vector<ValidCase> valid_cases();

}  // namespace lull::http::test
