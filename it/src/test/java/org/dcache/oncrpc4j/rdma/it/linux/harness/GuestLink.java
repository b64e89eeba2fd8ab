// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.linux.harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/**
 * A network cable between two guests, eth1 in each: QEMU sends each frame as a datagram between Unix sockets, so that nobody else can see
 * frames or guests. RoCE needs it, because QEMU's user network, which every guest has as well, only carries TCP between guest and this
 * machine. Owns the sockets' directory; close this after the guests.
 */
public final class GuestLink implements AutoCloseable {

    private final Path directory;

    public GuestLink() {
        try {
            // Not in the guest's directory, because the path of a socket has 108 bytes at most.
            directory = Files.createTempDirectory("link");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** One end for {@code guest.sh}: the address of its own socket, a colon, and the address of the other end's. */
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
