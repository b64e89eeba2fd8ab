// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export.tree;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;
import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;

/**
 * A file must be searched for before a procedure can go on. That may take long, so it is not done under the tree's locks: the procedure,
 * or the step of one that can be repeated, ends by this exception, the file is searched for, and it is run again. Nothing unusual, so it
 * has no stack trace.
 *
 * <p>What was found is kept for the thread until the procedure is over, since one may need several files, and each of them in each of its
 * runs. A file that is renamed between search and run is searched for again, {@value #TRIES} times; then the client has to come later. One
 * that is found in the same place again, and is not there, is behind something that the search does not see, such as a symbolic link.
 */
public final class SearchNeeded extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private static final int TRIES = 8;

    /** Of a thread that runs a procedure. */
    private static final ThreadLocal<Map<FileHandle, Found>> FOUND = new ThreadLocal<>();

    private final transient FileHandle file;
    private final transient Search search;

    private SearchNeeded(FileHandle file, Search search) {
        super("search for the file first", null, false, false);
        this.file = file;
        this.search = search;
    }

    /** A procedure, or a part of one. */
    public interface Step<T, E extends Exception> {

        T run() throws E;
    }

    /** Finds a file. */
    interface Search {

        /** Null if there is no such file. */
        Path find() throws IOException;
    }

    /**
     * @param path null if there is no such file, or the search failed
     * @param again the search before found the same
     */
    private record Found(Path path, IOException failure, int tries, boolean again) {}

    /**
     * Where the file was found.
     *
     * @return null if there is no such file
     * @throws SearchNeeded it was not searched for yet
     * @throws IOException the search failed
     */
    static Path found(FileHandle file, Search search) throws IOException {
        Map<FileHandle, Found> all = FOUND.get();
        Found found = all == null ? null : all.get(file);
        if (found == null) {
            throw new SearchNeeded(file, search);
        }
        if (found.failure != null) {
            throw found.failure;
        }
        return found.path;
    }

    /**
     * The file is not where it was found.
     *
     * @return to be thrown
     * @throws Nfs3Exception it was searched for often enough
     */
    static SearchNeeded again(FileHandle file, Search search) throws Nfs3Exception {
        Found found = FOUND.get().get(file);
        if (found.again) {
            throw new Nfs3Exception(NfsStat3.NFS3ERR_STALE, "the file cannot be reached where it was found twice, " + found.path);
        }
        if (found.tries >= TRIES) {
            throw new Nfs3Exception(NfsStat3.NFS3ERR_JUKEBOX, "the file is renamed faster than it is found");
        }
        return new SearchNeeded(file, search);
    }

    /** Runs a procedure, or a step of one that can be repeated, again after each search that it needs; called without the tree's lock. */
    public static <T, E extends Exception> T retried(Step<T, E> step) throws E {
        boolean outermost = FOUND.get() == null;
        if (outermost) {
            FOUND.set(new HashMap<>());
        }
        try {
            while (true) {
                try {
                    return step.run();
                } catch (SearchNeeded e) {
                    e.run(FOUND.get());
                }
            }
        } finally {
            if (outermost) {
                FOUND.remove();
            }
        }
    }

    private void run(Map<FileHandle, Found> all) {
        Found before = all.get(file);
        int tries = before == null ? 1 : before.tries + 1;
        try {
            Path path = search.find();
            all.put(file, new Found(path, null, tries, before != null && before.path != null && before.path.equals(path)));
        } catch (IOException e) {
            all.put(file, new Found(null, e, tries, false));
        }
    }
}
