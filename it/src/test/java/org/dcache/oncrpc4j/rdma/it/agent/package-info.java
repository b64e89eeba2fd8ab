// SPDX-License-Identifier: Apache-2.0
/**
 * The agent jar in JVMs of their own: what is woven, what is refused, in which loaders, with which releases, and what an application
 * catches.
 */
package org.dcache.oncrpc4j.rdma.it.agent;
