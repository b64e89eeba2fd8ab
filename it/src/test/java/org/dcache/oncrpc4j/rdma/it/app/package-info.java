// SPDX-License-Identifier: Apache-2.0
/**
 * Ordinary oncrpc4j programs that the tests start. They are packed into a jar of their own, which is all that is on their class path beside
 * oncrpc4j.
 */
package org.dcache.oncrpc4j.rdma.it.app;
