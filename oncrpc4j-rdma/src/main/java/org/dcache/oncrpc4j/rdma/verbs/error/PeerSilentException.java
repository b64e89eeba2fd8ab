// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs.error;

/** The peer did not answer what it has to answer whatever its programs do: it, or the way to it, is gone. */
public class PeerSilentException extends VerbsException {

    private static final long serialVersionUID = 1L;

    public PeerSilentException(String message) {
        super(message);
    }
}
