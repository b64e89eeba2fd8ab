// SPDX-License-Identifier: Apache-2.0
/**
 * An NFS version 3 client (RFC 1813) on plain oncrpc4j. It uses no class of the transport: the agent decides whether it speaks TCP or RDMA.
 *
 * <p>{@link org.dcache.oncrpc4j.rdma.nfsclient.Nfs3Client} has the procedures, {@link org.dcache.oncrpc4j.rdma.nfsclient.RemoteFile} copies
 * whole files, {@link org.dcache.oncrpc4j.rdma.nfsclient.MountClient} speaks MOUNT. Below them {@link
 * org.dcache.oncrpc4j.rdma.nfsclient.ServerLink} keeps a connection: it connects again when one is lost, with growing pauses, and repeats
 * the call.
 *
 * <h2>What a lost connection means</h2>
 *
 * A call whose connection broke before its reply came may have been executed or not. It is repeated on the next connection. oncrpc4j gives
 * every call a new xid, so that a server cannot recognise the repetition by its duplicate request cache, as it can with Linux's client. For
 * procedures that may be executed twice with the same result this is harmless: GETATTR, LOOKUP, ACCESS, READLINK, READ, WRITE, READDIR,
 * READDIRPLUS, FSSTAT, FSINFO, PATHCONF, COMMIT, CREATE UNCHECKED, SETATTR without guard. CREATE EXCLUSIVE carries a verifier by which the
 * server recognises the file. For the others, the answer to a <em>repeated</em> call is read like this:
 *
 * <table>
 * <caption>Answers to repeated calls that count as success</caption>
 * <tr><td>REMOVE, RMDIR</td><td>NFS3ERR_NOENT: the lost call did it</td></tr>
 * <tr><td>RENAME</td><td>NFS3ERR_NOENT, if the new name exists</td></tr>
 * <tr><td>MKDIR</td><td>NFS3ERR_EXIST, if there is a directory</td></tr>
 * <tr><td>CREATE GUARDED</td><td>NFS3ERR_EXIST, if there is a regular file of the size that was asked for, 0 when none was</td></tr>
 * <tr><td>SYMLINK</td><td>NFS3ERR_EXIST, if there is a symbolic link to the same path</td></tr>
 * <tr><td>LINK</td><td>NFS3ERR_EXIST, if it is the same file</td></tr>
 * </table>
 *
 * Linux passes these errors on when its server has no duplicate request cache. This reading can be wrong when another client did the same
 * at the same moment: programs that use names as locks need CREATE EXCLUSIVE. A guarded SETATTR that is repeated may fail with
 * NFS3ERR_NOT_SYNC because the lost one succeeded; that error is passed on.
 */
package org.dcache.oncrpc4j.rdma.nfsclient;
