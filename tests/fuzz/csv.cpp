#include "records.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  lull::fuzz::check_records({reinterpret_cast<const char*>(data), size},
                            lull::codec::RecordFormat::kCsv);
  return 0;
}
