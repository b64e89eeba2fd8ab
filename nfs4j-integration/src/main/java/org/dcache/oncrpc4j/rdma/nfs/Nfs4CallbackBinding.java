// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs;

import static org.dcache.oncrpc4j.rdma.nfs.Nfs4Types.BITMAP;
import static org.dcache.oncrpc4j.rdma.nfs.Nfs4Types.DELEGATION;
import static org.dcache.oncrpc4j.rdma.nfs.Nfs4Types.OWNER;
import static org.dcache.oncrpc4j.rdma.nfs.Nfs4Types.STATEID;
import static org.dcache.oncrpc4j.rdma.nfs.Nfs4Types.WRITE_RESPONSE;
import static org.dcache.oncrpc4j.rdma.nfs.XdrType.OPAQUE;
import static org.dcache.oncrpc4j.rdma.nfs.XdrType.bytes;
import static org.dcache.oncrpc4j.rdma.nfs.XdrType.list;
import static org.dcache.oncrpc4j.rdma.nfs.XdrType.struct;
import static org.dcache.oncrpc4j.rdma.nfs.XdrType.union;

import java.util.Map;
import org.dcache.oncrpc4j.rdma.spi.CallPlan;

/**
 * Binding of NFSv4.1's callbacks (RFC 8267, 5.5): nothing is eligible, and replies are small, so that calls in backward direction need no
 * chunks [51]. Stateless; any thread.
 *
 * <p>The program number is the client's choice. This covers the one that the protocol's XDR has and that Linux uses, in the range which is
 * free for anybody: so a call is taken for a CB_COMPOUND only when it begins with CB_SEQUENCE and ends where its last operation does.
 * Version 4.0 has no callbacks over RDMA [62].
 */
public final class Nfs4CallbackBinding extends NfsBinding {

    static final int PROGRAM = 0x40000000;
    static final int VERSION = 1;

    static final int CB_COMPOUND = 1;
    static final int CB_GETATTR = 3;
    static final int CB_SEQUENCE = 11;

    /** Session, sequence, slot, highest slot, target slot. */
    private static final int SEQUENCE_RESULT = 16 + 4 * 4;

    private static final XdrType NOTIFICATIONS = list(struct(BITMAP, OPAQUE));

    private static final Map<Integer, XdrType> ARGUMENTS = Map.ofEntries(
            Map.entry(CB_GETATTR, struct(OPAQUE, Nfs4Attributes::asked)),
            Map.entry(4, struct(STATEID, bytes(4), OPAQUE)),                                            // CB_RECALL
            Map.entry(5, struct(bytes(4 + 4 + 4),                                                       // CB_LAYOUTRECALL
                    union(Map.of(1, struct(OPAQUE, bytes(8 + 8 + 16)), 2, bytes(16))))),
            Map.entry(6, struct(STATEID, OPAQUE, NOTIFICATIONS)),                                       // CB_NOTIFY
            Map.entry(7, struct(OPAQUE, DELEGATION)),                                                   // CB_PUSH_DELEG
            Map.entry(8, struct(bytes(4), BITMAP)),                                                     // CB_RECALL_ANY
            Map.entry(9, struct(bytes(4), BITMAP)),                                                     // CB_RECALLABLE_OBJ_AVAIL
            Map.entry(10, bytes(4)),                                                                    // CB_RECALL_SLOT
            Map.entry(CB_SEQUENCE, struct(bytes(16 + 4 * 4), list(struct(bytes(16), list(bytes(8)))))),
            Map.entry(12, bytes(4 + 4)),                                                                // CB_WANTS_CANCELLED
            Map.entry(13, struct(OPAQUE, OWNER)),                                                       // CB_NOTIFY_LOCK
            Map.entry(14, NOTIFICATIONS),                                                               // CB_NOTIFY_DEVICEID
            Map.entry(15, struct(OPAQUE, STATEID, union(Map.of(0, WRITE_RESPONSE), bytes(8)))));        // CB_OFFLOAD

    public Nfs4CallbackBinding() {
        super("NFSv4 callback", PROGRAM, VERSION, VERSION);
    }

    @Override
    void arguments(int procedure, XdrWalk in, CallPlan plan) {
        if (procedure != CB_COMPOUND || !compound(in)) {
            in.reply().unknown();
        }
    }

    /** Whether this is one. */
    private static boolean compound(XdrWalk in) {
        in.reply().add(4 + 4 + (in.opaque() + 3 & ~3) + 4);
        int minor = in.word();
        in.skip(4);
        long count = in.count();
        if (minor < 1 || minor > 2) {
            return false;
        }
        for (long i = 0; i < count; i++) {
            int number = in.word();
            XdrType arguments = ARGUMENTS.get(number);
            if (arguments == null || i == 0 && number != CB_SEQUENCE) {
                return false;
            }
            in.reply().add(4 + 4 + (number == CB_SEQUENCE ? SEQUENCE_RESULT : 0));
            arguments.pass(in);
        }
        return in.atEnd();
    }
}
