// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export;

import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.rpc.gss.RpcAuthGss;
import org.dcache.oncrpc4j.rpc.gss.RpcGssService;

/**
 * How callers prove who they are. Names are those of Linux's mount option {@code sec=}, numbers those that MOUNT tells clients (RFC 2623,
 * sections 2.7 and 4.2).
 */
public enum SecurityFlavor {

    /** AUTH_SYS, where the client just says so, and AUTH_NONE. */
    SYS(1),
    /** Kerberos: callers are authenticated; arguments and results can be read and changed on the network. */
    KRB5(390003),
    /** Kerberos with integrity: arguments and results cannot be changed. */
    KRB5I(390004),
    /** Kerberos with privacy: arguments and results cannot be read either. */
    KRB5P(390005);

    private final int number;

    SecurityFlavor(int number) {
        this.number = number;
    }

    int number() {
        return number;
    }

    /** The flavor of a call; any credential other than RPCSEC_GSS counts as SYS. */
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
