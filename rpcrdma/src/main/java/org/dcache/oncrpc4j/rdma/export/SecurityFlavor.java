// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export;

import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.rpc.gss.RpcAuthGss;
import org.dcache.oncrpc4j.rpc.gss.RpcGssService;

/**
 * How callers prove who they are, under the names of Linux's option {@code sec=}; with the numbers that MOUNT tells clients (RFC 2623,
 * section 2.7).
 */
public enum SecurityFlavor {

    /** AUTH_SYS, and AUTH_NONE: not at all. */
    SYS(1),
    /** Kerberos: who calls is proved, arguments and results can be read and changed on the way. */
    KRB5(390003),
    /** Kerberos with integrity: they cannot be changed. */
    KRB5I(390004),
    /** Kerberos with privacy: nor be read. */
    KRB5P(390005);

    private final int number;

    SecurityFlavor(int number) {
        this.number = number;
    }

    int number() {
        return number;
    }

    /** What a call that was let in came with. */
    static SecurityFlavor of(RpcCall call) {
        if (!(call.getCredential() instanceof RpcAuthGss gss)) {
            return SYS;
        }
        return switch (gss.getService()) {
            case RpcGssService.RPC_GSS_SVC_INTEGRITY -> KRB5I;
            case RpcGssService.RPC_GSS_SVC_PRIVACY -> KRB5P;
            default -> KRB5;
        };
    }
}
