// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt.link;

/**
 * Runs all of several steps, also behind one that throws: at the end of a connection each thing that it holds has an owner, who must not
 * lose it because the one before could not do its part. One thread.
 */
public final class RunAll {

    private Throwable first;

    public void run(Runnable step) {
        try {
            step.run();
        } catch (RuntimeException | Error e) {
            threw(e);
        }
    }

    /** A step that the caller has run has thrown this. */
    public void threw(Throwable e) {
        if (first == null) {
            first = e;
        } else if (first != e) {
            try {
                first.addSuppressed(e);
            } catch (OutOfMemoryError again) {
                // The first says enough.
            }
        }
    }

    /** Throws what the first step has thrown that did; the others' are suppressed in it. */
    public void done() {
        if (first instanceof Error e) {
            throw e;
        }
        if (first != null) {
            throw (RuntimeException) first;
        }
    }
}
