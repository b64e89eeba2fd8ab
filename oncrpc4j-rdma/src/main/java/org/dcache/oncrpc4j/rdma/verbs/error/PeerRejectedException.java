// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs.error;

/** The peer is there but refuses the connection; it may have said why in its private data. */
public class PeerRejectedException extends VerbsException {

    private static final long serialVersionUID = 1L;

    private final byte[] privateData;

    public PeerRejectedException(String message, byte[] privateData) {
        super(message);
        this.privateData = privateData.clone();
    }

    public byte[] privateData() {
        return privateData.clone();
    }
}
