#include "http/server.h"

#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <system_error>
#include <thread>
#include <utility>

#include "http/counters.h"
#include "http/listener.h"
#include "http/worker.h"

namespace lull::http {
namespace {

/// Signals are for the program's own threads: a thread started under this gets none.
class SignalBlock {
 public:
  SignalBlock() noexcept {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &kept_);
  }
  ~SignalBlock() { pthread_sigmask(SIG_SETMASK, &kept_, nullptr); }
  SignalBlock(const SignalBlock&) = delete;
  SignalBlock& operator=(const SignalBlock&) = delete;

 private:
  sigset_t kept_{};
};

class ThreadedServer final : public Server {
 public:
  ThreadedServer(ServerOptions options, Handler& handler, std::vector<Listening> listening)
      : options_(std::move(options)) {
    std::vector<std::vector<Listener>> listeners(options_.threads);
    for (Listening& endpoint : listening) {
      endpoints_.push_back(std::move(endpoint.bound));
      for (std::size_t i = 0; i < endpoint.listeners.size(); ++i) {
        listeners[i % listeners.size()].push_back(std::move(endpoint.listeners[i]));
      }
    }
    for (auto& of_thread : listeners) {
      workers_.push_back(std::make_unique<Worker>(options_, handler, std::move(of_thread),
                                                  [this] { return open(); }));
    }
  }

  ~ThreadedServer() override {
    remove_paths();
    for (auto& worker : workers_) worker->stop_now();
    join();
  }

  void run() {
    const SignalBlock no_signals;
    for (std::size_t i = 0; i < workers_.size(); ++i) {
      threads_.emplace_back([worker = workers_[i].get()] { worker->run(); });
      pthread_setname_np(threads_.back().native_handle(), ("http-" + std::to_string(i)).c_str());
    }
  }

  [[nodiscard]] const std::vector<Endpoint>& endpoints() const noexcept override {
    return endpoints_;
  }

  void stop() override {
    if (std::exchange(stopped_, true)) return;
    // All at once: a request for a connection goes to any of them.
    for (auto& worker : workers_) worker->drop_new_connections();
    remove_paths();
    for (auto& worker : workers_) worker->drain();
  }

  void wait() override { join(); }

  [[nodiscard]] Stats stats() const override;

 private:
  void join() {
    for (std::thread& thread : threads_) {
      if (thread.joinable()) thread.join();
    }
  }

  /// Once: another server may listen there afterwards.
  void remove_paths() noexcept {
    if (std::exchange(paths_removed_, true)) return;
    for (const Endpoint& endpoint : endpoints_) {
      if (endpoint.kind == Endpoint::Kind::kUnix) ::unlink(endpoint.path.c_str());
    }
  }

  [[nodiscard]] std::uint64_t open() const noexcept {
    std::uint64_t sum = 0;
    for (const auto& worker : workers_) sum += std::as_const(*worker).counters().open();
    return sum;
  }

  const ServerOptions options_;
  std::vector<Endpoint> endpoints_;  // fixed after construction
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::thread> threads_;  // the controlling thread
  bool stopped_ = false;              // likewise
  bool paths_removed_ = false;        // likewise
};

Server::Stats ThreadedServer::stats() const {
  Stats out;
  const std::size_t routes = std::max<std::size_t>(options_.routes.size(), 1);
  for (std::size_t i = 0; i < routes * Counters::kClasses; ++i) {
    const std::size_t route = i / Counters::kClasses;
    Stats::Series series{.route = options_.routes.empty() ? "" : options_.routes[route],
                         .status_class = static_cast<unsigned>(i % Counters::kClasses) + 1,
                         .duration = {kRequestSeconds, {}, 0}};
    series.duration.counts.resize(kRequestSeconds.size() + 1);
    out.requests.push_back(std::move(series));
  }
  for (const auto& worker : workers_) std::as_const(*worker).counters().fold_into(out);
  std::erase_if(out.requests, [](const Stats::Series& series) {
    return std::ranges::all_of(series.duration.counts, [](auto count) { return count == 0; });
  });
  return out;
}

}  // namespace

Result<std::unique_ptr<Server>> Server::start(ServerOptions options, Handler& handler) {
  if (options.threads == 0) return fail(ErrorCode::kInvalid, "threads must be at least 1");
  std::vector<Listening> listening;
  for (const Endpoint& endpoint : options.listen) {
    auto opened = listen_on(endpoint, options.threads);
    if (!opened) return tl::make_unexpected(std::move(opened.error()));
    listening.push_back(*std::move(opened));
  }
  try {
    auto server =
        std::make_unique<ThreadedServer>(std::move(options), handler, std::move(listening));
    server->run();
    return std::unique_ptr<Server>(std::move(server));
  } catch (const std::system_error& error) {
    return fail(ErrorCode::kUnavailable,
                std::string("cannot start the server's threads: ") + error.what(), {},
                "raise the limits on processes and open files");
  }
}

}  // namespace lull::http
