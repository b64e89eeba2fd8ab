// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt.error;

import java.io.EOFException;

/** A call was given up by its caller, who has been told why, before it was sent. */
public class CallWithdrawnException extends EOFException {

    private static final long serialVersionUID = 1L;

    public CallWithdrawnException(int xid) {
        super("the call with xid " + Integer.toHexString(xid) + " was given up before it was sent");
    }
}
