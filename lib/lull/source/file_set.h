// What a directory holds against what was last accepted of it: decides what is offered.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "lull/base/hash.h"
#include "lull/source/directory_look.h"
#include "lull/source/source.h"

namespace lull::source {

/// Remembers, of each file, its stat and the hash of its content, and which content was accepted
/// and which was offered last.
///
/// A *try* looks at the directory, reads the files that may have changed, and looks again. A file
/// is settled if both looks and the reading saw the same signature and its ctime is older than the
/// clock's tick in which the first look began:
///   1. the clock shows tick n      2. look: ctime < n      3. read      4. look: the same ctime.
/// A write after 1 would have set ctime to n or more, so there was none up to 4: what was read is
/// the whole content of one moment, and the same moment for all settled files.
///
/// Threads: one at a time.  Cost: a try is two looks and the reading of what may have changed; the
/// bytes of files that differ from what was accepted are held until they are offered.
class FileSet {
 public:
  explicit FileSet(const FilesOptions& options) : options_(options) {}
  FileSet(const FileSet&) = delete;
  FileSet& operator=(const FileSet&) = delete;

  /// The next try reads this file, or all files, whatever stat says.
  void suspect(std::string_view name);
  void suspect_all();

  /// What a try found.
  struct Outcome {
    Errors errors;  ///< Not empty: the directory cannot be read as a whole; nothing else counts.
    bool settled = false;  ///< Every file is.
    /// The files that are not settled may be left out: none of them is a symbolic link, and the
    /// directory is the same one in both looks. Otherwise they may be half of a swap.
    bool separable = false;
    std::uint64_t skipped = 0;
    std::uint64_t files = 0;
    std::uint64_t files_read = 0;
    bool has_links = false;
    std::int64_t file_system = 0;
  };

  struct Try {
    /// Events would have told of every change since the last try. Where they would not, a file is
    /// settled only if the last try, which must be long enough ago, saw the same signature.
    bool watched = false;
    bool again = false;  ///< Read what it takes to offer refused content again.
    std::vector<std::string> unfinished = {};           ///< Not settled, whatever the looks see.
    std::function<bool()> stop = [] { return false; };  ///< Asked between files.
  };
  [[nodiscard]] Outcome look(const Try& how);
  /// The files that the last try did not find settled.
  [[nodiscard]] const std::set<std::string, std::less<>>& unsettled() const { return unsettled_; }

  /// The change set to offer after a try whose files are settled or separable. Nothing: there is no
  /// news; with `again` content that was refused is news. Files that are not settled stay as they
  /// were accepted.
  [[nodiscard]] std::optional<ChangeSet> propose(bool again);

  /// What became of the last proposal.
  void decided(bool accepted);

  /// Forgets the bytes that no proposal needed.
  void drop_bytes() { bytes_.clear(); }

 private:
  using Contents = std::map<std::string, Hash128, std::less<>>;
  struct Known {
    Signature signature;
    Hash128 hash;
    bool suspect = false;  ///< Read again, even if the signature is the same.
  };

  void read_entry(const DirectoryLook& look, const std::string& name, const Signature& signature,
                  Outcome& outcome);
  void read_changed(const DirectoryLook& look, const Try& how, Outcome& outcome);
  void read_for_proposal(const DirectoryLook& look, const Try& how, Outcome& outcome);
  void find_unsettled(const DirectoryLook& before, const DirectoryLook& after, bool watched);
  /// Whether what was read differs from what was offered last.
  [[nodiscard]] bool has_news() const;
  /// What was read, where it is settled, and otherwise what stands in `otherwise`.
  [[nodiscard]] Contents settled_or(const Contents& otherwise) const;

  const FilesOptions& options_;
  std::map<std::string, Known, std::less<>> known_;  // files of the last look, as last read
  std::map<std::string, Signature, std::less<>> last_look_;
  std::map<std::string, std::string, std::less<>> bytes_;  // of known_ content that is not accepted
  std::set<std::string, std::less<>> unsettled_;
  Contents accepted_;
  std::optional<Contents> offered_;  // last; nothing before the first
  Contents proposed_;
  bool initial_ = true;  // nothing was accepted yet
};

}  // namespace lull::source
