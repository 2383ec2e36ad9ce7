#include "lull/base/error.h"

namespace lull {

std::string Error::text() const {
  std::string out = where.file;
  if (where.line != 0) {
    out += ':';
    out += std::to_string(where.line);
    if (where.column != 0) {
      out += ':';
      out += std::to_string(where.column);
    }
  }
  if (!out.empty()) out += ": ";
  out += message;
  if (!where.pointer.empty()) {
    out += " (at ";
    out += where.pointer;
    out += ')';
  }
  if (!hint.empty()) {
    out += "; ";
    out += hint;
  }
  return out;
}

}  // namespace lull
