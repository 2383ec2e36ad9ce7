#include "telemetry/metrics.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <limits>
#include <vector>

#include "lull/rcu/read_section.h"
#include "telemetry/process.h"

namespace lull::telemetry {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

class Page {
 public:
  void counter(std::string name, std::string help, double value, Labels labels = {}) {
    ClientMetric metric;
    metric.label = std::move(labels);
    metric.counter.value = value;
    add(std::move(name), std::move(help), MetricType::Counter, std::move(metric));
  }

  void gauge(std::string name, std::string help, double value, Labels labels = {}) {
    ClientMetric metric;
    metric.label = std::move(labels);
    metric.gauge.value = value;
    add(std::move(name), std::move(help), MetricType::Gauge, std::move(metric));
  }

  void histogram(std::string name, std::string help, const HistogramCounts& counts,
                 Labels labels = {}) {
    ClientMetric metric;
    metric.label = std::move(labels);
    std::uint64_t cumulative = 0;
    for (std::size_t i = 0; i < counts.counts.size(); ++i) {
      cumulative += counts.counts[i];
      const bool last = i == counts.bounds.size();
      metric.histogram.bucket.push_back(
          {cumulative, last ? std::numeric_limits<double>::infinity() : counts.bounds[i]});
    }
    metric.histogram.sample_count = cumulative;
    metric.histogram.sample_sum = counts.sum_seconds;
    add(std::move(name), std::move(help), MetricType::Histogram, std::move(metric));
  }

  [[nodiscard]] std::string text() const {
    return prometheus::TextSerializer().Serialize(families_);
  }

 private:
  // Metrics of one name come one after the other and make one family.
  void add(std::string name, std::string help, MetricType type, ClientMetric metric) {
    if (families_.empty() || families_.back().name != name) {
      families_.push_back({std::move(name), std::move(help), type, {}});
    }
    families_.back().metric.push_back(std::move(metric));
  }

