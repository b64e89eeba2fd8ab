// SPDX-License-Identifier: Apache-2.0
/** What Linux says in its file system {@code sysfs} of the RDMA devices of this machine; for the providers that use them. */
package org.dcache.oncrpc4j.rdma.sysfs;
