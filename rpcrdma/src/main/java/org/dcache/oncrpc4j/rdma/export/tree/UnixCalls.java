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
import java.nio.file.attribute.FileTime;
import java.util.concurrent.TimeUnit;

/**
 * System calls that the JDK makes but java.nio.file does not offer, from the JDK's package {@code sun.nio.fs}, which {@link #FLAGS} open.
 * The export needs them to read ACLs, without which it could grant more than the server's kernel does; so without the flags no directory is
 * exported. Special files and their times, and targets of symbolic links byte for byte, need them too. JDK 17 to 25 have the same methods,
 * but for times. Any thread.
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
    private static final int AT_FDCWD = -100;
    private static final int AT_SYMLINK_NOFOLLOW = 0x100;
    private static final int NANOS_OF_MICRO = 1000;

    private static final ThreadLocal<ByteBuffer> VALUES =
            ThreadLocal.withInitial(() -> ByteBuffer.allocateDirect(MAX_VALUE).order(ByteOrder.LITTLE_ENDIAN));

    private UnixCalls() {}

    /** The methods, looked up once; {@code missing} says why there are none. */
    private static final class Methods {

        private static final Methods FOUND = new Methods();

        private Method open;
        private Method close;
        private Method fgetxattr;
        private Method symlink;
        private Method readlink;
        private Method mknod;
        /** One of both, by the JDK. */
        private Method utimensat;
        private Method lutimes;
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
                symlink = method(calls, "symlink", byte[].class, path);
                readlink = method(calls, "readlink", path);
                mknod = method(calls, "mknod", path, int.class, long.class);
                errno = method(failure, "errno");
                try {
                    utimensat = method(calls, "utimensat", int.class, path, long.class, long.class, int.class);
                } catch (NoSuchMethodException e) {
                    lutimes = method(calls, "lutimes", path, long.class, long.class);
                }
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
     * An extended attribute of a regular file or directory, which is opened for reading.
     *
     * @return little-endian, valid until this thread asks again; null if there is none, or the file system has no extended attributes
     */
    static ByteBuffer attribute(Path path, String name) throws IOException {
        Methods methods = Methods.FOUND;
        ByteBuffer value = VALUES.get();
        int file = (Integer) call(path, methods.open, path, O_RDONLY | methods.noFollow, 0);
        try {
            int length = (Integer) methods.fgetxattr.invoke(null, file, name.getBytes(StandardCharsets.US_ASCII),
                    methods.address.invoke(value), MAX_VALUE);
            return value.clear().limit(length);
        } catch (InvocationTargetException e) {
            int errno = (Integer) ask(methods.errno, e);
            if (errno == ENODATA || errno == EOPNOTSUPP) {
                return null;
            }
            throw failure(e, path);
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        } finally {
            call(path, methods.close, file);
        }
    }

    /** Makes a symbolic link to exactly these bytes; a Path would normalize them. */
    static void symlink(byte[] target, Path path) throws IOException {
        call(path, Methods.FOUND.symlink, target, path);
    }

    static byte[] readlink(Path path) throws IOException {
        return (byte[]) call(path, Methods.FOUND.readlink, path);
    }

    /**
     * Makes a special file.
     *
     * @param mode with its type
     * @param device as dev_t
     */
    static void mknod(Path path, int mode, long device) throws IOException {
        call(path, Methods.FOUND.mknod, path, mode, device);
    }

    /**
     * Sets the times of whatever has this name, without opening it, and of a symbolic link itself; both, of which an older JDK takes
     * microseconds only.
     */
    static void times(Path path, FileTime atime, FileTime mtime) throws IOException {
        Methods methods = Methods.FOUND;
        long accessed = atime.to(TimeUnit.NANOSECONDS);
        long modified = mtime.to(TimeUnit.NANOSECONDS);
        if (methods.utimensat != null) {
            call(path, methods.utimensat, AT_FDCWD, path, accessed, modified, AT_SYMLINK_NOFOLLOW);
        } else {
            call(path, methods.lutimes, path, Math.floorDiv(accessed, NANOS_OF_MICRO), Math.floorDiv(modified, NANOS_OF_MICRO));
        }
    }

    /** @param path for the message of the exception */
    private static Object call(Path path, Method method, Object... arguments) throws IOException {
        try {
            return method.invoke(null, arguments);
        } catch (InvocationTargetException e) {
            throw failure(e, path);
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        }
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
