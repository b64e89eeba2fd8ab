// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.TimeUnit;
import org.dcache.oncrpc4j.rdma.export.tree.ProcessUser;
import org.dcache.oncrpc4j.rdma.it.rpc.OverRdma;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;
import org.dcache.oncrpc4j.rdma.nfs3.Nfs3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsText;
import org.dcache.oncrpc4j.rdma.nfs3.NfsTime3;
import org.dcache.oncrpc4j.rdma.nfs3.Sattr3;
import org.dcache.oncrpc4j.rdma.nfs3.SetTime3;
import org.dcache.oncrpc4j.rdma.nfsclient.ClientOptions;
import org.dcache.oncrpc4j.rdma.nfsclient.MountClient;
import org.dcache.oncrpc4j.rdma.nfsclient.Nfs3Client;
import org.dcache.oncrpc4j.rdma.nfsclient.NfsException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code rpcrdma serve} by a user who is not root: what clients may do with files whose modes keep that user himself from them. */
@OverRdma
class ServeWithoutRootIT {

    private static final int USER = 65534;
    private static final byte[] DATA = "written after the mode forbade it".getBytes(StandardCharsets.UTF_8);

    @TempDir
    private Path directory;

    private Served served;
    private Nfs3Client client;
    private FileHandle root;

    @BeforeEach
    void serve() throws IOException, InterruptedException {
        if (ProcessUser.current().uid() == 0) {
            assumeTrue(Files.isExecutable(Path.of("/usr/bin/setpriv")), "no setpriv (util-linux), to be another user than root");
            ProcessBuilder look = new ProcessBuilder("setpriv", "--reuid=" + USER, "--regid=" + USER, "--clear-groups", "test", "-x",
                    Tool.script().toString());
            assumeTrue(look.start().waitFor() == 0, "the checkout can be read by root only");
            Files.setAttribute(directory, "unix:uid", USER);
            served = Served.startAs(USER, directory.toString());
        } else {
            served = Served.start(directory.toString());
        }
        ClientOptions options = ClientOptions.of(new InetSocketAddress("127.0.0.1", served.rdmaPort()));
        client = new Nfs3Client(options);
        try (MountClient mount = new MountClient(options)) {
            root = mount.mount("/");
        }
    }

    @AfterEach
    void end() {
        if (client != null) {
            client.close();
        }
        if (served != null) {
            served.close();
        }
    }

    private FileHandle create(String name, int mode) throws IOException {
        return client.create(root, NfsText.of(name), Sattr3.ofMode(mode)).handle();
    }

    private String mode(String name) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve(name)));
    }

    @Test
    void aFileThatIsMadeReadOnlyIsWrittenByWhoMadeIt() throws IOException {
        FileHandle file = create("object", 0444);
        client.write(file, 0, Nfs3.UNSTABLE, ByteBuffer.wrap(DATA));
        client.commit(file, 0, 0);
        assertThat(Files.readAllBytes(directory.resolve("object"))).isEqualTo(DATA);
        assertThat(mode("object")).isEqualTo("r--r--r--");
    }

    @Test
    void aMinuteMayPassBeforeItIsWritten() throws IOException, InterruptedException {
        FileHandle file = create("late", 0);
        TimeUnit.MILLISECONDS.sleep(2500);
        client.write(file, 0, Nfs3.FILE_SYNC, ByteBuffer.wrap(DATA));
        assertThat(Files.size(directory.resolve("late"))).isEqualTo(DATA.length);
    }

    @Test
    void timesOfAFileThatItsOwnerMayNotOpenAreSet() throws IOException {
        FileHandle file = create("none", 0);
        SetTime3 past = SetTime3.to(new NfsTime3(1_000_000_000, 0));
        client.setattr(file, Sattr3.ofTimes(past, past), null);
        assertThat(Files.getLastModifiedTime(directory.resolve("none")).toInstant().getEpochSecond()).isEqualTo(1_000_000_000);
    }

    /** As Linux makes a file with O_EXCL, which git does: with a verifier, then its mode. */
    @Test
    void theSameWhenItGetsItsModeAfterwards() throws IOException, InterruptedException {
        FileHandle file = client.createExclusive(root, NfsText.of("exclusive"), 7).handle();
        client.setattr(file, Sattr3.ofMode(0444), null);
        TimeUnit.MILLISECONDS.sleep(2500);
        client.write(file, 0, Nfs3.UNSTABLE, ByteBuffer.wrap(DATA));
        client.commit(file, 0, 0);
        assertThat(Files.readAllBytes(directory.resolve("exclusive"))).isEqualTo(DATA);
        assertThat(mode("exclusive")).isEqualTo("r--r--r--");
    }

    @Test
    void whatItsOwnerMayOnlyWriteIsCommitted() throws IOException, InterruptedException {
        FileHandle file = create("committed", 0200);
        client.write(file, 0, Nfs3.UNSTABLE, ByteBuffer.wrap(DATA));
        TimeUnit.MILLISECONDS.sleep(2500);
        client.commit(file, 0, 0);
        assertThat(Files.size(directory.resolve("committed"))).isEqualTo(DATA.length);
    }

    @Test
    void whatItsOwnerMayNotReadIsDenied() throws IOException {
        FileHandle file = create("drop", 0200);
        client.write(file, 0, Nfs3.FILE_SYNC, ByteBuffer.wrap(DATA));
        assertThatThrownBy(() -> client.read(file, 0, 1000)).isInstanceOfSatisfying(NfsException.class,
                e -> assertThat(e.status()).isEqualTo(NfsStat3.NFS3ERR_ACCES));
    }
}
