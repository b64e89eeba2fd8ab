#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds the software device: libibverbs.so.1 and librdmacm.so.1, and beside them what Linux would list of it in sysfs.
# Without gcc it says so and makes nothing: there is no device then, and tests that need one are skipped with that reason.
#
# With -fsanitize=address a link to the library that the JVM must load first (LD_PRELOAD) lies there too: libasan.so.
#
# usage: build.sh DIRECTORY [more flags for gcc]
set -eu
sources=$(dirname "$0")
mkdir -p "$1"
to=$(cd "$1" && pwd)
shift
if ! command -v gcc > /dev/null; then
    echo "skipped: the software device for libibverbs is not built, as there is no gcc on this machine"
    rm -rf "$to/devices"
    exit 0
fi
newest() { find "$sources" -name '*.[ch]' -newer "$to/librdmacm.so.1" | grep -q . ; }
if [ ! -e "$to/librdmacm.so.1" ] || newest || [ $# -gt 0 ]; then
    made=$(mktemp -d "$to/made-XXXXXX")
    trap 'rm -rf "$made"' EXIT
    flags="-std=gnu11 -O2 -g -fno-strict-aliasing -Wall -Wextra -Werror -fPIC -shared -pthread"
    cd "$sources"
    # shellcheck disable=SC2046,SC2086
    gcc $flags "$@" -Wl,-soname,libibverbs.so.1 -o "$made/libibverbs.so.1" $(ls -- *.c | grep -v -e '^cm_' -e '^smoke')
    # shellcheck disable=SC2086
    gcc $flags "$@" -Wl,-soname,librdmacm.so.1 -Wl,-rpath,'$ORIGIN' -o "$made/librdmacm.so.1" cm_*.c "$made/libibverbs.so.1"
    case " $* " in
    *" -fsanitize=address "*) ln -s "$(gcc -print-file-name=libasan.so)" "$made/libasan.so" ;;
    esac
    mv "$made"/* "$to"
fi
mkdir -p "$to/devices/soft0/ports/1" "$to/verbs/uverbs0"
echo "1: CA" > "$to/devices/soft0/node_type"
echo "software device" > "$to/devices/soft0/node_desc"
echo "736f:6674:0000:0001" > "$to/devices/soft0/node_guid"
echo "soft0" > "$to/verbs/uverbs0/ibdev"
