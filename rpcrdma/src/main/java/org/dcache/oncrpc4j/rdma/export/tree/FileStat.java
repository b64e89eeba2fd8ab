// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export.tree;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Map;
import org.dcache.oncrpc4j.rdma.nfs3.Fattr3;
import org.dcache.oncrpc4j.rdma.nfs3.FileType3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsTime3;
import org.dcache.oncrpc4j.rdma.nfs3.SpecData3;

/**
 * What lstat(2) tells of a file, by the JDK's "unix" attribute view. Symbolic links are not followed.
 *
 * @param born time of birth; that of the last change of the data where the file system does not keep it
 */
record FileStat(long device, long inode, FileTime born, Fattr3 attributes) {

    /** By name, because "unix:*" would look up the names of owner and group as well. */
    private static final String ATTRIBUTES = "unix:mode,ino,dev,rdev,nlink,uid,gid,size,lastAccessTime,lastModifiedTime,ctime,creationTime";

    private static final int TYPE = 0170000;
    private static final int MODE = 07777;

    static FileStat of(Path path) throws IOException {
        Map<String, Object> stat = Files.readAttributes(path, ATTRIBUTES, LinkOption.NOFOLLOW_LINKS);
        int mode = (Integer) stat.get("mode");
        long device = (Long) stat.get("dev");
        long inode = (Long) stat.get("ino");
        long size = (Long) stat.get("size");
        FileType3 type = type(mode);
        SpecData3 rdev = type == FileType3.NF3BLK || type == FileType3.NF3CHR ? device((Long) stat.get("rdev")) : SpecData3.NONE;
        Fattr3 attributes = new Fattr3(type, mode & MODE, (Integer) stat.get("nlink"), (Integer) stat.get("uid"), (Integer) stat.get("gid"),
                size, size,
                rdev, device, inode, time(stat, "lastAccessTime"), time(stat, "lastModifiedTime"), time(stat, "ctime"));
        return new FileStat(device, inode, (FileTime) stat.get("creationTime"), attributes);
    }

    private static NfsTime3 time(Map<String, Object> stat, String name) {
        return NfsTime3.of(((FileTime) stat.get(name)).toInstant());
    }

    private static FileType3 type(int mode) {
        for (FileType3 type : FileType3.values()) {
            if (type(type) == (mode & TYPE)) {
                return type;
            }
        }
        return FileType3.NF3REG;
    }

    /** The bits of a mode that say so. */
    static int type(FileType3 type) {
        return switch (type) {
            case NF3DIR -> 0040000;
            case NF3CHR -> 0020000;
            case NF3BLK -> 0060000;
            case NF3FIFO -> 0010000;
            case NF3LNK -> 0120000;
            case NF3SOCK -> 0140000;
            case NF3REG -> 0100000;
        };
    }

    /** As gnu_dev_makedev; null for none. */
    static long device(SpecData3 device) {
        if (device == null) {
            return 0;
        }
        long major = Integer.toUnsignedLong(device.major());
        long minor = Integer.toUnsignedLong(device.minor());
        return (major & 0xfff) << 8 | (major & ~0xfffL) << 32 | minor & 0xff | (minor & ~0xffL) << 12;
    }

    /** As gnu_dev_major and gnu_dev_minor take dev_t apart. */
    private static SpecData3 device(long rdev) {
        int major = (int) (rdev >>> 8 & 0xfff | rdev >>> 32 & 0xfffff000L);
        int minor = (int) (rdev & 0xff | rdev >>> 12 & 0xffffff00L);
        return new SpecData3(major, minor);
    }
}
