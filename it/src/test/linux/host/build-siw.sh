#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# build-siw.sh stock|crc|fixed: builds software iWARP, which Debian ships as source only, as a module outside the kernel tree.
#   stock  as it is: the reference
#   crc    siw asks for CRC in its MPA Requests (mpa_crc_required), and in its Replies too: by itself that constant does nothing
#          for a Request without the C bit
#   fixed  siw as responder looks at its socket once more after hooking it to the queue pair. The stock driver sends the MPA
#          Reply first, so a first FPDU that arrives in between lies unread until the next one comes.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../common.sh"

# replace FILE PATTERN SED-EXPRESSION: the expression must hit exactly one line
replace() {
    [ "$(grep -c -- "$2" "$1")" = 1 ] || die "siw variant $variant: ${1##*/} has not exactly one line '$2'; the driver has changed"
    sed -i "/$2/$3" "$1"
}

variant=$1
release=$(cat "$KIT/release")
headers=$KIT/packages/usr/src/linux-headers-$release
build=$KIT/build-$variant
rm -rf "$build"
cp -r "$KIT/siw-source" "$build"
case $variant in
    stock) ;;
    crc) replace "$build/siw_main.c" '^const bool mpa_crc_required;$' 's/;/ = true;/'
        replace "$build/siw_cm.c" 'if (req->params.bits & MPA_RR_FLAG_CRC) {' 's/if (/if (mpa_crc_required || /' ;;
    fixed) replace "$build/siw_cm.c" 'rv = siw_cm_upcall(cep, IW_CM_EVENT_ESTABLISHED, 0);' \
        'a if (!rv \&\& cep->sock) { struct sock *sk = cep->sock->sk; lock_sock(sk); siw_qp_llp_data_ready(sk); release_sock(sk); }' ;;
    *) die "no siw variant '$variant'" ;;
esac
# the shipped Makefile names the place where the package would be installed
echo "include ${headers%-amd64}-common/Makefile" > "$headers/Makefile"
# the headers of 6.12 hold a vmlinux, and kbuild would call pahole for it
make -s -C "$headers" M="$build" CONFIG_RDMA_SIW=m CONFIG_DEBUG_INFO_BTF_MODULES= -j"$(nproc)" modules > "$KIT/build-$variant.log" 2>&1 ||
    die "siw variant $variant does not build, see $KIT/build-$variant.log: $(grep -m1 -i error "$KIT/build-$variant.log")"
strip --strip-debug -o "$KIT/share/siw/$variant.ko" "$build/siw.ko"
rm -rf "$build"
