// What the HTTP layer itself finds wrong with a request.
#pragma once

namespace lull::http {

/// A problem reply in the making; status 0 means that nothing is wrong. The texts are static.
struct Fault {
  unsigned status = 0;
  const char* code = "";
  const char* detail = "";

  explicit operator bool() const noexcept { return status != 0; }
};

}  // namespace lull::http
