// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.spi;

/**
 * An upper-layer binding (RFC 8166, section 6): which data items of a program's calls and replies may be moved by direct data placement,
 * and how large its replies can get. Found by {@link java.util.ServiceLoader}; stateless; called by any thread, often on hot paths.
 *
 * <p>Programs without one work too: nothing is moved, long calls and replies carry what does not fit inline. It is never
 * asked about a call whose security flavor forbids direct placement (RPCSEC_GSS integrity and privacy).
 *
 * <p>A walk must survive any bytes: it reads through {@link XdrView}, which throws {@link IndexOutOfBoundsException} beyond the end;
 * the transport then treats the message as one without eligible items.
 */
public interface UpperLayerBinding {

    /** For logs, for example {@code NFSv3}. */
    String name();

    boolean covers(int program, int version);

    /**
     * Walks the arguments of a call.
     *
     * @param call whose arguments these are
     * @param message the whole RPC message, from the xid on
     * @param offset where the arguments start
     * @param plan takes the findings
     */
    void call(CallHeader call, XdrView message, int offset, CallPlan plan);

    /**
     * Walks the results of an accepted, successful reply, in order.
     *
     * @param call the call that it answers
     * @param message the whole RPC message, from the xid on; at the requester, data that came by Write chunks is missing in it
     * @param offset where the results start
     * @param visitor told of each eligible item
     */
    void results(CallHeader call, XdrView message, int offset, ResultVisitor visitor);

    /**
     * What a call is for, to show its latency under: {@code READ}, {@code WRITE}, {@code GETATTR}, {@code LOOKUP} or {@code READDIR};
     * anything else is one of the others. Not asked for procedure 0. Quick: of a call of many parts, by the first that says it.
     *
     * @param call the call
     * @param message the whole RPC message, from the xid on
     * @param offset where the arguments start
     */
    default String operation(CallHeader call, XdrView message, int offset) {
        return "";
    }
}
