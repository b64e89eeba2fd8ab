// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs;

import java.security.AccessController;
import java.security.PrivilegedAction;
import java.util.function.Supplier;

/**
 * A daemon thread of the transport's own. It serves many, and has nothing of who happens to make it: no thread-locals, no context class
 * loader, and no access-control context, in which a Java before 24 keeps the class loaders and the subject of the maker's callers for as
 * long as the thread lives. So a program's subject is never seen by another one's calls, and an application that is unloaded is not kept
 * by threads that others use too.
 *
 * <p>It is made by {@link #make} only, in any thread, and belongs to who makes it.
 */
public class OwnThread extends Thread {

    /**
     * To be called inside {@link #make}. Not started yet.
     *
     * @param loader the context class loader; null, which is the system's own, where no code of a user runs on the thread
     */
    protected OwnThread(String name, Runnable body, ClassLoader loader) {
        super(null, body, name, 0, false);
        setDaemon(true);
        setContextClassLoader(loader);
    }

    /** Not started yet; no context class loader. */
    public static OwnThread of(String name, Runnable body) {
        return make(() -> new OwnThread(name, body, null));
    }

    /** @param maker makes a thread, which gets the access-control context of this class alone */
    @SuppressWarnings("removal")
    public static <T extends OwnThread> T make(Supplier<T> maker) {
        return AccessController.doPrivileged((PrivilegedAction<T>) maker::get);
    }
}
