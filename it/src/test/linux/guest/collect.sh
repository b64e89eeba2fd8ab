#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# collect.sh: leaves in /out what the kernel knows at the end: its log and its counters.
dmesg > /out/dmesg.txt
{
    for file in /proc/net/rpc/nfsd /proc/net/rpc/nfs /proc/sys/sunrpc/svc_rdma/* /proc/sys/sunrpc/rdma_* /proc/self/mountstats; do
        [ -r "$file" ] || continue
        echo "== $file"
        cat "$file"
    done
    echo "== rdma resource"
    rdma resource show qp 2>&1
    echo "== TCP"
    nstat -az 'Tcp*' 2>&1
} > /out/counters.txt
