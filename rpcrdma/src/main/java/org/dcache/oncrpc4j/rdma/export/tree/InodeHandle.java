// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export.tree;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;
import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;

/**
 * The handle of a file in a {@link DirectoryTree}.
 *
 * <pre>
 *   +---------+-------+----------+--------+-------+------------+-------+---------------------+
 *   | version | depth | reserved | export | inode | generation | crc   | hashes of the names |
 *   |    1    |   1   |    2     |   4    |   8   |     4      |   4   | 2 each, from the    |
 *   |         |       |          |        |       |            |       | root, at most 20    |
 *   +---------+-------+----------+--------+-------+------------+-------+---------------------+
 *   0         1       2          4        8       16           20      24                 at most 64
 * </pre>
 *
 * The inode says which file it is; the hashes help to find it again after a restart. They are of the names on the path to it when the
 * handle was made, which may have changed since. The crc, CRC32C of the rest, detects garbage, no more: a forged handle reaches at most a
 * file inside the export, with the rights that the mode bits give, as with Linux's no_subtree_check.
 *
 * @param export {@link FileIdentity#export}, or {@link FileIdentity#run} but for the directory that is exported
 * @param generation tells one use of an inode number from the next, see {@link FileIdentity#generation}; 0 if not known. In an export whose
 *        handles do not survive a restart it is then random and negative
 */
record InodeHandle(int export, long inode, int generation, short[] names) {

    private static final byte VERSION = 1;
    private static final int DEPTH_OFFSET = 1;
    private static final int EXPORT_OFFSET = 4;
    private static final int INODE_OFFSET = 8;
    private static final int GENERATION_OFFSET = 16;
    private static final int CRC_OFFSET = 20;
    private static final int NAMES_OFFSET = 24;

    static final int MAX_DEPTH = 20;

    static InodeHandle decode(FileHandle handle) throws Nfs3Exception {
        ByteBuffer bytes = ByteBuffer.wrap(handle.bytes());
        int depth = bytes.limit() < NAMES_OFFSET ? -1 : bytes.get(DEPTH_OFFSET);
        if (depth < 0 || bytes.get(0) != VERSION || bytes.limit() != NAMES_OFFSET + 2 * depth || bytes.getInt(CRC_OFFSET) != crc(bytes)) {
            throw new Nfs3Exception(NfsStat3.NFS3ERR_BADHANDLE, "not a handle of this server");
        }
        short[] names = new short[depth];
        bytes.position(NAMES_OFFSET).slice().asShortBuffer().get(names);
        return new InodeHandle(bytes.getInt(EXPORT_OFFSET), bytes.getLong(INODE_OFFSET), bytes.getInt(GENERATION_OFFSET), names);
    }

    FileHandle encode() {
        ByteBuffer bytes = ByteBuffer.allocate(NAMES_OFFSET + 2 * names.length);
        bytes.put(0, VERSION).put(DEPTH_OFFSET, (byte) names.length).putInt(EXPORT_OFFSET, export).putLong(INODE_OFFSET, inode);
        bytes.putInt(GENERATION_OFFSET, generation);
        bytes.position(NAMES_OFFSET).slice().asShortBuffer().put(names);
        bytes.putInt(CRC_OFFSET, crc(bytes));
        return new FileHandle(bytes.array());
    }

    private static int crc(ByteBuffer bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes.duplicate().position(0).limit(CRC_OFFSET));
        crc.update(bytes.duplicate().position(NAMES_OFFSET).limit(bytes.capacity()));
        return (int) crc.getValue();
    }
}
