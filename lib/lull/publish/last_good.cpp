#include "lull/publish/last_good.h"

#include <algorithm>
#include <exception>
#include <utility>

namespace lull::publish {
namespace {

/// What could not be kept is tried again after the first, then after twice as long each time.
constexpr std::chrono::seconds kRetryFirst{1};
constexpr int kRetryDoublingsMax = 5;
/// A stop waits so long for what is still to be kept. What is not is read from the sources again.
constexpr std::chrono::seconds kStopMax{2};
/// Between two questions whether to go on.
constexpr std::uint64_t kPartsAtOnce = 64;

}  // namespace

LastGood::LastGood(std::string data_dir, std::vector<CollectionSpec> collections,
                   const Clock& clock, Observer observer)
    : collections_(std::move(collections)),
      clock_(clock),
      observer_(std::move(observer)),
      marks_(collections_, clock),
      data_dir_(std::move(data_dir)) {}

LastGood::~LastGood() {
  stop();
}

void LastGood::tell(const LastGoodEvent& event) const noexcept {
  try {
    if (observer_) observer_(event);
  } catch (...) {  // an observer's trouble is its own
  }
}

/// On error nothing is served, but the store may be there, new and empty.
Result<void> LastGood::open_store() {
  auto store = LastGoodStore::open(data_dir_);
  if (store) {
    store_ = *std::move(store);
    return {};
  }
  if (store.error().code == ErrorCode::kInvalid) replace_store();
  return tl::make_unexpected(std::move(store.error()));
}

void LastGood::replace_store() {
  store_.reset();
  kept_.clear();
  damaged_.clear();
  cleaned_.clear();
  if (!LastGoodStore::put_aside(data_dir_)) return;
  if (auto store = LastGoodStore::open(data_dir_)) store_ = *std::move(store);
}

/// Everything is to be kept again then.
void LastGood::replace_damaged_store() {
  if (store_ == nullptr || !store_->database().damaged()) return;
  replace_store();
  for (const CollectionSpec& spec : collections_) {
    const std::chrono::seconds age(marks_.seconds(spec.name).value_or(0));
    add_due(spec.name, {clock_.steady(), clock_.wall() - age});
  }
}

void LastGood::serve(Publisher& publisher) {
  if (data_dir_.empty()) return;
  const auto refused = [this](const std::string& name, Error error) {
    tell({LastGoodEvent::Kind::kRefused, name, 0, {}, std::move(error)});
  };
  publisher_ = &publisher;
  const auto opened = open_store();
  for (const CollectionSpec& spec : collections_) {
    try {
      auto served = opened ? serve_one(spec, publisher) : opened;
      if (!served) refused(spec.name, std::move(served.error()));
    } catch (const std::exception& error) {  // no memory: the sources may need less
      refused(spec.name,
              {ErrorCode::kInternal, std::string("cannot build: ") + error.what(), {}, {}});
    }
  }
  thread_ = std::thread([this] { run(); });
}

/// Nothing, and no error, if nothing was kept. The mark is there before the data is.
Result<void> LastGood::serve_one(const CollectionSpec& spec, Publisher& publisher) {
  damaged_.insert(spec.name);  // until it has proved whole
  auto head = store_->head(spec.name);
  if (!head) return tl::make_unexpected(std::move(head.error()));
  if (*head && (*head)->declared != declaration_hash(spec)) {
    return fail(ErrorCode::kInvalid, "the last-known-good of '" + spec.name +
                                         "' was kept under another declaration of its records");
  }
  if (*head) {
    auto parts = store_->parts(spec.name);
    if (!parts) return tl::make_unexpected(std::move(parts.error()));
    auto data = restore(spec, *parts, publisher.account());
    if (!data) return tl::make_unexpected(std::move(data.error()));
    if (content_hash(*data) != (*head)->content_hash) {
      return fail(ErrorCode::kInvalid, "the last-known-good of '" + spec.name +
                                           "' does not have the content hash that was kept");
    }
    kept_.insert_or_assign(spec.name, Kept{*data, (*head)->parts});
    marks_.set(spec.name, (*head)->published);
    auto published = publisher.submit_and_wait(
        {spec.name, current_collection(publisher.view(), spec.name).changed_at, *std::move(data),
         "last-known-good, until its sources are read", 0, true});
    if (!published) {
      marks_.clear(spec.name, false);
      kept_.erase(spec.name);
      damaged_.erase(spec.name);
      return tl::make_unexpected(std::move(published.error()));
    }
    tell({LastGoodEvent::Kind::kServed,
          spec.name,
          marks_.seconds(spec.name).value_or(0),
          *published,
          {}});
  }
  damaged_.erase(spec.name);
  return {};
}

void LastGood::published(const std::string& collection) {
  if (!data_dir_.empty()) add_due(collection, {clock_.steady(), clock_.wall()});
}

void LastGood::add_due(const std::string& collection, Due due) {
  const std::lock_guard lock(mutex_);
  const auto before = due_.find(collection);
  if (before != due_.end()) due.all = due.all || before->second.all;
  due_.insert_or_assign(collection, due);
  wake_.notify_one();
}

void LastGood::source_read(const std::string& collection) noexcept {
  if (!marks_.seconds(collection)) return;
  try {
    if (!marks_.clear(collection, current_collection(publisher_->view(), collection).restored))
      return;
    tell({LastGoodEvent::Kind::kHealed, collection, 0, {}, {}});
    // The source may have put right what no content hash covers.
    add_due(collection, {clock_.steady(), clock_.wall(), true});
  } catch (const std::exception&) {  // no memory: it only counts as older than it is
  }
}

void LastGood::stop() noexcept {
  {
    const std::lock_guard lock(mutex_);
    if (!stop_at_) stop_at_ = clock_.steady() + kStopMax;
    wake_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
  kept_.clear();
  store_.reset();
  publisher_ = nullptr;
}

void LastGood::run() {
  try {
    std::set<std::string, std::less<>> names;
    for (const CollectionSpec& spec : collections_) names.insert(spec.name);
    // What was served is whole: its rows were held against their hashes. This is for what is to be
    // written. The rows of other collections only take room: the next start tries it again.
    if (store_ != nullptr && store_->database().check_integrity()) (void)store_->keep_only(names);
    replace_damaged_store();
  } catch (const std::exception&) {  // no memory: the next start tries it again
  }
  for (auto due = next(); !due.empty(); due = next()) {
    try {
      keep(due.key(), due.mapped());
    } catch (const std::exception&) {  // no memory even to try later: the next publication will
    }
  }
}

/// Waits for what is to be kept now; nothing when all is kept after a stop, or time is up.
LastGood::Dues::node_type LastGood::next() {
  std::unique_lock lock(mutex_);
  for (;;) {
    const Time now = clock_.steady();
    const auto first =
        std::ranges::min_element(due_, {}, [](const auto& due) { return due.second.when; });
    const bool none = first == due_.end();
    if (stop_at_ && (none || first->second.when > now || now >= *stop_at_)) return {};
    if (none) {
      wake_.wait(lock);
    } else if (first->second.when > now) {
      wake_.wait_for(lock, first->second.when - now);
    } else {
      return due_.extract(first);
    }
  }
}

/// Asked between batches. Where memory is short, the older data that a save holds goes first.
bool LastGood::go_on() const {
  if (publisher_->pressure()) return false;
  const std::lock_guard lock(mutex_);
  return !stop_at_ || clock_.steady() < *stop_at_;
}

void LastGood::keep(const std::string& collection, const Due& wanted) {
  const auto spec = std::ranges::find(collections_, collection, &CollectionSpec::name);
  if (spec == collections_.end()) return;
  if (wanted.all) kept_.erase(collection);
  Result<void> kept;
  try {
    kept = try_keep(*spec, wanted.read);
  } catch (const std::exception& error) {  // no memory
    kept = fail(ErrorCode::kInternal, std::string("cannot keep it: ") + error.what());
  }
  if (kept) {
    failures_.erase(collection);
    tell({LastGoodEvent::Kind::kKept, collection, 0, {}, {}});
    return;
  }
  kept_.erase(collection);  // what the file holds is found out again
  cleaned_.erase(collection);
  replace_damaged_store();
  const int failed = std::min(failures_[collection]++, kRetryDoublingsMax);
  {
    const std::lock_guard lock(mutex_);
    if (stop_at_) return;
    // What was published meanwhile is due already.
    due_.try_emplace(collection,
                     Due{clock_.steady() + kRetryFirst * (1 << failed), wanted.read, true});
  }
  if (failed == 0) tell({LastGoodEvent::Kind::kNotKept, collection, 0, {}, kept.error()});
}

Result<void> LastGood::try_keep(const CollectionSpec& spec, Clock::Wall read) {
  const snapshot::Collection collection = current_collection(publisher_->view(), spec.name);
  if (!collection.loaded()) return {};
  if (store_ == nullptr) {
    if (auto opened = open_store(); !opened) return opened;
  }
  const CollectionData data =
      collection.tree() != nullptr
          ? CollectionData(std::get<std::shared_ptr<const snapshot::Tree>>(collection.data))
          : CollectionData(std::get<std::shared_ptr<const snapshot::Table>>(collection.data));
  // What is stale is in the file, with the time at which it was not.
  const auto kept = kept_.find(spec.name);
  if (kept != kept_.end() && kept->second.data == data && marks_.seconds(spec.name)) return {};
  auto diff = difference(spec, data);
  if (!diff) return tl::make_unexpected(std::move(diff.error()));
  const GoodHead head{declaration_hash(spec), content_hash(data), read, diff->parts};
  GoodChanges changes;
  changes.added = diff->added.size();
  changes.bytes = [&](std::size_t i) { return stored_part(diff->added[i], spec); };
  changes.removed = std::move(diff->removed);
  kept_.erase(spec.name);  // nothing looks at it any more, and it may be the last to hold the data
  auto saved = store_->save(spec.name, head, changes, [this] { return go_on(); });
  if (!saved) return saved;
  kept_.insert_or_assign(spec.name, Kept{data, head.parts});
  return {};
}

/// Against the data that the file holds, or where that is not in memory against its rows' hashes.
Result<LastGood::Difference> LastGood::difference(const CollectionSpec& spec,
                                                  const CollectionData& data) {
  Difference out;
  if (damaged_.contains(spec.name)) {  // a row may not have the bytes that its hash promises
    if (auto gone = store_->forget(spec.name); !gone) return tl::make_unexpected(gone.error());
    damaged_.erase(spec.name);
  }
  if (!cleaned_.contains(spec.name)) {
    auto clean = store_->clean(spec.name, [this] { return go_on(); });
    if (!clean) return tl::make_unexpected(clean.error());
    cleaned_.insert(spec.name);
  }
  if (const auto kept = kept_.find(spec.name); kept != kept_.end()) {
    GoodDiff diff = diff_parts(kept->second.data, data);
    out.added = std::move(diff.added);
    for (const GoodPart& part : diff.removed)
      out.removed.push_back(sha256(stored_part(part, spec)));
    out.parts = kept->second.parts + out.added.size() - out.removed.size();
    return out;
  }
  auto hashes = store_->hashes(spec.name);
  if (!hashes) return tl::make_unexpected(std::move(hashes.error()));
  if (hashes->empty()) {  // all of it is new: the store hashes it when it writes it
    out.added = all_parts(data);
    out.parts = out.added.size();
    return out;
  }
  for (const GoodPart& part : all_parts(data)) {
    if (++out.parts % kPartsAtOnce == 0 && !go_on()) {
      return LastGoodStore::interrupted();
    }
    if (hashes->erase(sha256(stored_part(part, spec))) == 0) out.added.push_back(part);
  }
  out.removed.assign(hashes->begin(), hashes->end());
  return out;
}

}  // namespace lull::publish