  std::vector<MetricFamily> families_;
};

void add_http(Page& page, const http::Server::Stats& stats) {
  for (const auto& series : stats.requests) {
    page.histogram("http_server_request_duration_seconds",
                   "Time from a complete request to its reply in the write buffer.",
                   series.duration,
                   {{"http_route", series.route},
                    {"http_response_status_class", std::to_string(series.status_class) + "xx"}});
  }
  page.gauge("lull_http_connections_open", "Connections open now.",
             static_cast<double>(stats.connections_open));
  page.counter("lull_http_connections_accepted_total", "Connections accepted.",
               static_cast<double>(stats.connections_accepted));
  page.counter("lull_http_connections_cut_total",
               "Connections cut by a deadline, a limit or memory pressure.",
               static_cast<double>(stats.connections_cut));
  page.gauge("lull_http_reply_bytes_alive", "Bytes of replies that wait for slow clients.",
             static_cast<double>(stats.reply_bytes_alive));
}

void add_publisher(Page& page, const Revision& revision, const publish::Publisher::Stats& stats) {
  page.gauge("lull_snapshot_revision", "Number of the current revision within its epoch.",
             static_cast<double>(revision.number));
  page.gauge("lull_snapshots_alive",
             "Snapshots in memory: current, retained, pinned, not yet freed.",
             static_cast<double>(stats.snapshots_alive));
  page.gauge("lull_snapshot_bytes_alive", "Bytes of published data in memory, shared parts once.",
             static_cast<double>(stats.snapshot_bytes_alive));
  page.counter("lull_publications_total", "Revisions published since the start.",
               static_cast<double>(stats.publications));
  page.counter("lull_stale_refusals_total", "Changes refused because their base was not current.",
               static_cast<double>(stats.stale_refusals));
  page.histogram("lull_publish_duration_seconds",
                 "Writer thread: base check, durable record, swap.", stats.publish_duration);
  page.gauge("lull_publish_waiting_for_memory",
             "1 while publishing waits for readers to let go of old snapshots.",
             stats.waiting_for_memory ? 1 : 0);
  page.histogram("lull_grace_period_seconds",
                 "RCU grace periods, one for each batch of old snapshots.",
                 stats.reclaimer.grace_period);
  page.gauge("lull_grace_period_waiting_seconds",
             "Age of the grace period that runs now: large while a reader is stalled.",
             stats.reclaimer.waiting_seconds);
  page.gauge("lull_reclaim_pending", "Objects waiting to be freed.",
             static_cast<double>(stats.reclaimer.pending));
  page.gauge("lull_rcu_membarrier",
             "1 if grace periods use membarrier(2), 0 on the slower fallback.",
             rcu::uses_membarrier() ? 1 : 0);
}

void add_collections(Page& page, const std::vector<CollectionStatus>& collections) {
  const auto each = [&](const char* name, const char* help, bool counter, auto value) {
    for (const CollectionStatus& c : collections) {
      const auto number = static_cast<double>(value(c));
      const Labels labels = {{"collection", c.name}};
      counter ? page.counter(name, help, number, labels) : page.gauge(name, help, number, labels);
    }
  };
  each("lull_collection_loaded", "1 once there is data to serve, be it stale.", false,
       [](const auto& c) { return c.loaded ? 1 : 0; });
  each("lull_collection_stale",
       "1 while the last-known-good is served, because the source was not read since the start.",
       false, [](const auto& c) { return c.stale_seconds ? 1 : 0; });
  each("lull_collection_entries", "Apps of a tree, records of a table.", false,
       [](const auto& c) { return c.entries; });
  each("lull_collection_rejected", "1 while the source holds something that was refused.", false,
       [](const auto& c) { return c.current_rejection ? 1 : 0; });
  each("lull_source_rejections_total", "Changes refused, and sources that could not be read.", true,
       [](const auto& c) { return c.rejections; });
  each("lull_load_running", "1 while changed files are parsed and built.", false,
       [](const auto& c) { return c.load.phase == publish::Progress::Phase::kIdle ? 0 : 1; });
  each("lull_load_bytes", "Bytes of the changed files that are loaded now; 0 when none are.", false,
       [](const auto& c) { return c.load.bytes_total; });
  each("lull_load_parsed_bytes", "Bytes of them that were looked through.", false,
       [](const auto& c) { return c.load.bytes; });
  each("lull_records_parsed_total", "Records or documents parsed; what did not change is not.",
       true, [](const auto& c) { return c.records_parsed; });
  each("lull_source_files", "Files taken at the last look.", false,
       [](const auto& c) { return c.source.files; });
  each("lull_source_files_skipped", "Files skipped at the last look.", false,
       [](const auto& c) { return c.source.files_skipped; });
  each("lull_source_overflows_total", "Event queue overflows, each answered by a full look.", true,
       [](const auto& c) { return c.source.overflows; });
  each("lull_source_degraded", "1 while the source polls, or a file in it does not come to rest.",
       false, [](const auto& c) { return c.source.degraded.empty() ? 0 : 1; });
}

void add_process(Page& page) {
  const ProcessUsage usage = process_usage();
  page.counter("process_cpu_seconds_total", "User and system CPU time.", usage.cpu_seconds);
  page.gauge("process_resident_memory_bytes", "Resident memory.",
             static_cast<double>(usage.resident_bytes));
  page.gauge("process_virtual_memory_bytes", "Virtual memory.",
             static_cast<double>(usage.virtual_bytes));
  page.gauge("process_open_fds", "Open file descriptors.",
             static_cast<double>(usage.open_descriptors));
  page.gauge("process_max_fds", "Limit of open file descriptors.",
             static_cast<double>(usage.descriptors_max));
  page.gauge("process_start_time_seconds", "Start of the process since the Unix epoch.",
             usage.start_time_seconds);
}

}  // namespace

std::string metrics_page(const Instance& instance, const http::Server::Stats& http) {
  const rcu::Pin<snapshot::Snapshot> snapshot = instance.pin();
  Page page;
  add_http(page, http);
  add_publisher(page, snapshot->revision(), instance.publisher().stats());
  add_collections(page, instance.collections(*snapshot));
  add_process(page);
  return page.text();
}

}  // namespace lull::telemetry
