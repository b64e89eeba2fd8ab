// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export.tree;

import java.util.function.Supplier;

/**
 * A file must be looked for in the whole tree before a procedure can go on. That may take long, so it is not done under the tree's locks:
 * the procedure, which has changed nothing yet, ends by this, the file is looked for, and the procedure begins again. Part of the ordinary
 * course of things, so without a stack trace.
 */
public final class SearchNeeded extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final transient Runnable search;

    SearchNeeded(Runnable search) {
        super("look for the file first", null, false, false);
        this.search = search;
    }

    /** Runs a procedure; called without locks. */
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
