#include "lull/publish/loader.h"

#include "lull/publish/table_loader.h"
#include "lull/publish/tree_loader.h"

namespace lull::publish {

std::unique_ptr<Loader> make_loader(const CollectionSpec& spec,
                                    std::shared_ptr<MemoryAccount> account, Progress& progress) {
  if (spec.kind == snapshot::CollectionKind::kTree) {
    return std::make_unique<TreeLoader>(spec, std::move(account), progress);
  }
  return std::make_unique<TableLoader>(spec, std::move(account), progress);
}

}  // namespace lull::publish
