// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.dcache.oncrpc4j.rdma.export.tree.ExportTree;
import org.dcache.oncrpc4j.rdma.export.tree.Nfs3Exception;
import org.dcache.oncrpc4j.rdma.export.tree.memory.MemoryTree;
import org.dcache.oncrpc4j.rdma.nfs3.Entry3;
import org.dcache.oncrpc4j.rdma.nfs3.EntryPlus3;
import org.dcache.oncrpc4j.rdma.nfs3.Nfs3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsText;
import org.dcache.oncrpc4j.rdma.nfs3.args.Readdir3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Readdirplus3Args;
import org.dcache.oncrpc4j.rdma.nfs3.results.Readdir3Res;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Directories with a name that cannot be looked at. */
class BrokenEntryTest {

    private static final String BROKEN = "broken";
    private static final List<String> SOUND = List.of("a", "b", "c");

    private volatile IOException failure;
    private volatile String brokenPrefix = BROKEN;
    private Mounted nfs;

    @BeforeEach
    void mount() throws IOException {
        nfs = Mounted.asRoot(Wrapped.of(ExportTree.class, new MemoryTree(16 << 20), (method, arguments, result) -> {
            IOException now = failure;
            if (now != null && method.getName().equals("lookup") && arguments[1].toString().startsWith(brokenPrefix)) {
                throw now;
            }
            return result;
        }));
        for (String name : SOUND) {
            nfs.create(nfs.root, name);
        }
        nfs.create(nfs.root, BROKEN);
    }

    @AfterEach
    void unmount() throws IOException {
        nfs.close();
    }

    private Readdir3Res<EntryPlus3> plus() throws IOException {
        return nfs.nfs(Nfs3.READDIRPLUS, new Readdirplus3Args(nfs.root, 0, 0, 8192, 65536), Readdir3Res::decodePlus);
    }

    private Readdir3Res<Entry3> names() throws IOException {
        return nfs.nfs(Nfs3.READDIR, new Readdir3Args(nfs.root, 0, 0, 65536), Readdir3Res::decode);
    }

    /** What the system says of a bad disk, a dead FUSE mount, a dead NFS mount, a path that is too long for the server. */
    @ParameterizedTest
    @ValueSource(strings = {"Input/output error", "Transport endpoint is not connected", "Stale file handle", "File name too long",
        "Permission denied"})
    void isListedWithoutAttributesAndHidesNoOther(String reason) throws IOException {
        failure = new FileSystemException(BROKEN, null, reason);
        Readdir3Res<EntryPlus3> plus = plus();
        assertThat(plus.status()).isEqualTo(NfsStat3.NFS3_OK);
        Map<String, EntryPlus3> entries = plus.entries().stream().collect(Collectors.toMap(e -> e.name().toString(), Function.identity()));
        assertThat(entries).containsOnlyKeys(".", "..", "a", "b", "c", BROKEN);
        assertThat(entries.get(BROKEN).attributes()).isNull();
        assertThat(entries.get(BROKEN).handle()).isNull();
        assertThat(entries.get(BROKEN).fileid()).as("0 would hide it from programs").isNotZero();
        assertThat(entries.get("a").attributes()).isNotNull();
        assertThat(names().entries()).extracting(e -> e.name().toString()).containsExactlyInAnyOrderElementsOf(entries.keySet());
    }

    @Test
    void aPageEndsBehindAFewSuchNames() throws IOException {
        for (int i = 0; i < 40; i++) {
            nfs.create(nfs.root, "more" + i);
        }
        brokenPrefix = "more";
        failure = new FileSystemException(BROKEN, null, "Input/output error");
        Readdir3Res<Entry3> first = names();
        assertThat(first.eof()).isFalse();
        assertThat(first.entries()).hasSizeLessThan(24);
        assertThat(Pages.names(nfs, nfs.root, 65536, () -> {})).hasSize(46).doesNotHaveDuplicates();
    }

    @Test
    void whatHasGoneOrIsOfAnotherFileSystemIsNotListed() throws IOException {
        Nfs3Exception elsewhere = new Nfs3Exception(NfsStat3.NFS3ERR_ACCES, "another file system");
        for (IOException gone : List.of(new NoSuchFileException(BROKEN), elsewhere)) {
            failure = gone;
            assertThat(names().entries()).extracting(e -> e.name().toString()).containsExactlyInAnyOrder(".", "..", "a", "b", "c");
        }
    }

    @Test
    void forWantOfDescriptorsTheClientComesAgain() throws IOException {
        failure = new FileSystemException(BROKEN, null, "Too many open files");
        assertThat(names().status()).isEqualTo(NfsStat3.NFS3ERR_JUKEBOX);
        assertThat(plus().status()).isEqualTo(NfsStat3.NFS3ERR_JUKEBOX);
        failure = null;
        assertThat(plus().entries()).hasSize(6);
    }
}
