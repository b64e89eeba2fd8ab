// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.dcache.oncrpc4j.rdma.verbs.Access;
import org.dcache.oncrpc4j.rdma.verbs.Exposure;
import org.dcache.oncrpc4j.rdma.verbs.MemoryRegion;
import org.dcache.oncrpc4j.rdma.verbs.MemorySource;
import org.dcache.oncrpc4j.rdma.verbs.ProviderSuite;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The software device exchanges the pages of registered memory for ones that other processes can map: a program does not notice. */
class SoftDeviceMemoryTest extends ProviderSuite implements RdmaCoreUnderTest {

    private SoftDevice device;

    @BeforeEach
    void needsTheDevice() {
        device = SoftDevice.require();
    }

    @AfterEach
    void noFaultsAreLeft() {
        if (device != null) {
            device.faults("");
            device.putBack();
        }
    }

    /** The mapping that a byte lies in: a line of /proc/self/maps. */
    private static String mapping(ByteBuffer memory, int at) throws Exception {
        long address = org.dcache.oncrpc4j.rdma.rdmacore.ffi.Memory.address(memory) + at;
        for (String line : Files.readAllLines(Path.of("/proc/self/maps"))) {
            String[] range = line.split(" ")[0].split("-");
            if (Long.parseUnsignedLong(range[0], 16) <= address && address < Long.parseUnsignedLong(range[1], 16)) {
                return line;
            }
        }
        throw new AssertionError("no mapping has " + Long.toHexString(address));
    }

    @ParameterizedTest
    @CsvSource({"64, false", "60000, false", "200000, true", "4194304, true"})
    void whatLiesInMemoryIsThereWhileItIsRegisteredAndAfter(int size, boolean shared) throws Exception {
        ByteBuffer memory = fresh(size).put(0, pattern(size, 1));
        MemoryRegion region = adapter.register(memory);
        assertThat(mapping(memory, size / 2).contains("softdevice-memory")).isEqualTo(shared);
        assertThat(content(memory)).isEqualTo(pattern(size, 1));
        memory.put(0, pattern(size, 2));
        region.close();
        assertThat(mapping(memory, size / 2)).doesNotContain("softdevice-memory");
        assertThat(content(memory)).isEqualTo(pattern(size, 2));
    }

    /** Memory that nobody had before, not at a page's start: so much has a mapping of its own. */
    private static ByteBuffer fresh(int size) {
        return ByteBuffer.allocateDirect(40 << 20).slice(4096 + 32, size);
    }

    private static byte[] content(ByteBuffer memory) {
        byte[] content = new byte[memory.capacity()];
        memory.get(0, content);
        return content;
    }

    @Test
    void memoryInsideOfSharedMemoryIsSharedUntilBothAreGone() throws Exception {
        ByteBuffer memory = fresh(1 << 20).put(0, pattern(1 << 20, 1));
        MemoryRegion outer = adapter.register(memory.slice(100_000, 500_000));
        MemoryRegion inner = adapter.register(memory.slice(200_000, 100_000));
        outer.close();
        assertThat(mapping(memory, 250_000)).contains("softdevice-memory");
        inner.close();
        assertThat(mapping(memory, 250_000)).doesNotContain("softdevice-memory");
        assertThat(content(memory)).isEqualTo(pattern(1 << 20, 1));
    }

    /** Whoever uses the other region would lose what is written meanwhile. */
    @Test
    void pagesThatAnotherRegionHasAPartOfAreNotExchanged() throws Exception {
        ByteBuffer memory = fresh(1 << 20).put(0, pattern(1 << 20, 1));
        try (MemoryRegion small = adapter.register(memory.slice(300_000, 1000))) {
            try (MemoryRegion around = adapter.register(memory)) {
                assertThat(mapping(memory, 250_000)).doesNotContain("softdevice-memory");
            }
        }
        MemoryRegion first = adapter.register(memory.slice(100_000, 500_000));
        MemoryRegion edge = adapter.register(memory.slice(400_000, 500_000));
        assertThat(mapping(memory, 800_000)).doesNotContain("softdevice-memory");
        first.close();
        assertThat(mapping(memory, 250_000)).contains("softdevice-memory");
        edge.close();
        assertThat(content(memory)).isEqualTo(pattern(1 << 20, 1));
        try (MemoryRegion again = adapter.register(memory.slice(150_000, 300_000))) {
            assertThat(mapping(memory, 250_000)).contains("softdevice-memory");
        }
        assertThat(content(memory)).isEqualTo(pattern(1 << 20, 1));
    }

    @Test
    void memoryOfADeviceThatIsRemovedKeepsItsPages() throws Exception {
        ByteBuffer memory = fresh(1 << 20);
        MemoryRegion region = adapter.register(memory);
        device.remove();
        device.putBack();
        region.close();
        assertThat(mapping(memory, 1 << 19)).contains("softdevice-memory");
    }

    @Test
    void withoutSharedMemoryAllIsAsBefore() throws Exception {
        device.faults("share_memory");
        Pair pair = connect();
        ByteBuffer source = fresh(1 << 20).put(0, pattern(1 << 20, 1));
        adapter.register(source);
        assertThat(mapping(source, 1 << 19)).doesNotContain("softdevice-memory");
        Exposure exposure = expose(pair.server(), MemorySource.of(source), Access.REMOTE_READ);
        Memory sink = memory(1 << 20);
        pair.clientQp().postSend(read(sink, 0, 1 << 20, exposure.stag(), exposure.offset()));
        assertThat(pair.client().readCompletion().ok()).isTrue();
        assertThat(content(sink.bytes())).isEqualTo(pattern(1 << 20, 1));
    }
}
