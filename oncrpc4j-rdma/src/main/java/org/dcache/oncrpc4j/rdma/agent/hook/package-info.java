// SPDX-License-Identifier: Apache-2.0
/** What woven bytecode calls. Lives in the bootstrap loader, knows the JDK and nothing else. */
package org.dcache.oncrpc4j.rdma.agent.hook;
