#include "http/handler.h"

#include <cassert>

namespace lull::http {

void ReplyHead::add(std::string_view name, std::string_view value) noexcept {
  assert(header_count < kHeadersMax);
  assert(value.find_first_of("\r\n") == std::string_view::npos);
  if (header_count < kHeadersMax) headers[header_count++] = {name, value};
}

}  // namespace lull::http
