// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3;

/** Numbers of NFS version 3 (RFC 1813, sections 2.2, 2.4 and 3). */
public final class Nfs3 {

    public static final int PROGRAM = 100003;
    public static final int VERSION = 3;

    // ---- procedures, section 3

    public static final int NULL = 0;
    public static final int GETATTR = 1;
    public static final int SETATTR = 2;
    public static final int LOOKUP = 3;
    public static final int ACCESS = 4;
    public static final int READLINK = 5;
    public static final int READ = 6;
    public static final int WRITE = 7;
    public static final int CREATE = 8;
    public static final int MKDIR = 9;
    public static final int SYMLINK = 10;
    public static final int MKNOD = 11;
    public static final int REMOVE = 12;
    public static final int RMDIR = 13;
    public static final int RENAME = 14;
    public static final int LINK = 15;
    public static final int READDIR = 16;
    public static final int READDIRPLUS = 17;
    public static final int FSSTAT = 18;
    public static final int FSINFO = 19;
    public static final int PATHCONF = 20;
    public static final int COMMIT = 21;

    // ---- sizes, section 2.4, bytes

    /** Largest file handle. */
    public static final int FHSIZE = 64;
    public static final int COOKIEVERFSIZE = 8;

    /** Longest file name that we read from the wire. RFC 1813 sets no limit; a server may answer NFS3ERR_NAMETOOLONG below this. */
    public static final int MAX_NAME = 1024;

    /** Longest path of a symbolic link that we read from the wire: PATH_MAX of Linux. RFC 1813 sets no limit. */
    public static final int MAX_PATH = 4096;

    /** Largest item of data of a READ or WRITE that we read from the wire. */
    public static final int MAX_DATA = 16 << 20;

    /** Most entries of a READDIR or READDIRPLUS that we read from the wire. */
    public static final int MAX_ENTRIES = 1 << 20;

    // ---- bits of ACCESS, section 3.3.4

    public static final int ACCESS3_READ = 0x01;
    public static final int ACCESS3_LOOKUP = 0x02;
    public static final int ACCESS3_MODIFY = 0x04;
    public static final int ACCESS3_EXTEND = 0x08;
    public static final int ACCESS3_DELETE = 0x10;
    public static final int ACCESS3_EXECUTE = 0x20;

    // ---- stable_how of WRITE, section 3.3.7

    public static final int UNSTABLE = 0;
    public static final int DATA_SYNC = 1;
    public static final int FILE_SYNC = 2;

    // ---- properties in FSINFO, section 3.3.19

    public static final int FSF3_LINK = 0x01;
    public static final int FSF3_SYMLINK = 0x02;
    public static final int FSF3_HOMOGENEOUS = 0x08;
    public static final int FSF3_CANSETTIME = 0x10;

    private Nfs3() {}
}
