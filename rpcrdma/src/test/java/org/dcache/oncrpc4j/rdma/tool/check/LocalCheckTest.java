// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalCheckTest {

    private static final long BUDGET = 64 << 20;

    @TempDir
    private Path root;

    @BeforeEach
    void kernel() throws IOException {
        Files.createDirectories(root.resolve("proc/self"));
        Files.createDirectories(root.resolve("sys/class/infiniband"));
        Files.writeString(root.resolve("proc/modules"), "rpcrdma_other 1 0 - Live 0x0\nnfs 1 0 - Live 0x0\n");
    }

    private void limits(String files, String locked) throws IOException {
        Files.writeString(root.resolve("proc/self/limits"), """
                Limit                     Soft Limit           Hard Limit           Units
                Max open files            %-20s 1048576              files
                Max locked memory         %-20s unlimited            bytes
                """.formatted(files, locked));
    }

    private List<String> found(boolean devices) throws IOException {
        return new LocalCheck(root).limits("self", BUDGET, devices).stream().map(Finding::toString).toList();
    }

    private List<String> client() throws IOException {
        return new LocalCheck(root).client().stream().map(Finding::toString).toList();
    }

    @Test
    void lockedMemoryBelowTheBudgetIsWrongWhereADeviceIsUsedAndSaysWhatToDo() throws IOException {
        limits("1024", Long.toString(BUDGET - 1));
        assertThat(found(true)).satisfiesExactly(line -> assertThat(line).startsWith("  note ").contains("LimitNOFILE"),
                line -> assertThat(line).startsWith("  wrong").contains("LimitMEMLOCK=infinity").contains("" + BUDGET));
        assertThat(found(false).get(1)).startsWith("  ok ").contains("software iWARP locks none");
    }

    @Test
    void enoughIsRight() throws IOException {
        limits("65536", Long.toString(BUDGET));
        assertThat(found(true)).allSatisfy(line -> assertThat(line).startsWith("  ok "));
        limits("unlimited", "unlimited");
        assertThat(found(true)).allSatisfy(line -> assertThat(line).startsWith("  ok ").endsWith("unlimited"));
    }

    @Test
    void aProcessThatIsNotThereIsOneLine() {
        assertThatIOException().isThrownBy(() -> new LocalCheck(root).limits("4711", BUDGET, true))
                .withMessageContaining("no such process");
    }

    @Test
    void modulesAreFoundWhenLoadedOrBuiltIn() throws IOException {
        assertThat(client()).hasSize(4).allSatisfy(line -> assertThat(line).startsWith("  note "));
        Files.writeString(root.resolve("proc/modules"), "rpcrdma 1 0 - Live 0x0\n");
        Files.createDirectories(root.resolve("sys/module/siw"));
        Files.createDirectories(root.resolve("sys/module/rdma_ucm"));
        Files.createDirectories(root.resolve("sys/class/infiniband/siw0"));
        assertThat(client()).allSatisfy(line -> assertThat(line).startsWith("  ok "));
        assertThat(client().get(0)).endsWith("siw0");
    }
}
