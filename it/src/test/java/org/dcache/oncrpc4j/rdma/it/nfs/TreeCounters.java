// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.nfs;

import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntUnaryOperator;
import org.dcache.oncrpc4j.rdma.it.nfs.app.Tree;
import org.dcache.oncrpc4j.rdma.it.nfs.app.TreeClient;

/**
 * What the counters must say when a tree is written and when it is read, call by call as {@code TreeWriter} and {@code TreeReader} make
 * them.
 */
final class TreeCounters {

    /** What the reader asks for with READDIRPLUS; each directory fits one answer. */
    private static final int MAXCOUNT = 64 << 10;
    /** What it asks for with READ at least. */
    private static final int LEAST_READ = 512;

    private final Tree tree;
    private final int block;
    private final int inline;
    private final IntUnaryOperator handles;

    /**
     * @param block largest READ and WRITE, bytes
     * @param inline threshold, bytes
     * @param handles length of handles so many levels below the root
     */
    TreeCounters(Tree tree, int block, int inline, IntUnaryOperator handles) {
        this.tree = tree;
        this.block = block;
        this.inline = inline;
        this.handles = handles;
    }

    private ExpectedCounters counters() {
        return new ExpectedCounters(inline, ExpectedCounters.authSys(TreeClient.MACHINE));
    }

    private int handle(String path) {
        return handles.applyAsInt(path.isEmpty() ? 0 : path.split("/").length);
    }

    private static String parent(String path) {
        return path.substring(0, Math.max(0, path.lastIndexOf('/')));
    }

    ExpectedCounters write() {
        ExpectedCounters expected = counters().small(tree.directories().size());
        for (Tree.File file : tree.files()) {
            expected.small(file.number() % 3 == 2 ? 2 : 1);
            for (long offset = 0; offset < file.size(); offset += block) {
                expected.write(handle(file.path()), (int) Math.min(block, file.size() - offset));
            }
            if (file.size() > block) {
                expected.small(1);
            }
        }
        return expected;
    }

    ExpectedCounters read() {
        ExpectedCounters expected = counters();
        Map<String, Integer> listings = new TreeMap<>();
        listings.put("", empty(""));
        tree.directories().forEach(path -> listings.put(path, empty(path)));
        tree.directories().forEach(path -> add(listings, path));
        tree.files().forEach(file -> add(listings, file.path()));
        listings.values().forEach(came -> expected.readdir(MAXCOUNT, came));
        for (Tree.File file : tree.files()) {
            long offset = 0;
            do {
                int count = (int) Math.max(LEAST_READ, Math.min(block, file.size() - offset));
                int came = (int) Math.min(count, file.size() - offset);
                expected.read(count, came);
                offset += came;
            } while (offset < file.size());
        }
        return expected;
    }

    /** A listing with the directory and its parent only. */
    private int empty(String path) {
        return ExpectedCounters.emptyReaddirplus() + ExpectedCounters.entryplus(1, handle(path))
                + ExpectedCounters.entryplus(2, handle(parent(path)));
    }

    private void add(Map<String, Integer> listings, String path) {
        listings.merge(parent(path), ExpectedCounters.entryplus(path.length() - path.lastIndexOf('/') - 1, handle(path)), Integer::sum);
    }
}
