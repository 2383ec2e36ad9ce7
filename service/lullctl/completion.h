// Shell completion.
#pragma once

#include <optional>
#include <string_view>

namespace lull::lullctl {

/// The completion script of a shell: bash, zsh or fish; nothing for another.
[[nodiscard]] std::optional<std::string_view> completion_script(std::string_view shell) noexcept;

}  // namespace lull::lullctl
