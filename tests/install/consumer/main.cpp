// What a program needs to follow a directory of configuration: open, wait, read.
#include <cstdio>

#include "lull/instance.h"

int main(int, char** arguments) {
  lull::InstanceOptions options;
  options.collections = {{.name = "config", .directory = arguments[1]}};
  auto instance = lull::Instance::open(std::move(options));
  if (!instance || !(*instance)->wait_until_loaded(std::chrono::seconds(5))) return 1;
  const std::string url = (*instance)->read([](const lull::snapshot::Snapshot& s) {
    const auto& document = *s.find("config")->tree()->effective("payment", {});
    return std::string(document.text(document.find("db/url").value()));
  });
  std::puts(url.c_str());
}
