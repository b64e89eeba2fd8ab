// SPDX-License-Identifier: Apache-2.0
/** Plants bugs in the sources and sees the named test fail. See docs/testing.md. */
package org.dcache.oncrpc4j.rdma.planted;
