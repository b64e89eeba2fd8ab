// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs;

import org.dcache.oncrpc4j.rdma.spi.CallHeader;
import org.dcache.oncrpc4j.rdma.spi.CallPlan;
import org.dcache.oncrpc4j.rdma.spi.ResultVisitor;
import org.dcache.oncrpc4j.rdma.spi.XdrView;

/**
 * Binding of NFS version 2 (RFC 1094, RFC 8267 section 3): the data of WRITE and READ and the paths of SYMLINK and READLINK are eligible,
 * nothing else [54]. Handles and attributes have fixed sizes, so every reply has a bound. Stateless; any thread.
 */
public final class Nfs2Binding extends NfsBinding {

    static final int VERSION = 2;

    static final int GETATTR = 1;
    static final int LOOKUP = 4;
    static final int READLINK = 5;
    static final int READ = 6;
    static final int WRITE = 8;
    static final int SYMLINK = 13;
    static final int READDIR = 16;

    static final int MAX_PATH = 1024;
    static final int MAX_DATA = 8192;
    static final int HANDLE = 32;
    /** fattr, bytes. */
    static final int ATTRIBUTES = 68;

    /** Number of the last procedure, STATFS. */
    static final int LAST = 17;

    private static final int WORD = 4;
    /** Status, handle, attributes: the largest result that does not depend on the arguments; with count words and marks of the others. */
    private static final int RESULT = WORD + HANDLE + ATTRIBUTES + 2 * WORD;

    public Nfs2Binding() {
        super("NFSv2", Nfs3Binding.PROGRAM, VERSION, VERSION);
    }

    @Override
    void arguments(int procedure, XdrWalk in, CallPlan plan) {
        if (procedure > 0 && procedure <= LAST) {
            in.reply().add(RESULT);
        }
        switch (procedure) {
            case READLINK -> in.reply().result(MAX_PATH);
            case READ -> {
                in.skip(HANDLE + WORD);
                in.reply().result(Math.min(in.count(), MAX_DATA));
            }
            case WRITE -> {
                in.skip(HANDLE + 3 * WORD);
                in.data();
            }
            case SYMLINK -> {
                in.skip(HANDLE);
                in.opaque();
                in.data();
            }
            case READDIR -> {
                in.skip(HANDLE + WORD);
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
            case READDIR -> "READDIR";
            default -> "";
        };
    }

    @Override
    public void results(CallHeader call, XdrView message, int offset, ResultVisitor visitor) {
        if (call.procedure() != READ && call.procedure() != READLINK) {
            return;
        }
        XdrWalk in = new XdrWalk(message, offset, visitor::eligible, null);
        if (in.word() == 0) {
            in.skip(call.procedure() == READ ? ATTRIBUTES : 0);
            in.data();
        }
    }
}
