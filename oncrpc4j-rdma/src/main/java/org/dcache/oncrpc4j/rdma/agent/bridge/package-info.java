// SPDX-License-Identifier: Apache-2.0
/** Between the hook, which speaks JDK types, and the service SPI. Lives in the transport's loader, a child of OncRpcSvc's own. */
package org.dcache.oncrpc4j.rdma.agent.bridge;
