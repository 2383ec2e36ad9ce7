#include "lull/base/memory_account.h"

#include <utility>

namespace lull {

MemoryAccount::Charge::Charge(std::shared_ptr<MemoryAccount> account, std::size_t bytes) noexcept
    : account_(std::move(account)), bytes_(bytes) {
  if (account_) account_->bytes_.fetch_add(bytes_, std::memory_order_relaxed);
}

MemoryAccount::Charge::~Charge() {
  if (account_) account_->bytes_.fetch_sub(bytes_, std::memory_order_relaxed);
}

MemoryAccount::Charge::Charge(Charge&& other) noexcept
    : account_(std::move(other.account_)), bytes_(std::exchange(other.bytes_, 0)) {}

MemoryAccount::Charge& MemoryAccount::Charge::operator=(Charge&& other) noexcept {
  Charge moved(std::move(other));  // what this charge held is given back here
  std::swap(account_, moved.account_);
  std::swap(bytes_, moved.bytes_);
  return *this;
}

void MemoryAccount::Charge::resize(std::size_t bytes) noexcept {
  if (account_)
    account_->bytes_.fetch_add(bytes - bytes_, std::memory_order_relaxed);  // modulo 2^64
  bytes_ = bytes;
}

}  // namespace lull
