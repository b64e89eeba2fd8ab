// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.dcache.oncrpc4j.rdma.export.tree.ExportTree;
import org.dcache.oncrpc4j.rdma.nfs3.Mount3;
import org.dcache.oncrpc4j.rdma.nfs3.Nfs3;
import org.dcache.oncrpc4j.rpc.OncRpcProgram;
import org.dcache.oncrpc4j.rpc.RpcDispatchable;

/**
 * One exported tree with the two programs that serve it. Register {@link #programs} with any number of services; close this after them. Any
 * thread.
 */
public final class NfsExport implements AutoCloseable {

    /** As many as {@code serve} has by default. */
    public static final int THREADS = 16;

    private static final int LAST_VERSION = 4;

    private final ExportTree tree;
    private final ExportCounters counters = new ExportCounters();
    private final Nfs3Program nfs;
    private final Mount3Program mount;

    /** For a server with {@value #THREADS} threads. @param tree closed with this */
    public NfsExport(ExportTree tree, ExportOptions options) {
        this(tree, options, THREADS);
    }

    /**
     * @param tree closed with this
     * @param threads of the server, of which the data of one file gets half
     */
    public NfsExport(ExportTree tree, ExportOptions options, int threads) {
        this(tree, options, new ReadBuffers(options.readMemory()), threads);
    }

    NfsExport(ExportTree tree, ExportOptions options, ReadBuffers buffers, int threads) {
        this.tree = tree;
        Export export = new Export(tree, options.readOnly());
        this.nfs = new Nfs3Program(export, options, counters, buffers, threads);
        this.mount = new Mount3Program(export, options.flavors(), counters);
    }

    /**
     * The programs to register. Versions other than 3 are among them, and answer PROG_MISMATCH with the version that is served: oncrpc4j
     * would answer PROG_UNAVAIL, upon which Linux gives up instead of trying version 3.
     */
    public Map<OncRpcProgram, RpcDispatchable> programs() {
        Map<OncRpcProgram, RpcDispatchable> programs = new HashMap<>();
        for (int version = 1; version <= LAST_VERSION; version++) {
            programs.put(new OncRpcProgram(Nfs3.PROGRAM, version), call -> call.failProgramMismatch(Nfs3.VERSION, Nfs3.VERSION));
            programs.put(new OncRpcProgram(Mount3.PROGRAM, version), call -> call.failProgramMismatch(Mount3.VERSION, Mount3.VERSION));
        }
        programs.put(new OncRpcProgram(Nfs3.PROGRAM, Nfs3.VERSION), nfs);
        programs.put(new OncRpcProgram(Mount3.PROGRAM, Mount3.VERSION), mount);
        return programs;
    }

    public ExportCounters counters() {
        return counters;
    }

    /** Bytes of memory in replies to READ that have not left yet; 0 when nothing is under way. */
    public long readMemoryInUse() {
        return nfs.readMemoryInUse();
    }

    @Override
    public void close() throws IOException {
        tree.close();
    }
}
