#include "admin/status.h"

#include <nlohmann/json.hpp>

#include "lull/rcu/read_section.h"
#include "telemetry/rfc3339.h"

namespace lull::admin {
namespace {

using Json = nlohmann::ordered_json;

// Messages can quote input; what is not UTF-8 in it is replaced, so that a status is always served.
std::string dumped(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json error_json(const Error& error) {
  Json out = {{"message", error.message}};
  if (!error.where.file.empty()) out["file"] = error.where.file;
  if (error.where.line != 0) out["line"] = error.where.line;
  if (error.where.column != 0) out["column"] = error.where.column;
  if (!error.where.pointer.empty()) out["pointer"] = error.where.pointer;
  if (!error.hint.empty()) out["hint"] = error.hint;
  return out;
}

Json rejection_json(const std::optional<Rejection>& rejection) {
  if (!rejection) return nullptr;
  static constexpr std::size_t kErrorsShownMax = 20;
  Json errors = Json::array();
  for (const Error& error : rejection->errors) {
    if (errors.size() == kErrorsShownMax) break;
    errors.push_back(error_json(error));
  }
  return {{"time", telemetry::rfc3339(rejection->time)},
          {"error_count", rejection->errors.size()},
          {"errors", std::move(errors)}};
}

Json source_json(const source::SourceState& source) {
  Json out = {{"kind", source.kind},
              {"location", source.location},
              {"mode", source.mode},
              {"files", source.files},
              {"files_skipped", source.files_skipped},
              {"scans", source.scans},
              {"overflows", source.overflows}};
  if (!source.degraded.empty()) out["degraded"] = source.degraded;
  return out;
}

Json load_json(const publish::Progress::State& load) {
  using Phase = publish::Progress::Phase;
  if (load.phase == Phase::kIdle) return nullptr;
  return {{"phase", load.phase == Phase::kParsing ? "parsing" : "building"},
          {"percent_parsed", load.percent()},
          {"bytes", load.bytes},
          {"bytes_total", load.bytes_total},
          {"records_parsed", load.records},
          {"seconds", load.seconds}};
}

Json collection_json(const CollectionStatus& collection) {
  return {
      {"name", collection.name},
      {"kind", collection.kind == snapshot::CollectionKind::kTree ? "tree" : "table"},
      {"loaded", collection.loaded},
      {"stale_seconds", collection.stale_seconds ? Json(*collection.stale_seconds) : Json(nullptr)},
      {"changed_at", collection.loaded ? Json(collection.changed_at.text()) : Json(nullptr)},
      {"entries", collection.entries},
      {"content_hash", collection.loaded ? Json(collection.content_hash.hex()) : Json(nullptr)},
      {"source", source_json(collection.source)},
      {"load", load_json(collection.load)},
      {"records_parsed", collection.records_parsed},
      {"rejections", collection.rejections},
      {"current_rejection", rejection_json(collection.current_rejection)},
      {"last_rejection", rejection_json(collection.last_rejection)}};
}

}  // namespace

std::string status_json(const Instance& instance, Clock::Wall started, Clock::Wall now) {
  const rcu::Pin<snapshot::Snapshot> snapshot = instance.pin();
  const publish::Publisher::Stats stats = instance.publisher().stats();
  Json collections = Json::array();
  for (const CollectionStatus& collection : instance.collections(*snapshot)) {
    collections.push_back(collection_json(collection));
  }
  return dumped(Json{
      {"version", LULL_VERSION},
      {"revision", snapshot->revision_text()},
      {"content_hash", snapshot->content_hash().hex()},
      {"published_at", telemetry::rfc3339(snapshot->time())},
      {"started_at", telemetry::rfc3339(started)},
      {"uptime_seconds", std::chrono::duration_cast<std::chrono::seconds>(now - started).count()},
      {"memory",
       {{"snapshots_alive", stats.snapshots_alive},
        {"snapshot_bytes_alive", stats.snapshot_bytes_alive},
        {"waiting_for_memory", stats.waiting_for_memory}}},
      {"rcu",
       {{"flavour", "bp"},
        {"membarrier", rcu::uses_membarrier()},
        {"grace_period_waiting_seconds", stats.reclaimer.waiting_seconds}}},
      {"collections", std::move(collections)}});
}

Readiness readiness(const Instance& instance) {
  Readiness out{true, {}};
  const rcu::Pin<snapshot::Snapshot> snapshot = instance.pin();
  Json collections = Json::object();
  for (const CollectionStatus& collection : instance.collections(*snapshot)) {
    out.ready = out.ready && collection.loaded;
    std::string state = "not_loaded";
    if (collection.loaded) {
      state = collection.current_rejection ? "loaded, newer input refused" : "loaded";
    }
    if (collection.stale_seconds) {
      state = "stale, last-known-good of " + std::to_string(*collection.stale_seconds) +
              " s ago; its source " +
              (collection.current_rejection ? "is refused" : "is being read");
    }
    collections[collection.name] = std::move(state);
  }
  out.json = dumped(Json{{"ready", out.ready}, {"collections", std::move(collections)}});
  return out;
}

}  // namespace lull::admin
