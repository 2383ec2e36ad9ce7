#include "lull/publish/stored_document.h"

#include "require.h"

namespace lull::fuzz {
namespace {

using snapshot::Document;
using DocumentPtr = std::shared_ptr<const Document>;

Result<DocumentPtr> read(std::string_view bytes, const std::shared_ptr<MemoryAccount>& account) {
  return publish::read_stored_document(bytes, {}, account);
}

/// Depth first, both at once. As deep as the parser allows.
void require_equal(const Document& a, Document::Node at_a, const Document& b, Document::Node at_b) {
  require(
      a.kind(at_a) == b.kind(at_b) && a.text(at_a) == b.text(at_b) && a.key(at_a) == b.key(at_b),
      "a value comes back as it was");
  const auto place = a.origin(at_a);
  const auto other = b.origin(at_b);
  require(place.line == other.line && a.file(place.file) == b.file(other.file),
          "a value's place comes back as it was");
  const auto children = a.children(at_a);
  require(children.count == b.children(at_b).count, "no value is lost");
  for (std::uint32_t i = 0; i < children.count; ++i) {
    require_equal(a, children.first + i, b, b.children(at_b).first + i);
  }
}

void check(std::string_view bytes) {
  const auto account = std::make_shared<MemoryAccount>();
  {
    const auto document = read(bytes, account);
    if (!document) {
      require(!document.error().message.empty(), "an error says what is wrong");
      return;
    }
    const std::string stored = publish::stored_document(**document);
    const auto again = read(stored, account);
    require(again.has_value(), "what was read is stored so that it can be read");
    require((*again)->name() == (*document)->name(), "the name comes back as it was");
    require((*again)->text() == (*document)->text(), "the text comes back as it was");
    require_equal(**document, Document::kRoot, **again, Document::kRoot);
    require(publish::stored_document(**again) == stored, "equal documents have equal bytes");
  }
  require(account->bytes() == 0, "the account of memory is even at the end");
}

}  // namespace
}  // namespace lull::fuzz

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  lull::fuzz::check({reinterpret_cast<const char*>(data), size});
  return 0;
}
