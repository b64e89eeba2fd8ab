// SPDX-License-Identifier: Apache-2.0
/**
 * Whole systems: the tool as a user runs it, and below it services, providers, NFS and Linux kernels, each in several JVMs or guests.
 * {@code Tool} runs {@code bin/rpcrdma}.
 */
package org.dcache.oncrpc4j.rdma.it;
