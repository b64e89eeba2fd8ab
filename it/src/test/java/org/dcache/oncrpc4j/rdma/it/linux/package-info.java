// SPDX-License-Identifier: Apache-2.0
/**
 * Scenarios with Linux kernels in QEMU: their NFS clients and servers, siw and rxe. What boots and drives the guests is in {@code harness};
 * docs/linux-lab.md says how to run one.
 */
package org.dcache.oncrpc4j.rdma.it.linux;
