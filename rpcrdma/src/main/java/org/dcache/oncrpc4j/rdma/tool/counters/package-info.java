// SPDX-License-Identifier: Apache-2.0
/** Reads the transport's counters with the JDK's own JMX, in programs that know nothing of the transport. */
package org.dcache.oncrpc4j.rdma.tool.counters;
