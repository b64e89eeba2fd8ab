#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# install-packages.sh LIST: installs the Debian packages named in LIST (one per line, # comments) that are missing.
# Needs root for that; anybody else is told what is missing. No daemon of theirs is started on this machine.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../common.sh"

missing=()
while read -r package; do
    case $package in '' | '#'*) continue ;; esac
    dpkg-query -W -f '${db:Status-Status}' "$package" 2> /dev/null | grep -qx installed || missing+=("$package")
done < "$1"
[ ${#missing[@]} -gt 0 ] || exit 0

install="apt-get install -y --no-install-recommends ${missing[*]}"
[ "$(id -u)" = 0 ] || die "Debian packages are missing; as root: $install"

# invoke-rc.d asks this file before it starts a service; 101 means "not allowed"
guard=/usr/sbin/policy-rc.d
if [ ! -e $guard ]; then
    printf '#!/bin/sh\nexit 101\n' > $guard
    chmod 755 $guard
    trap 'rm -f $guard' EXIT
fi
export DEBIAN_FRONTEND=noninteractive
say "installing ${missing[*]}"
apt-get install -qqy --no-install-recommends "${missing[@]}" < /dev/null && exit 0
say "once more, with new package lists"
apt-get update -q && apt-get install -qqy --no-install-recommends "${missing[@]}" < /dev/null || die "apt-get could not install: ${missing[*]}"
