// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3;

/** Numbers of MOUNT version 3 (RFC 1813, appendix I). */
public final class Mount3 {

    public static final int PROGRAM = 100005;
    public static final int VERSION = 3;

    public static final int NULL = 0;
    public static final int MNT = 1;
    public static final int DUMP = 2;
    public static final int UMNT = 3;
    public static final int UMNTALL = 4;
    public static final int EXPORT = 5;

    /** Longest path to mount, bytes. */
    public static final int MNTPATHLEN = 1024;
    /** Longest name of a host or group, bytes. */
    public static final int MNTNAMLEN = 255;

    /** Most security flavors that we read from the wire. */
    public static final int MAX_FLAVORS = 256;
    /** Most elements of a list that we read from the wire. */
    public static final int MAX_LIST = 1 << 16;

    private Mount3() {}
}
