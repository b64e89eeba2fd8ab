// SPDX-License-Identifier: Apache-2.0
/** Looks into the agent jar, as it was assembled. */
package org.dcache.oncrpc4j.rdma.assembly;
