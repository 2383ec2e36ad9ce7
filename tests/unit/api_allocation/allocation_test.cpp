// The warmed hot path allocates nothing. Counts every operator new of this thread.
#include <cstdlib>
#include <new>

#include "../api/shop.h"

namespace {
thread_local std::size_t allocations = 0;

void* counted(std::size_t size) {
  ++allocations;
  if (void* const memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
}  // namespace

void* operator new(std::size_t size) {
  return counted(size);
}
void* operator new[](std::size_t size) {
  return counted(size);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete[](void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace lull::api::test {
namespace {

/// Keeps of a reply only what costs nothing to keep.
class Counter final : public http::Reply {
 public:
  void send(const http::ReplyHead& head, std::string_view body) override {
    status = head.status;
    body_bytes = body.size();
  }
  void send_held(const http::ReplyHead& head, std::string_view body, http::BodyHold) override {
    send(head, body);
  }
  void send_owned(const http::ReplyHead& head, std::string body) override { send(head, body); }
  void route(std::uint8_t) noexcept override {}

  unsigned status = 0;
  std::size_t body_bytes = 0;
};

class Allocation : public FilledShop {
 protected:
  /// Allocations of the second of two equal requests.
  std::size_t count(std::string_view path, std::string_view query, std::string_view none_match,
                    unsigned status, http::Method method = http::Method::kGet) {
    http::Request request;
    request.method = method;
    request.method_text = "GET";
    request.path = path;
    request.query = query;
    request.if_none_match = none_match;
    Counter reply;
    shop_.handler().handle(request, reply);
    const std::size_t before = allocations;
    shop_.handler().handle(request, reply);
    const std::size_t after = allocations;
    EXPECT_EQ(reply.status, status) << path;
    return after - before;
  }
};

TEST_F(Allocation, TheCounterCounts) {
  const std::size_t before = allocations;
  const std::string text(100, 'x');
  EXPECT_EQ(allocations, before + 1);
}

TEST_F(Allocation, AHitAllocatesNothing) {
  EXPECT_EQ(count("/v1/inventory/SKU-1", {}, {}, 200), 0U);
  EXPECT_EQ(count("/v1/inventory/SKU-1", {}, {}, 200, http::Method::kHead), 0U);
  EXPECT_EQ(count("/v1/inventory/parts%2Fwheel", {}, {}, 200), 0U);
  EXPECT_EQ(count("/v1/config/payment", {}, {}, 200), 0U);
  EXPECT_EQ(count("/v1/config/payment/db/url", {}, {}, 200), 0U);
  EXPECT_EQ(count("/v1/config/search/a~1b/c~0d", {}, {}, 200), 0U);
}

TEST_F(Allocation, A304AllocatesNothing) {
  EXPECT_EQ(count("/v1/inventory/SKU-1", {}, "*", 304), 0U);
  EXPECT_EQ(count("/v1/config/payment/db", {}, "\"x\", W/\"y\", *", 200), 0U);
}

TEST_F(Allocation, ParametersAllocateNothing) {
  EXPECT_EQ(count("/v1/config/payment/db/url", "raw", {}, 200), 0U);
  EXPECT_EQ(count("/v1/config/payment/db/url", "profile=prod,eu&raw=true", {}, 200), 0U);
  EXPECT_EQ(count("/v1/config/payment/db/url", "profile=prod%2Ceu", {}, 200), 0U);
  EXPECT_EQ(count("/v1/config/payment/db/url", "layer=payment", {}, 200), 0U);
}

}  // namespace
}  // namespace lull::api::test
