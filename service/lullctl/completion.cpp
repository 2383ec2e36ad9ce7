#include "lullctl/completion.h"

namespace lull::lullctl {
namespace {

constexpr std::string_view kBash =
    R"(# lullctl completion; load it with: source <(lullctl completion bash)
_lullctl() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
  case $before in
    --output|-o) COMPREPLY=($(compgen -W 'json yaml table' -- "$word")); return ;;
    completion) COMPREPLY=($(compgen -W 'bash zsh fish' -- "$word")); return ;;
    check) COMPREPLY=($(compgen -f -- "$word")); return ;;
  esac
  if [[ $word == -* ]]; then
    COMPREPLY=($(compgen -W '--server --output --timeout --profile --layer --explain --raw --revision --prefix --where --limit --all --values --help --version' -- "$word"))
  else
    COMPREPLY=($(compgen -W 'get list status check completion' -- "$word"))
  fi
}
complete -F _lullctl lullctl
)";

constexpr std::string_view kZsh = R"(#compdef lullctl
# lullctl completion; load it with: source <(lullctl completion zsh)
_lullctl() {
  _arguments \
    '--server[address of the server]:url:' \
    '(-o --output)'{-o,--output}'[format]:format:(json yaml table)' \
    '1:command:(get list status check completion)' \
    '*::argument:_files'
}
compdef _lullctl lullctl
)";

constexpr std::string_view kFish =
    R"(# lullctl completion; load it with: lullctl completion fish | source
complete -c lullctl -n __fish_use_subcommand -f -a 'get list status check completion'
complete -c lullctl -l server -x -d 'address of the server'
complete -c lullctl -s o -l output -x -a 'json yaml table' -d 'format'
complete -c lullctl -n '__fish_seen_subcommand_from completion' -f -a 'bash zsh fish'
)";

}  // namespace

std::optional<std::string_view> completion_script(std::string_view shell) noexcept {
  if (shell == "bash") return kBash;
  if (shell == "zsh") return kZsh;
  if (shell == "fish") return kFish;
  return std::nullopt;
}

}  // namespace lull::lullctl
