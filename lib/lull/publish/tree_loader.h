// Files of documents to a tree with its effective documents.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lull/publish/findings.h"
#include "lull/publish/loader.h"

namespace lull::publish {

/// See Loader. Only changed files are parsed, and only effective documents that depend on them are
/// built; variants of an app that have the same layers share one document.
class TreeLoader final : public Loader {
 public:
  TreeLoader(CollectionSpec spec, std::shared_ptr<MemoryAccount> account, Progress& progress);

  /// The tree of these layers, each name once, as load() would make it of their files. Remembers
  /// nothing. Errors: kLimit.
  [[nodiscard]] Result<std::shared_ptr<const snapshot::Tree>> rebuild(
      std::span<const snapshot::Tree::DocumentPtr> layers);

  [[nodiscard]] bool accepts(std::string_view file_name) const override;
  [[nodiscard]] Checked<std::optional<Candidate>> load(source::ChangeSet change_set,
                                                       const snapshot::Collection& base) override;
  [[nodiscard]] std::optional<Candidate> again(const snapshot::Collection& base) override;
  void commit() noexcept override;
  void discard() noexcept override;

 private:
  using DocumentPtr = snapshot::Tree::DocumentPtr;
  using Files = std::map<std::string, std::string, std::less<>>;  // layer name -> file name
  struct Build;

  [[nodiscard]] Candidate candidate(const snapshot::Collection& base) const;
  [[nodiscard]] std::string_view file_of(std::string_view layer) const;
  void list_files(const source::ChangeSet& change_set, ErrorList& errors);
  [[nodiscard]] std::map<std::string, DocumentPtr, std::less<>> parse(source::ChangeSet& change_set,
                                                                      ErrorList& errors);
  [[nodiscard]] Result<void> build_apps(Build& build) const;
  [[nodiscard]] bool build_app(Build& build, const std::string& app) const;
  [[nodiscard]] std::set<std::string, std::less<>> affected(const Build& build) const;

  const CollectionSpec spec_;
  const std::shared_ptr<MemoryAccount> account_;
  Progress& progress_;
  std::vector<std::vector<std::string>> variants_;  // combinations of profiles that are built
  Files files_;                                     // as accepted
  std::shared_ptr<const snapshot::Tree> accepted_;  // what files_ gave; as a rule the published one
  bool reset_ = false;                              // last loaded from nothing
  Files pending_;  // what the last load changes of files_; empty: gone
  std::shared_ptr<const snapshot::Tree> built_;
  std::string summary_;               // of what it changes
  std::uint64_t replaced_bytes_ = 0;  // likewise
};

}  // namespace lull::publish
