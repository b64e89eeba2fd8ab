// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.serve.app;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.util.Arrays;

/**
 * Ends this JVM, exit status 0, when its standard input ends: who started it holds the other end, and is gone, even by SIGKILL. For a
 * program of others it is the main class, and that program's the first argument.
 */
public final class UntilInputEnds {

    private UntilInputEnds() {}

    /** @param arguments the program's main class and what it gets */
    public static void main(String[] arguments) throws Throwable {
        begin();
        try {
            Class.forName(arguments[0]).getMethod("main", String[].class)
                    .invoke(null, (Object) Arrays.copyOfRange(arguments, 1, arguments.length));
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    /** Any thread, once. */
    static void begin() {
        Thread thread = new Thread(UntilInputEnds::await, "input");
        thread.setDaemon(true);
        thread.start();
    }

    private static void await() {
        try {
            while (System.in.read() >= 0) {
                // Nothing is expected, only the end.
                continue;
            }
        } catch (IOException e) {
            System.err.println("rpcrdma serve: standard input failed, which means the same as its end: " + e.getMessage());
        }
        System.exit(0);
    }
}
