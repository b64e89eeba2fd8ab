// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export.tree;

/**
 * A file must be searched for before a procedure can go on. That may take long, so it is not done under the tree's locks: the procedure,
 * or the step of one that can be repeated, ends by this exception, the file is searched for, and it is run again. Nothing unusual, so it
 * has no stack trace.
 */
public final class SearchNeeded extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final transient Runnable search;

    SearchNeeded(Runnable search) {
        super("search for the file first", null, false, false);
        this.search = search;
    }

    /** A procedure, or a part of one. */
    public interface Step<T, E extends Exception> {

        T run() throws E;
    }

    /** Runs a procedure, or a step of one that can be repeated, again after each search that it needs; called without the tree's lock. */
    public static <T, E extends Exception> T retried(Step<T, E> step) throws E {
        while (true) {
            try {
                return step.run();
            } catch (SearchNeeded e) {
                e.search.run();
            }
        }
    }
}
