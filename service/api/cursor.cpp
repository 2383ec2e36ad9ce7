#include "api/cursor.h"

#include <array>

#include "lull/base/key.h"

namespace lull::api {
namespace {

constexpr std::string_view kDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::size_t kFixedBytes = 4 + 8 + 8;  // epoch, number, query hash
constexpr std::size_t kTextBytesMax = (kFixedBytes + kKeyBytesMax) * 4 / 3 + 3;

std::string to_base64url(std::string_view bytes) {
  std::string out;
  std::uint32_t bits = 0;
  unsigned count = 0;  // of bits that wait
  for (const char byte : bytes) {
    bits = (bits << 8U) | static_cast<unsigned char>(byte);
    for (count += 8; count >= 6; count -= 6) out += kDigits[(bits >> (count - 6)) & 63U];
  }
  if (count > 0) out += kDigits[(bits << (6 - count)) & 63U];
  return out;
}

std::optional<std::string> from_base64url(std::string_view text) {
  std::string out;
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char digit : text) {
    const std::size_t value = kDigits.find(digit);
    if (value == std::string_view::npos) return std::nullopt;
    bits = (bits << 6U) | static_cast<std::uint32_t>(value);
    count += 6;
    if (count >= 8) {
      count -= 8;
      out += static_cast<char>((bits >> count) & 0xFFU);
    }
  }
  return out;
}

void put(std::string& out, std::uint64_t value, unsigned bytes) {
  while (bytes-- > 0) out += static_cast<char>((value >> (8 * bytes)) & 0xFFU);
}

std::uint64_t take(std::string_view& in, unsigned bytes) {
  std::uint64_t out = 0;
  for (const char byte : in.substr(0, bytes)) out = (out << 8U) | static_cast<unsigned char>(byte);
  in.remove_prefix(bytes);
  return out;
}

}  // namespace

std::string Cursor::text() const {
  std::string bytes;
  put(bytes, revision.epoch, 4);
  put(bytes, revision.number, 8);
  put(bytes, query_hash, 8);
  bytes += after;
  return to_base64url(bytes);
}

std::optional<Cursor> Cursor::parse(std::string_view text) {
  if (text.size() > kTextBytesMax) return std::nullopt;
  const auto bytes = from_base64url(text);
  if (!bytes || bytes->size() < kFixedBytes) return std::nullopt;
  std::string_view rest = *bytes;
  Cursor out;
  out.revision.epoch = static_cast<std::uint32_t>(take(rest, 4));
  out.revision.number = take(rest, 8);
  out.query_hash = take(rest, 8);
  out.after = rest;
  if (!key_fault(out.after).empty() || out.text() != text) return std::nullopt;
  return out;
}

}  // namespace lull::api
