// Which names in a watched directory are never a source, whatever their extension.
#pragma once

#include <string>
#include <string_view>

namespace lull::source {

/// Hidden files, and what editors, version control and package managers leave beside a file:
/// `foo.yaml~`, `#foo.yaml#`, `.foo.yaml.swp`, `4913`, `foo.yaml.bak`, `foo.yaml.dpkg-new`...
[[nodiscard]] bool is_leftover(std::string_view name) noexcept;

/// Whether a name can stand in messages, logs and JSON: UTF-8 without control characters.
[[nodiscard]] bool is_printable(std::string_view name) noexcept;

/// The name with every other byte as `\xHH`, and `\` doubled.
[[nodiscard]] std::string escaped(std::string_view name);

}  // namespace lull::source
