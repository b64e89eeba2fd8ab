// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.app.failures;

/** What is tried at one place. In a thread of its own; what it throws is what an application sees there. */
interface Attempt {

    void run() throws Throwable;
}
