#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# knfsd.sh: the kernel's NFS server, versions 3 to 4.2, on TCP 2049 and RDMA 20049; exports a tmpfs as /export (v3) and / (v4).
# mountd listens on TCP and UDP 20048.
set -e
modprobe -a nfsd rpcrdma
mount -t nfsd nfsd /proc/fs/nfsd
# Must be set before the first thread starts; by default it depends on the guest's memory.
echo 1048576 > /proc/fs/nfsd/max_block_size
mkdir -p /var/lib/nfs/rpc_pipefs /var/lib/nfs/nfsdcld /var/lib/nfs/v4recovery /run/rpcbind /run/lock /export
mount -t rpc_pipefs rpc_pipefs /var/lib/nfs/rpc_pipefs
mount -t tmpfs -o mode=777 tmpfs /export
# A tmpfs has no identity of its own, so it needs an fsid; 0 makes it the root of v4.
echo '/export *(rw,async,no_root_squash,insecure,no_subtree_check,fsid=0)' > /etc/exports
: > /var/lib/nfs/etab
: > /var/lib/nfs/rmtab
rpcbind -w
rpc.statd --no-notify
exportfs -ra
nfsdcld
rpc.nfsd --grace-time 10 --lease-time 10 --rdma=20049 8
# No client can have state from before: without this, v4 OPENs would be refused for the grace period.
echo Y > /proc/fs/nfsd/v4_end_grace
rpc.mountd --port 20048
cat /proc/fs/nfsd/portlist
