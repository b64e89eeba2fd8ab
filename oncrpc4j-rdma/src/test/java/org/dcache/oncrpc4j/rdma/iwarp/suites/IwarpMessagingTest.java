// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp.suites;

import org.dcache.oncrpc4j.rdma.verbs.MessagingSuite;

/** The provider suite over software iWARP, with CRC and large FPDUs. */
class IwarpMessagingTest extends MessagingSuite implements IwarpUnderTest {}
