#include "api/target.h"

#include <algorithm>
#include <cassert>
#include <optional>

#include "lull/base/utf8.h"

namespace lull::api {
namespace {

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

enum class Decoding : std::uint8_t { kDone, kBadEscape, kTooLong };

/// Undoes `%XX` once, and '+' if `form`. Without either, `out` is `encoded` itself.
Decoding decode_once(std::string_view encoded, bool form, std::span<char> buffer,
                     std::string_view& out) noexcept {
  if (encoded.find_first_of(form ? "%+" : "%") == std::string_view::npos) {
    out = encoded;
    return Decoding::kDone;
  }
  std::size_t size = 0;
  for (std::size_t i = 0; i < encoded.size(); ++i) {
    char c = encoded[i];
    if (c == '%') {
      const int high = i + 2 < encoded.size() ? hex_digit(encoded[i + 1]) : -1;
      const int low = i + 2 < encoded.size() ? hex_digit(encoded[i + 2]) : -1;
      if (high < 0 || low < 0) return Decoding::kBadEscape;
      c = static_cast<char>(high * 16 + low);
      i += 2;
    } else if (form && c == '+') {
      c = ' ';
    }
    if (size == buffer.size()) return Decoding::kTooLong;
    buffer[size++] = c;
  }
  out = {buffer.data(), size};
  return Decoding::kDone;
}

tl::unexpected<Problem> path_fault(std::string_view fault) {
  return refuse(400, code::kInvalidPath, "the path " + std::string(fault));
}

bool is_allowed(std::string_view name, std::span<const std::string_view> allowed) noexcept {
  return std::ranges::any_of(allowed, [name](std::string_view one) {
    return one.ends_with('.') ? name.size() > one.size() && name.starts_with(one) : name == one;
  });
}

std::string list_of(std::span<const std::string_view> allowed) {
  if (allowed.empty()) return "this route takes none";
  std::string out = "allowed are:";
  for (const std::string_view one : allowed) {
    out += out.back() == ':' ? " " : ", ";
    out += one;
    if (one.ends_with('.')) out += "{index}";
  }
  return out;
}

}  // namespace

Parsed<Path> parse_path(std::string_view encoded, PathBuffer& buffer) {
  assert(encoded.starts_with('/'));
  std::string_view decoded;
  switch (decode_once(encoded.substr(1), false, buffer, decoded)) {
    case Decoding::kDone:
      break;
    case Decoding::kBadEscape:
      return path_fault("has a '%' that two hex digits do not follow");
    case Decoding::kTooLong:
      return path_fault("is longer than 1024 bytes");
  }
  const std::size_t slash = decoded.find('/');
  Path out;
  out.collection = decoded.substr(0, slash);
  if (out.collection.empty()) return path_fault("has an empty segment");
  if (const auto fault = key_fault(out.collection); !fault.empty()) return path_fault(fault);
  if (slash != std::string_view::npos) {
    out.key = decoded.substr(slash + 1);
    if (out.key.empty()) return path_fault("ends in '/'");
    if (const auto fault = key_fault(out.key); !fault.empty()) return path_fault(fault);
  }
  if (const std::size_t colon = out.collection.find(':'); colon != std::string_view::npos) {
    out.action = out.collection.substr(colon);
    out.collection = out.collection.substr(0, colon);
  }
  return out;
}

std::string_view entry_key_fault(snapshot::CollectionKind kind, std::string_view key) noexcept {
  if (const auto fault = key_fault(key); !fault.empty()) return fault;
  if (kind == snapshot::CollectionKind::kTable) return {};
  for (std::size_t at = key.find('~'); at != std::string_view::npos; at = key.find('~', at + 1)) {
    const char next = at + 1 < key.size() ? key[at + 1] : '\0';
    if (next != '0' && next != '1') return "has a '~' that neither 0 nor 1 follows (RFC 6901)";
  }
  return {};
}

TreeKey split_tree_key(std::string_view key) noexcept {
  const std::size_t slash = key.find('/');
  if (slash == std::string_view::npos) return {key, {}};
  return {key.substr(0, slash), key.substr(slash + 1)};
}

Parsed<std::string_view> Query::decode(std::string_view encoded) {
  std::string_view out;
  const std::span<char> room = std::span(buffer_).subspan(used_bytes_);
  switch (decode_once(encoded, true, room, out)) {
    case Decoding::kDone:
      break;
    case Decoding::kBadEscape:
      return refuse(400, code::kInvalidQuery,
                    "the query has a '%' that two hex digits do not follow");
    case Decoding::kTooLong:
      return refuse(400, code::kInvalidQuery, "the query is longer than 8192 bytes");
  }
  if (out.data() == room.data()) used_bytes_ += out.size();
  if (out.find('\0') != std::string_view::npos) {
    return refuse(400, code::kInvalidQuery, "the query has a NUL character");
  }
  if (!is_utf8(out)) return refuse(400, code::kInvalidQuery, "the query is not valid UTF-8");
  return out;
}

Parsed<void> Query::parse(std::string_view query, std::span<const std::string_view> allowed) {
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const auto name = decode(pair.substr(0, equals));
    if (!name) return tl::make_unexpected(name.error());
    if (!is_allowed(*name, allowed)) {
      return refuse(400, code::kInvalidQuery,
                    "unknown parameter " + echoed(*name) + "; " + list_of(allowed));
    }
    if (find(*name) != nullptr) {
      return refuse(400, code::kInvalidQuery,
                    "parameter " + echoed(*name) + " is given twice; " + list_of(allowed));
    }
    const auto value = decode(pair.substr(std::min(equals + 1, pair.size())));
    if (!value) return tl::make_unexpected(value.error());
    if (count_ == kParametersMax) {
      return refuse(400, code::kInvalidQuery, "the query has more than 16 parameters");
    }
    parameters_[count_++] = {*name, *value};
  }
  return {};
}

const Query::Parameter* Query::find(std::string_view name) const noexcept {
  const auto given = all();
  const auto found = std::ranges::find(given, name, &Parameter::name);
  return found == given.end() ? nullptr : &*found;
}

}  // namespace lull::api
