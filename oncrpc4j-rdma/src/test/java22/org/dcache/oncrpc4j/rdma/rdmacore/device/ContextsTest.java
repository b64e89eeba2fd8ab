// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.Libc;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.Memory;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.VerbsLayout;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * When this process lets go of the device files that librdmacm has opened. The descriptors are real ones, of eventfds; what the kernel
 * lists is a folder of the test.
 */
class ContextsTest {

    private static final int STRUCTURES = 1024;

    @TempDir
    private Path folder;

    private Memory.Block memory;
    private long context;
    private int commands;
    private int events;

    @BeforeEach
    void aDevice() throws IOException {
        boolean linux = System.getProperty("os.name").equals("Linux");
        if (!linux) {
            System.out.println("skipped: /proc and eventfd are Linux's");
        }
        assumeTrue(linux, "/proc and eventfd are Linux's");
        memory = new Memory.Block(STRUCTURES);
        context = memory.address();
        long device = context + STRUCTURES / 2;
        commands = Libc.eventfd();
        events = Libc.eventfd();
        Memory.putLong(context + VerbsLayout.Context.DEVICE, device);
        Memory.putInt(context + VerbsLayout.Context.CMD_FD, commands);
        Memory.putInt(context + VerbsLayout.Context.ASYNC_FD, events);
        Memory.copyIn("made-up0\0".getBytes(StandardCharsets.UTF_8), device + VerbsLayout.Device.NAME);
        Memory.copyIn((folder + "\0").getBytes(StandardCharsets.UTF_8), device + VerbsLayout.Device.DEV_PATH);
        listed("made-up0");
    }

    @AfterEach
    void close() {
        if (memory != null) {
            Libc.close(commands);
            Libc.close(events);
            memory.close();
        }
    }

    private void listed(String name) throws IOException {
        Files.writeString(folder.resolve("ibdev"), name + '\n');
    }

    private static String target(int fd) throws IOException {
        return Files.readSymbolicLink(Path.of("/proc/self/fd/" + fd)).toString();
    }

    private void assertHeld() throws IOException {
        assertThat(target(commands)).contains("eventfd");
        assertThat(target(events)).contains("eventfd");
    }

    private void assertLetGo() throws IOException {
        assertThat(target(commands)).isEqualTo("/dev/null");
        assertThat(target(events)).isEqualTo("/dev/null");
    }

    @Test
    void aDeviceThatIsThereStaysOpenForTheNextAdapter() throws IOException {
        Contexts.use(context);
        assertThat(Contexts.isGone(context)).isFalse();

        Contexts.release(context, false);

        assertHeld();
    }

    @Test
    void theLastUserLetsGoOfADeviceThatOneOfThemSawRemoved() throws IOException {
        Contexts.use(context);
        Contexts.use(context);
        Contexts.release(context, true);
        assertHeld();
        assertThat(Contexts.isGone(context)).isTrue();

        Contexts.release(context, false);

        assertLetGo();
    }

    @Test
    void aDeviceThatTheKernelNoLongerListsIsGone() throws IOException {
        Contexts.use(context);
        Files.delete(folder.resolve("ibdev"));
        assertThat(Contexts.isGone(context)).isTrue();

        Contexts.release(context, false);

        assertLetGo();
    }

    @Test
    void anotherDeviceInItsPlaceIsNotTheSame() throws IOException {
        Contexts.use(context);
        Path before = Files.move(folder, folder.resolveSibling(folder.getFileName() + "-before"));
        try {
            Files.createDirectory(folder);
            listed("made-up1");

            assertThat(Contexts.isGone(context)).isTrue();
            Contexts.release(context, false);
        } finally {
            Files.delete(before.resolve("ibdev"));
            Files.delete(before);
        }
    }

    /** By {@code rdma dev set}, or by udev a while after it came. */
    @Test
    void aDeviceThatIsRenamedIsTheSame() throws IOException {
        Contexts.use(context);
        listed("renamed0");

        assertThat(Contexts.isGone(context)).isFalse();
        Contexts.release(context, false);
        assertHeld();
    }

    @Test
    void whereTheKernelsListCannotBeReadNothingIsConcludedFromIt() throws IOException {
        Files.delete(folder.resolve("ibdev"));
        Contexts.use(context);
        assertThat(Contexts.isGone(context)).isFalse();

        Contexts.release(context, false);

        assertHeld();
    }

    @Test
    void aContextThatNobodyUsesIsNotJudged() {
        assertThat(Contexts.isGone(context)).isFalse();
    }
}
