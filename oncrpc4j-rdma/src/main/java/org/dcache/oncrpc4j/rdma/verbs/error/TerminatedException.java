// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs.error;

/**
 * A connection that was ended for an error that has a number in the provider's protocol: on iWARP layer, type and code of the Terminate; -1
 * where there is none.
 */
public abstract class TerminatedException extends VerbsException {

    private static final long serialVersionUID = 1L;

    private final int layer;
    private final int type;
    private final int code;

    TerminatedException(String message, int layer, int type, int code) {
        super(message);
        this.layer = layer;
        this.type = type;
        this.code = code;
    }

    public final int layer() {
        return layer;
    }

    public final int type() {
        return type;
    }

    public final int code() {
        return code;
    }
}
