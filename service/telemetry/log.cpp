#include "telemetry/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "lull/codec/node.h"

namespace lull::telemetry {
namespace {

spdlog::level::level_enum level_of(Level level) {
  switch (level) {
    case Level::kDebug:
      return spdlog::level::debug;
    case Level::kInfo:
      return spdlog::level::info;
    case Level::kWarn:
      return spdlog::level::warn;
    case Level::kError:
      break;
  }
  return spdlog::level::err;
}

/// As the setting log.level spells it; spdlog's own name for one of them is another.
std::string_view name_of(Level level) {
  switch (level) {
    case Level::kDebug:
      return "debug";
    case Level::kInfo:
      return "info";
    case Level::kWarn:
      return "warn";
    case Level::kError:
      break;
  }
  return "error";
}

std::string text_line(Level level, std::string_view message, std::initializer_list<Field> fields) {
  std::string out(name_of(level));
  out.append(" ").append(message);
  for (const Field& field : fields) {
    out.append(" ").append(field.name).append("=");
    if (!field.value.empty() && field.value.find_first_of(" \"\n\r\t=") == std::string::npos) {
      out += field.value;
    } else {
      codec::append_json_string(out, field.value);
    }
  }
  return out;
}

std::string json_line(Level level, std::string_view message, std::initializer_list<Field> fields) {
  std::string out = "\"level\":\"";
  out.append(name_of(level)).append("\",\"message\":");
  codec::append_json_string(out, message);
  for (const Field& field : fields) {
    out += ',';
    codec::append_json_string(out, field.name);
    out += ':';
    codec::append_json_string(out, field.value);
  }
  return out + "}";
}

}  // namespace

struct Log::State {
  spdlog::logger logger{"lull", std::make_shared<spdlog::sinks::stderr_sink_mt>()};
  bool json = false;
};

Log::Log(std::string_view format, std::string_view level) : state_(std::make_unique<State>()) {
  state_->json = format == "json";
  state_->logger.set_pattern(
      state_->json ? R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ",%v)" : "%Y-%m-%dT%H:%M:%S.%eZ %v",
      spdlog::pattern_time_type::utc);
  state_->logger.set_level(spdlog::level::from_str(std::string(level)));
  state_->logger.flush_on(spdlog::level::trace);
}

Log::~Log() = default;

void Log::event(Level level, std::string_view message, std::initializer_list<Field> fields) {
  const auto spdlog_level = level_of(level);
  if (!state_->logger.should_log(spdlog_level)) return;
  state_->logger.log(spdlog_level, state_->json ? json_line(level, message, fields)
                                                : text_line(level, message, fields));
}

}  // namespace lull::telemetry
