// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export.tree;

import java.util.function.Supplier;

/**
 * A file must be searched for before a procedure can go on. That may take long, so it is not done under the tree's locks: the procedure,
 * which has changed nothing yet, ends by this exception, the file is searched for, and the procedure is run again. Nothing unusual, so it
 * has no stack trace.
 */
public final class SearchNeeded extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final transient Runnable search;

    SearchNeeded(Runnable search) {
        super("search for the file first", null, false, false);
        this.search = search;
    }

    /** Runs a procedure, again after each search that it needs; called without locks. */
    public static <T> T retried(Supplier<T> procedure) {
        while (true) {
            try {
                return procedure.get();
            } catch (SearchNeeded e) {
                e.search.run();
            }
        }
    }
}
