// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.rdmacore.device.BouncePool;
import org.dcache.oncrpc4j.rdma.rdmacore.device.Device;
import org.dcache.oncrpc4j.rdma.rdmacore.device.Region;
import org.dcache.oncrpc4j.rdma.rdmacore.device.Regions;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.Memory;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.Verbs;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.VerbsLayout;
import org.dcache.oncrpc4j.rdma.rdmacore.loop.CompletionQueue;
import org.dcache.oncrpc4j.rdma.rdmacore.loop.Loop;
import org.dcache.oncrpc4j.rdma.verbs.MemoryBudget;
import org.dcache.oncrpc4j.rdma.verbs.WorkRequest;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * The whole way of a chain of Work Requests: from {@link SendQueue#post}, where the connection engine hands it over, through the native
 * call, to the completion that {@link CompletionQueue#poll} takes and the send queue's slots that it frees. The library does next to
 * nothing ({@code verbs_stub.c}); it is named by the property {@code stub.library}.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class PostPathBenchmark {

    private static final int DEPTH = 256;
    private static final int INLINE = 256;

    /** What is posted, and whether the Send's data travels in its request. */
    public enum Work {
        /** A reply of 128 bytes. */
        SEND_INLINE(0, 128),
        /** One of 1000 bytes. */
        SEND(0, 1000),
        /** The reply to a READ: data by RDMA Write, then the reply's Send, which alone is signalled. */
        WRITE_AND_SEND(1, 128),
        /** The same with data of four Write chunks' segments. */
        FOUR_WRITES_AND_SEND(4, 128);

        private final int writes;
        private final int bytes;

        Work(int writes, int bytes) {
            this.writes = writes;
            this.bytes = bytes;
        }
    }

    @Param
    private Work work;

    private Loop loop;
    private SendQueue sends;
    private CompletionQueue completions;
    private WorkRequest chain;
    private WorkRequest completed;

    @Setup
    public void open() throws Throwable {
        SymbolLookup library = SymbolLookup.libraryLookup(Path.of(System.getProperty("stub.library")), Arena.global());
        long context = (long) Linker.nativeLinker().downcallHandle(library.find("stub_context").orElseThrow(),
                FunctionDescriptor.of(ValueLayout.JAVA_LONG))
                .invokeExact();
        Counters counters = Counters.process().child();
        Verbs verbs = new Verbs(library);
        Device device = new Device(verbs, context, 0);
        List<Device> devices = List.of(device);
        Regions regions = new Regions(verbs, devices, counters);
        ByteBuffer slab = ByteBuffer.allocateDirect(1 << 16);
        Region region = regions.register(slab);
        loop = new Loop("benchmark", verbs, devices, counters, 0);
        // Only ends of a connection and errors would ask for the owner, and only memory that is copied for control threads.
        sends = new SendQueue(null, device, new BouncePool(regions, new MemoryBudget(Long.MAX_VALUE), null, counters),
                regions, DEPTH, counters);
        sends.open(0, INLINE);
        completions = new CompletionQueue(verbs, device, loop, DEPTH, counters, new CompletionQueue.Taker() {
            @Override
            public void completed(long wc) {
                completed = sends.completed(Memory.getLong(wc + VerbsLayout.Wc.WR_ID));
            }

            @Override
            public void batchDone() {
                sends.refill();
            }

            @Override
            public void takingFailed(Throwable problem) {
                throw new IllegalStateException(problem);
            }
        });
        chain = new WorkRequest().send().add(slab.slice(0, work.bytes), region).signaled(true);
        for (int i = 0; i < work.writes; i++) {
            chain = new WorkRequest().write(i, 0).add(slab.slice(4096 * (i + 1), 4096), region).next(chain);
        }
    }

    @TearDown
    public void close() {
        completions.destroy();
        loop.stop();
        loop.close();
    }

    @Benchmark
    public WorkRequest postAndComplete() {
        completed = null;
        sends.post(chain, false);
        if (!completions.poll() || completed == null) {
            throw new IllegalStateException("the chain's Send has not completed");
        }
        return completed;
    }
}
