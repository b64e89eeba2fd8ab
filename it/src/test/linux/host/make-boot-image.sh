#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# make-boot-image.sh INIT: the two files QEMU boots.
#   vmlinux         taken out of vmlinuz, so that the emulated CPU need not unpack it
#   initramfs.cpio  busybox, INIT, and the modules without which the guest's root cannot be reached
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../common.sh"
release=$(cat "$KIT/release")

# The kernel's x86 boot protocol: setup_sects is a byte at 0x1f1, payload_offset and payload_length are 32 bits at 0x248. The payload
# is an xz (6.1) or zstd (6.12) stream, followed by the unpacked length (4 bytes, inside payload_length).
image=$KIT/packages/boot/vmlinuz-$release
number() { od -A n -j "$1" -N "$2" -t "u$2" "$image" | tr -d ' '; }
start=$((($(number 0x1f1 1) + 1) * 512 + $(number 0x248 4)))
length=$(($(number 0x24c 4) - 4))
case $(od -A n -j $start -N 4 -t x1 "$image" | tr -d ' ') in
    fd377a58) unpack=(xz -dc) ;;
    28b52ffd) unpack=(zstd -dcq) ;;
    *) die "the kernel in $image is packed in a way that this script does not know" ;;
esac
head -c $((start + length)) "$image" | tail -c $length | "${unpack[@]}" > "$KIT/vmlinux" ||
    die "cannot unpack the kernel out of $image"

find "$KIT/share/lib/modules/$release" -name '*.ko.xz' -exec xz -d {} +
# modules that were left out are missed by some that stayed; nobody loads those
depmod -b "$KIT/share" "$release" 2>&1 | grep -v 'needs unknown symbol' >&2 || true

tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree"/{bin,proc,dev,host,tmp,root,modules}
cp "$1" "$tree/init"
chmod 755 "$tree/init"
cp "$(command -v busybox)" "$tree/bin/busybox"
order=0
for module in virtio_pci 9pnet_virtio 9p overlay virtio_net virtio_console; do
    while read -r action file _; do
        [ "$action" = insmod ] || continue
        compgen -G "$tree/modules/*-${file##*/}" > /dev/null && continue
        order=$((order + 1))
        cp "$file" "$tree/modules/$(printf '%02d' $order)-${file##*/}"
    done < <(modprobe -d "$KIT/share" -S "$release" --show-depends "$module")
done
(cd "$tree" && find . | cpio -o -H newc --quiet) > "$KIT/initramfs.cpio"
