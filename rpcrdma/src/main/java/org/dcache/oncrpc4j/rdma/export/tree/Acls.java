// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export.tree;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.dcache.oncrpc4j.rdma.nfs3.Fattr3;
import org.dcache.oncrpc4j.rdma.nfs3.FileType3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsTime3;

/**
 * Remembers the access ACLs of files, or that they have none, until their ctime changes. An ACL is remembered only if the ctime was older
 * than {@value #TICK_MILLIS} ms when it was read: two changes within a tick of the clock leave the same ctime. Bounded. Any thread.
 */
final class Acls {

    private static final int MAX_REMEMBERED = 1 << 14;
    private static final long TICK_MILLIS = 100;

    private record Known(NfsTime3 ctime, PosixAcl acl) {}

    private final Map<Long, Known> known = new LinkedHashMap<>(16, 0.75f, true) {

        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, Known> eldest) {
            return size() > MAX_REMEMBERED;
        }
    };

    /** The ACL; null if there is none, and for special files and symbolic links, which are not opened to look. */
    PosixAcl of(Path path, Fattr3 attributes) throws IOException {
        if (attributes.type() != FileType3.NF3REG && !attributes.isDirectory()) {
            return null;
        }
        NfsTime3 ctime = attributes.ctime();
        synchronized (this) {
            Known before = known.get(attributes.fileid());
            if (before != null && before.ctime().equals(ctime)) {
                return before.acl();
            }
        }
        Instant settled = Instant.now().minusMillis(TICK_MILLIS);
        PosixAcl acl = PosixAcl.of(path, PosixAcl.ACCESS);
        if (ctime.toInstant().isBefore(settled)) {
            synchronized (this) {
                known.put(attributes.fileid(), new Known(ctime, acl));
            }
        }
        return acl;
    }
}
