#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# mount-nfs.sh VERSION rdma|tcp PORT PATH DIRECTORY [OPTIONS]: mounts an export of the host. PORT is that of the transport; v3 wants mountport=N among the
# OPTIONS, since no rpcbind is asked. SERVER is the host's name if the mount needs one. retry=0: a refused mount fails at once instead of being repeated for two minutes.
set -e
version=$1 transport=$2 port=$3 path=$4 directory=$5
options=vers=$version,port=$port,retry=0
case $transport in
    rdma) options+=,rdma ;;
    tcp) options+=,proto=tcp ;;
esac
# no lock manager runs here; MOUNT goes by TCP whatever NFS does
[ "$version" = 3 ] && options+=,nolock,mountproto=tcp
mkdir -p "$directory"
mount -t nfs -o "$options${6:+,$6}" "${SERVER:-10.0.2.2}:$path" "$directory"
