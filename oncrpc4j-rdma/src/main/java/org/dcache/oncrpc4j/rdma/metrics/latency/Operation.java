// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.metrics.latency;

/** What a call is for, as far as the binding of its program tells; that of NFS's bindings, and few, since there is a histogram for each. */
public enum Operation {
    /** Nobody tells: a program without a binding, or RPCSEC_GSS that hides or protects the body. */
    UNNAMED,
    /** Procedure 0 of any program. */
    NULL,
    READ,
    WRITE,
    GETATTR,
    LOOKUP,
    /** With or without attributes. */
    READDIR,
    /** Another operation of a program that has a binding. */
    OTHER;

    /** What a binding calls so. */
    public static Operation named(String name) {
        return switch (name) {
            case "READ" -> READ;
            case "WRITE" -> WRITE;
            case "GETATTR" -> GETATTR;
            case "LOOKUP" -> LOOKUP;
            case "READDIR" -> READDIR;
            default -> OTHER;
        };
    }
}
