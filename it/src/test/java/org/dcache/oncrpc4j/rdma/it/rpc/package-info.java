// SPDX-License-Identifier: Apache-2.0
/** Tests that use oncrpc4j as a program would, in a JVM that has the agent (tag {@code over-rdma}). */
package org.dcache.oncrpc4j.rdma.it.rpc;
