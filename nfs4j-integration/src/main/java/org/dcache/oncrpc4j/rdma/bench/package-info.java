// SPDX-License-Identifier: Apache-2.0
/** The measuring program's protocol and its upper-layer binding; in the agent jar, so that the transport knows the program. */
package org.dcache.oncrpc4j.rdma.bench;
