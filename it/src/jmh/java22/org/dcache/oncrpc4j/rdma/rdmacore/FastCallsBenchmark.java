// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.FastCalls;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.Memory;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.VerbsLayout;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * The calls of the data path into a library that does next to nothing ({@code verbs_stub.c}): what a post and a poll cost without a
 * device. The property {@code stub.library} names the library.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class FastCallsBenchmark {

    private static final int BATCH = 32;

    /** Work requests in a chain. */
    @Param({"1", "4"})
    private int chain;

    private FastCalls calls;
    private Memory.Block requests;
    private Memory.Block completions;

    @Setup
    public void open() throws Throwable {
        SymbolLookup library = SymbolLookup.libraryLookup(Path.of(System.getProperty("stub.library")), Arena.global());
        long context = (long) Linker.nativeLinker().downcallHandle(library.find("stub_context").orElseThrow(),
                FunctionDescriptor.of(ValueLayout.JAVA_LONG))
                .invokeExact();
        calls = new FastCalls(context);
        requests = new Memory.Block((long) chain * VerbsLayout.SendWr.SIZE + 8);
        completions = new Memory.Block((long) BATCH * VerbsLayout.Wc.SIZE);
        for (int i = 0; i < chain; i++) {
            long wr = requests.address() + (long) i * VerbsLayout.SendWr.SIZE;
            Memory.putLong(wr + VerbsLayout.SendWr.WR_ID, i);
            Memory.putInt(wr + VerbsLayout.SendWr.SEND_FLAGS, VerbsLayout.SendWr.SIGNALED);
            Memory.putLong(wr + VerbsLayout.SendWr.NEXT, i == chain - 1 ? 0 : wr + VerbsLayout.SendWr.SIZE);
        }
    }

    /** A poll that finds nothing, as the adaptive poller does before it sleeps. */
    @Benchmark
    public int pollEmpty() {
        return calls.pollCq(0, BATCH, completions.address());
    }

    /** A chain is posted in one call, and another call takes all of its completions. */
    @Benchmark
    public int postAndPoll() {
        int errno = calls.postSend(0, requests.address(), requests.address() + (long) chain * VerbsLayout.SendWr.SIZE);
        int count = calls.pollCq(0, BATCH, completions.address());
        if (errno != 0 || count != chain) {
            throw new IllegalStateException("errno " + errno + ", " + count + " completions of " + chain);
        }
        return count;
    }

    @Benchmark
    public int requestNotify() {
        return calls.requestNotify(0);
    }
}
