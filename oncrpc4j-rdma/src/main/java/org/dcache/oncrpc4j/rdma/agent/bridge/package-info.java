// SPDX-License-Identifier: Apache-2.0
/**
 * Between the hook, which speaks JDK types, and the service SPI. Its face is {@link ServiceBridge}, made by name for each loader of
 * oncrpc4j. Lives in the transport's loader, a child of OncRpcSvc's own; uses oncrpc4j, the hook, {@code spi} and {@code config}, and finds
 * the transport by ServiceLoader.
 */
package org.dcache.oncrpc4j.rdma.agent.bridge;
