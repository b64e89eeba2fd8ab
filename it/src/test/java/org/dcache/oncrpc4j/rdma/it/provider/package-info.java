// SPDX-License-Identifier: Apache-2.0
/** Providers in JVMs of their own, with libraries that are missing or do nothing, or on the software device. */
package org.dcache.oncrpc4j.rdma.it.provider;
