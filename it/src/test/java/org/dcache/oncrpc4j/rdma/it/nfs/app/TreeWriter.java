// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.nfs.app;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;
import org.dcache.oncrpc4j.rdma.nfs3.NfsText;
import org.dcache.oncrpc4j.rdma.nfs3.Sattr3;
import org.dcache.oncrpc4j.rdma.nfsclient.BlockSource;
import org.dcache.oncrpc4j.rdma.nfsclient.Nfs3Client;
import org.dcache.oncrpc4j.rdma.nfsclient.Node;

/**
 * Makes a tree on the server. Calls: MKDIR for each directory; for each file CREATE (UNCHECKED, GUARDED and EXCLUSIVE in turn, the last one
 * with a SETATTR), WRITE for each block, and COMMIT if there are several blocks.
 */
final class TreeWriter {

    private static final Sattr3 MODE = Sattr3.ofMode(0644);

    private final Nfs3Client client;
    private final FileHandle root;
    private final int block;

    TreeWriter(Nfs3Client client, FileHandle root, int block) {
        this.client = client;
        this.root = root;
        this.block = block;
    }

    /** @param again asked after all files were written: whether to write all their data once more */
    void write(Tree tree, int threads, BooleanSupplier again) throws Exception {
        Map<Tree.File, FileHandle> files = make(tree, threads);
        while (again.getAsBoolean()) {
            Workers.all(threads, tree.files(), file -> fill(files.get(file), file));
        }
    }

    private Map<Tree.File, FileHandle> make(Tree tree, int threads) throws Exception {
        Map<Tree.File, FileHandle> files = new ConcurrentHashMap<>();
        Map<String, FileHandle> directories = new HashMap<>();
        for (String path : tree.directories()) {
            int slash = path.lastIndexOf('/');
            FileHandle parent = slash < 0 ? root : directories.get(path.substring(0, slash));
            directories.put(path, client.mkdir(parent, NfsText.of(path.substring(slash + 1)), Sattr3.ofMode(0755)).handle());
        }
        Workers.all(threads, tree.files(), file -> {
            FileHandle handle = create(directories.get(file.directory()), file).handle();
            files.put(file, handle);
            fill(handle, file);
        });
        return files;
    }

    private void fill(FileHandle handle, Tree.File file) throws Exception {
        TreeClient.file(client, handle, block).copyFrom(source(file.content()));
    }

    private Node create(FileHandle directory, Tree.File file) throws IOException {
        NfsText name = NfsText.of(file.name());
        switch (file.number() % 3) {
            case 0 -> {
                return client.create(directory, name, MODE);
            }
            case 1 -> {
                return client.createGuarded(directory, name, MODE);
            }
            default -> {
                Node node = client.createExclusive(directory, name, file.path().hashCode() * 31L + file.number());
                client.setattr(node.handle(), MODE, null);
                return node;
            }
        }
    }

    private static BlockSource source(Content content) {
        return new BlockSource() {
            @Override
            public long size() {
                return content.size();
            }

            @Override
            public void fill(long offset, ByteBuffer target) {
                ByteBuffer part = target.slice();
                content.fill(offset, part);
                target.position(target.position() + part.limit());
            }
        };
    }
}
