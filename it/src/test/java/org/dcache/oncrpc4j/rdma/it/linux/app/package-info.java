// SPDX-License-Identifier: Apache-2.0
/** Programs that tests run in a Linux guest, in a JVM with this module's test class path. */
package org.dcache.oncrpc4j.rdma.it.linux.app;
