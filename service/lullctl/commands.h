// What lullctl can do.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

#include "lullctl/client.h"
#include "lullctl/output.h"

namespace lull::lullctl {

/// Exit codes, for scripts.
enum Exit : int {
  kOk = 0,
  kFailed = 1,       ///< The check found errors, or the server refused the request.
  kUsage = 2,        ///< Wrong words on the command line.
  kNotFound = 3,     ///< No such collection, document, path or key.
  kUnreachable = 4,  ///< No answer, or the server is not ready.
};

struct GetOptions {
  std::string path;  ///< `config/payment-service/db/url`
  std::string profile;
  std::string layer;
  std::string revision;
  bool explain = false;
  bool raw = false;
};

struct ListOptions {
  std::string collection;  ///< Empty: list the collections.
  std::string prefix;
  std::string profile;
  std::vector<std::string> where;  ///< `index=value`
  std::uint64_t limit = 100;
  bool all = false;
  bool values = false;
};

/// Each prints its answer to `output` and what went wrong to `errors`, and returns an exit code.
[[nodiscard]] int get(const Client& client, const GetOptions& options, const Output& output,
                      std::ostream& errors);
[[nodiscard]] int list(const Client& client, const ListOptions& options, const Output& output,
                       std::ostream& errors);
[[nodiscard]] int status(const Client& client, const Output& output, std::ostream& errors);
/// Offline: `path` is a service.yaml or a directory that holds one.
[[nodiscard]] int check(const std::string& path, const Output& output, std::ostream& errors);

}  // namespace lull::lullctl
