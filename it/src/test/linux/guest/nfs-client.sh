#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# nfs-client.sh: makes the kernel's NFS client ready. A slow emulated machine must not look like a lossy one: v3 waits for a minute.
set -e
modprobe -a nfs nfsv3 nfsv4 rpcrdma
