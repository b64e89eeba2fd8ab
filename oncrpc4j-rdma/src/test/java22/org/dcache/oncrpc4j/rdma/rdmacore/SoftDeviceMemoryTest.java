// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.dcache.oncrpc4j.rdma.verbs.Access;
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
        ByteBuffer memory = ByteBuffer.allocateDirect(size).put(0, pattern(size, 1));
        MemoryRegion region = adapter.register(memory);
        assertThat(mapping(memory, size / 2).contains("softdevice-memory")).isEqualTo(shared);
        assertThat(content(memory)).isEqualTo(pattern(size, 1));
        memory.put(0, pattern(size, 2));
        region.close();
        assertThat(mapping(memory, size / 2)).doesNotContain("softdevice-memory");
        assertThat(content(memory)).isEqualTo(pattern(size, 2));
    }

    private static byte[] content(ByteBuffer memory) {
        byte[] content = new byte[memory.capacity()];
        memory.get(0, content);
        return content;
    }

    @Test
    void memoryInsideOfSharedMemoryAndOverItsEdgeCanBeRegisteredToo() throws Exception {
        ByteBuffer memory = ByteBuffer.allocateDirect(1 << 20).put(0, pattern(1 << 20, 1));
        MemoryRegion outer = adapter.register(memory.slice(100_000, 500_000));
        MemoryRegion inner = adapter.register(memory.slice(200_000, 100_000));
        MemoryRegion edge = adapter.register(memory.slice(400_000, 500_000));
        MemoryRegion all = adapter.register(memory);
        assertThat(content(memory)).isEqualTo(pattern(1 << 20, 1));
        outer.close();
        assertThat(mapping(memory, 250_000)).contains("softdevice-memory");
        inner.close();
        assertThat(mapping(memory, 250_000)).doesNotContain("softdevice-memory");
        edge.close();
        all.close();
        assertThat(content(memory)).isEqualTo(pattern(1 << 20, 1));
    }

    @Test
    void memoryOfADeviceThatIsRemovedKeepsItsPages() throws Exception {
        Memory memory = memory(pattern(1 << 20, 1));
        device.remove();
        memory.region().close();
        memory.bytes().put(0, pattern(1 << 20, 2));
        assertThat(mapping(memory.bytes(), 1 << 19)).contains("softdevice-memory");
        assertThat(content(memory.bytes())).isEqualTo(pattern(1 << 20, 2));
    }

    @Test
    void withoutSharedMemoryAllIsAsBefore() throws Exception {
        device.faults("share_memory");
        Pair pair = connect();
        Memory source = memory(pattern(1 << 20, 1));
        assertThat(mapping(source.bytes(), 1 << 19)).doesNotContain("softdevice-memory");
        var exposure = expose(pair.server(), MemorySource.of(source.bytes()), Access.REMOTE_READ);
        Memory sink = memory(1 << 20);
        pair.clientQp().postSend(read(sink, 0, 1 << 20, exposure.stag(), exposure.offset()));
        assertThat(pair.client().readCompletion().ok()).isTrue();
        assertThat(content(sink.bytes())).isEqualTo(pattern(1 << 20, 1));
    }
}
