// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.dcache.oncrpc4j.rdma.export.tree.ExportTree;
import org.dcache.oncrpc4j.rdma.export.tree.Node;
import org.dcache.oncrpc4j.rdma.export.tree.Unforced;
import org.dcache.oncrpc4j.rdma.export.tree.memory.MemoryTree;
import org.dcache.oncrpc4j.rdma.nfs3.CreateMode3;
import org.dcache.oncrpc4j.rdma.nfs3.DirOpArgs3;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;
import org.dcache.oncrpc4j.rdma.nfs3.FileType3;
import org.dcache.oncrpc4j.rdma.nfs3.Nfs3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsText;
import org.dcache.oncrpc4j.rdma.nfs3.Sattr3;
import org.dcache.oncrpc4j.rdma.nfs3.args.Commit3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Create3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Link3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Mkdir3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Mknod3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Rename3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Setattr3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Symlink3Args;
import org.dcache.oncrpc4j.rdma.nfs3.results.Commit3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Create3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Link3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Rename3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Wcc3Res;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A file or directory whose reads, writes, cuts or forcing to the disk do not return: all others are served meanwhile. */
class HungFileTest {

    private static final int CALLERS = 40;
    private static final int THREADS = 4;
    private static final int LENGTH = 1000;

    private final CountDownLatch repaired = new CountDownLatch(1);
    private final Semaphore hanging = new Semaphore(0);
    private final ExecutorService callers = Executors.newFixedThreadPool(CALLERS);
    private volatile FileHandle hung;
    private Mounted nfs;

    @BeforeEach
    void mount() throws IOException {
        ExportTree tree = new MemoryTree(16 << 20);
        ExportTree hanging = Wrapped.of(ExportTree.class, tree, (method, arguments, result) -> {
            if (arguments == null || !(arguments[0] instanceof Node node) || !node.handle().equals(hung)) {
                return result;
            } else if (method.getName().equals("open")) {
                return Wrapped.of(ExportTree.OpenFile.class, (ExportTree.OpenFile) result, this::hang);
            } else if (arguments[arguments.length - 1] instanceof Unforced unforced) {
                // What was changed has to be forced to the disk, as in a tree that has one.
                unforced.add(Wrapped.of(ExportTree.Forced.class, tree.open(node, ExportTree.Access.FORCE), this::hang));
            }
            return result;
        });
        nfs = new Mounted(hanging, ExportOptions.DEFAULT.withSquash(Squash.NONE), THREADS);
    }

    @AfterEach
    void unmount() throws IOException {
        repaired.countDown();
        callers.shutdownNow();
        nfs.close();
    }

    private Object hang(Method method, Object[] arguments, Object result) throws InterruptedException {
        if (!method.getName().equals("close")) {
            hanging.release();
            repaired.await();
        }
        return result;
    }

    @ParameterizedTest
    @ValueSource(ints = {Nfs3.READ, Nfs3.WRITE, Nfs3.SETATTR, Nfs3.CREATE, Nfs3.COMMIT})
    void itStopsOnlyItsOwnCallers(int procedure) throws Exception {
        FileHandle file = nfs.create(nfs.root, "hung");
        FileHandle other = nfs.create(nfs.root, "other");
        nfs.write(file, 0, new byte[] {1, 2, 3}, Nfs3.UNSTABLE);
        hung = file;
        List<Future<NfsStat3>> answers = called(i -> {
            byte[] data = new byte[LENGTH];
            Arrays.fill(data, (byte) (int) i);
            long offset = (long) i * LENGTH;
            return () -> switch (procedure) {
                case Nfs3.READ -> nfs.read(file, 0, 3).status();
                case Nfs3.WRITE -> nfs.write(file, offset, data, Nfs3.UNSTABLE).status();
                case Nfs3.SETATTR -> nfs.nfs(Nfs3.SETATTR, new Setattr3Args(file,
                        offset % (2 * LENGTH) == 0 ? Sattr3.ofSize(offset) : Sattr3.ofMode(0600), null), Wcc3Res::decode).status();
                case Nfs3.CREATE -> nfs.nfs(Nfs3.CREATE, Create3Args.of(Mounted.in(nfs.root, "hung"), CreateMode3.UNCHECKED,
                        Sattr3.ofSize(0)), Create3Res::decode).status();
                default -> nfs.nfs(Nfs3.COMMIT, new Commit3Args(file, 0, 0), Commit3Res::decode).status();
            };
        });
        assertOnlyTheseWait(answers, other);
        byte[] written = nfs.read(file, 0, CALLERS * LENGTH).data().toArray();
        for (int i = 0; i < CALLERS * LENGTH && procedure == Nfs3.WRITE; i++) {
            assertThat(written[i]).as("byte %d, of a WRITE that had to wait or not", i).isEqualTo((byte) (i / LENGTH));
        }
        nfs.awaitReplyMemory();
    }

