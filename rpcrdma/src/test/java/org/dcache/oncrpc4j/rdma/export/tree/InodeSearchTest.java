// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export.tree;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.dcache.oncrpc4j.rdma.nfs3.Fattr3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsText;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The search for files whose place has been forgotten, as when clients use more files than the server remembers. */
class InodeSearchTest {

    private static final int FILES = 300;

    @TempDir
    Path directory;

    /** How often directories were read. */
    private final AtomicInteger reads = new AtomicInteger();

    private final Listings counted = new Listings() {
        @Override
        public Listing of(Fattr3 attributes, Reader reader) throws IOException {
            return super.of(attributes, () -> {
                reads.incrementAndGet();
                return reader.names();
            });
        }
    };

    @Test
    void aDirectoryIsReadOnceHoweverManyOfItsFilesAreSearchedFor() throws IOException {
        Path root = directory.toRealPath();
        for (int i = 0; i < FILES; i++) {
            Files.createFile(root.resolve("file" + i));
        }
        InodeSearch search = new InodeSearch(root, FileStat.of(root).device(), counted);
        // A listing is kept when the directory has not changed for a moment.
        do {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
            reads.set(0);
            find(search, root.resolve("file0"));
        } while (reads.get() > 0);
        for (int i = 0; i < FILES; i++) {
            find(search, root.resolve("file" + i));
        }
        assertThat(reads).hasValue(0);
        Files.move(root.resolve("file1"), root.resolve("file1a"));
        find(search, root.resolve("file1a"));
        assertThat(reads).as("the directory has changed").hasValue(1);
    }

    @Test
    void whatMayHaveBeenPassedByIsNotTakenForGone() throws IOException {
        Path root = directory.toRealPath();
        InodeSearch[] search = new InodeSearch[1];
        AtomicInteger moves = new AtomicInteger(1);
        search[0] = new InodeSearch(root, FileStat.of(root).device(), new Listings() {
            @Override
            public Listing of(Fattr3 attributes, Reader reader) throws IOException {
                if (moves.getAndDecrement() > 0) {
                    search[0].moved();
                }
                return super.of(attributes, reader);
            }
        });
        InodeHandle gone = new InodeHandle(0, 1L << 60, 0, new short[1]);
        assertThatThrownBy(() -> search[0].find(gone)).isInstanceOfSatisfying(Nfs3Exception.class,
                e -> assertThat(e.status()).isEqualTo(NfsStat3.NFS3ERR_JUKEBOX));
        assertThat(search[0].find(gone)).isNull();
    }

    private static void find(InodeSearch search, Path file) throws IOException {
        short[] names = {Listing.hash(PathNames.bytes(file.getFileName()))};
        assertThat(search.find(new InodeHandle(0, FileStat.of(file).inode(), 0, names))).isEqualTo(file);
    }

    @Test
    void namesAreFoundByTheirHash() {
        List<NfsText> names = IntStream.range(0, 100_000).mapToObj(i -> NfsText.of("name" + i)).toList();
        Listing listing = Listing.of(names);
        for (NfsText name : names.subList(0, 1000)) {
            assertThat(listing.withHash(Listing.hash(name))).contains(name).hasSizeLessThan(20)
                    .allMatch(other -> Listing.hash(other) == Listing.hash(name));
        }
        assertThat(Listing.of(List.of()).withHash((short) 0)).isEmpty();
    }
}
