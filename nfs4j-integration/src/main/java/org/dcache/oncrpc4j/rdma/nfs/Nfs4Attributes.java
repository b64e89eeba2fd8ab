// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs;

/**
 * How large the attributes can get that a bitmap asks for (RFC 7531, RFC 5662, RFC 7863, RFC 8276). ACLs, locations, layout hints, security
 * labels and everything unknown have no bound (RFC 8267, 5.2).
 */
final class Nfs4Attributes {

    private static final int NO_BOUND = -1;
    private static final int NAME = Nfs4Types.MAX_PRINCIPAL;
    /** A list of layout types; 64 of them. */
    private static final int LAYOUTS = 4 + 64 * 4;
    private static final int BITS = Nfs4Types.MAX_BITMAP;
    private static final int TIME = 12;
    private static final int RETENTION = 8 + 4 + TIME;

    /** By attribute number, in lines of eight. */
    private static final int[] SIZES = {
        BITS, 4, 4, 8, 8, 4, 4, 4,
        16, 4, 4, 4, NO_BOUND, 4, 4, 4,
        4, 4, 4, Nfs4Types.MAX_HANDLE, 8, 8, 8, 8,
        NO_BOUND, 4, 4, 8, 4, 4, 8, 8,
        NAME, 4, 4, 4, NAME, NAME, 8, 8,
        8, 8, 8, 8, 8, 8, 4, TIME,
        NO_BOUND, TIME, TIME, TIME, TIME, TIME, NO_BOUND, 8,
        TIME, TIME, NO_BOUND, NO_BOUND, 16, NO_BOUND, LAYOUTS, NO_BOUND,
        LAYOUTS, 4, 4, NO_BOUND, NO_BOUND, RETENTION, NO_BOUND, RETENTION,
        NO_BOUND, 8, NO_BOUND, BITS, 4, 4, 8, 4,
        NO_BOUND, 8, 4,
    };

    private Nfs4Attributes() {}

    /** Walks past the bitmap that asks for attributes, and adds the fattr4 that answers it to the reply: bitmap, count, attributes. */
    static void asked(XdrWalk in) {
        ReplyBound reply = in.reply();
        long words = in.count();
        reply.add(Nfs4Types.MAX_BITMAP + 4);
        for (long word = 0; word < words; word++) {
            int bits = in.word();
            while (bits != 0) {
                int bit = Integer.numberOfTrailingZeros(bits);
                bits &= bits - 1;
                long attribute = word * Integer.SIZE + bit;
                if (attribute >= SIZES.length || SIZES[(int) attribute] == NO_BOUND) {
                    reply.unknown();
                } else {
                    reply.add(SIZES[(int) attribute]);
                }
            }
        }
    }
}
