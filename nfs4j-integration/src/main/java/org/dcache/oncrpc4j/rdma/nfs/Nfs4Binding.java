// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs;

import org.dcache.oncrpc4j.rdma.spi.CallHeader;
import org.dcache.oncrpc4j.rdma.spi.CallPlan;
import org.dcache.oncrpc4j.rdma.spi.ResultVisitor;
import org.dcache.oncrpc4j.rdma.spi.XdrView;

/**
 * Binding of NFS version 4, minor versions 0 to 2 (RFC 8267, section 5). Stateless; any thread.
 *
 * <pre>
 *  arguments of COMPOUND:  tag | minor version | count | operation, its arguments | operation, its arguments | …
 *  results:       status | tag |                 count | operation, status, its results | …
 * </pre>
 *
 * <p>A walk goes from operation to operation by {@link Nfs4Operation} and stops at one that is not there: nothing behind it is eligible,
 * and the reply has no bound. In results it stops at the first operation that failed too, as servers do (RFC 8881, 16.2.3): so the n-th
 * READ or READLINK reported is the n-th that was called, and the chunks of all later ones stay unused [56].
 */
public final class Nfs4Binding extends NfsBinding {

    static final int VERSION = 4;
    static final int COMPOUND = 1;

    private static final int LAST_MINOR_VERSION = 2;
    /** Operations of a COMPOUND that are looked at to see what it is for. */
    private static final int LOOKED_AT = 8;
    private static final int SEQUENCE_ARGUMENTS = 16 + 4 * 4;

    public Nfs4Binding() {
        super("NFSv4", Nfs3Binding.PROGRAM, VERSION, VERSION);
    }

    @Override
    void arguments(int procedure, XdrWalk in, CallPlan plan) {
        if (procedure == COMPOUND && !arguments(in)) {
            plan.unreadableFrom(in.position());
            in.reply().unknown();
        }
    }

    /** Walks past COMPOUND4args; false when it stopped at something unknown. */
    static boolean arguments(XdrWalk in) {
        // Status, tag as it was sent, count.
        in.reply().add(4 + 4 + (in.opaque() + 3 & ~3) + 4);
        int minor = in.word();
        if (minor < 0 || minor > LAST_MINOR_VERSION) {
            return false;
        }
        for (long left = in.count(); left > 0; left--) {
            Nfs4Operation operation = Nfs4Operation.of(in.word());
            if (operation == null) {
                return false;
            }
            operation.arguments(in);
        }
        return true;
    }

    /** That of the first operation which does more than say in which session, and on which file. */
    @Override
    public String operation(CallHeader call, XdrView message, int offset) {
        if (call.procedure() != COMPOUND) {
            return "";
        }
        // Behind tag, minor version and count.
        int at = behind(message, offset) + 8;
        for (int i = 0; i < LOOKED_AT; i++) {
            Nfs4Operation operation = Nfs4Operation.of(message.getInt(at));
            if (operation == null) {
                return "";
            }
            at += 4;
            switch (operation) {
                case SEQUENCE -> at += SEQUENCE_ARGUMENTS;
                case PUTFH -> at = behind(message, at);
                case PUTROOTFH, PUTPUBFH, SAVEFH, RESTOREFH -> { }
                case READ, READ_PLUS -> {
                    return "READ";
                }
                case WRITE -> {
                    return "WRITE";
                }
                case GETATTR -> {
                    return "GETATTR";
                }
                case LOOKUP, LOOKUPP -> {
                    return "LOOKUP";
                }
                case READDIR -> {
                    return "READDIR";
                }
                default -> {
                    return "";
                }
            }
        }
        return "";
    }

    /** Where an opaque that starts here has ended. */
    private static int behind(XdrView message, int at) {
        long end = at + 4L + (Integer.toUnsignedLong(message.getInt(at)) + 3 & ~3L);
        if (end > message.length()) {
            throw new IndexOutOfBoundsException("an opaque ends at " + end + ", the message at " + message.length());
        }
        return (int) end;
    }

    @Override
    public void results(CallHeader call, XdrView message, int offset, ResultVisitor visitor) {
        if (call.procedure() == COMPOUND) {
            results(new XdrWalk(message, offset, visitor::eligible, null));
        }
    }

    /** Walks past COMPOUND4res; false when it stopped at an operation that failed or is unknown. */
    static boolean results(XdrWalk in) {
        in.word();
        in.opaque();
        for (long left = in.count(); left > 0; left--) {
            Nfs4Operation operation = Nfs4Operation.of(in.word());
            if (operation == null || in.word() != 0) {
                return false;
            }
            operation.results(in);
        }
        return true;
    }
}
