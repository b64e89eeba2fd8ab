// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import java.io.IOException;

/**
 * The protected body of an RPCSEC_GSS call belongs to another call than its header (RFC 2203, section 5.3.3.2); answered with GARBAGE_ARGS.
 */
final class GssSequenceException extends IOException {

    private static final long serialVersionUID = 1L;

    GssSequenceException(int expected, int got) {
        super("expected RPCSEC_GSS arguments of sequence number " + Integer.toUnsignedString(expected) + ", as the credential says; got "
                + Integer.toUnsignedString(got) + "; the call was put together from parts of others");
    }
}
