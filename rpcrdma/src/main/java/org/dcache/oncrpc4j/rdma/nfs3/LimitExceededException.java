// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3;

import org.dcache.oncrpc4j.rpc.OncRpcException;

/** A length or count in a message is larger than what the protocol, or this implementation, allows. */
public final class LimitExceededException extends OncRpcException {

    private static final long serialVersionUID = 1L;

    LimitExceededException(String item, int got, int limit) {
        super(item + ": expected a length of at most " + limit + ", got " + Integer.toUnsignedString(got));
    }
}