    @ParameterizedTest
    @ValueSource(ints = {Nfs3.CREATE, Nfs3.MKDIR, Nfs3.SYMLINK, Nfs3.MKNOD, Nfs3.REMOVE, Nfs3.RMDIR, Nfs3.LINK, Nfs3.RENAME})
    void aDirectoryStopsOnlyWhoChangesItsNames(int procedure) throws Exception {
        FileHandle dir = nfs.mkdir(nfs.root, "hung");
        FileHandle other = nfs.create(nfs.root, "other");
        for (int i = 0; i < CALLERS; i++) {
            nfs.create(nfs.root, "f" + i);
            if (procedure == Nfs3.REMOVE) {
                nfs.create(dir, "n" + i);
            } else if (procedure == Nfs3.RMDIR) {
                nfs.mkdir(dir, "n" + i);
            }
        }
        hung = dir;
        List<Future<NfsStat3>> answers = called(i -> {
            DirOpArgs3 name = Mounted.in(dir, "n" + i);
            Create3Args create = i % 2 == 0 ? Create3Args.exclusive(name, i)
                    : Create3Args.of(name, CreateMode3.UNCHECKED, Sattr3.ofSize(i));
            return () -> switch (procedure) {
                case Nfs3.CREATE -> nfs.nfs(procedure, create, Create3Res::decode).status();
                case Nfs3.MKDIR -> nfs.nfs(procedure, new Mkdir3Args(name, Sattr3.NONE), Create3Res::decode).status();
                case Nfs3.SYMLINK -> nfs.nfs(procedure, new Symlink3Args(name, Sattr3.NONE, NfsText.of("x")), Create3Res::decode).status();
                case Nfs3.MKNOD -> nfs.nfs(procedure, new Mknod3Args(name, FileType3.NF3FIFO, Sattr3.NONE, null), Create3Res::decode)
                        .status();
                case Nfs3.LINK -> nfs.nfs(procedure, new Link3Args(other, name), Link3Res::decode).status();
                case Nfs3.RENAME -> nfs.nfs(procedure, new Rename3Args(Mounted.in(nfs.root, "f" + i), name), Rename3Res::decode).status();
                default -> nfs.nfs(procedure, name, Wcc3Res::decode).status();
            };
        });
        assertOnlyTheseWait(answers, other);
    }

    private List<Future<NfsStat3>> called(IntFunction<Callable<NfsStat3>> call) {
        return IntStream.range(0, CALLERS).mapToObj(call).map(callers::submit).toList();
    }

    /** Until what hangs is repaired. */
    private void assertOnlyTheseWait(List<Future<NfsStat3>> answers, FileHandle other) throws Exception {
        assertThat(hanging.tryAcquire(30, TimeUnit.SECONDS)).isTrue();
        for (int i = 0; i < 20; i++) {
            Rename3Args there = new Rename3Args(Mounted.in(nfs.root, "other"), Mounted.in(nfs.root, "moved"));
            Rename3Args back = new Rename3Args(Mounted.in(nfs.root, "moved"), Mounted.in(nfs.root, "other"));
            assertThat(nfs.nfs(Nfs3.RENAME, there, Rename3Res::decode).status()).isEqualTo(NfsStat3.NFS3_OK);
            assertThat(nfs.nfs(Nfs3.RENAME, back, Rename3Res::decode).status()).isEqualTo(NfsStat3.NFS3_OK);
            assertThat(nfs.write(other, 0, new byte[] {7}, Nfs3.FILE_SYNC).status()).isEqualTo(NfsStat3.NFS3_OK);
            assertThat(nfs.read(other, 0, 1).data().toArray()).containsExactly(7);
            assertThat(nfs.lookup(nfs.root, "hung").status()).as("what hangs, looked at").isEqualTo(NfsStat3.NFS3_OK);
            assertThat(nfs.nfs(Nfs3.CREATE, Create3Args.of(Mounted.in(nfs.root, "new"), CreateMode3.UNCHECKED, Sattr3.NONE),
                    Create3Res::decode).status()).isEqualTo(NfsStat3.NFS3_OK);
        }
        assertThat(answers).noneMatch(Future::isDone);
        repaired.countDown();
        for (Future<NfsStat3> answer : answers) {
            assertThat(answer.get(30, TimeUnit.SECONDS)).isEqualTo(NfsStat3.NFS3_OK);
        }
    }
}
