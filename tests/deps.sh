#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Installs what a target needs and this machine lacks.
#
# usage: tests/deps.sh [--missing] SET...
#   sets: build check lint fuzz bench valgrind
#   --missing   installs nothing; fails and says what to do when something lacks
#
# The package manager runs only when something is really missing.
set -eu

install=yes
if [ "${1:-}" = --missing ]; then
    install=no
    shift
fi

# need KIND NAME APT DNF PACMAN: KIND is how NAME is looked for.
apt='' dnf='' pacman='' names=''
need() {
    case $1 in
    command) command -v "$2" >/dev/null 2>&1 && return ;;
    library) command -v pkg-config >/dev/null 2>&1 && pkg-config --exists "$2" && return ;;
    file) [ -e "$2" ] && return ;;
    compiler) has_compiler && return ;;
    fuzzer) has_fuzzer && return ;;
    esac
    names="$names $2"
    apt="$apt $3" dnf="$dnf $4" pacman="$pacman $5"
}

# A compiler without the C library's headers is none.
has_compiler() {
    command -v cc >/dev/null 2>&1 || return 1
    printf '#include <stdio.h>\nint main(void)\n{ return puts("") < 0; }\n' |
        cc -x c -o /dev/null - 2>/dev/null
}

# clang without its runtime library compiles but does not link a fuzzer.
has_fuzzer() {
    command -v clang >/dev/null 2>&1 || return 1
    printf 'int LLVMFuzzerTestOneInput(const char *d, unsigned long n)\n{ return n > 9 && *d; }\n' |
        clang -fsanitize=fuzzer,address,undefined -x c -o /dev/null - 2>/dev/null
}

test_libraries() {
    need library check check check-devel check
    need library vterm libvterm-dev libvterm-devel libvterm
}

# For tests/live/: a lab of network namespaces, and programs that talk in it.
live_tools() {
    need command ip iproute2 iproute iproute2
    need command tc iproute2 iproute-tc iproute2
    need command setcap libcap2-bin libcap libcap
    need command setpriv util-linux util-linux util-linux
    need command curl curl curl curl
    need command iperf3 iperf3 iperf3 iperf3
}

# Where tc and setcap are, though they are not on everybody's path.
PATH=$PATH:/usr/sbin:/sbin

for set in "$@"; do
    need compiler cc "gcc libc6-dev" gcc gcc
    need command pkg-config pkg-config pkgconf-pkg-config pkgconf
    need library ncursesw libncurses-dev ncurses-devel ncurses
    need library libpcap libpcap-dev libpcap-devel libpcap
    need library libmaxminddb libmaxminddb-dev libmaxminddb-devel libmaxminddb
    need library libseccomp libseccomp-dev libseccomp-devel libseccomp
    need library jansson libjansson-dev jansson-devel jansson
    case $set in
    build) ;;
    check | lint)
        test_libraries
        need command tmux tmux tmux tmux
        need command python3 python3 python3 python
        need command ip iproute2 iproute iproute2
        need file /etc/services netbase setup iana-etc
        [ "$set" = lint ] || live_tools
        ;;
    fuzz)
        test_libraries
        need fuzzer clang "clang libclang-rt-dev" "clang compiler-rt" "clang compiler-rt"
        ;;
    bench)
        need command tcpdump tcpdump tcpdump tcpdump
        need command taskset util-linux util-linux util-linux
        ;;
    valgrind) need command valgrind "valgrind libc6-dbg" valgrind valgrind ;;
    *)
        echo "deps: no set called $set" >&2
        exit 2
        ;;
    esac
    [ "$set" = lint ] || continue
    need command clang-format clang-format clang-tools-extra clang
    need command clang-tidy clang-tidy clang-tools-extra clang
    need command cppcheck cppcheck cppcheck cppcheck
    need command codespell codespell codespell codespell
    need command mandoc mandoc mandoc mandoc
    need command shellcheck shellcheck ShellCheck shellcheck
done

[ -n "$names" ] || exit 0
if [ $install = no ]; then
    echo "missing:$names; 'make deps' installs what is missing" >&2
    exit 1
fi

root=''
if [ "$(id -u)" != 0 ]; then
    root=sudo
    command -v sudo >/dev/null 2>&1 || {
        echo "missing:$names; run 'make deps' as root, there is no sudo here" >&2
        exit 1
    }
fi

echo "installing what is missing:$names"
# The lists are split into words on purpose.
# shellcheck disable=SC2086
if command -v apt-get >/dev/null 2>&1; then
    $root apt-get -o DPkg::Lock::Timeout=300 -qq update
    $root env DEBIAN_FRONTEND=noninteractive \
        apt-get -o DPkg::Lock::Timeout=300 -qq -y --no-install-recommends install $apt </dev/null
elif command -v dnf >/dev/null 2>&1; then
    $root dnf -q -y install $dnf </dev/null
elif command -v pacman >/dev/null 2>&1; then
    $root pacman -S --needed --noconfirm $pacman </dev/null
else
    echo "missing:$names; no apt-get, dnf or pacman here: install these by hand" >&2
    exit 1
fi
