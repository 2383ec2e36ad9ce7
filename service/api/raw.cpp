#include "api/raw.h"

#include <nlohmann/json.hpp>

namespace lull::api {
namespace {

bool is_container(std::string_view json) noexcept {
  return json.front() == '{' || json.front() == '[';
}

}  // namespace

std::optional<std::string_view> raw_slice(std::string_view json) noexcept {
  if (is_container(json)) return std::nullopt;
  if (json.front() != '"') return json;
  if (json.find('\\') != std::string_view::npos) return std::nullopt;
  return json.substr(1, json.size() - 2);
}

Parsed<std::string> raw_text(std::string_view json) {
  if (is_container(json)) {
    return refuse(400, code::kNotAScalar,
                  "'raw' gives the text of a string, number, boolean or null, and this is an " +
                      std::string(json.front() == '{' ? "object" : "array"));
  }
  if (const auto slice = raw_slice(json)) return std::string(*slice);
  return nlohmann::json::parse(json).get<std::string>();  // canonical text of ours: it parses
}

}  // namespace lull::api
