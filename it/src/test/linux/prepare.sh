#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Makes ready all that a Linux guest needs: Debian packages, Debian's kernel, the siw driver in three variants, the boot image.
# May be called before every run: a part is made again only when its script, or the kernel, has changed. One line per part;
# a failure is one line that starts with "linux: FAILED". Settings: docs/linux-lab.md.
set -euo pipefail
here=$(cd "$(dirname "$(readlink -f "$0")")" && pwd)
. "$here/common.sh"

fingerprint() {
    { cat "$@"; [ ! -f "$KIT/version" ] || cat "$KIT/version"; } | sha256sum
}

# part NAME INPUT... -- COMMAND...: runs COMMAND unless it succeeded before with the same kernel and the same INPUT files
part() {
    local name=$1 inputs=() key
    shift
    while [ "$1" != -- ]; do inputs+=("$1"); shift; done
    shift
    key=$(fingerprint "${inputs[@]}")
    [ "$key" = "$(cat "$KIT/.made-$name" 2>/dev/null)" ] && return 0
    local begin=$SECONDS
    "$@" || exit 1
    # once more: fetching the kernel is what sets the version
    fingerprint "${inputs[@]}" > "$KIT/.made-$name"
    say "$name made in $((SECONDS - begin)) s"
}

[ "$(uname -m)" = x86_64 ] || die "the guests are built for x86_64, this machine is $(uname -m)"
command -v apt-get dpkg-query > /dev/null || die "the guests are made of Debian packages and this system has no apt-get"
mkdir -p "$KIT/share/siw" || die "cannot write to $KIT"
exec 9> "$KIT/.lock"
flock -n 9 || { say "another preparation is running, waiting for it"; flock 9; }

"$here/host/install-packages.sh" "$here/packages.txt" || exit 1
if [ -n "${ONCRPC4J_RDMA_SOAK:-}" ]; then
    "$here/host/install-packages.sh" "$here/packages-soak.txt" || exit 1
fi
part kernel "$here/host/fetch-kernel.sh" -- "$here/host/fetch-kernel.sh"
for variant in stock crc fixed; do
    part "siw-$variant" "$here/host/build-siw.sh" -- "$here/host/build-siw.sh" $variant
done
part boot-image "$here/host/make-boot-image.sh" "$here/guest/init" -- "$here/host/make-boot-image.sh" "$here/guest/init"
say "kernel $(cat "$KIT/release") ($(cat "$KIT/version")) ready in $KIT"
