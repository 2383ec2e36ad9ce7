// lullctl: the command line client.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <iostream>
#include <map>

#include "lullctl/commands.h"
#include "lullctl/completion.h"

namespace {

using lull::lullctl::Format;

constexpr const char* kFooter =
    "Exit codes: 0 done, 1 refused or errors found, 2 wrong usage, 3 not found, 4 no answer or not "
    "ready.\n"
    "Colours appear only on a terminal, and not when NO_COLOR is set.";

struct Arguments {
  std::string server = "http://127.0.0.1:8080";
  std::optional<std::string> format;
  unsigned timeout_seconds = 10;
  lull::lullctl::GetOptions get;
  lull::lullctl::ListOptions list;
  std::string check_path = "config";
  std::string shell;
};

void add_commands(CLI::App& app, Arguments& arguments) {
  app.fallthrough();  // the subcommands inherit it: the global options may stand behind them too
  app.add_option("-s,--server", arguments.server,
                 "Address of the server: http://HOST:PORT or unix:PATH")
      ->envname("LULL_SERVER")
      ->capture_default_str();
  app.add_option("-o,--output", arguments.format,
                 "json, yaml or table; default: json for get, else table")
      ->check(CLI::IsMember({"json", "yaml", "table"}));
  app.add_option("--timeout", arguments.timeout_seconds, "Seconds to wait for an answer")
      ->check(CLI::Range(1U, 3600U))
      ->capture_default_str();

  CLI::App* get = app.add_subcommand("get", "Print a value, a subtree or a record");
  get->add_option("path", arguments.get.path, "As in config/payment-service/db/url")->required();
  get->add_option("-p,--profile", arguments.get.profile, "Profiles in order, as in prod,eu");
  get->add_option("--layer", arguments.get.layer,
                  "One file as written, as in payment-service-prod");
  get->add_option("--revision", arguments.get.revision, "A retained revision, as in 4be1.7");
  get->add_flag("--explain", arguments.get.explain, "For every leaf the file and line that set it");
  get->add_flag("--raw", arguments.get.raw, "A scalar's plain text, without quotes");

  CLI::App* list = app.add_subcommand("list", "List the collections, or the keys of one");
  list->add_option("collection", arguments.list.collection, "As in inventory");
  list->add_option("--prefix", arguments.list.prefix, "Keys that start with this");
  list->add_option("-p,--profile", arguments.list.profile, "Profiles in order, for trees");
  list->add_option("--where", arguments.list.where,
                   "INDEX=VALUE, as in warehouse=berlin; may be repeated")
      ->check([](const std::string& text) {
        return text.find('=') == std::string::npos ? "expected INDEX=VALUE" : "";
      });
  list->add_option("--limit", arguments.list.limit, "Entries at most")
      ->check(CLI::Range(1U, 1'000'000U))
      ->capture_default_str();
  list->add_flag("--all", arguments.list.all, "All entries");
  list->add_flag("--values", arguments.list.values, "Values too");

  app.add_subcommand("status", "Revision, sources and what was refused");
  app.add_subcommand("check", "Check a service.yaml and all its sources, without a server")
      ->add_option("path", arguments.check_path,
                   "The file, or the directory that holds service.yaml")
      ->capture_default_str();
  app.add_subcommand("completion", "Print the completion script of a shell")
      ->add_option("shell", arguments.shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  app.require_subcommand(1);
}

Format format_of(const Arguments& arguments, bool is_get) {
  if (!arguments.format) {
    return is_get && !arguments.get.explain ? Format::kJson : Format::kTable;
  }
  if (*arguments.format == "json") return Format::kJson;
  return *arguments.format == "yaml" ? Format::kYaml : Format::kTable;
}

int run(const CLI::App& app, const Arguments& arguments) {
  const bool is_get = app.got_subcommand("get");
  // One thread only.  NOLINTNEXTLINE(concurrency-mt-unsafe)
  const bool colours = isatty(STDOUT_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr;
  const lull::lullctl::Output output{std::cout, format_of(arguments, is_get), colours};
  if (app.got_subcommand("completion")) {
    std::cout << lull::lullctl::completion_script(arguments.shell).value_or("");
    return lull::lullctl::kOk;
  }
  if (app.got_subcommand("check")) {
    return lull::lullctl::check(arguments.check_path, output, std::cerr);
  }
  const auto client =
      lull::lullctl::Client::of(arguments.server, std::chrono::seconds(arguments.timeout_seconds));
  if (!client) {
    std::cerr << "lullctl: " << client.error().text() << '\n';
    return lull::lullctl::kUsage;
  }
  if (is_get) return lull::lullctl::get(*client, arguments.get, output, std::cerr);
  if (app.got_subcommand("list")) {
    return lull::lullctl::list(*client, arguments.list, output, std::cerr);
  }
  return lull::lullctl::status(*client, output, std::cerr);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("lullctl asks a Lull server, and checks its input offline.", "lullctl");
  app.footer(kFooter);
  app.set_version_flag("--version", "lullctl " LULL_VERSION);
  Arguments arguments;
  add_commands(app, arguments);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? lull::lullctl::kOk : lull::lullctl::kUsage;
  }
  try {
    return run(app, arguments);
  } catch (const std::exception& error) {  // such as no memory
    std::cerr << "lullctl: cannot go on: " << error.what() << '\n';
    return app.got_subcommand("check") ? lull::lullctl::kFailed : lull::lullctl::kUnreachable;
  }
}
