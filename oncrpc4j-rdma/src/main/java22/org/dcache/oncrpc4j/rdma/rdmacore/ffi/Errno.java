// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore.ffi;

import java.util.Map;

/** errno values in words, for messages; those that verbs calls really give. */
public final class Errno {

    private static final Map<Integer, String> TEXTS = Map.ofEntries(
            Map.entry(1, "EPERM: not permitted"),
            Map.entry(2, "ENOENT: no such device or file"),
            Map.entry(5, "EIO: the device is gone or broken"),
            Map.entry(Libc.EAGAIN, "EAGAIN: try again"),
            Map.entry(Libc.ENOMEM, "ENOMEM: out of memory or beyond a limit"),
            Map.entry(13, "EACCES: no permission; the user must be able to open /dev/infiniband/uverbs* and rdma_cm"),
            Map.entry(14, "EFAULT: bad address"),
            Map.entry(16, "EBUSY: in use"),
            Map.entry(Libc.ENODEV, "ENODEV: no such device"),
            Map.entry(22, "EINVAL: invalid argument"),
            Map.entry(24, "EMFILE: too many open files, see ulimit -n"),
            Map.entry(38, "ENOSYS: not supported"),
            Map.entry(95, "EOPNOTSUPP: not supported"),
            Map.entry(Libc.EADDRINUSE, "EADDRINUSE: address in use"),
            Map.entry(99, "EADDRNOTAVAIL: no RDMA device has this address"),
            Map.entry(Libc.ENETUNREACH, "ENETUNREACH: network unreachable"),
            Map.entry(Libc.ECONNRESET, "ECONNRESET: connection reset"),
            Map.entry(Libc.ETIMEDOUT, "ETIMEDOUT: no answer"),
            Map.entry(Libc.ECONNREFUSED, "ECONNREFUSED: refused"),
            Map.entry(Libc.EHOSTUNREACH, "EHOSTUNREACH: no route to host"));

    private Errno() {}

    public static String text(int errno) {
        return TEXTS.getOrDefault(Math.abs(errno), "errno " + Math.abs(errno));
    }

    /** What to do about memory that cannot be registered. */
    public static String registration(int errno, long bytes) {
        String text = "cannot register " + bytes + " bytes with the RDMA device: " + text(errno);
        return Math.abs(errno) == Libc.ENOMEM
                ? text + "; registered memory is locked memory: raise `ulimit -l` (LimitMEMLOCK= of a systemd unit) above "
                + "oncrpc.rdma.memory" : text;
    }
}
