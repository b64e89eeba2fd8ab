// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.bench;

/**
 * The RPC program that {@code rpcrdma bench} measures with. It is shaped like NFS: small arguments and one bulk item.
 *
 * <pre>
 *   READ arguments                     READ results, WRITE arguments
 *   +--------+--------+--------+       +--------+--------+--------+---------------+
 *   |       tag       | count  |       |       tag       | count  | data and pad  |
 *   +--------+--------+--------+       +--------+--------+--------+---------------+
 *   0                 8        12      0                 8        12
 *
 *   WRITE results: tag (hyper), count (unsigned int)
 * </pre>
 *
 * NULL has neither arguments nor results. The tag is chosen by the client for each call, is repeated in the reply, and stands in the data
 * too.
 */
public final class BenchProtocol {

    /** In the range that RFC 5531, section 8.3, leaves to users. */
    public static final int PROGRAM = 0x20000BEC;

    public static final int VERSION = 1;

    public static final int NULL = 0;
    public static final int READ = 1;
    public static final int WRITE = 2;

    /** Where the count word stands in READ arguments, READ results and WRITE arguments. */
    public static final int COUNT_OFFSET = 8;

    /** Where the data starts in READ results and WRITE arguments. */
    public static final int DATA_OFFSET = 12;

    /** Largest data item, bytes. */
    public static final int MAX_DATA = 16 << 20;

    private BenchProtocol() {}
}
