// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export.tree;

import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * System calls that the JDK has but java.nio.file does not offer: its own package {@code sun.nio.fs}, opened to us by {@link #FLAGS}. The
 * export needs them to see ACLs, without which it could grant more than the server's kernel does; so without the flags nothing is exported.
 * The same methods are there in JDK 17 to 25. Stateless; any thread.
 */
public final class UnixCalls {

    /** Flags for the JVM that exports a directory. */
    public static final String[] FLAGS = {
        "--add-opens=java.base/sun.nio.fs=ALL-UNNAMED", "--add-exports=java.base/sun.nio.ch=ALL-UNNAMED"
    };

    private static final int MAX_VALUE = 64 << 10;
    private static final int O_RDONLY = 0;
    private static final int ENODATA = 61;
    private static final int EOPNOTSUPP = 95;

    private static final ThreadLocal<ByteBuffer> VALUES =
            ThreadLocal.withInitial(() -> ByteBuffer.allocateDirect(MAX_VALUE).order(ByteOrder.LITTLE_ENDIAN));

    private UnixCalls() {}

    /** The methods, found once; what is missing is known then. */
    private static final class Methods {

        private static final Methods FOUND = new Methods();

        private Method open;
        private Method close;
        private Method fgetxattr;
        private Method errno;
        private Method asIoException;
        private Method address;
        private int noFollow;
        private Exception missing;

        private Methods() {
            try {
                Class<?> path = Class.forName("sun.nio.fs.UnixPath");
                Class<?> calls = Class.forName("sun.nio.fs.UnixNativeDispatcher");
                Class<?> failure = Class.forName("sun.nio.fs.UnixException");
                open = method(calls, "open", path, int.class, int.class);
                close = method(calls, "close", int.class);
                fgetxattr = method(calls, "fgetxattr", int.class, byte[].class, long.class, int.class);
                errno = method(failure, "errno");
                asIoException = method(failure, "asIOException", path);
                address = method(Class.forName("sun.nio.ch.DirectBuffer"), "address");
                Field flag = Class.forName("sun.nio.fs.UnixConstants").getDeclaredField("O_NOFOLLOW");
                flag.setAccessible(true);
                noFollow = flag.getInt(null);
            } catch (ReflectiveOperationException | RuntimeException e) {
                missing = e;
            }
        }

        private static Method method(Class<?> owner, String name, Class<?>... parameters) throws NoSuchMethodException {
            Method method = owner.getDeclaredMethod(name, parameters);
            method.setAccessible(true);
            return method;
        }
    }

    /** @throws IOException if the JVM was started without {@link #FLAGS}, or is no JDK for Linux */
    static void require() throws IOException {
        if (Methods.FOUND.missing != null) {
            throw new IOException("cannot see the ACLs of files, so a directory is not exported: start the JVM, a JDK for Linux, with "
                    + String.join(" ", FLAGS), Methods.FOUND.missing);
        }
    }

    /**
     * An extended attribute of a regular file or directory, for which that is opened for reading.
     *
     * @return little-endian, good until this thread asks again; null if there is none, or the file system has no such thing
     */
    static ByteBuffer attribute(Path path, String name) throws IOException {
        Methods methods = Methods.FOUND;
        ByteBuffer value = VALUES.get();
        byte[] zeroTerminated = (name + '\0').getBytes(StandardCharsets.US_ASCII);
        try {
            int file = (Integer) methods.open.invoke(null, path, O_RDONLY | methods.noFollow, 0);
            try {
                int length = (Integer) methods.fgetxattr.invoke(null, file, zeroTerminated, methods.address.invoke(value), MAX_VALUE);
                return value.clear().limit(length);
            } finally {
                methods.close.invoke(null, file);
            }
        } catch (InvocationTargetException e) {
            int errno = errno(e);
            if (errno == ENODATA || errno == EOPNOTSUPP) {
                return null;
            }
            throw failure(e, path);
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        }
    }

    private static int errno(InvocationTargetException e) {
        return (Integer) ask(Methods.FOUND.errno, e);
    }

    private static IOException failure(InvocationTargetException e, Path path) {
        return (IOException) ask(Methods.FOUND.asIoException, e, path);
    }

    private static Object ask(Method method, InvocationTargetException e, Object... arguments) {
        try {
            return method.invoke(e.getCause(), arguments);
        } catch (ReflectiveOperationException unexpected) {
            throw new IllegalStateException(e);
        }
    }
}
