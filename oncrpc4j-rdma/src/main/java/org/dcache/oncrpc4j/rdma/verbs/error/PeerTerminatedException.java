// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs.error;

/** The peer ended the connection because of an error that it saw; on iWARP a received Terminate (RFC 5040, 4.8). */
public class PeerTerminatedException extends VerbsException {

    private static final long serialVersionUID = 1L;

    private final int layer;
    private final int type;
    private final int code;

    public PeerTerminatedException(String message, int layer, int type, int code) {
        super(message);
        this.layer = layer;
        this.type = type;
        this.code = code;
    }

    public int layer() {
        return layer;
    }

    public int type() {
        return type;
    }

    public int code() {
        return code;
    }
}
