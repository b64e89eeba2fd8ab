// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.nfs.app;

import java.io.IOException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.dcache.oncrpc4j.rdma.nfs3.EntryPlus3;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;
import org.dcache.oncrpc4j.rdma.nfsclient.Directory;
import org.dcache.oncrpc4j.rdma.nfsclient.Nfs3Client;

/**
 * Reads all files on the server and compares every byte with the tree. Calls: READDIRPLUS for each page of each directory, READ for each
 * block.
 */
final class TreeReader {

    /** More than a directory of the tree needs. */
    static final int MAXCOUNT = 64 << 10;

    private record Found(String path, EntryPlus3 entry) {}

    private final Nfs3Client client;
    private final FileHandle root;
    private final int block;

    TreeReader(Nfs3Client client, FileHandle root, int block) {
        this.client = client;
        this.root = root;
        this.block = block;
    }

    /** @return path, size and SHA-256 of each file on the server, sorted by path */
    List<String> read(Tree tree, int threads) throws Exception {
        List<Found> files = new ArrayList<>();
        list("", root, files);
        Map<String, Content> expected = new HashMap<>();
        tree.files().forEach(file -> expected.put(file.path(), file.content()));
        List<String> lines = Collections.synchronizedList(new ArrayList<>());
        Workers.all(threads, files, file -> lines.add(read(file, expected.get(file.path()))));
        List<String> sorted = new ArrayList<>(lines);
        Collections.sort(sorted);
        return sorted;
    }

    private void list(String path, FileHandle handle, List<Found> files) throws IOException {
        for (EntryPlus3 entry : new Directory(client, handle).entries(MAXCOUNT)) {
            String name = entry.name().toString();
            if (name.equals(".") || name.equals("..")) {
                continue;
            }
            if (entry.attributes().isDirectory()) {
                list(path + name + '/', entry.handle(), files);
            } else {
                files.add(new Found(path + name, entry));
            }
        }
    }

    private String read(Found found, Content expected) throws IOException {
        if (expected == null) {
            throw new IOException("expected only files of the tree on the server, got " + found.path());
        }
        MessageDigest digest = Content.newDigest();
        long size = TreeClient.file(client, found.entry().handle(), block).copyTo(found.entry().attributes().size(), (offset, data) -> {
            long wrong = expected.mismatch(offset, data);
            if (wrong >= 0) {
                throw new IOException(found.path() + ": wrong byte at " + wrong + " of " + expected.size());
            }
            digest.update(data);
        });
        if (size != expected.size()) {
            throw new IOException(found.path() + ": expected " + expected.size() + " bytes, got " + size);
        }
        return found.path() + ' ' + size + ' ' + Content.text(digest);
    }
}
