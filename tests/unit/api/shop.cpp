#include "shop.h"

#include <utility>

namespace lull::api::test {

void Recorder::record(const http::ReplyHead& head) {
  ++recorded_.replies_;
  recorded_.status_ = head.status;
  auto& headers = recorded_.headers_;
  if (!head.content_type.empty()) headers["Content-Type"] = head.content_type;
  for (std::size_t i = 0; i < head.header_count; ++i) {
    const auto& [name, value] = head.headers.at(i);
    EXPECT_TRUE(headers.emplace(name, value).second) << name << " is sent twice";
  }
}

void Recorder::send(const http::ReplyHead& head, std::string_view body) {
  EXPECT_LE(body.size(), http::kCopyBytesMax);
  record(head);
  recorded_.copied_ = body;
}

void Recorder::send_held(const http::ReplyHead& head, std::string_view body, http::BodyHold hold) {
  EXPECT_FALSE(rcu::in_read_section());
  EXPECT_NE(hold, nullptr);
  record(head);
  recorded_.held_ = body;
  recorded_.hold_ = std::move(hold);
}

void Recorder::send_owned(const http::ReplyHead& head, std::string body) {
  EXPECT_FALSE(rcu::in_read_section());
  record(head);
  recorded_.copied_ = std::move(body);
}

std::string Recorded::header(const std::string& name) const {
  const auto found = headers_.find(name);
  return found == headers_.end() ? "" : found->second;
}

std::string Recorded::code() const {
  EXPECT_EQ(header("Content-Type"), "application/problem+json") << body();
  const auto problem = json();
  EXPECT_EQ(problem.at("type"), "about:blank");
  EXPECT_EQ(problem.at("status"), status_);
  EXPECT_FALSE(problem.at("title").get<std::string>().empty());
  EXPECT_FALSE(problem.at("detail").get<std::string>().empty());
  EXPECT_EQ(problem.size(), 5U);
  return problem.at("code");
}

void Operations::handle(const http::Request&, http::Reply& reply) {
  http::ReplyHead head;
  head.content_type = "text/plain";
  reply.send(head, "operations");
}

std::string Operations::problem(unsigned, std::string_view, std::string_view) const {
  return {};
}

std::vector<publish::CollectionSpec> shop_collections() {
  using codec::FieldType;
  publish::CollectionSpec config;
  config.name = "config";
  config.kind = snapshot::CollectionKind::kTree;
  config.profiles = {"dev", "prod", "eu"};
  config.profile_combinations = {{"prod", "eu"}};
  publish::CollectionSpec inventory;
  inventory.name = "inventory";
  inventory.kind = snapshot::CollectionKind::kTable;
  inventory.records.key = "sku";
  inventory.records.fields = {{"sku", FieldType::kString},
                              {"warehouse", FieldType::kString},
                              {"shelf", FieldType::kInteger},
                              {"available", FieldType::kInteger}};
  inventory.records.indexes = {"warehouse", "shelf"};
  inventory.records.quantity = "available";
  publish::CollectionSpec notes;
  notes.name = "notes";
  notes.kind = snapshot::CollectionKind::kTable;
  notes.records.key = "id";
  notes.records.fields = {{"id", FieldType::kString}};
  return {config, inventory, notes};
}

Files sample_documents() {
  return {
      {"application.yaml", "log:\n  level: info\nregion: none\n"},
      {"application-prod.yaml", "log:\n  level: warn\n"},
      {"payment.yaml", "name: payment\ndb:\n  url: pg://base\n  pool: 10\n"},
      {"payment-prod.yaml", "db:\n  url: pg://prod\n"},
      {"payment-eu.yaml", "region: eu\n"},
      {"search.json",
       R"({"a/b":{"c~d":1},"list":[1,{"x":"y"}],"empty":{},"none":[],"nothing":null,)"
       R"("yes":true,"price":2.50,"text":"a \"quote\"\nand é","plain":"Grüße"})"},
  };
}

Files sample_records() {
  return {{"stock.ndjson", R"({"sku":"SKU-1","warehouse":"berlin","shelf":1,"available":5})"
                           "\n"
                           R"({"sku":"SKU-2","warehouse":"porto","shelf":1,"available":0})"
                           "\n"
                           R"({"sku":"SKU-3","warehouse":"berlin","shelf":2,"available":7})"
                           "\n"
                           R"({"sku":"SKU-4","warehouse":"berlin","shelf":2})"
                           "\n"
                           R"({"sku":"parts/wheel","warehouse":"oslo","shelf":3,"available":2})"
                           "\n"}};
}

Shop::Shop(Limits limits, publish::PublisherOptions options)
    : publisher_(publish::Publisher::open(std::move(options), shop_collections(), clock_).value()),
      handler_(publisher_->view(), shop_collections(), operations_, limits) {
  for (const auto& spec : shop_collections()) {
    loaders_[spec.name] = publish::make_loader(spec, publisher_->account(), progress_);
  }
}

Revision Shop::put(const std::string& collection, const Files& files) {
  source::ChangeSet changes;
  changes.initial = !std::exchange(loaded_[collection], true);
  for (const auto& [name, bytes] : files) changes.changes.push_back({name, "/shop/" + name, bytes});
  auto& loader = *loaders_.at(collection);
  const auto pin = publisher_->view().pin(
      [](const publish::View& view) -> const snapshot::Snapshot& { return view.current(); });
  auto candidate = loader.load(changes, *pin->find(collection));
  if (!candidate) ADD_FAILURE() << candidate.error().front().text();
  const auto revision = publisher_->submit_and_wait(**std::move(candidate));
  if (!revision) ADD_FAILURE() << revision.error().text();
  loader.commit();
  return *revision;
}

void Shop::fill() {
  put("config", sample_documents());
  put("inventory", sample_records());
}

Recorded Shop::ask(std::string_view target, const Ask& ask) {
  const std::size_t mark = target.find('?');
  http::Request request;
  request.method = ask.method;
  request.method_text = ask.method_text;
  request.path = target.substr(0, mark);
  if (mark != std::string_view::npos) request.query = target.substr(mark + 1);
  request.body = ask.body;
  request.content_type = ask.content_type;
  request.if_none_match = ask.if_none_match;
  Recorder recorder;
  handler_.handle(request, recorder);
  Recorded reply = recorder.take();
  EXPECT_EQ(reply.replies(), 1) << target;
  EXPECT_FALSE(rcu::in_read_section()) << target;
  return reply;
}

std::string Shop::revision() const {
  return publisher_->view().read(
      [](const publish::View& view) { return view.current().revision().text(); });
}

}  // namespace lull::api::test
