// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export.tree;

import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.time.Instant;
import org.dcache.oncrpc4j.rdma.nfs3.Fattr3;
import org.dcache.oncrpc4j.rdma.nfs3.FileType3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsTime3;
import org.dcache.oncrpc4j.rdma.nfs3.SpecData3;

/**
 * The attributes of a file, as of lstat(2): symbolic links are not followed.
 *
 * <p>They are read from the private fields of the JDK's object, which {@link UnixCalls#FLAGS} allow: the public "unix" attribute view puts
 * each into a map by its name, which takes ten times as long as the call.
 *
 * @param born time of birth; where it is not kept, 0 or the time of the last change of the data
 */
record FileStat(long device, long inode, Instant born, Fattr3 attributes) {

    private static final int TYPE = 0170000;
    private static final int MODE = 07777;

    /** The fields of the JDK's object; constants, so that the compiler can inline the accesses. */
    private static final class Fields {

        private static final VarHandle MODE = field("st_mode", int.class);
        private static final VarHandle INODE = field("st_ino", long.class);
        private static final VarHandle DEVICE = field("st_dev", long.class);
        private static final VarHandle RDEV = field("st_rdev", long.class);
        private static final VarHandle LINKS = field("st_nlink", int.class);
        private static final VarHandle UID = field("st_uid", int.class);
        private static final VarHandle GID = field("st_gid", int.class);
        private static final VarHandle SIZE = field("st_size", long.class);
        private static final VarHandle ATIME = field("st_atime_sec", long.class);
        private static final VarHandle ATIME_NANOS = field("st_atime_nsec", long.class);
        private static final VarHandle MTIME = field("st_mtime_sec", long.class);
        private static final VarHandle MTIME_NANOS = field("st_mtime_nsec", long.class);
        private static final VarHandle CTIME = field("st_ctime_sec", long.class);
        private static final VarHandle CTIME_NANOS = field("st_ctime_nsec", long.class);
        private static final VarHandle BIRTH = field("st_birthtime_sec", long.class);
        private static final VarHandle BIRTH_NANOS = field("st_birthtime_nsec", long.class);

        private static VarHandle field(String name, Class<?> type) {
            try {
                Class<?> owner = Class.forName("sun.nio.fs.UnixFileAttributes");
                return MethodHandles.privateLookupIn(owner, MethodHandles.lookup()).findVarHandle(owner, name, type);
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    static FileStat of(Path path) throws IOException {
        Object stat = Files.readAttributes(path, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        int mode = (int) Fields.MODE.get(stat);
        long device = (long) Fields.DEVICE.get(stat);
        long inode = (long) Fields.INODE.get(stat);
        long size = (long) Fields.SIZE.get(stat);
        FileType3 type = type(mode);
        SpecData3 rdev = type == FileType3.NF3BLK || type == FileType3.NF3CHR ? device((long) Fields.RDEV.get(stat)) : SpecData3.NONE;
        Fattr3 attributes = new Fattr3(type, mode & MODE, (int) Fields.LINKS.get(stat), (int) Fields.UID.get(stat),
                (int) Fields.GID.get(stat), size, size, rdev, device, inode, time(Fields.ATIME, Fields.ATIME_NANOS, stat),
                time(Fields.MTIME, Fields.MTIME_NANOS, stat), time(Fields.CTIME, Fields.CTIME_NANOS, stat));
        Instant born = Instant.ofEpochSecond((long) Fields.BIRTH.get(stat), (long) Fields.BIRTH_NANOS.get(stat));
        return new FileStat(device, inode, born, attributes);
    }

    /** Null if it cannot be looked at, or is gone. */
    static FileStat orNull(Path path) {
        try {
            return of(path);
        } catch (IOException e) {
            return null;
        }
    }

    private static NfsTime3 time(VarHandle seconds, VarHandle nanos, Object stat) {
        return NfsTime3.of(Instant.ofEpochSecond((long) seconds.get(stat), (long) nanos.get(stat)));
    }

    private static FileType3 type(int mode) {
        for (FileType3 type : FileType3.values()) {
            if (type(type) == (mode & TYPE)) {
                return type;
            }
        }
        return FileType3.NF3REG;
    }

    /** The bits of st_mode that stand for a type. */
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
