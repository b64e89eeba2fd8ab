// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs;

import java.util.List;
import java.util.ServiceLoader;
import org.dcache.oncrpc4j.rdma.fuzz.Corpus;
import org.dcache.oncrpc4j.rdma.fuzz.FuzzTarget;
import org.dcache.oncrpc4j.rdma.fuzz.Fuzzer;
import org.dcache.oncrpc4j.rdma.spi.CallHeader;
import org.dcache.oncrpc4j.rdma.spi.CallPlan;
import org.dcache.oncrpc4j.rdma.spi.ResultVisitor;
import org.dcache.oncrpc4j.rdma.spi.UpperLayerBinding;
import org.dcache.oncrpc4j.rdma.spi.XdrView;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Walks over messages made of Linux's: they end soon, inside the message, with items in order. */
@Tag("conformance-45")
class BindingFuzzTest {

    private static final int HEADER = 12;
    private static final int LONGEST = 1400;

    @Test
    void arguments() {
        Fuzzer.run("NFS arguments", Corpus.read(BindingFuzzTest.class, "nfs-messages.txt", "call"), 200_000, LONGEST, new Arguments());
    }

    @Test
    void results() {
        Fuzzer.run("NFS results", Corpus.read(BindingFuzzTest.class, "nfs-messages.txt", "result"), 200_000, LONGEST, new Results());
    }

    private static void check(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError(what);
        }
    }

    /** The input as a message; what a walk finds in it is looked at as it is told. */
    private abstract static class Walk implements FuzzTarget, XdrView {
        private final List<UpperLayerBinding> bindings =
                ServiceLoader.load(UpperLayerBinding.class).stream().map(ServiceLoader.Provider::get).toList();
        private byte[] data;
        private int length;
        private int reads;
        private int end;

        @Override
        public int length() {
            return length;
        }

        @Override
        public int getInt(int at) {
            if (at < 0 || at > length - 4) {
                throw new IndexOutOfBoundsException(at);
            }
            reads++;
            return data[at] << 24 | (data[at + 1] & 0xff) << 16 | (data[at + 2] & 0xff) << 8 | data[at + 3] & 0xff;
        }

        @Override
        public void run(byte[] input, int bytes) {
            data = input;
            length = bytes;
            if (length < HEADER) {
                return;
            }
            CallHeader header = new CallHeader(getInt(0), getInt(4), getInt(8));
            for (UpperLayerBinding binding : bindings) {
                if (binding.covers(header.program(), header.version())) {
                    reads = 0;
                    end = 0;
                    try {
                        walk(binding, header);
                    } catch (IndexOutOfBoundsException e) {
                        // The one exception that a walk may end with; the transport forgets its items.
                        end = 0;
                    }
                    check(reads <= length / 4 + 2, reads + " words read of " + length + " bytes");
                    check(end <= length, "an item ends behind the message, at " + end);
                }
            }
        }

        abstract void walk(UpperLayerBinding binding, CallHeader header);

        void item(int position, int bytes, boolean missing) {
            check(bytes >= 0 && position >= end && position <= length, bytes + " bytes at " + position + " behind " + end);
            end = missing ? position : position + bytes;
            check(end >= 0, "a sum beyond 2^31");
        }
    }

    private static final class Arguments extends Walk implements CallPlan {
        private int results;

        @Override
        void walk(UpperLayerBinding binding, CallHeader header) {
            results = 0;
            binding.call(header, this, HEADER, this);
        }

        @Override
        public void eligibleArgument(int position, int bytes) {
            item(position, bytes, false);
        }

        @Override
        public void expectResult(int most) {
            check(++results == 1 && most >= 0 && most <= 64 << 20, "result " + results + " of " + most + " bytes");
        }

        @Override
        public void replyBound(int bytes) {
            check(bytes >= 424 && bytes <= 64 << 20, "bound " + bytes);
        }
    }

    private static final class Results extends Walk implements ResultVisitor {
        private boolean missing;

        @Override
        void walk(UpperLayerBinding binding, CallHeader header) {
            missing = !missing;
            binding.results(header, this, HEADER, this);
        }

        @Override
        public boolean eligible(int position, int bytes) {
            if (missing) {
                item(position, bytes, true);
                return true;
            }
            // The last one may end behind a message that is cut, which the walk notices next.
            if (position + (long) bytes <= length()) {
                item(position, bytes, false);
            } else {
                check(bytes >= 0, "length " + bytes);
            }
            return false;
        }
    }
}
