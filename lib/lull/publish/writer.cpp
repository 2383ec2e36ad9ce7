#include "lull/publish/writer.h"

#include <algorithm>
#include <cassert>

namespace lull::publish {
namespace {

using snapshot::Collection;
using snapshot::CollectionKind;
using snapshot::Snapshot;

/// What a publication holds besides its data; charged to its view.
std::size_t overhead_bytes(std::size_t collections, std::size_t pins) {
  return sizeof(View) + pins * sizeof(void*) + sizeof(Snapshot) + collections * sizeof(Collection);
}

std::size_t position(const Snapshot& snapshot, std::string_view collection) {
  return static_cast<std::size_t>(snapshot.find(collection) - snapshot.collections().data());
}

}  // namespace

Writer::Writer(const PublisherOptions& options, const std::vector<CollectionSpec>& collections,
               std::unique_ptr<RevisionLog> log, std::shared_ptr<MemoryAccount> account,
               const Clock& clock)
    : limits_{options.retained_revisions_max, options.retained_age_max, options.retained_bytes_max},
      clock_(clock),
      account_(std::move(account)),
      log_(std::move(log)),
      reclaimer_(clock),
      view_(first_view(collections), reclaimer_) {}

Writer::~Writer() = default;

std::unique_ptr<View> Writer::first_view(const std::vector<CollectionSpec>& specs) {
  const Revision nothing_yet{log_->last().epoch, 0};
  std::vector<Collection> collections;
  collections.reserve(specs.size());
  for (const CollectionSpec& spec : specs) {
    collections.push_back({spec.name, spec.kind, std::monostate{}, nothing_yet});
  }
  std::ranges::sort(collections, {}, &Collection::name);
  auto first =
      std::make_unique<Snapshot>(reclaimer_, nothing_yet, clock_.wall(), std::move(collections));
  std::vector<SnapshotPin> newest_first;
  newest_first.push_back(SnapshotPin::adopt(first.release()));
  objects_made_ = 2;
  return std::make_unique<View>(std::move(newest_first));
}

Result<void> Writer::check(const Candidate& candidate) const {
  assert(on_writer());
  const Collection* const collection = view_.writer_view().current().find(candidate.collection);
  if (collection == nullptr) {
    return fail(ErrorCode::kNotFound, "no collection '" + candidate.collection + "' is declared");
  }
  const bool is_table = candidate.data.index() == 1;
  if (is_table != (collection->kind == CollectionKind::kTable) ||
      std::visit([](const auto& data) { return data == nullptr; }, candidate.data)) {
    return fail(ErrorCode::kInvalid,
                "a candidate for '" + candidate.collection + "' does not hold its kind of data");
  }
  if (candidate.base != collection->changed_at) {
    return fail(ErrorCode::kStaleBase,
                "'" + candidate.collection + "' is at " + collection->changed_at.text() +
                    ", the change is based on " + candidate.base.text(),
                {}, "build it again from the current data");
  }
  return {};
}

std::unique_ptr<View> Writer::make_view(SnapshotPin current, std::size_t keep,
                                        std::size_t held_from) {
  const auto& held = view_.writer_view().newest_first();
  const std::size_t collections = current->collections().size();
  std::vector<SnapshotPin> newest_first;
  newest_first.reserve(1 + keep);
  newest_first.push_back(std::move(current));
  for (std::size_t i = 0; i < keep; ++i) newest_first.push_back(held[held_from + i].clone());
  return std::make_unique<View>(
      std::move(newest_first),
      MemoryAccount::Charge(account_, overhead_bytes(collections, 1 + keep)));
}

Result<Publication> Writer::publish(Candidate candidate) {
  const Clock::Steady start = clock_.steady();
  if (auto fits = check(candidate); !fits) return tl::make_unexpected(fits.error());

  const Snapshot& current = view_.writer_view().current();
  const Revision next{log_->last().epoch, log_->last().number + 1};
  std::vector<Collection> collections = current.collections();
  Collection& changed = collections[position(current, candidate.collection)];
  std::visit([&](auto& data) { changed.data = std::move(data); }, candidate.data);
  changed.changed_at = next;
  changed.restored = candidate.restored;

  std::vector<Retained> retained;
  retained.reserve(1 + retained_.size());
  if (current.revision().number != 0) {
    retained.push_back({start, candidate.replaced_bytes});
    retained.insert(retained.end(), retained_.begin(), retained_.end());
  }
  retained.resize(retained_to_keep(retained, limits_, start));

  auto made = std::make_unique<Snapshot>(reclaimer_, next, clock_.wall(), std::move(collections));
  Publication publication{next,
                          current.revision(),
                          std::move(candidate.collection),
                          std::move(candidate.summary),
                          made->content_hash(),
                          0};
  SnapshotPin pin = SnapshotPin::adopt(made.release());
  ++objects_made_;
  std::unique_ptr<View> view = make_view(std::move(pin), retained.size(), 0);

  if (auto recorded = log_->record(); !recorded) return tl::make_unexpected(recorded.error());
  assert(log_->last() == next);
  view_.publish(std::move(view));  // from here on nothing can fail
  ++objects_made_;
  retained_.swap(retained);
  publication.seconds = std::chrono::duration<double>(clock_.steady() - start).count();
  return publication;
}

void Writer::retain(std::size_t keep) {
  if (keep >= retained_.size()) return;
  view_.publish(make_view(view_.writer_view().newest_first().front().clone(), keep, 1));
  ++objects_made_;
  retained_.resize(keep);
}

void Writer::expire() {
  assert(on_writer());
  retain(retained_to_keep(retained_, limits_, clock_.steady()));
}

void Writer::drop_retained() {
  assert(on_writer());
  retain(0);
}

bool Writer::only_current_alive() const noexcept {
  assert(on_writer());
  return objects_made_ - reclaimer_.freed() == 2;
}

}  // namespace lull::publish
