#include "lullctl/completion.h"

namespace lull::lullctl {
namespace {

constexpr std::string_view kBash =
    R"(# lullctl completion; load it with: source <(lullctl completion bash)
_lullctl() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} command= other
  local options='--server --output --timeout --help'
  for other in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $other in get|list|status|check|completion) command=$other; break ;; esac
  done
  case $before in
    --output|-o) COMPREPLY=($(compgen -W 'json yaml table' -- "$word")); return ;;
  esac
  case $command in
    '') options+=' --version' ;;
    get) options+=' --profile --layer --revision --explain --raw' ;;
    list) options+=' --profile --prefix --where --limit --all --values' ;;
  esac
  if [[ $word == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$word"))
  elif [[ $command == completion ]]; then
    COMPREPLY=($(compgen -W 'bash zsh fish' -- "$word"))
  elif [[ $command == check ]]; then
    COMPREPLY=($(compgen -f -- "$word"))
  elif [[ -z $command ]]; then
    COMPREPLY=($(compgen -W 'get list status check completion' -- "$word"))
  else
    COMPREPLY=()
  fi
}
complete -F _lullctl lullctl
)";

constexpr std::string_view kZsh = R"(#compdef lullctl
# lullctl completion; load it with: source <(lullctl completion zsh)
_lullctl() {
  local -a options=(
    '(-s --server)'{-s,--server}'[address of the server]:url:'
    '(-o --output)'{-o,--output}'[format]:format:(json yaml table)'
    '--timeout[seconds to wait for an answer]:seconds:'
    '(-h --help)'{-h,--help}'[help]')
  local -a profile=('(-p --profile)'{-p,--profile}'[profiles in order]:profiles:')
  case ${words[(r)(get|list|status|check|completion)]} in
    get) options+=($profile '--layer[one file as written]:layer:' '--revision[a retained revision]:revision:'
      '--explain[the file and line of every leaf]' '--raw[plain text of a scalar]' '2:path:') ;;
    list) options+=($profile '--prefix[keys that start with this]:prefix:' '*--where[INDEX=VALUE]:condition:'
      '--limit[entries at most]:number:' '--all[all entries]' '--values[values too]' '2:collection:') ;;
    check) options+=('2:path:_files') ;;
    completion) options+=('2:shell:(bash zsh fish)') ;;
    '') options+=('--version[version]') ;;
  esac
  _arguments $options '1:command:(get list status check completion)'
}
compdef _lullctl lullctl
)";

constexpr std::string_view kFish =
    R"(# lullctl completion; load it with: lullctl completion fish | source
complete -c lullctl -n 'not __fish_seen_subcommand_from check' -f
complete -c lullctl -n __fish_use_subcommand -a 'get list status check completion'
complete -c lullctl -s s -l server -x -d 'address of the server'
complete -c lullctl -s o -l output -x -a 'json yaml table' -d 'format'
complete -c lullctl -l timeout -x -d 'seconds to wait for an answer'
complete -c lullctl -n '__fish_seen_subcommand_from get list' -s p -l profile -x -d 'profiles in order'
complete -c lullctl -n '__fish_seen_subcommand_from get' -l layer -x -d 'one file as written'
complete -c lullctl -n '__fish_seen_subcommand_from get' -l revision -x -d 'a retained revision'
complete -c lullctl -n '__fish_seen_subcommand_from get' -l explain -d 'the file and line of every leaf'
complete -c lullctl -n '__fish_seen_subcommand_from get' -l raw -d 'plain text of a scalar'
complete -c lullctl -n '__fish_seen_subcommand_from list' -l prefix -x -d 'keys that start with this'
complete -c lullctl -n '__fish_seen_subcommand_from list' -l where -x -d 'INDEX=VALUE'
complete -c lullctl -n '__fish_seen_subcommand_from list' -l limit -x -d 'entries at most'
complete -c lullctl -n '__fish_seen_subcommand_from list' -l all -d 'all entries'
complete -c lullctl -n '__fish_seen_subcommand_from list' -l values -d 'values too'
complete -c lullctl -n '__fish_seen_subcommand_from completion' -a 'bash zsh fish'
)";

}  // namespace

std::optional<std::string_view> completion_script(std::string_view shell) noexcept {
  if (shell == "bash") return kBash;
  if (shell == "zsh") return kZsh;
  if (shell == "fish") return kFish;
  return std::nullopt;
}

}  // namespace lull::lullctl
