// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.nfs.app;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;

/**
 * A tree of files that is the same for the same seed and number of files in every JVM: the path of each file, its size, its content. There
 * are sizes around every threshold of NFS data over RPC-over-RDMA: what fits inline beside the headers, pages, FPDUs, the largest READ and
 * WRITE; with all remainders modulo 4, so that every length of pad occurs. Few files are large; the largest has 64 MiB. Immutable.
 */
public final class Tree {

    /**
     * A file.
     *
     * @param number from 0 on
     * @param path relative, with slashes
     */
    public record File(int number, String path, Content content) {

        public String directory() {
            return path.substring(0, path.lastIndexOf('/'));
        }

        public String name() {
            return path.substring(path.lastIndexOf('/') + 1);
        }

        public long size() {
            return content.size();
        }
    }

    private static final int KIB = 1 << 10;
    private static final int MIB = 1 << 20;

    /** Sizes at which client or server change their behaviour. */
    private static final int[] THRESHOLDS = {
        0, 1024, 4096,                          // inline thresholds; a page
        16 * KIB, 3540, 15_828, 3876, 16_164,   // another threshold; largest READs that come inline; largest WRITEs that go inline, about
        1442, 1500, 2 * 1442, 8 * KIB,          // FPDUs behind an MTU of 1500, and the MTU itself; two pages
        65_508, 64 * KIB, 128 * KIB, 256 * KIB, // FPDUs on loopback; sizes of buffers
        MIB, 2 * MIB                            // largest READ and WRITE
    };

    /** Sizes of the large files, in bytes; odd lengths are among them. */
    private static final int[] LARGE = {3 * MIB + 1, 4 * MIB, 5 * MIB + 3, 8 * MIB + 2, 16 * MIB, 64 * MIB};

    private static final int FILES_PER_DIRECTORY = 100;

    /** Largest of the sizes drawn at random. */
    private static final int RANDOM_LIMIT = 96 * KIB;

    private final List<File> files = new ArrayList<>();
    private final List<String> directories = new ArrayList<>();

    /**
     * @param count files, at least as many as there are sizes around thresholds
     * @param large whether files above 2 MiB are among them
     */
    public Tree(long seed, int count, boolean large) {
        Random random = new Random(seed);
        List<Long> sizes = new ArrayList<>(around());
        if (large) {
            for (int size : LARGE) {
                sizes.add((long) size);
            }
        }
        if (sizes.size() > count) {
            throw new IllegalArgumentException("expected at least " + sizes.size() + " files, got " + count);
        }
        while (sizes.size() < count) {
            // Each power of two is as likely as the others, so that most files are small.
            sizes.add((long) Math.pow(RANDOM_LIMIT, random.nextDouble()));
        }
        Collections.shuffle(sizes, random);
        grow(random, sizes);
    }

    private Tree() {}

    /** A tree with a file of each of these sizes, in bytes. */
    static Tree ofSizes(long seed, List<Long> sizes) {
        Tree tree = new Tree();
        tree.grow(new Random(seed), sizes);
        return tree;
    }

    private void grow(Random random, List<Long> sizes) {
        for (int i = 0; i < sizes.size(); i++) {
            int directory = i / FILES_PER_DIRECTORY;
            String parent = "d" + directory % 5 + "/e" + directory;
            if (i % FILES_PER_DIRECTORY == 0) {
                directories.add(parent);
            }
            files.add(new File(i, parent + "/f" + i + "-" + sizes.get(i), new Content(random.nextLong(), sizes.get(i))));
        }
    }

    /** The thresholds. All sizes from 5 bytes below to 5 bytes above each of them are in the tree. */
    public static int[] thresholds() {
        return THRESHOLDS.clone();
    }

    private static Set<Long> around() {
        Set<Long> sizes = new TreeSet<>();
        for (int threshold : THRESHOLDS) {
            for (int d = -5; d <= 5; d++) {
                if (threshold + d >= 0) {
                    sizes.add((long) threshold + d);
                }
            }
        }
        return sizes;
    }

    /** In the order in which they are made. */
    public List<File> files() {
        return Collections.unmodifiableList(files);
    }

    /** All directories, parents first. */
    public List<String> directories() {
        Set<String> parents = new TreeSet<>();
        directories.forEach(path -> parents.add(path.substring(0, path.indexOf('/'))));
        List<String> all = new ArrayList<>(parents);
        all.addAll(directories);
        return all;
    }

    public long bytes() {
        return files.stream().mapToLong(File::size).sum();
    }
}
