// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs;

import java.util.Map;

/**
 * An XDR type (RFC 4506) as something to walk past. Tables of operations are made of these. Immutable; any thread. Each takes a word at
 * least, or is of fixed size, so that a walk past a list ends where the message does, whatever its count says.
 */
@FunctionalInterface
interface XdrType {

    XdrType VOID = in -> { };

    /** A counted opaque or string. */
    XdrType OPAQUE = XdrWalk::opaque;

    /** An opaque whose data is DDP-eligible. */
    XdrType DATA = XdrWalk::data;

    /** An opaque that clients in the field move though it is not eligible. */
    XdrType MOVABLE = XdrWalk::movable;

    void pass(XdrWalk in);

    /** Something of fixed size, a multiple of 4. */
    static XdrType bytes(int count) {
        return in -> in.skip(count);
    }

    static XdrType struct(XdrType... fields) {
        return in -> {
            for (XdrType field : fields) {
                field.pass(in);
            }
        };
    }

    /** A counted array of something that is not void. */
    static XdrType list(XdrType element) {
        return in -> {
            for (long left = in.count(); left > 0; left--) {
                element.pass(in);
            }
        };
    }

    /** A linked list: each element and the end have a flag before them. */
    static XdrType chain(XdrType element) {
        return in -> {
            while (in.flag()) {
                element.pass(in);
            }
        };
    }

    /** A union over a flag, void when it is false; also an optional item. */
    static XdrType optional(XdrType present) {
        return in -> {
            if (in.flag()) {
                present.pass(in);
            }
        };
    }

    /** A union that is void for all other discriminants. */
    static XdrType union(Map<Integer, XdrType> arms) {
        return union(arms, VOID);
    }

    static XdrType union(Map<Integer, XdrType> arms, XdrType otherwise) {
        return in -> arms.getOrDefault(in.word(), otherwise).pass(in);
    }
}
