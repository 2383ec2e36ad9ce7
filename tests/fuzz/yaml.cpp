#include "documents.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  lull::fuzz::check_document({reinterpret_cast<const char*>(data), size},
                             lull::codec::DocumentFormat::kYaml);
  return 0;
}
