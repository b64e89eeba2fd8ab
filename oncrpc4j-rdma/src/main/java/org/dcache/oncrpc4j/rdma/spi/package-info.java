// SPDX-License-Identifier: Apache-2.0
/** What oncrpc4j lacks and the weave adds: a place for a transport provider, and upper-layer bindings. */
package org.dcache.oncrpc4j.rdma.spi;
