// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.spi;

/** Which procedure is called. */
public record CallHeader(int program, int version, int procedure) {}
