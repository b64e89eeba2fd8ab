#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# siw.sh [stock|crc|fixed]: loads that variant of the driver and makes the guest's one RDMA device, on eth0.
# One device only: several confuse rdma_cm for wildcard listeners. Not on lo: address resolution ends in ENOENT there.
set -e
modprobe -a ib_uverbs rdma_ucm rdma_cm iw_cm libcrc32c
insmod "/kit/siw/${1:-stock}.ko"
rdma link add siw0 type siw netdev eth0
rdma link
