// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs.error;

/** The peer ended the connection because of an error that it saw; on iWARP a received Terminate (RFC 5040, 4.8). */
public class PeerTerminatedException extends TerminatedException {

    private static final long serialVersionUID = 1L;

    public PeerTerminatedException(String message, int layer, int type, int code) {
        super(message, layer, type, code);
    }
}
