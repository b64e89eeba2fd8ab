// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3;

import org.dcache.oncrpc4j.rpc.OncRpcException;

/** An enumeration or union in a message has a value that RFC 1813 does not define. */
public final class UnknownValueException extends OncRpcException {

    private static final long serialVersionUID = 1L;

    public UnknownValueException(String type, int got) {
        super(type + ": got " + got + ", which RFC 1813 does not define");
    }
}
