#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# rxe.sh ADDRESS[/24] [NETDEV [NAME]]: gives the cable to the other guest (eth1) that address, and makes an RDMA device there (rxe0): RoCEv2 in software.
set -e
address=$1 device=${2:-eth1}
ip link set "$device" up
ip address replace "${address%/*}/24" dev "$device"
modprobe -a ib_uverbs rdma_ucm rdma_cm rdma_rxe
rdma link add "${3:-rxe0}" type rxe netdev "$device"
rdma link
