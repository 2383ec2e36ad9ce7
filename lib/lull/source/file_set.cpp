#include "lull/source/file_set.h"

#include <algorithm>
#include <cassert>
#include <utility>
#include <variant>

namespace lull::source {
namespace {

// A file system that keeps whole seconds shows them in ctime, which no program can set.
constexpr std::int64_t kCoarseTickNs = 2'000'000'000;
// A ctime that is farther in the future than this comes from a clock that is not ours.
constexpr std::int64_t kClockSkewMaxNs = 2'000'000'000;

bool within(std::int64_t ctime_ns, std::int64_t begun_at_ns, std::int64_t tick_ns) {
  return ctime_ns >= begun_at_ns - tick_ns && ctime_ns < begun_at_ns + kClockSkewMaxNs;
}

/// A later write could leave the same signature: it may fall into the same tick of the clock.
bool is_young(const Signature& signature, std::int64_t begun_at_ns) {
  return within(signature.ctime_ns, begun_at_ns, 0);
}

/// The same, for file systems of coarse time; too long to wait for, so the file is read again.
bool is_racy(const Signature& signature, std::int64_t begun_at_ns) {
  const bool coarse = signature.ctime_ns % 1'000'000'000 == 0;
  return within(signature.ctime_ns, begun_at_ns, coarse ? kCoarseTickNs : 0);
}

}  // namespace

void FileSet::suspect(std::string_view name) {
  const auto found = known_.find(name);
  if (found != known_.end()) found->second.suspect = true;
}

void FileSet::suspect_all() {
  for (auto& [name, known] : known_) known.suspect = true;
}

FileSet::Outcome FileSet::look(const Try& how) {
  Outcome outcome;
  unsettled_ = {how.unfinished.begin(), how.unfinished.end()};
  const DirectoryLook before(options_);
  outcome.errors = before.errors();
  outcome.skipped = before.skipped();
  outcome.files = before.entries().size();
  outcome.file_system = before.file_system();
  for (const auto& [name, entry] : before.entries()) outcome.has_links |= entry.is_link;
  if (!outcome.errors.empty()) return outcome;

  read_changed(before, how, outcome);
  if (how.again || has_news()) read_for_proposal(before, how, outcome);
  if (!outcome.errors.empty() || how.stop()) return outcome;

  const DirectoryLook after(options_);
  find_unsettled(before, after, how.watched);
  outcome.errors = after.errors();
  outcome.settled = unsettled_.empty() && outcome.errors.empty();
  const auto is_link = [](const DirectoryLook& look, const std::string& name) {
    const auto found = look.entries().find(name);
    return found != look.entries().end() && found->second.is_link;
  };
  // The first set is what everything starts from: nothing is left out of it.
  outcome.separable = !initial_ && before.same_directory(after) &&
                      std::none_of(unsettled_.begin(), unsettled_.end(), [&](const auto& name) {
                        return is_link(before, name) || is_link(after, name);
                      });
  return outcome;
}

void FileSet::read_changed(const DirectoryLook& look, const Try& how, Outcome& outcome) {
  std::erase_if(known_, [&](const auto& known) { return !look.entries().contains(known.first); });
  std::erase_if(bytes_, [&](const auto& bytes) { return !look.entries().contains(bytes.first); });
  for (const auto& [name, entry] : look.entries()) {
    const auto found = known_.find(name);
    if (found != known_.end() && !found->second.suspect &&
        found->second.signature == entry.signature) {
      continue;
    }
    if (how.stop()) return;
    read_entry(look, name, entry.signature, outcome);
  }
  // A listing may miss a name that is replaced while it is made: only the name itself tells.
  for (const auto& [name, hash] : accepted_) {
    if (!look.entries().contains(name) && look.has_now(name)) unsettled_.insert(name);
  }
}

void FileSet::read_for_proposal(const DirectoryLook& look, const Try& how, Outcome& outcome) {
  for (const auto& [name, entry] : look.entries()) {
    const auto known = known_.find(name);
    if (known == known_.end() || bytes_.contains(name)) continue;
    const auto accepted = accepted_.find(name);
    if (accepted != accepted_.end() && accepted->second == known->second.hash) continue;
    if (how.stop()) return;
    read_entry(look, name, entry.signature, outcome);
  }
}

void FileSet::read_entry(const DirectoryLook& look, const std::string& name,
                         const Signature& signature, Outcome& outcome) {
  ++outcome.files_read;
  auto content = look.read(name);
  if (std::holds_alternative<DirectoryLook::Moved>(content)) {
    unsettled_.insert(name);
    return;
  }
  if (auto* const error = std::get_if<Error>(&content)) {
    outcome.errors.push_back(std::move(*error));
    return;
  }
  auto& bytes = std::get<std::string>(content);
  const Hash128 hash = hash128(bytes);
  known_[name] = {signature, hash, is_racy(signature, look.begun_at_ns())};
  const auto accepted = accepted_.find(name);
  if (accepted != accepted_.end() && accepted->second == hash) {
    bytes_.erase(name);
  } else {
    bytes_[name] = std::move(bytes);
  }
}

void FileSet::find_unsettled(const DirectoryLook& before, const DirectoryLook& after,
                             bool watched) {
  for (const auto& [name, entry] : before.entries()) {
    const auto found = after.entries().find(name);
    const auto last = last_look_.find(name);
    const bool same = found != after.entries().end() &&
                      found->second.signature == entry.signature &&
                      (watched || (last != last_look_.end() && last->second == entry.signature));
    if (!same || is_young(entry.signature, before.begun_at_ns())) unsettled_.insert(name);
  }
  for (const auto& [name, entry] : after.entries()) {
    if (!before.entries().contains(name)) unsettled_.insert(name);
  }
  if (!watched) {
    for (const auto& [name, signature] : last_look_) {
      if (!before.entries().contains(name)) unsettled_.insert(name);
    }
  }
  last_look_.clear();
  if (watched) return;
  for (const auto& [name, entry] : after.entries()) last_look_.emplace(name, entry.signature);
}

bool FileSet::has_news() const {
  if (!offered_.has_value()) return true;
  return !std::equal(known_.begin(), known_.end(), offered_->begin(), offered_->end(),
                     [](const auto& known, const auto& offered) {
                       return known.first == offered.first && known.second.hash == offered.second;
                     });
}

FileSet::Contents FileSet::settled_or(const Contents& otherwise) const {
  Contents contents;
  for (const auto& [name, known] : known_) {
    if (!unsettled_.contains(name)) contents.emplace(name, known.hash);
  }
  for (const auto& name : unsettled_) {
    if (const auto found = otherwise.find(name); found != otherwise.end()) contents.insert(*found);
  }
  return contents;
}

std::optional<ChangeSet> FileSet::propose(bool again) {
  if (!again && !has_news()) return std::nullopt;
  Contents contents = settled_or(accepted_);
  const bool news = !offered_.has_value() || settled_or(*offered_) != *offered_;
  if (!news && !(again && (initial_ || contents != accepted_))) return std::nullopt;

  ChangeSet change_set;
  change_set.initial = initial_;
  for (const auto& [name, hash] : contents) {
    const auto accepted = accepted_.find(name);
    if (accepted != accepted_.end() && accepted->second == hash) continue;
    auto bytes = bytes_.extract(name);
    assert(!bytes.empty());
    change_set.changes.push_back({name, path_of(options_, name), std::move(bytes.mapped())});
  }
  for (const auto& [name, hash] : accepted_) {
    if (!contents.contains(name)) change_set.changes.push_back({name, path_of(options_, name), {}});
  }
  std::sort(change_set.changes.begin(), change_set.changes.end(),
            [](const FileChange& a, const FileChange& b) { return a.name < b.name; });
  proposed_ = std::move(contents);
  return change_set;
}

void FileSet::decided(bool accepted) {
  if (accepted) {
    accepted_ = proposed_;
    initial_ = false;
  }
  offered_ = std::move(proposed_);
  bytes_.clear();
}

}  // namespace lull::source
