// The HTTP API v1: joins http and snapshots.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "api/routes.h"
#include "http/handler.h"

namespace lull::api {

/// Answers `/v1...` from the published view and hands everything else to `operations`.
/// Threads: handle() from any.  Lifetime: must not outlive the view and `operations`.
/// Cost: a value of up to 16 KiB, or its 304, is one read section, one lookup, one hash and one
/// copy; it allocates nothing of its own.
class ApiHandler final : public http::Handler {
 public:
  /// `collections` are those that the view was opened with; `stale`, if there is one, outlives
  /// this.
  ApiHandler(const publish::PublishedView& view, std::vector<publish::CollectionSpec> collections,
             http::Handler& operations, Limits limits = {},
             const publish::StaleMarks* stale = nullptr);

  void handle(const http::Request& request, http::Reply& reply) override;
  [[nodiscard]] std::string problem(unsigned status, std::string_view code,
                                    std::string_view detail) const override;

 private:
  void answer(const http::Request& request, http::Reply& reply) const;
  void answer_path(const http::Request& request, http::Reply& reply,
                   std::string_view encoded) const;
  void answer_action(const http::Request& request, http::Reply& reply, const Path& path) const;

  const std::vector<publish::CollectionSpec> collections_;
  http::Handler& operations_;
  const Context context_;
};

}  // namespace lull::api
