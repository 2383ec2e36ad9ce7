#include "lull/codec/yaml_guard.h"

#include <array>
#include <cstdint>

namespace lull::codec {
namespace {

constexpr std::size_t kOpenBracketsMax = 5'000;    // costs libfyaml up to 4.5 MB
constexpr std::size_t kFlowTokensMax = 1'000'000;  // costs libfyaml up to 400 MB

enum class Role : std::uint8_t { kOther, kOpen, kClose, kSeparator, kPercent, kControl };

constexpr std::array<Role, 256> kRoles = [] {
  std::array<Role, 256> roles{};
  for (std::size_t c = 0; c < 0x20; ++c) roles[c] = Role::kControl;
  roles['\t'] = roles['\r'] = roles['\n'] = Role::kOther;
  roles['['] = roles['{'] = Role::kOpen;
  roles[']'] = roles['}'] = Role::kClose;
  roles[','] = roles['&'] = Role::kSeparator;
  roles['%'] = Role::kPercent;
  return roles;
}();

Role role_of(char c) noexcept {
  return kRoles[static_cast<unsigned char>(c)];
}

}  // namespace

std::optional<YamlGuardFault> find_yaml_fault(std::string_view text) {
  std::size_t tokens = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    switch (role_of(text[at])) {
      case Role::kOther:
        break;
      case Role::kControl:
        return YamlGuardFault{ErrorCode::kSyntax, "a control character, which YAML does not allow",
                              "delete it, or write it as an escape in double quotes", at};
      case Role::kPercent:
        if ((at == 0 || text[at - 1] == '\n') && text.substr(at).starts_with("%TAG")) {
          return YamlGuardFault{ErrorCode::kInvalid, "%TAG directives are not supported",
                                "delete it: only YAML's own tags are allowed", at};
        }
        break;
      case Role::kOpen:
      case Role::kClose:
      case Role::kSeparator:
        if (++tokens > kFlowTokensMax) {
          return YamlGuardFault{ErrorCode::kLimit,
                                "the file has more than " + std::to_string(kFlowTokensMax) +
                                    " brackets, commas and ampersands",
                                "split the document", at};
        }
        break;
    }
  }
  return std::nullopt;
}

std::optional<std::size_t> find_many_open_brackets(std::string_view text) noexcept {
  std::size_t open = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const Role role = role_of(text[at]);
    if (role == Role::kOpen && ++open > kOpenBracketsMax) return at;
    if (role == Role::kClose && open > 0) --open;
  }
  return std::nullopt;
}

}  // namespace lull::codec
