// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export;

import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.dcache.oncrpc4j.rdma.export.tree.ExportTree;
import org.dcache.oncrpc4j.rdma.export.tree.SearchNeeded;
import org.dcache.oncrpc4j.rdma.nfs3.Decoded;
import org.dcache.oncrpc4j.rdma.nfs3.DirOpArgs3;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;
import org.dcache.oncrpc4j.rdma.nfs3.Nfs3;
import org.dcache.oncrpc4j.rdma.nfs3.XdrValue;
import org.dcache.oncrpc4j.rdma.nfs3.args.Access3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Commit3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Create3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Link3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Mkdir3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Mknod3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Read3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Readdir3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Readdirplus3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Rename3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Setattr3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Symlink3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Write3Args;
import org.dcache.oncrpc4j.rpc.RpcAuthError;
import org.dcache.oncrpc4j.rpc.RpcAuthStat;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.rpc.RpcDispatchable;
import org.dcache.oncrpc4j.rpc.RpcRejectStatus;
import org.dcache.oncrpc4j.xdr.XdrVoid;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The NFSv3 program: decodes a call, checks whether it is a duplicate, runs the procedure, replies. Called by the service's threads,
 * several at once.
 *
 * <p>Procedures answer every failure with a status. What cannot be decoded is answered GARBAGE_ARGS, an unknown procedure PROC_UNAVAIL, a
 * security flavor that the export does not take AUTH_TOOWEAK. A defect of a procedure is a RuntimeException, which oncrpc4j logs and
 * answers SYSTEM_ERR.
 */
final class Nfs3Program implements RpcDispatchable {

    private static final Logger LOG = LoggerFactory.getLogger(Nfs3Program.class);

    /** Runs a procedure. */
    private interface Procedure<A> {

        XdrValue run(A arguments, Request request);
    }

    /** @param file that it changes, or whose data it is about, or the directory whose names; null if about none */
    private record Operation<A>(Decoded.Reader<A> reader, Procedure<A> procedure, boolean once, Function<A, FileHandle> file) {}

    private final Operation<?>[] operations = new Operation<?>[Nfs3.COMMIT + 1];
    private final ExportOptions options;
    private final ExportCounters counters;
    private final ReadBuffers buffers;
    private final ReplyCache replies = new ReplyCache();
    private final Turns turns;
    private final ExportTree tree;

    Nfs3Program(Export export, ExportOptions options, ExportCounters counters, ReadBuffers buffers, int threads) {
        this.turns = new Turns(threads);
        this.tree = export.tree();
        this.options = options;
        this.counters = counters;
        this.buffers = buffers;
        AttributeProcedures attributes = new AttributeProcedures(export);
        DataProcedures data = new DataProcedures(export, buffers, counters);
        NameProcedures names = new NameProcedures(export);
        CreateProcedures creation = new CreateProcedures(export, attributes);
        DirectoryProcedures directories = new DirectoryProcedures(export, buffers, counters);
        FileSystemProcedures fileSystem = new FileSystemProcedures(export);
        any(Nfs3.GETATTR, FileHandle::decode, attributes::getattr);
        once(Nfs3.SETATTR, Setattr3Args::decode, attributes::setattr, Setattr3Args::object);
        any(Nfs3.LOOKUP, DirOpArgs3::decode, names::lookup);
        any(Nfs3.ACCESS, Access3Args::decode, attributes::access);
        any(Nfs3.READLINK, FileHandle::decode, names::readlink);
        data(Nfs3.READ, Read3Args::decode, data::read, Read3Args::file);
        data(Nfs3.WRITE, Write3Args::decode, data::write, Write3Args::file);
        once(Nfs3.CREATE, Create3Args::decode, creation::create, creation::awaited);
        once(Nfs3.MKDIR, Mkdir3Args::decode, creation::mkdir, call -> call.where().dir());
        once(Nfs3.SYMLINK, Symlink3Args::decode, creation::symlink, call -> call.where().dir());
        once(Nfs3.MKNOD, Mknod3Args::decode, creation::mknod, call -> call.where().dir());
        once(Nfs3.REMOVE, DirOpArgs3::decode, names::remove, DirOpArgs3::dir);
        once(Nfs3.RMDIR, DirOpArgs3::decode, names::rmdir, DirOpArgs3::dir);
        once(Nfs3.RENAME, Rename3Args::decode, names::rename, call -> call.to().dir());
        once(Nfs3.LINK, Link3Args::decode, names::link, call -> call.link().dir());
        any(Nfs3.READDIR, Readdir3Args::decode, directories::readdir);
        any(Nfs3.READDIRPLUS, Readdirplus3Args::decode, directories::readdirplus);
        any(Nfs3.FSSTAT, FileHandle::decode, fileSystem::fsstat);
        any(Nfs3.FSINFO, FileHandle::decode, fileSystem::fsinfo);
        any(Nfs3.PATHCONF, FileHandle::decode, fileSystem::pathconf);
        data(Nfs3.COMMIT, Commit3Args::decode, data::commit, Commit3Args::file);
    }

