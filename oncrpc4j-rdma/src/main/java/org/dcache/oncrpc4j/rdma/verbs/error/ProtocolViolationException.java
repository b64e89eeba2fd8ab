// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs.error;

/**
 * The peer broke the provider's protocol and the connection was ended for it. On iWARP layer, type and code are those of the
 * Terminate that was sent (RFC 5040, 4.8; RFC 5041, 7; RFC 5044, 8); elsewhere -1.
 */
public class ProtocolViolationException extends TerminatedException {

    private static final long serialVersionUID = 1L;

    public ProtocolViolationException(String message, int layer, int type, int code) {
        super(message, layer, type, code);
    }

    public ProtocolViolationException(String message) {
        this(message, -1, -1, -1);
    }
}
