// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export.tree;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.AccessDeniedException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;

/**
 * A POSIX access control list, as Linux keeps it in an extended attribute: a version, then entries of 8 bytes with tag, rights and id.
 * Immutable.
 */
public final class PosixAcl {

    static final String ACCESS = "system.posix_acl_access";
    static final String DEFAULT = "system.posix_acl_default";

    private static final int VERSION = 2;
    private static final int RIGHTS = 7;

    private static final int OWNER = 0x01;
    private static final int USER = 0x02;
    private static final int OWNING_GROUP = 0x04;
    private static final int GROUP = 0x08;
    private static final int MASK = 0x10;
    private static final int OTHER = 0x20;

    private record Entry(int tag, int rights, int id) {}

    private final List<Entry> entries = new ArrayList<>();
    private int mask = RIGHTS;

    private PosixAcl(ByteBuffer value) throws IOException {
        int version = value.remaining() < Integer.BYTES ? 0 : value.getInt();
        if (version != VERSION) {
            throw new IOException("expected an ACL of version " + VERSION + ", got " + version);
        }
        while (value.hasRemaining()) {
            Entry entry = new Entry(value.getShort(), value.getShort() & RIGHTS, value.getInt());
            entries.add(entry);
            if (entry.tag() == MASK) {
                mask = entry.rights();
            }
        }
    }

    /**
     * @return null if the file has none of this name, or if this process may not open it; it is not root's then, and the kernel itself
     *         checks the ACL at each access
     */
    static PosixAcl of(Path path, String name) throws IOException {
        try {
            ByteBuffer value = UnixCalls.attribute(path, name);
            return value == null || !value.hasRemaining() ? null : new PosixAcl(value);
        } catch (AccessDeniedException e) {
            return null;
        }
    }

    /**
     * Whether a user other than the owner is granted all of {@code wanted}, as posix_acl_permission of Linux decides it: by the user's own
     * entry, else by an entry of one of the user's groups, both within the mask; if there is none, by the entry for others.
     *
     * @param owningGroup of the file
     */
    public boolean grants(int uid, int owningGroup, IntPredicate isIn, int wanted) {
        boolean inGroup = false;
        boolean granted = false;
        int anybody = 0;
        for (Entry entry : entries) {
            if (entry.tag() == USER && entry.id() == uid) {
                return (entry.rights() & mask & wanted) == wanted;
            }
            if (entry.tag() == OWNING_GROUP && isIn.test(owningGroup) || entry.tag() == GROUP && isIn.test(entry.id())) {
                inGroup = true;
                granted |= (entry.rights() & mask & wanted) == wanted;
            }
            anybody = entry.tag() == OTHER ? entry.rights() : anybody;
        }
        return inGroup ? granted : (anybody & wanted) == wanted;
    }

    /** The mode of a new file in a directory that has this default ACL: no more than the ACL grants. */
    int within(int mode) {
        int allowed = ~0777;
        boolean hasMask = entries.stream().anyMatch(entry -> entry.tag() == MASK);
        for (Entry entry : entries) {
            allowed |= switch (entry.tag()) {
                case OWNER -> entry.rights() << 6;
                case OWNING_GROUP -> hasMask ? 0 : entry.rights() << 3;
                case MASK -> entry.rights() << 3;
                case OTHER -> entry.rights();
                default -> 0;
            };
        }
        return mode & allowed;
    }
}
