// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.sysfs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SysfsDeviceTest {

    @TempDir
    private Path folder;

    private void device(String name, String type, String description) throws IOException {
        Path device = Files.createDirectories(folder.resolve("infiniband").resolve(name));
        Files.writeString(device.resolve("node_type"), type + '\n');
        Files.writeString(device.resolve("node_desc"), description + '\n');
    }

    @Test
    void siwIsToldFromCardsAndFromSoftRoceWhateverItsName() throws IOException {
        device("siw0", "4: RNIC", "Software iWARP stack");
        device("mine", "4: RNIC", "Software iWARP stack");
        device("card", "4: RNIC", "host card");
        device("rxe0", "1: CA", "rxe");
        device("odd", "1: CA", "Software iWARP stack");
        Files.createDirectories(folder.resolve("infiniband/says-nothing"));

        assertThat(SysfsDevice.list(folder.resolve("infiniband")))
                .containsExactly(new SysfsDevice("card", true, false), new SysfsDevice("mine", true, true),
                new SysfsDevice("odd", false, false), new SysfsDevice("rxe0", false, false), new SysfsDevice("says-nothing", false, false),
                new SysfsDevice("siw0", true, true));
    }

    @Test
    void withoutTheKernelsListThereIsNone() {
        assertThat(SysfsDevice.list(folder.resolve("nothing-here"))).isEmpty();
    }

    /** As when the process has no descriptor left. */
    @Test
    void aListThatCannotBeReadIsNotCalledEmpty() throws IOException {
        Path unreadable = Files.createFile(folder.resolve("no-folder"));
        assertThat(SysfsDevice.list(unreadable)).isEmpty();
        assertThat(SysfsDevice.whyNone(unreadable)).contains("cannot be read");
        assertThat(SysfsDevice.whyNone(folder.resolve("nothing-here"))).endsWith("is not there");
    }

    @Test
    void aDescriptorLeadsToItsDevice() throws IOException {
        device("siw7", "4: RNIC", "Software iWARP stack");
        Files.writeString(Files.createDirectories(folder.resolve("infiniband_verbs/uverbs3")).resolve("ibdev"), "siw7\n");
        Path descriptor = Files.createSymbolicLink(folder.resolve("41"), Path.of("dev/infiniband/uverbs3"));
        Path other = Files.createSymbolicLink(folder.resolve("42"), Path.of("dev/null"));

        assertThat(SysfsDevice.of(descriptor, folder.resolve("infiniband_verbs"), folder.resolve("infiniband")))
                .contains(new SysfsDevice("siw7", true, true));
        assertThat(SysfsDevice.of(other, folder.resolve("infiniband_verbs"), folder.resolve("infiniband"))).isEmpty();
        assertThat(SysfsDevice.of(folder.resolve("43"), folder.resolve("infiniband_verbs"), folder.resolve("infiniband"))).isEmpty();
    }
}
