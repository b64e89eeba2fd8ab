#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Process 1 of the guest. Sets up mounts and the network, says "ready" on the control port (a virtio serial port that is QEMU's standard
# input and output), then runs the lines that come in, one after another, as shell commands.
# After a command's output comes a line of its own with the byte 04 and its exit status. When the host's end is closed, for
# whatever reason, the guest ends at once, also in the middle of a command.
export PATH=/guest:/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp LANG=C.UTF-8
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /tmp
ln -sf /proc/self/fd /dev/fd
mkdir -p /lib/modules
mount --bind /kit/lib/modules /lib/modules

hostname guest
echo "127.0.0.1 localhost guest" > /etc/hosts
ip link set lo up
ip link set eth0 up
# the addresses of QEMU's user network: the guest, and the host as the guest sees it
ip address add 10.0.2.15/24 dev eth0
ip route add default via 10.0.2.2

end() {
    echo b > /proc/sysrq-trigger # a reset, which ends QEMU (-no-reboot)
    sleep 60
}

worker() {
    local command
    while IFS= read -r command; do
        (eval "$command") < /dev/null >&3 2>&1 3>&-
        printf '\n\004%d\n' $? >&3
    done
}

cd /tmp || end
port=$(grep -lx control /sys/class/virtio-ports/*/name)
port=${port%/name}
exec 3<> "/dev/${port##*/}" || end
# A write to the port blocks for good once the host's end is closed. So one process runs the commands, and this one only reads.
exec 4> >(worker)
echo ready >&3
while IFS= read -r command <&3; do
    printf '%s\n' "$command" >&4
done
end
