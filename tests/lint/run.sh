#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Everything that can be said about the tree without running it; `make lint` calls it.
#
#   LINT_FLAGS  compiler flags for the analysers      BUILD  where logs go
#
# usage: tests/lint/run.sh [STEP...]   without: all steps
set -uo pipefail

cd "$(dirname "$0")/../.." || exit
here=tests/lint
mkdir -p "${BUILD:=build}"
mapfile -t c_files < <(find decode src ui tests -name '*.[ch]' | sort)
mapfile -t scripts < <(find tests .ci -type f \( -name '*.sh' -o -path .ci/run \) | sort)

step_format() {
    clang-format --dry-run -Werror "${c_files[@]}"
}

# The flags come as one line that is quoted for a shell. What clang-tidy finds, it says on stdout.
tidy_one() {
    local flags
    mapfile -t flags < <(xargs -n 1 printf '%s\n' <<<"$LINT_FLAGS")
    clang-tidy --quiet "$1" -- "${flags[@]}" 2>/dev/null || {
        echo "$1: clang-tidy is not content"
        return 1
    }
}
export -f tidy_one

step_tidy() {
    printf '%s\n' "${c_files[@]}" | grep '\.c$' | xargs -P "$(nproc)" -I {} bash -c 'tidy_one {}'
}

step_cppcheck() {
    cppcheck --quiet --error-exitcode=1 --std=c11 --inline-suppr -j 2 \
        --enable=warning,performance,portability --suppressions-list=$here/cppcheck.txt \
        -D__linux__ -D__x86_64__ -D_GNU_SOURCE -DVERSION='""' -DTHEME_DIR='""' \
        -DSAMPLE_FILE='""' decode src ui tests
}

step_spelling() {
    codespell --ignore-words=$here/words.txt --skip '*.pcap,*.pcapng,*.mmdb,tests/fuzz/corpus' \
        README.md Makefile decode doc src tests themes ui .ci
}

step_manual() {
    local pages
    mapfile -t pages < <(find doc -name '*.[1-8]')
    [ ${#pages[@]} -gt 0 ] || {
        echo 'no manual page in doc/'
        return 1
    }
    mandoc -T lint -W warning "${pages[@]}"
}

step_scripts() {
    shellcheck "${scripts[@]}"
}

step_rules() {
    $here/rules.sh
}

steps=("$@")
[ ${#steps[@]} -gt 0 ] || steps=(format rules scripts spelling manual cppcheck tidy)
failed=0
for step in "${steps[@]}"; do
    start=$SECONDS
    if "step_$step"; then
        printf '  %-9s ok    %3d s\n' "$step" $((SECONDS - start))
    else
        printf '  %-9s FAILS %3d s\n' "$step" $((SECONDS - start))
        failed=$((failed + 1))
    fi
done
echo "lint: $((${#steps[@]} - failed)) passed, $failed failed, 0 skipped"
[ $failed = 0 ]
