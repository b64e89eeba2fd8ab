// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore.ffi;

import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.NativeFunction.Result;
import org.dcache.oncrpc4j.rdma.verbs.error.ProviderUnavailableException;

/** The few functions of the C library that waiting takes. Any thread. */
public final class Libc {

    /** errno values (asm-generic/errno.h), as Linux has them on every architecture that Java runs on. */
    static final int EAGAIN = 11;
    static final int ENOMEM = 12;
    public static final int ENODEV = 19;
    static final int EADDRINUSE = 98;
    public static final int ENETUNREACH = 101;
    public static final int ECONNRESET = 104;
    public static final int ETIMEDOUT = 110;
    public static final int ECONNREFUSED = 111;
    public static final int EHOSTUNREACH = 113;

    /** struct pollfd: int fd, short events, short revents. */
    public static final int POLLFD_SIZE = 8;
    private static final int POLLFD_EVENTS = 4;
    private static final int POLLIN = 1;
    /** POLLERR, POLLHUP, POLLNVAL. */
    private static final int POLL_BROKEN = 0x8 | 0x10 | 0x20;

    private static final int F_GETFL = 3;
    private static final int F_SETFL = 4;
    private static final int O_NONBLOCK = 0x800;
    private static final int O_CLOEXEC = 0x80000;
    private static final int EFD_NONBLOCK_CLOEXEC = 0x800 | O_CLOEXEC;

    private static final SymbolLookup LIBRARY = Linker.nativeLinker().defaultLookup();
    private static final NativeFunction POLL = NativeFunction.of(LIBRARY, "poll", Result.INT, 3);
    private static final NativeFunction EVENTFD = NativeFunction.of(LIBRARY, "eventfd", Result.INT, 2);
    private static final NativeFunction READ = NativeFunction.of(LIBRARY, "read", Result.LONG, 3);
    private static final NativeFunction WRITE = NativeFunction.of(LIBRARY, "write", Result.LONG, 3);
    private static final NativeFunction OPEN = NativeFunction.of(LIBRARY, "open", Result.INT, 3, Linker.Option.firstVariadicArg(2));
    private static final NativeFunction DUP3 = NativeFunction.of(LIBRARY, "dup3", Result.INT, 3);
    private static final NativeFunction CLOSE = NativeFunction.of(LIBRARY, "close", Result.INT, 1);
    private static final NativeFunction FCNTL = NativeFunction.of(LIBRARY, "fcntl", Result.INT, 3, Linker.Option.firstVariadicArg(2));

    private Libc() {}

    /** Prepares entry {@code index} of an array of pollfd: wait until there is something to read. */
    public static void pollFor(long fds, int index, int fd) {
        Memory.putInt(fds + (long) index * POLLFD_SIZE, fd);
        Memory.putInt(fds + (long) index * POLLFD_SIZE + POLLFD_EVENTS, POLLIN);
    }

    /** Waits; -1 milliseconds: for ever. A signal ends it early, too. */
    public static void poll(long fds, int count, int millis) {
        POLL.call(fds, count, millis);
    }

    /** Whether the last {@link #poll} found entry {@code index} readable, or broken, which reading will tell. */
    public static boolean ready(long fds, int index) {
        return Memory.getInt(fds + (long) index * POLLFD_SIZE + POLLFD_EVENTS) >>> 16 != 0;
    }

    /** Whether the last {@link #poll} found entry {@code index} broken: there will be nothing to read any more. */
    public static boolean broken(long fds, int index) {
        return (Memory.getInt(fds + (long) index * POLLFD_SIZE + POLLFD_EVENTS) >>> 16 & POLL_BROKEN) != 0;
    }

    public static int eventfd() throws ProviderUnavailableException {
        int fd = (int) EVENTFD.call(0, EFD_NONBLOCK_CLOEXEC);
        if (fd < 0) {
            throw new ProviderUnavailableException("no event file descriptor: " + Errno.text(NativeFunction.errno()) + "; see ulimit -n");
        }
        return fd;
    }

    /** Wakes who polls the eventfd. @param eight eight bytes of scratch that hold the number 1 */
    public static void signal(int eventfd, long eight) {
        WRITE.call(eventfd, eight, 8);
    }

    /** Takes back all signals. @param eight eight bytes of scratch */
    public static void drain(int eventfd, long eight) {
        READ.call(eventfd, eight, 8);
    }

    public static void close(int fd) {
        CLOSE.call(fd);
    }

    /**
     * Closes a descriptor that belongs to somebody else, and leaves one in its place that can be closed again and on which all else fails:
     * /dev/null, open for reading.
     */
    public static void replaceByNothing(int fd) {
        try (Memory.Block path = new Memory.Block(16)) {
            Memory.copyIn("/dev/null\0".getBytes(java.nio.charset.StandardCharsets.US_ASCII), path.address());
            int nothing = (int) OPEN.call(path.address(), O_CLOEXEC, 0);
            if (nothing < 0) {
                throw new IllegalStateException("cannot open /dev/null: " + Errno.text(NativeFunction.errno()));
            }
            DUP3.call(nothing, fd, O_CLOEXEC);
            CLOSE.call(nothing);
        }
    }

    public static void nonBlocking(int fd) {
        long flags = FCNTL.call(fd, F_GETFL, 0);
        FCNTL.call(fd, F_SETFL, flags | O_NONBLOCK);
    }
}
