// A published shop to ask: a real publisher and real loaders, fed with files' texts; and a reply
// that records what a handler sends.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/api_handler.h"
#include "lull/publish/loader.h"
#include "lull/publish/publisher.h"

namespace lull::api::test {

/// The one reply to a request.
class Recorded {
 public:
  [[nodiscard]] unsigned status() const { return status_; }
  /// Whether the body is a part of something that stays until it is sent.
  [[nodiscard]] bool held() const { return hold_ != nullptr; }
  [[nodiscard]] int replies() const { return replies_; }
  [[nodiscard]] std::string route() const { return route_names().at(route_); }
  /// Empty if the header was not sent.
  [[nodiscard]] std::string header(const std::string& name) const;
  [[nodiscard]] std::string_view body() const { return held() ? held_ : copied_; }
  [[nodiscard]] nlohmann::json json() const { return nlohmann::json::parse(body()); }
  /// The `code` of a problem; expects that it is one, complete.
  [[nodiscard]] std::string code() const;
  [[nodiscard]] std::string detail() const { return json().at("detail"); }

 private:
  friend class Recorder;

  int replies_ = 0;
  unsigned status_ = 0;
  std::uint8_t route_ = 0;
  std::map<std::string, std::string> headers_;
  std::string copied_;
  std::string_view held_;
  http::BodyHold hold_;
};

/// Records what a handler sends.
class Recorder final : public http::Reply {
 public:
  void send(const http::ReplyHead& head, std::string_view body) override;
  void send_held(const http::ReplyHead& head, std::string_view body, http::BodyHold hold) override;
  void send_owned(const http::ReplyHead& head, std::string body) override;
  void route(std::uint8_t index) noexcept override { recorded_.route_ = index; }
  [[nodiscard]] Recorded take() { return std::move(recorded_); }

 private:
  void record(const http::ReplyHead& head);

  Recorded recorded_;
};

/// What a test asks; the views live as long as the test's literals.
struct Ask {
  http::Method method = http::Method::kGet;
  std::string_view method_text = "GET";
  std::string_view body = {};
  std::string_view content_type = {};
  std::string_view if_none_match = {};
};

/// Stands where the operations handler stands.
class Operations final : public http::Handler {
 public:
  void handle(const http::Request& request, http::Reply& reply) override;
  [[nodiscard]] std::string problem(unsigned, std::string_view, std::string_view) const override;
};

using Files = std::map<std::string, std::optional<std::string>>;

/// `config` (tree; profiles dev, prod, eu; prod+eu built), `inventory` (table with an index, two
/// fields and a quantity), `notes` (table without index or quantity).
[[nodiscard]] std::vector<publish::CollectionSpec> shop_collections();
[[nodiscard]] Files sample_documents();
[[nodiscard]] Files sample_records();

class Shop {
 public:
  explicit Shop(Limits limits = {}, publish::PublisherOptions options = {});

  /// Publishes changed files (nothing: removed) of a collection. Returns the new revision.
  Revision put(const std::string& collection, const Files& files);
  /// Publishes the samples of `config` and `inventory`.
  void fill();

  Recorded get(std::string_view target) { return ask(target, {}); }
  Recorded head(std::string_view target) {
    return ask(target, {.method = http::Method::kHead, .method_text = "HEAD"});
  }
  Recorded post(std::string_view target, std::string_view body,
                std::string_view type = "application/json") {
    return ask(target, {http::Method::kPost, "POST", body, type});
  }
  Recorded ask(std::string_view target, const Ask& ask);

  [[nodiscard]] ApiHandler& handler() { return handler_; }
  [[nodiscard]] publish::Publisher& publisher() { return *publisher_; }
  [[nodiscard]] std::string revision() const;

 private:
  SystemClock clock_;
  std::unique_ptr<publish::Publisher> publisher_;
  publish::Progress progress_;  // of all loaders, which it outlives
  std::map<std::string, std::unique_ptr<publish::Loader>> loaders_;
  std::map<std::string, bool> loaded_;
  Operations operations_;
  ApiHandler handler_;
};

/// A shop with the samples published.
class FilledShop : public ::testing::Test {
 protected:
  void SetUp() override { shop_.fill(); }
  Shop shop_;
};

}  // namespace lull::api::test
