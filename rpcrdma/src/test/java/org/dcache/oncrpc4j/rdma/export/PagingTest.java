// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.dcache.oncrpc4j.rdma.export.Mounted.in;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import org.dcache.oncrpc4j.rdma.export.tree.DirectoryTree;
import org.dcache.oncrpc4j.rdma.export.tree.FileName;
import org.dcache.oncrpc4j.rdma.export.tree.memory.MemoryTree;
import org.dcache.oncrpc4j.rdma.nfs3.Entry3;
import org.dcache.oncrpc4j.rdma.nfs3.EntryPlus3;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;
import org.dcache.oncrpc4j.rdma.nfs3.Nfs3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsText;
import org.dcache.oncrpc4j.rdma.nfs3.XdrValue;
import org.dcache.oncrpc4j.rdma.nfs3.args.Readdir3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Readdirplus3Args;
import org.dcache.oncrpc4j.rdma.nfs3.results.Readdir3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Wcc3Res;
import org.dcache.oncrpc4j.xdr.Xdr;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** READDIR and READDIRPLUS: every name once, whatever happens between the pages, in pages of the size that was asked for. */
class PagingTest {

    private static Mounted shared;
    private static int tries;

    @BeforeContainer
    static void start() throws IOException {
        shared = Mounted.asRoot(new MemoryTree(64 << 20));
    }

    @AfterContainer
    static void stop() throws IOException {
        shared.close();
    }

    @Property(tries = 60)
    void namesThatWereThereAllTheTimeComeOnceWhateverComesAndGoesBetweenPages(@ForAll long seed,
            @ForAll @IntRange(min = 200, max = 4000) int count)
            throws IOException {
        Random random = new Random(seed);
        FileHandle dir = shared.mkdir(shared.root, "d" + tries++);
        Set<NfsText> stay = new HashSet<>(Set.of(FileName.DOT, FileName.DOT_DOT));
        Set<String> come = new HashSet<>();
        for (int i = 0; i < 60; i++) {
            String name = i + "-" + "x".repeat(random.nextInt(40));
            shared.create(dir, name);
            if (random.nextBoolean()) {
                stay.add(NfsText.of(name));
            } else {
                come.add(name);
            }
        }
        List<NfsText> names = Pages.names(shared, dir, count, () -> {
            for (String name : List.copyOf(come)) {
                if (random.nextInt(4) == 0) {
                    come.remove(name);
                    shared.nfs(Nfs3.REMOVE, in(dir, name), Wcc3Res::decode);
                }
            }
            String name = "new" + random.nextInt(1 << 30);
            shared.create(dir, name);
            come.add(name);
        });
        assertThat(names).doesNotHaveDuplicates().containsAll(stay);
    }

    @Test
    @DisplayName("ten thousand entries of a directory, half of them removed while it is read, by READDIRPLUS")
    void tenThousand(@TempDir Path directory) throws IOException {
        for (int i = 0; i < 10_000; i++) {
            Files.createFile(directory.resolve("file" + i));
        }
        try (Mounted nfs = Mounted.asRoot(new DirectoryTree(directory, false, false))) {
            Set<String> seen = new HashSet<>();
            long cookie = 0;
            long verifier = 0;
            boolean eof = false;
            int page = 0;
            while (!eof) {
                Readdirplus3Args args = new Readdirplus3Args(nfs.root, cookie, verifier, 8192, 65536);
                Readdir3Res<EntryPlus3> result = nfs.nfs(Nfs3.READDIRPLUS, args, Readdir3Res::decodePlus);
                assertThat(result.status()).isEqualTo(NfsStat3.NFS3_OK);
                for (EntryPlus3 entry : result.entries()) {
                    assertThat(seen.add(entry.name().toString())).as("%s", entry).isTrue();
                    assertThat(entry.attributes().fileid()).isEqualTo(entry.fileid());
                    cookie = entry.cookie();
                }
                EntryPlus3 last = result.entries().get(result.entries().size() - 1);
                assertThat(nfs.getattr(last.handle()).status()).isEqualTo(NfsStat3.NFS3_OK);
                verifier = result.cookieverf();
                eof = result.eof();
                for (int i = page; i < 5_000; i += 200) {
                    Files.deleteIfExists(directory.resolve("file" + i));
                }
                page++;
            }
            for (int i = 5_000; i < 10_000; i++) {
                assertThat(seen).contains("file" + i);
            }
            assertThat(page).isGreaterThan(30);
        }
    }

