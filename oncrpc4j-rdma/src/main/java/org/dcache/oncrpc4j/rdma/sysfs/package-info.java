// SPDX-License-Identifier: Apache-2.0
/**
 * What Linux says in its file system {@code sysfs} of the RDMA devices of this machine: {@link SysfsDevice}. For the providers that use
 * them; uses the JDK only.
 */
package org.dcache.oncrpc4j.rdma.sysfs;