    /** A procedure that may be executed twice. */
    private <A> void any(int number, Decoded.Reader<A> reader, Procedure<A> procedure) {
        operations[number] = new Operation<>(reader, procedure, false, null);
    }

    /** A procedure on a file, of which some may be at work on one file, so that one that hangs leaves threads for others. */
    private <A> void data(int number, Decoded.Reader<A> reader, Procedure<A> procedure, Function<A, FileHandle> file) {
        operations[number] = new Operation<>(reader, procedure, false, file);
    }

    /** The same for one that must be executed once only: it changes the file, or the names in the directory. */
    private <A> void once(int number, Decoded.Reader<A> reader, Procedure<A> procedure, Function<A, FileHandle> file) {
        operations[number] = new Operation<>(reader, procedure, true, file);
    }

    /** Bytes of memory in replies to READ that have not left yet. */
    long readMemoryInUse() {
        return buffers.inUse();
    }

    @Override
    public void dispatchOncRpcCall(RpcCall call) throws IOException {
        counters.increment(ExportCounter.NFS_CALLS);
        int number = call.getProcedure();
        if (number == Nfs3.NULL) {
            call.retrieveCall(XdrVoid.XDR_VOID);
            call.reply(XdrVoid.XDR_VOID);
        } else if (number < 0 || number >= operations.length) {
            counters.increment(ExportCounter.UNKNOWN_PROCEDURE);
            call.failProcedureUnavailable();
        } else if (number != Nfs3.FSINFO && !options.flavors().contains(SecurityFlavor.of(call))) {
            // FSINFO is asked for in the course of a mount, without the user's credential (RFC 2623, section 2.3.2).
            counters.increment(ExportCounter.WEAK_FLAVOR);
            call.reject(RpcRejectStatus.AUTH_ERROR, new RpcAuthError(RpcAuthStat.AUTH_TOOWEAK));
        } else {
            run(operations[number], call);
        }
    }

    private <A> void run(Operation<A> operation, RpcCall call) {
        Decoded<A> arguments = new Decoded<>(operation.reader());
        try {
            call.retrieveCall(arguments);
        } catch (IOException e) {
            counters.increment(ExportCounter.GARBAGE_ARGUMENTS);
            call.failRpcGarbage();
            return;
        }
        Request request = new Request(call, options.squash().caller(call, options.anonymousUid(), options.anonymousGid()));
        ReplyCache.Key once = operation.once() ? key(arguments.value(), request, call) : null;
        FileHandle file = operation.file() == null ? null : operation.file().apply(arguments.value());
        if (file == null) {
            answer(operation, arguments.value(), request, call, once);
        } else {
            turns.take(tree.file(file), () -> {
                try {
                    answer(operation, arguments.value(), request, call, once);
                } catch (RuntimeException | Error e) {
                    LOG.error("procedure {} has a defect", call.getProcedure(), e);
                    call.failRpcSystem();
                }
            });
        }
    }

    /** Made while the connection is there. */
    private static ReplyCache.Key key(Object arguments, Request request, RpcCall call) {
        return new ReplyCache.Key(call.getTransport().getRemoteSocketAddress().getAddress(), call.getXid(), call.getProcedure(),
                request.caller().ids(), arguments);
    }

    /** @param once null if it may be executed twice */
    private <A> void answer(Operation<A> operation, A arguments, Request request, RpcCall call, ReplyCache.Key once) {
        if (once != null) {
            runOnce(operation, arguments, request, call, once);
            return;
        }
        call.reply(SearchNeeded.retried(() -> operation.procedure().run(arguments, request)));
    }

    private <A> void runOnce(Operation<A> operation, A arguments, Request request, RpcCall call, ReplyCache.Key key) {
        CompletableFuture<XdrValue> earlier = replies.begin(key, arguments instanceof Symlink3Args link ? link.path().length() : 0);
        if (earlier != null) {
            counters.increment(ExportCounter.DUPLICATE_REQUEST);
            earlier.whenComplete((result, defect) -> {
                if (defect == null) {
                    call.reply(result);
                } else {
                    call.failRpcSystem();
                }
            });
            return;
        }
        XdrValue result = null;
        try {
            result = SearchNeeded.retried(() -> operation.procedure().run(arguments, request));
        } finally {
            replies.end(key, result);
        }
        call.reply(result);
    }
}
