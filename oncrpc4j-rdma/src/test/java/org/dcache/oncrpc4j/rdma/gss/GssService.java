// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.gss;

/** What RPCSEC_GSS does with arguments and results (RFC 2203, section 5.3.1): krb5, krb5i, krb5p of a mount. */
public enum GssService {
    NONE, INTEGRITY, PRIVACY;

    int number() {
        return ordinal() + 1;
    }

    /** Name of the mount option. */
    public String flavor() {
        return switch (this) {
            case NONE -> "krb5";
            case INTEGRITY -> "krb5i";
            case PRIVACY -> "krb5p";
        };
    }
}
