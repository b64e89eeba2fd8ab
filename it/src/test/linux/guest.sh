#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# guest.sh OUT [HOSTPORT:GUESTPORT ...]: boots a Linux guest. It says "ready"; each line on standard input is then a shell
# command for it (see guest/agent.sh), and the end of standard input is its end. OUT is its /out and gets console.log. Connections to
# 127.0.0.1:HOSTPORT reach the guest's TCP port GUESTPORT; the guest reaches this machine's 127.0.0.1 as 10.0.2.2.
# GUEST_LINK=OWN:PEER adds eth1, a cable to the guest that has the same two socket files the other way round: what goes from guest to guest and
# is not TCP needs it. GUEST_MEMORY (MiB, 2048), GUEST_LIMIT (seconds until it is ended by force, 1800). prepare.sh must have been run.
set -euo pipefail
here=$(cd "$(dirname "$(readlink -f "$0")")" && pwd)
. "$here/common.sh"
[ -f "$KIT/initramfs.cpio" ] || die "no kernel is prepared; run $here/prepare.sh"

mkdir -p "$1"
out=$(readlink -f "$1")
shift
network=user,id=net
for forward in "$@"; do
    network+=,hostfwd=tcp:127.0.0.1:${forward%:*}-10.0.2.15:${forward#*:}
done

options=(
    -nodefaults -no-user-config -no-reboot -display none -m "${GUEST_MEMORY:-2048}" -smp 2
    # Nehalem, not max: the kernel and libc would choose AVX2 code, which is slower than SSE when emulated
    -machine q35 -accel "tcg,thread=multi" -cpu Nehalem -device virtio-rng-pci
    -netdev "$network" -device virtio-net-pci,netdev=net
    -serial "file:${out//,/,,}/console.log"
    -device virtio-serial-pci -chardev stdio,id=control,signal=off -device virtserialport,chardev=control,name=control
)
if [ -n "${GUEST_LINK:-}" ]; then
    own=${GUEST_LINK%:*} peer=${GUEST_LINK##*:}
    [[ $own < $peer ]] && mac=52:54:00:00:01:01 || mac=52:54:00:00:01:02
    options+=(-netdev "dgram,id=link,local.type=unix,local.path=${own//,/,,},remote.type=unix,remote.path=${peer//,/,,}"
        -device "virtio-net-pci,netdev=link,mac=$mac")
fi
directory() { # directory NAME PATH READONLY
    options+=(-fsdev "local,id=$1,path=${2//,/,,},security_model=none,multidevs=remap,readonly=$3"
        -device "virtio-9p-pci,fsdev=$1,mount_tag=$1")
}
directory root / on
directory guest "$here/guest" on
directory kit "$KIT/share" on
directory out "$out" off

# A kernel fault ends the guest (oops=panic, panic=-1: reset at once). The watchdogs for stalls are off: an emulated CPU on a busy
# machine stalls for honest reasons.
words=(console=ttyS0 loglevel=5 panic=-1 oops=panic nowatchdog rcupdate.rcu_cpu_stall_suppress=1 rcupdate.rcu_expedited=1
    tsc=reliable no_timer_check nokaslr mitigations=off audit=0 selinux=0 apparmor=0 net.ifnames=0 cryptomgr.notests
    random.trust_cpu=on 8250.nr_uarts=1)
exec timeout --foreground -k 5 "${GUEST_LIMIT:-1800}" qemu-system-x86_64 "${options[@]}" \
    -kernel "$KIT/vmlinux" -initrd "$KIT/initramfs.cpio" -append "${words[*]}"
