// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.linux.harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/**
 * A network cable between two guests: QEMU carries each frame in a datagram of a Unix socket, and neither frames nor guests are seen by
 * anybody else. QEMU's user network, which every guest has as well, carries TCP to this machine only, so that RoCE needs this one. The
 * interface in the guest is eth1. Owns the sockets' directory, which must go after the guests.
 */
public final class GuestLink implements AutoCloseable {

    private final Path directory;

    public GuestLink() {
        try {
            // The path of a socket has 108 bytes at most, so it does not lie in the guest's directory.
            directory = Files.createTempDirectory("link");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What {@code guest.sh} takes for one end; the first one is the address of the second one's peer. */
    public String end(boolean first) {
        return directory.resolve(first ? "a" : "b") + ":" + directory.resolve(first ? "b" : "a");
    }

    @Override
    public void close() {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
