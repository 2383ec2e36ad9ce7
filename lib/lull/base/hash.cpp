#include "lull/base/hash.h"

#include <openssl/evp.h>
#include <xxhash.h>

#include <stdexcept>

namespace lull {
namespace {

constexpr char kDigits[] = "0123456789abcdef";

template <class Out>
void append_hex(std::uint64_t value, Out out) {
  for (int shift = 60; shift >= 0; shift -= 4) *out++ = kDigits[(value >> shift) & 0xF];
}

void require(int ok) {
  if (ok == 1) return;
  throw std::runtime_error("OpenSSL refused SHA-256");  // Allowed: nothing works without it
}

}  // namespace

std::array<char, 32> Hash128::hex() const noexcept {
  std::array<char, 32> out{};
  append_hex(high, out.data());
  append_hex(low, out.data() + 16);
  return out;
}

Hash128 hash128(std::string_view bytes) noexcept {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  return {hash.high64, hash.low64};
}

std::string Sha256::hex() const {
  std::string out;
  out.reserve(64);
  for (const std::uint8_t byte : bytes) {
    out += kDigits[byte >> 4];
    out += kDigits[byte & 0xF];
  }
  return out;
}

Sha256 sha256(std::string_view bytes) {
  Sha256 out;
  require(EVP_Digest(bytes.data(), bytes.size(), out.bytes.data(), nullptr, EVP_sha256(), nullptr));
  return out;
}

struct Sha256Stream::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { EVP_MD_CTX_free(context); }
};

Sha256Stream::Sha256Stream() : state_(std::make_unique<State>()) {
  require(EVP_DigestInit_ex(state_->context, EVP_sha256(), nullptr));
}

Sha256Stream::~Sha256Stream() = default;

Sha256Stream& Sha256Stream::field(std::string_view bytes) {
  const std::uint64_t size = bytes.size();
  std::array<char, 8> prefix{};
  for (std::size_t i = 0; i < prefix.size(); ++i) {
    prefix[i] = static_cast<char>((size >> (8 * i)) & 0xFF);
  }
  require(EVP_DigestUpdate(state_->context, prefix.data(), prefix.size()));
  require(EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()));
  return *this;
}

Sha256Stream& Sha256Stream::field(const Sha256& digest) {
  return field({reinterpret_cast<const char*>(digest.bytes.data()), digest.bytes.size()});
}

Sha256 Sha256Stream::finish() {
  Sha256 out;
  require(EVP_DigestFinal_ex(state_->context, out.bytes.data(), nullptr));
  return out;
}

}  // namespace lull
