// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs.parts;

import org.dcache.oncrpc4j.rdma.verbs.HelperThread;
import org.dcache.oncrpc4j.rdma.verbs.OwnThread;

/**
 * A thread of a provider for a loop. It belongs to who makes it, who starts it once, makes its body return, and then waits with {@link
 * #awaitEnd}. Nobody interrupts it; a body that waits must bear it all the same.
 */
public final class LoopThread extends OwnThread implements HelperThread.Loop {

    /**
     * Not started yet.
     *
     * @param loader the context class loader; null, which is the system's own, where no code of a user runs on the thread
     */
    public static LoopThread of(String name, Runnable body, ClassLoader loader) {
        return make(() -> new LoopThread(name, body, loader));
    }

    private LoopThread(String name, Runnable body, ClassLoader loader) {
        super(name, body, loader);
    }

    /** Whether the caller is on this thread. */
    public boolean isCurrent() {
        return Thread.currentThread() == this;
    }

    /**
     * Waits until the body has returned. Any other thread; an interrupt does not end the wait but is kept for the caller to see. At once if
     * it was never started.
     */
    public void awaitEnd() {
        boolean interrupted = false;
        while (isAlive()) {
            try {
                join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
