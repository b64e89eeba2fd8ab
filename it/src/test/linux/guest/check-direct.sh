#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# check-direct.sh DIRECTORY: O_DIRECT, append, truncate, holes, overwriting in the middle, two writers on one file; each compared with the same done in /tmp.
set -e
mkdir -p "$1"
head -c 6000000 /dev/urandom > /tmp/direct
for size in 4096 65536 1048576; do
    total=$((size * (size < 1048576 ? 32 : 4)))
    dd if=/tmp/direct of="$1/direct-$size" bs=$size oflag=direct conv=notrunc iflag=fullblock count=$((total / size)) status=none
    dd if="$1/direct-$size" of=/tmp/back bs=$size iflag=direct status=none
    cmp <(head -c $total /tmp/direct) /tmp/back
done
for file in "$1/edited" /tmp/edited; do
    rm -f "$file"
    head -c 100001 /tmp/direct > "$file"
    tail -c 4097 /tmp/direct >> "$file"
    truncate -s 70003 "$file"
    truncate -s 300000 "$file"
    dd if=/tmp/direct of="$file" bs=3333 oflag=seek_bytes seek=12345 count=1 conv=notrunc status=none
    dd if=/tmp/direct of="$file" bs=4096 seek=100 count=3 conv=notrunc status=none
done
sync -f "$1"
echo 3 > /proc/sys/vm/drop_caches
cmp "$1/edited" /tmp/edited
# two writers, each its own half
: > "$1/shared"
dd if=/tmp/direct of="$1/shared" bs=65536 count=32 oflag=direct conv=notrunc iflag=fullblock status=none &
dd if=/tmp/direct of="$1/shared" bs=65536 count=32 skip=32 seek=32 oflag=direct conv=notrunc iflag=fullblock status=none
wait $!
echo 3 > /proc/sys/vm/drop_caches
cmp <(head -c 4194304 /tmp/direct) "$1/shared"
