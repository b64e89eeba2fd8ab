// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs;

import org.dcache.oncrpc4j.rdma.spi.CallHeader;
import org.dcache.oncrpc4j.rdma.spi.CallPlan;
import org.dcache.oncrpc4j.rdma.spi.ResultVisitor;
import org.dcache.oncrpc4j.rdma.spi.XdrView;

/**
 * Binding of NFS version 3 (RFC 1813, RFC 8267 section 3): the data of WRITE and READ and the paths of SYMLINK and READLINK are eligible,
 * nothing else [54]. Stateless; any thread.
 *
 * <p>All replies have a bound: what RFC 1813 says for the procedure, or what the call asks for. READDIR's count and READDIRPLUS's maxcount
 * are meant to hold the whole result; some servers hold only the entries to it, so that status, attributes, verifier and end mark count on
 * top.
 */
public final class Nfs3Binding extends NfsBinding {

    static final int PROGRAM = 100003;
    static final int VERSION = 3;

    static final int GETATTR = 1;
    static final int LOOKUP = 3;
    static final int READLINK = 5;
    static final int READ = 6;
    static final int WRITE = 7;
    static final int SYMLINK = 10;
    static final int READDIR = 16;
    static final int READDIRPLUS = 17;

    /** Longest path that READLINK can bring: PATH_MAX of every system known; RFC 1813 has no limit. */
    static final int MAX_PATH = 4096;

    /** fattr3, bytes. */
    static final int ATTRIBUTES = 84;

    /** Of time_how. */
    private static final int SET_TO_CLIENT_TIME = 2;

    private static final int WORD = 4;
    private static final int POST_OP_ATTR = WORD + ATTRIBUTES;
    private static final int WCC_DATA = WORD + 24 + POST_OP_ATTR;
    private static final int HANDLE = WORD + 64;
    private static final int VERIFIER = 8;
    private static final int NEW_OBJECT = WORD + HANDLE + POST_OP_ATTR + WCC_DATA;

    /** Largest result of each procedure behind its status, bytes, without eligible data and without what the call asks for. */
    private static final int[] RESULT = {
        0,                                              // NULL
        ATTRIBUTES,                                     // GETATTR
        WCC_DATA,                                       // SETATTR
        HANDLE + 2 * POST_OP_ATTR,                      // LOOKUP
        POST_OP_ATTR + WORD,                            // ACCESS
        POST_OP_ATTR + WORD,                            // READLINK
        POST_OP_ATTR + 3 * WORD,                        // READ: count, eof, count of the data
        WCC_DATA + 2 * WORD + VERIFIER,                 // WRITE
        NEW_OBJECT,                                     // CREATE
        NEW_OBJECT,                                     // MKDIR
        NEW_OBJECT,                                     // SYMLINK
        NEW_OBJECT,                                     // MKNOD
        WCC_DATA,                                       // REMOVE
        WCC_DATA,                                       // RMDIR
        2 * WCC_DATA,                                   // RENAME
        POST_OP_ATTR + WCC_DATA,                        // LINK
        POST_OP_ATTR + VERIFIER + 2 * WORD,             // READDIR: end of list, eof
        POST_OP_ATTR + VERIFIER + 2 * WORD,             // READDIRPLUS
        POST_OP_ATTR + 6 * 8 + WORD,                    // FSSTAT
        POST_OP_ATTR + 7 * WORD + 8 + 8 + WORD,         // FSINFO
        POST_OP_ATTR + 6 * WORD,                        // PATHCONF
        WCC_DATA + VERIFIER,                            // COMMIT
    };

    /** Procedures of the protocol. */
    static final int PROCEDURES = RESULT.length;

    public Nfs3Binding() {
        super("NFSv3", PROGRAM, VERSION, VERSION);
    }

    @Override
    void arguments(int procedure, XdrWalk in, CallPlan plan) {
        if (procedure > 0 && procedure < PROCEDURES) {
            in.reply().add(WORD + RESULT[procedure]);
        }
        switch (procedure) {
            case READLINK -> in.reply().result(MAX_PATH);
            case READ -> {
                in.opaque();
                in.skip(8);
                in.reply().result(in.count());
            }
            case WRITE -> {
                in.opaque();
                in.skip(8 + 2 * WORD);
                in.data();
            }
            case SYMLINK -> {
                in.opaque();
                in.opaque();
                setAttributes(in);
                in.data();
            }
            case READDIR -> {
                in.opaque();
                in.skip(8 + VERIFIER);
                in.reply().add(in.count());
            }
            case READDIRPLUS -> {
                in.opaque();
                in.skip(8 + VERIFIER + WORD);
                in.reply().add(in.count());
            }
            default -> { }
        }
    }

    @Override
    public String operation(CallHeader call, XdrView message, int offset) {
        return switch (call.procedure()) {
            case GETATTR -> "GETATTR";
            case LOOKUP -> "LOOKUP";
            case READ -> "READ";
            case WRITE -> "WRITE";
            case READDIR, READDIRPLUS -> "READDIR";
            default -> "";
        };
    }

    /** Passes sattr3. */
    private static void setAttributes(XdrWalk in) {
        for (int i = 0; i < 3; i++) {
            if (in.flag()) {
                in.skip(WORD);
            }
        }
        if (in.flag()) {
            in.skip(8);
        }
        for (int i = 0; i < 2; i++) {
            if (in.word() == SET_TO_CLIENT_TIME) {
                in.skip(8);
            }
        }
    }

    @Override
    public void results(CallHeader call, XdrView message, int offset, ResultVisitor visitor) {
        int procedure = call.procedure();
        if (procedure != READ && procedure != READLINK) {
            return;
        }
        XdrWalk in = new XdrWalk(message, offset, visitor::eligible, null);
        if (in.word() != 0) {
            return;
        }
        if (in.flag()) {
            in.skip(ATTRIBUTES);
        }
        if (procedure == READ) {
            in.skip(2 * WORD);
        }
        in.data();
    }
}
