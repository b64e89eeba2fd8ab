// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStreamReader;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.function.BiFunction;
import org.dcache.oncrpc4j.rdma.verbs.OwnThread;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class StatSocketTest {

    private static final BiFunction<String, Runnable, Thread> DAEMONS = OwnThread::of;

    @TempDir
    private Path folder;

    private static Properties read(Path path) throws IOException {
        Properties text = new Properties();
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
            text.load(new InputStreamReader(Channels.newInputStream(channel), StandardCharsets.UTF_8));
        }
        return text;
    }

    @Test
    void itTellsWhatTheBeansSayAgainAndAgainUntilTheLastUserHasGivenItBack() throws IOException {
        CountersManagement.acquire();
        try {
            Path path = folder.resolve(ProcessHandle.current().pid() + ".sock");
            Runnable first = StatSocket.acquire(folder.resolve("%p.sock").toString(), DAEMONS);
            Runnable second = StatSocket.acquire(path.toString(), DAEMONS);
            for (int i = 0; i < 3; i++) {
                Properties text = read(path);
                assertThat(text.getProperty("pid")).isEqualTo("" + ProcessHandle.current().pid());
                assertThat(text.values()).contains(CountersManagement.NAME);
                assertThat(text.stringPropertyNames()).anyMatch(name -> name.matches("\\d+\\.Gauges\\.[a-z_]+\\.[a-z_]+")
                        || name.equals("1.bean"));
            }
            first.run();
            assertThat(read(path)).containsKey("1.bean");
            second.run();
            assertThat(path).doesNotExist();
            assertThat(folder).isEmptyDirectory();
        } finally {
            CountersManagement.release();
        }
    }

    @Test
    void onlyThisUserMayConnect() throws IOException {
        Path path = folder.resolve("stat");
        Runnable release = StatSocket.acquire(path.toString(), DAEMONS);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path))).isEqualTo("rw-------");
        release.run();
    }

    @Test
    void whatAnEndedProcessLeftIsReplaced() throws IOException {
        Path path = folder.resolve("stat");
        try (ServerSocketChannel dead = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            dead.bind(UnixDomainSocketAddress.of(path));
        }
        Runnable release = StatSocket.acquire(path.toString(), DAEMONS);
        assertThat(read(path)).containsKey("pid");
        release.run();
    }

    @Test
    void whatAnotherProcessHasPutThereSinceIsLeftAlone() throws IOException {
        Path path = folder.resolve("stat");
        Runnable release = StatSocket.acquire(path.toString(), DAEMONS);
        Files.move(path, folder.resolve("moved"));
        Files.writeString(path, "another's");
        release.run();
        assertThat(path).hasContent("another's");
    }

    @Test
    void whatIsInUseOrNoSocketIsLeftAlone() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "precious");
        StatSocket.acquire(file.toString(), DAEMONS).run();
        assertThat(file).hasContent("precious");
        Path live = folder.resolve("live");
        try (ServerSocketChannel other = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            other.bind(UnixDomainSocketAddress.of(live));
            StatSocket.acquire(live.toString(), DAEMONS).run();
            assertThat(live).exists();
            SocketChannel.open(UnixDomainSocketAddress.of(live)).close();
        }
    }

    @Test
    @Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void aSocketWhoseOwnerAcceptsNobodyKeepsNobodyWaiting() throws IOException {
        UnixDomainSocketAddress full = UnixDomainSocketAddress.of(folder.resolve("full"));
        List<SocketChannel> waiting = new ArrayList<>();
        try (ServerSocketChannel other = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            other.bind(full, 1);
            assertThatThrownBy(() -> {
                while (true) {
                    SocketChannel one = SocketChannel.open(StandardProtocolFamily.UNIX);
                    waiting.add(one);
                    one.configureBlocking(false);
                    one.connect(full);
                }
            }).isInstanceOf(SocketException.class);
            StatSocket.acquire(full.getPath().toString(), DAEMONS).run();
            assertThat(full.getPath()).exists();
        } finally {
            for (SocketChannel one : waiting) {
                one.close();
            }
        }
    }

    @Test
    void aFolderThatIsNotThereHurtsNobody() {
        StatSocket.acquire(folder.resolve("none/stat").toString(), DAEMONS).run();
        assertThat(folder.resolve("none")).doesNotExist();
    }
}
