// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export;

/** Limits of the server, most of which FSINFO or PATHCONF tell the client. Sizes are in bytes. */
final class Limits {

    /** Largest READ and WRITE. */
    static final int MAX_TRANSFER = 1 << 20;

    /** Preferred READDIR: the directory's attributes and some hundred entries. */
    static final int DIRECTORY_PREFERRED = 64 << 10;

    /** Largest READDIR and READDIRPLUS result, whatever the client asks for. */
    static final int DIRECTORY_MAX = 1 << 20;

    static final int MAX_LINKS = 32000;

    private Limits() {}
}
