#!/usr/bin/env bash
# run.sh COMPILER SOURCE FLAGS...: the source must fail to compile with a message that matches the
# `// error:` comment on its first line; a source without one must compile.
set -euo pipefail

compiler=$1
source=$2
shift 2

expected=$(sed -n '1s|^// error: ||p' "$source")
if output=$("$compiler" -std=c++20 -fsyntax-only -Wall -Wextra -Werror "$@" "$source" 2>&1); then
  [[ -z $expected ]] && exit 0
  echo "$source compiles, but must not: expected an error that matches '$expected'"
  exit 1
fi
if [[ -z $expected ]]; then
  echo "the control does not compile, so the other compile tests prove nothing:"
  echo "$output"
  exit 1
fi
if ! grep -qE -- "$expected" <<<"$output"; then
  echo "$source fails for another reason than '$expected':"
  echo "$output"
  exit 1
fi
