#include "lull/publish/loader.h"

#include "lull/publish/table_loader.h"
#include "lull/publish/tree_loader.h"

namespace lull::publish {

std::unique_ptr<Loader> make_loader(const CollectionSpec& spec,
                                    std::shared_ptr<MemoryAccount> account) {
  if (spec.kind == snapshot::CollectionKind::kTree) {
    return std::make_unique<TreeLoader>(spec, std::move(account));
  }
  return std::make_unique<TableLoader>(spec, std::move(account));
}

}  // namespace lull::publish
