// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs.error;

/** The peer does not go on with what it has begun, and holds memory of ours meanwhile, though it may well be there. */
public class PeerStalledException extends VerbsException {

    private static final long serialVersionUID = 1L;

    public PeerStalledException(String message) {
        super(message);
    }
}
