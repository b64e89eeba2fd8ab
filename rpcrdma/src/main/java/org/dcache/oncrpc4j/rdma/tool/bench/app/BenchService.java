// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench.app;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.dcache.oncrpc4j.rdma.bench.BenchProtocol;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.rpc.RpcDispatchable;
import org.dcache.oncrpc4j.xdr.XdrVoid;

/**
 * The server of the measuring program; called by the service's worker threads, many at a time.
 *
 * <p>READ replies come from a heap buffer that each worker keeps and stamps anew for every call, as a file cache gives memory that changes
 * once the reply is encoded; or, by reference, from one direct buffer per size that never changes; or from a file per size, to which WRITEs
 * go too ({@link Store}).
 */
final class BenchService implements RpcDispatchable {

    private final Store store;
    private final ConcurrentHashMap<Integer, Pattern> patterns = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<Integer, ByteBuffer> fixed = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<Integer, BlockFile> files = new ConcurrentHashMap<>();
    private final ThreadLocal<Map<Integer, ByteBuffer>> sources = ThreadLocal.withInitial(HashMap::new);

    BenchService(Store store) {
        this.store = store;
    }

    @Override
    public void dispatchOncRpcCall(RpcCall call) throws IOException {
        switch (call.getProcedure()) {
            case BenchProtocol.NULL -> call.reply(XdrVoid.XDR_VOID);
            case BenchProtocol.READ -> read(call);
            case BenchProtocol.WRITE -> write(call);
            default -> call.failProcedureUnavailable();
        }
    }

    private void read(RpcCall call) throws IOException {
        Wire.Header arguments = new Wire.Header();
        call.retrieveCall(arguments);
        if (arguments.count <= 0 || arguments.count > BenchProtocol.MAX_DATA) {
            call.failRpcGarbage();
            return;
        }
        Pattern pattern = pattern(arguments.count);
        call.reply(switch (store) {
            case CHANGING -> {
                ByteBuffer source = sources.get().computeIfAbsent(arguments.count, n -> pattern.fill(ByteBuffer.allocate(n)));
                yield new Wire.Data().set(arguments.tag, pattern.stamp(source, arguments.tag), false);
            }
            case FIXED -> {
                ByteBuffer source = fixed.computeIfAbsent(arguments.count,
                        n -> pattern.stamp(pattern.fill(ByteBuffer.allocateDirect(n)), Tags.FIXED).asReadOnlyBuffer());
                yield new Wire.Data().set(Tags.FIXED, source.duplicate(), true);
            }
            case FILE -> new Wire.FileData(arguments.tag, file(pattern).read(arguments.tag));
        });
    }

    private void write(RpcCall call) throws IOException {
        Wire.Data arguments = new Wire.Data();
        call.retrieveCall(arguments);
        int count = arguments.data.remaining();
        if (count == 0 || count > BenchProtocol.MAX_DATA) {
            call.failRpcGarbage();
            return;
        }
        Pattern pattern = pattern(count);
        try {
            pattern.check(arguments.data, arguments.tag, Tags.everyByte(arguments.tag));
        } catch (DataMismatchException e) {
            System.err.println("bench server: WRITE: " + e.getMessage());
            call.failRpcSystem();
            return;
        }
        if (store == Store.FILE) {
            file(pattern).write(arguments.tag, arguments.data);
        }
        call.reply(new Wire.Header().set(arguments.tag, count));
    }

    private BlockFile file(Pattern pattern) {
        BlockFile file = files.get(pattern.size());
        return file != null ? file : files.computeIfAbsent(pattern.size(), n -> new BlockFile(pattern));
    }

    private Pattern pattern(int size) {
        Pattern pattern = patterns.get(size);
        return pattern != null ? pattern : patterns.computeIfAbsent(size, Pattern::new);
    }
}
