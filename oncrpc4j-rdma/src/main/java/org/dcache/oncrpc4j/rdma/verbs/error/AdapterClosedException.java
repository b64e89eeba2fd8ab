// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs.error;

/** The adapter was closed or removed while its connections were in use. */
public class AdapterClosedException extends VerbsException {

    private static final long serialVersionUID = 1L;

    public AdapterClosedException(String message) {
        super(message);
    }
}
