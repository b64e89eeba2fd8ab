// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.app;

import java.io.File;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Deploys {@link WebApplication} twice, as a web container does: each time in a new class loader that has oncrpc4j, which its parent has
 * not. Then undeploys both and waits until the loaders are unloaded. Argument: the application's class path. Prints {@code UNLOADED name}
 * for each.
 */
public final class WebContainer {

    private static final int ROUNDS = 300;

    private WebContainer() {}

    public static void main(String[] args) throws Exception {
        ReferenceQueue<ClassLoader> queue = new ReferenceQueue<>();
        List<Deployed> deployed = new ArrayList<>();
        for (String name : List.of("war1", "war2")) {
            deployed.add(deploy(name, args[0], queue));
        }
        for (int i = 0; i < ROUNDS && !deployed.isEmpty(); i++) {
            System.gc();
            Deployed gone = (Deployed) queue.remove(100);
            if (gone != null) {
                System.out.println("UNLOADED " + gone.name);
                deployed.remove(gone);
            }
        }
        System.exit(deployed.size());
    }

    /** The application runs on a thread that ends, so that the calling thread keeps no reference to the loader. */
    private static Deployed deploy(String name, String classPath, ReferenceQueue<ClassLoader> queue) throws Exception {
        List<URL> urls = new ArrayList<>();
        for (String entry : classPath.split(File.pathSeparator)) {
            urls.add(Path.of(entry).toUri().toURL());
        }
        URLClassLoader loader = new URLClassLoader(name, urls.toArray(URL[]::new), ClassLoader.getPlatformClassLoader());
        Thread thread = new Thread(() -> run(loader), name);
        thread.setContextClassLoader(loader);
        thread.start();
        thread.join();
        loader.close();
        return new Deployed(name, loader, queue);
    }

    private static void run(ClassLoader loader) {
        try {
            loader.loadClass(WebApplication.class.getName()).getMethod("run", String.class).invoke(null, loader.getName());
        } catch (ReflectiveOperationException e) {
            System.out.println("FAILED " + (e.getCause() == null ? e : e.getCause()));
        }
    }

    private static final class Deployed extends WeakReference<ClassLoader> {

        private final String name;

        Deployed(String name, ClassLoader loader, ReferenceQueue<ClassLoader> queue) {
            super(loader, queue);
            this.name = name;
        }
    }
}
