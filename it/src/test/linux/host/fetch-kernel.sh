#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Downloads and unpacks the newest Debian kernel of LINUX_SERIES for which image, headers, kbuild and source can be had in the
# very same version (a mirror can lack one of them). About 225 MB; nothing is installed. Only the module directories a guest
# can need are kept.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../common.sh"

# "VERSION RELEASE" of every kernel in the package lists, newest first
candidates() {
    local names
    names=$(apt-cache pkgnames "linux-headers-$LINUX_SERIES." | grep -E -- '(-[0-9]+|\+deb12)-amd64$') || return 0
    # shellcheck disable=SC2086  # a list of names
    apt-cache madison $names | awk -F' *[|] *' '{sub(/^ */, "", $1); sub(/^linux-headers-/, "", $1); print $2, $1}' | sort -rVu
}

# kbuild VERSION RELEASE: the name of the kbuild package, which has the series in it, or all of the release but the architecture
kbuild() {
    local name
    for name in "linux-kbuild-$LINUX_SERIES" "linux-kbuild-${2%-amd64}"; do
        apt-cache madison "$name" | awk -v version="$1" '$3 == version {found = 1} END {exit !found}' && { echo "$name"; return; }
    done
    return 1
}

# download VERSION RELEASE: all packages of one version, or failure
download() {
    local kbuild
    kbuild=$(kbuild "$1" "$2") || return 1
    rm -rf "$KIT/debs"
    mkdir -p "$KIT/debs"
    (cd "$KIT/debs" && apt-get -qq -o APT::Sandbox::User=root download \
        "linux-image-$2=$1" "linux-headers-$2=$1" "linux-headers-${2%-amd64}-common=$1" \
        "$kbuild=$1" "linux-source-$LINUX_SERIES=$1" < /dev/null)
}

fetch_newest() {
    local version release
    while read -r version release; do
        say "downloading Debian kernel $release, version $version (225 MB)"
        if download "$version" "$release"; then
            echo "$version" > "$KIT/version"
            echo "$release" > "$KIT/release"
            return 0
        fi
        say "version $version cannot be had as a whole"
    done < <(candidates)
    return 1
}

unpack() {
    local release deb
    release=$(cat "$KIT/release")
    # whatever was made of the files that go now has to be made of the new ones, also when they are of the same version
    rm -f "$KIT"/.made-*
    rm -rf "$KIT/packages" "$KIT/siw-source" "$KIT/share/lib"
    mkdir -p "$KIT/packages" "$KIT/siw-source" "$KIT/share/lib/modules"
    for deb in "$KIT"/debs/linux-{headers,kbuild}-*.deb; do
        dpkg-deb -x "$deb" "$KIT/packages"
    done
    dpkg-deb --fsys-tarfile "$KIT"/debs/linux-image-*.deb | tar -x -C "$KIT/packages" --wildcards \
        './boot/vmlinuz-*' './lib/modules/*/modules.*' './lib/modules/*/kernel/'{arch,crypto,fs,lib,net}'/*' \
        './lib/modules/*/kernel/drivers/'{char,infiniband,virtio}'/*' './lib/modules/*/kernel/drivers/net/'{virtio_net,net_failover}'.ko*'
    mv "$KIT/packages/lib/modules/$release" "$KIT/share/lib/modules/"
    # the source comes as an archive inside its package
    dpkg-deb --fsys-tarfile "$KIT"/debs/linux-source-*.deb | tar -x -O "./usr/src/linux-source-$LINUX_SERIES.tar.xz" |
        tar -x -J -C "$KIT/siw-source" --strip-components=5 "linux-source-$LINUX_SERIES/drivers/infiniband/sw/siw"
    rm -rf "$KIT/debs"
}

fetch_newest || { say "fetching new package lists"; apt-get update -q && fetch_newest; } ||
    die "no Debian kernel $LINUX_SERIES could be downloaded with image, headers, kbuild and source; is bookworm in the apt sources?"
unpack
