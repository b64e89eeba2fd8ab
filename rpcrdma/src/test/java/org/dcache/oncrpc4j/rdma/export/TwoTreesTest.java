// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.dcache.oncrpc4j.rdma.export.Mounted.in;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.lifecycle.AfterTry;
import net.jqwik.api.lifecycle.BeforeTry;
import org.dcache.oncrpc4j.rdma.export.tree.DirectoryTree;
import org.dcache.oncrpc4j.rdma.export.tree.memory.MemoryTree;
import org.dcache.oncrpc4j.rdma.nfs3.CreateMode3;
import org.dcache.oncrpc4j.rdma.nfs3.Fattr3;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;
import org.dcache.oncrpc4j.rdma.nfs3.Nfs3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsText;
import org.dcache.oncrpc4j.rdma.nfs3.Sattr3;
import org.dcache.oncrpc4j.rdma.nfs3.args.Create3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Link3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Mkdir3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Rename3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Setattr3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Symlink3Args;
import org.dcache.oncrpc4j.rdma.nfs3.results.Create3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Getattr3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Link3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Lookup3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Read3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Rename3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Wcc3Res;

/** A directory and a tree in memory answer the same to the same, whatever is asked for in whatever order; each is the other's reference. */
class TwoTreesTest {

    private static final int STEPS = 80;
    private static final String[] NAMES = {"a", "b", "c", "d", ".", ".."};

    private Path directory;
    private final List<Mounted> exports = new ArrayList<>();
    /** The same file in each export, by index; gone ones stay. */
    private final List<List<FileHandle>> handles = new ArrayList<>();

    @BeforeTry
    void start() throws IOException {
        directory = Files.createTempDirectory("two-trees");
        directory.toFile().setWritable(true, false);
        exports.add(Mounted.asRoot(new MemoryTree(16 << 20)));
        exports.add(Mounted.asRoot(new DirectoryTree(directory, false, false)));
        handles.add(List.of(exports.get(0).root, exports.get(1).root));
    }

    @AfterTry
    void stop() throws IOException {
        for (Mounted export : exports) {
            export.close();
        }
        try (var tree = Files.walk(directory)) {
            for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
        exports.clear();
        handles.clear();
    }

    /** What one export answered: the part that must be the same, and a handle of a new file or null. */
    private record Answer(Object same, FileHandle handle) {}

    private interface Step {

        Answer on(Mounted nfs, int export) throws IOException;
    }

    @Property(tries = 25)
    void bothAnswerTheSame(@ForAll long seed) throws IOException {
        Random random = new Random(seed);
        for (int i = 0; i < STEPS; i++) {
            int kind = random.nextInt(12);
            Step step = step(kind, random);
            Answer memory = step.on(exports.get(0), 0);
            Answer disk = step.on(exports.get(1), 1);
            assertThat(disk.same()).as("step %d of kind %d, seed %d", i, kind, seed).isEqualTo(memory.same());
            if (memory.handle() != null) {
                List<FileHandle> pair = List.of(memory.handle(), disk.handle());
                assertThat(handles.indexOf(pair)).as("the same file or a new one in both: step %d, kind %d, seed %d", i, kind, seed)
                        .isEqualTo(index(memory.handle(), 0)).isEqualTo(index(disk.handle(), 1));
                if (!handles.contains(pair)) {
                    handles.add(pair);
                }
            }
        }
    }

    private int index(FileHandle handle, int export) {
        for (int i = 0; i < handles.size(); i++) {
            if (handles.get(i).get(export).equals(handle)) {
                return i;
            }
        }
        return -1;
    }

    private Step step(int kind, Random random) {
        List<FileHandle> one = handles.get(random.nextInt(handles.size()));
        List<FileHandle> two = handles.get(random.nextInt(handles.size()));
        String name = NAMES[random.nextInt(random.nextInt(4) == 0 ? NAMES.length : 4)];
        String other = NAMES[random.nextInt(random.nextInt(8) == 0 ? NAMES.length : 4)];
        int number = random.nextInt(5000);
        byte[] data = new byte[random.nextInt(5000)];
        random.nextBytes(data);
        return switch (kind) {
            case 0, 1 -> (nfs, e) ->
                    made(nfs.nfs(Nfs3.MKDIR, new Mkdir3Args(in(one.get(e), name), Sattr3.ofMode(0755)), Create3Res::decode));
            case 2, 3 -> (nfs, e) ->
                    made(nfs.nfs(Nfs3.CREATE, Create3Args.of(in(one.get(e), name), CreateMode3.values()[number % 2], Sattr3.ofMode(0600)),
                    Create3Res::decode));
            case 4 -> (nfs, e) -> made(nfs.nfs(Nfs3.SYMLINK, new Symlink3Args(in(one.get(e), name), Sattr3.NONE, NfsText.of("/" + other)),
                    Create3Res::decode));
            case 5 -> (nfs, e) -> status(nfs.nfs(Nfs3.REMOVE, in(one.get(e), name), Wcc3Res::decode).status());
            case 6 -> (nfs, e) -> status(nfs.nfs(Nfs3.RMDIR, in(one.get(e), name), Wcc3Res::decode).status());
            case 7 -> (nfs, e) ->
                    status(nfs.nfs(Nfs3.RENAME, new Rename3Args(in(one.get(e), name), in(two.get(e), other)), Rename3Res::decode).status());
            case 8 -> (nfs, e) -> {
                Link3Res linked = nfs.nfs(Nfs3.LINK, new Link3Args(one.get(e), in(two.get(e), name)), Link3Res::decode);
                return new Answer(List.of(linked.status(), linked.status() == NfsStat3.NFS3_OK ? linked.attributes().nlink() : 0), null);
            };
            case 9 -> (nfs, e) -> {
                NfsStat3 status = nfs.write(one.get(e), number, data, Nfs3.UNSTABLE).status();
                Read3Res read = nfs.read(one.get(e), 0, 20_000);
                return new Answer(List.of(status, read.status(), read.eof(), read.status() == NfsStat3.NFS3_OK
                        ? Arrays.hashCode(read.data().toArray()) : 0),
                        null);
            };
            case 10 -> (nfs, e) -> {
                Sattr3 change = number % 2 == 0 ? Sattr3.ofSize(number) : Sattr3.ofMode(0700 | number & 077);
                return status(nfs.nfs(Nfs3.SETATTR, new Setattr3Args(one.get(e), change, null), Wcc3Res::decode).status());
            };
            default -> (nfs, e) -> {
                Lookup3Res found = nfs.lookup(one.get(e), name);
                Getattr3Res attributes = nfs.getattr(one.get(e));
                boolean directory = attributes.status() == NfsStat3.NFS3_OK && attributes.attributes().isDirectory();
                return new Answer(List.of(found.status(), attributes.status(), attributes.attributes() == null
                        ? 0 : shape(attributes.attributes()),
                        directory ? new HashSet<>(Pages.names(nfs, one.get(e))) : 0), found.object());
            };
        };
    }

    private static Answer status(NfsStat3 status) {
        return new Answer(status, null);
    }

    private static Answer made(Create3Res result) {
        boolean ok = result.status() == NfsStat3.NFS3_OK;
        return new Answer(List.of(result.status(), ok ? shape(result.attributes()) : 0), ok ? result.object() : null);
    }

    /** What does not depend on the file system: no sizes of directories, ids, or the root's mode. */
    private static List<Object> shape(Fattr3 attributes) {
        return attributes.isDirectory() ? List.of(attributes.type(), attributes.nlink())
                : List.of(attributes.type(), attributes.nlink(), attributes.size(),
                attributes.mode(), attributes.uid());
    }
}
