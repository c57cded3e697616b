#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# tools/lint.sh [--tidy]
#
# Runs every check that needs no build, shows all that is wrong, and fails if anything is.
# --tidy adds clang-tidy on the stages without torch (clang-tidy 14 cannot parse libtorch's
# headers); that takes minutes.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

failed=()
check() { # NAME COMMAND...
  "${@:2}" || failed+=("$1")
}

sources() {
  git ls-files -z --cached --others --exclude-standard -- '*.h' '*.cpp'
}

check_format() {
  ! sources | xargs -0 clang-format-14 --dry-run 2>&1 |
    sed -n 's/:.*\[-Wclang-format.*/: make format would change it/p' | sort -u | grep .
}

check_scripts() {
  git grep -z --untracked -l '^#!/usr/bin/env bash' -- tools .ci | xargs -0 shellcheck -x
}

check_licences() {
  ! sources | xargs -0 grep -L '^// SPDX-License-Identifier: Apache-2.0$' | sed 's/$/: no SPDX line/' |
    grep .
}

check_tidy() {
  cmake --preset core >/dev/null || return
  sed -n 's/^ *"file": "\(.*\)".*/\1/p' build/core/compile_commands.json |
    grep -E "^$PWD/(crossfade|cli)/" |
    xargs -n 1 -P "$(nproc)" clang-tidy-14 -quiet -p build/core 2>/dev/null
}

check format check_format
check layers cmake -DROOT="$PWD" -P cmake/check_layers.cmake
check owners cmake -DROOT="$PWD" -P cmake/check_owners.cmake
check sizes tools/check_sizes
check words tools/check_words
check tested tools/check_tested
check licences check_licences
check scripts check_scripts
if [[ ${1:-} == --tidy ]]; then
  check tidy check_tidy
fi

if ((${#failed[@]})); then
  echo "lint: failed: ${failed[*]}" >&2
  exit 1
fi
echo "lint: clean"
