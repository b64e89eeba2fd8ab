# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Sourced by the host's scripts: where things lie, and how they speak.
#
#   KIT       everything fetched or built; may be deleted at any time
#   KIT/version, KIT/release   Debian version and `uname -r` of the kernel that was fetched
#   KIT/packages/              the unpacked packages: headers, boot image
#   KIT/siw-source/            drivers/infiniband/sw/siw of the same version
#   KIT/share/                 what the guest mounts: lib/modules/RELEASE, siw/{stock,crc,fixed}.ko
#   KIT/vmlinux, KIT/initramfs.cpio   what QEMU boots

# 6.1 is Debian 12's own kernel, 6.12 comes with its security updates.
LINUX_SERIES=${ONCRPC4J_RDMA_KERNEL:-6.1}
KIT=${ONCRPC4J_RDMA_LINUX:-${XDG_CACHE_HOME:-$HOME/.cache}/oncrpc4j-rdma/linux}/$LINUX_SERIES

say() { echo "linux: $*"; }
die() { echo "linux: FAILED: $*" >&2; exit 1; }
