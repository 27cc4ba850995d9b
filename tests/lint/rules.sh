#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# The rules of the house that no tool knows: which room may include which, which functions are not
# used, what a file may look like. Prints what breaks them.
set -uo pipefail

cd "$(dirname "$0")/../.." || exit
export LC_ALL=C
shopt -s lastpipe # so that rule() is not a process of its own
failed=0

# rule TEXT: the lines on standard input break it.
rule() {
    local found
    found=$(cat)
    if [ -n "$found" ]; then
        printf '%s:\n%s\n' "$1" "$found"
        failed=1
    fi
}

# includes PATTERN PATH...: the include lines of these folders that match.
includes() {
    local pattern=$1
    shift
    grep -rnE --include='*.[ch]' "^[[:space:]]*#[[:space:]]*include[[:space:]]*$pattern" "$@"
}

includes '"([^"]*/)?(src|ui)/|"\.\./' decode |
    rule 'decode/ includes nothing of src/ or ui/'
includes '"([^"]*/)?ui/' src | grep -v '^src/main\.c:' |
    rule 'src/ includes nothing of ui/, but for main.c'
includes '[<"](n?curses|ncursesw)[/.]|<(term|panel|menu|form)\.h' decode src tests |
    rule 'only ui/ includes curses'
includes '[<"]pcap' decode src ui | grep -v '^src/input/' |
    rule 'only src/input/ includes libpcap'
includes '<maxminddb' decode src ui | grep -vE '^src/(names|geo)[^/]*\.[ch]:' |
    rule 'only src/names*, src/geo* include libmaxminddb'
includes '<seccomp' decode src ui tests | grep -v '^src/sandbox_seccomp\.c:' |
    rule 'only src/sandbox_seccomp.c includes libseccomp'
includes '<jansson' decode src ui | grep -v '^src/mirror/aws_read\.c:' |
    rule 'only src/mirror/aws_read.c includes jansson'
includes '<(time|unistd|fcntl|pthread|sys/[a-z]+)\.h>|<stdio\.h>|<stdlib\.h>' decode |
    rule 'decode/ is pure: no input, output, clock, allocation'

grep -rnE --include='*.[ch]' \
    '(^|[^a-zA-Z0-9_>.])(strcpy|strcat|sprintf|vsprintf|gets|atoi|atol|atoll|atof|alloca|strtok|system|popen|setjmp|longjmp)[[:space:]]*\(' \
    decode src ui tests |
    rule 'functions that are not used here'

grep -rnP --include='*.[ch]' --include='*.sh' --include=Makefile '[^\x00-\x7f]' \
    Makefile .ci/run decode src ui tests |
    rule 'sources are plain ASCII'

grep -rnE --include='*.[ch]' --include='*.sh' --include='*.md' '[[:space:]]$' \
    .ci/run README.md decode doc src ui tests |
    rule 'no blanks at the end of a line'

grep -rnwE --include='*.[ch]' --include='*.sh' --include=Makefile 'TO''DO|FIX''ME|XX''X' \
    Makefile .ci/run decode src ui tests |
    rule 'no marks of unfinished work'

find decode src ui tests -name '*.[ch]' -exec awk 'length > 100 { print FILENAME ":" FNR }' {} + |
    rule 'lines have at most 100 columns'

find decode src ui tests -name '*.[ch]' -exec awk 'FNR == 601 { print FILENAME ": over 600 lines" }' {} + |
    rule 'a file that outgrows 600 lines wants a better room'

find decode src ui tests .ci -type f \( -name '*.[ch]' -o -name '*.sh' -o -path .ci/run \) \
    -exec grep -L 'SPDX-License-Identifier: MIT' {} + |
    rule 'every source names its licence'

find decode src ui -name '*.h' | while read -r header; do
    name=$(tr 'a-z/.-' 'A-Z___' <<<"${header#src/}")
    grep -q "#ifndef MIRRORTOP_$name\$" "$header" || echo "$header: not MIRRORTOP_$name"
done | rule 'include guards are named after their files'

exit $failed