    @Property(tries = 40)
    void noPageIsLargerThanWasAskedForAndNoneCouldHaveHadOneEntryMore(@ForAll @IntRange(min = 0, max = 3000) int count) throws IOException {
        FileHandle dir = shared.mkdir(shared.root, "sizes" + System.nanoTime());
        for (int i = 0; i < 10; i++) {
            shared.create(dir, "n".repeat(20 + i));
        }
        Readdir3Res<Entry3> names = shared.nfs(Nfs3.READDIR, new Readdir3Args(dir, 0, 0, count), Readdir3Res::decode);
        Readdir3Res<EntryPlus3> plus = shared.nfs(Nfs3.READDIRPLUS, new Readdirplus3Args(dir, 0, 0, -1, count), Readdir3Res::decodePlus);
        check(names.status(), size(names), names.eof(), count, 28 + 32);
        check(plus.status(), size(plus), plus.eof(), count, 28 + 32 + 8 + 84 + 68);
    }

    private static void check(NfsStat3 status, int size, boolean eof, int count, int largestEntry) {
        if (status == NfsStat3.NFS3ERR_TOOSMALL) {
            assertThat(count).isLessThan(104 + largestEntry);
        } else {
            assertThat(status).isEqualTo(NfsStat3.NFS3_OK);
            assertThat(size).isLessThanOrEqualTo(count);
            assertThat(eof || size + largestEntry > count).isTrue();
        }
    }

    /** Bytes behind the status. */
    private static int size(XdrValue result) throws IOException {
        Xdr xdr = new Xdr(64);
        xdr.beginEncoding();
        result.xdrEncode(xdr);
        xdr.endEncoding();
        return xdr.getBytes().length - 4;
    }

    @Property(tries = 20)
    void theCountOfNamesIsKeptButForTheFirst(@ForAll @IntRange(min = 0, max = 500) int dircount) throws IOException {
        FileHandle dir = shared.mkdir(shared.root, "dircount" + System.nanoTime());
        for (int i = 0; i < 20; i++) {
            shared.create(dir, "name" + i);
        }
        Readdir3Res<EntryPlus3> plus = shared.nfs(Nfs3.READDIRPLUS, new Readdirplus3Args(dir, 0, 0, dircount, 8192),
                Readdir3Res::decodePlus);
        assertThat(plus.entries()).isNotEmpty();
        int names = plus.entries().stream().skip(1).mapToInt(e -> Entry3.size(e.name())).sum();
        assertThat(names).isLessThanOrEqualTo(dircount);
    }

    @Property(tries = 1)
    void theVerifierIsThatOfAClientThatHasNone() throws IOException {
        assertThat(page(0, 0).cookieverf()).as("any other makes Linux throw away what it was just told").isZero();
    }

    @Property(tries = 1)
    void cookiesThatAreNotOursAreRefused() throws IOException {
        assertThat(page(5, 1).status()).isEqualTo(NfsStat3.NFS3ERR_BAD_COOKIE);
        assertThat(page(-5, DirectoryProcedures.VERIFIER).status()).isEqualTo(NfsStat3.NFS3ERR_BAD_COOKIE);
        assertThat(page(Long.MAX_VALUE, DirectoryProcedures.VERIFIER).eof()).isTrue();
        FileHandle file = shared.create(shared.root, "file" + System.nanoTime());
        assertThat(shared.nfs(Nfs3.READDIR, new Readdir3Args(file, 0, 0, 1000), Readdir3Res::decode).status())
                .isEqualTo(NfsStat3.NFS3ERR_NOTDIR);
    }

    private static Readdir3Res<Entry3> page(long cookie, long verifier) throws IOException {
        return shared.nfs(Nfs3.READDIR, new Readdir3Args(shared.root, cookie, verifier, 1000), Readdir3Res::decode);
    }
}
