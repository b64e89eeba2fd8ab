// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfsclient;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.dcache.oncrpc4j.rdma.nfs3.BulkData;
import org.dcache.oncrpc4j.rdma.nfs3.CreateMode3;
import org.dcache.oncrpc4j.rdma.nfs3.Decoded;
import org.dcache.oncrpc4j.rdma.nfs3.DirOpArgs3;
import org.dcache.oncrpc4j.rdma.nfs3.Entry3;
import org.dcache.oncrpc4j.rdma.nfs3.EntryPlus3;
import org.dcache.oncrpc4j.rdma.nfs3.Fattr3;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;
import org.dcache.oncrpc4j.rdma.nfs3.FileType3;
import org.dcache.oncrpc4j.rdma.nfs3.Nfs3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsText;
import org.dcache.oncrpc4j.rdma.nfs3.NfsTime3;
import org.dcache.oncrpc4j.rdma.nfs3.Sattr3;
import org.dcache.oncrpc4j.rdma.nfs3.WccData;
import org.dcache.oncrpc4j.rdma.nfs3.args.Access3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Commit3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Create3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Link3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Mkdir3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Read3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Readdir3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Readdirplus3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Rename3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Setattr3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Symlink3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Write3Args;
import org.dcache.oncrpc4j.rdma.nfs3.results.Access3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Commit3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Create3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Fsinfo3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Fsstat3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Getattr3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Link3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Lookup3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Pathconf3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Read3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Readdir3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Readlink3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Rename3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Wcc3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Write3Res;
import org.dcache.oncrpc4j.rpc.RpcTransport;
import org.dcache.oncrpc4j.xdr.XdrAble;
import org.dcache.oncrpc4j.xdr.XdrVoid;

/**
 * The procedures of NFS version 3 (RFC 1813, section 3), synchronous; any thread, many at a time. The connections take calls in turn.
 *
 * <p>A status other than NFS3_OK is thrown as an {@link NfsException}; after NFS3ERR_JUKEBOX, which means "later", the call is first
 * repeated for {@link ClientOptions#giveUpAfter}. Lost connections are made again. The package's description says so, and how the status of
 * a call is read when the reply to an earlier attempt was lost. Other failures are those of {@link ServerLink#call}.
 */
public final class Nfs3Client implements AutoCloseable {

    private static final String[] NAMES = {
        "NULL", "GETATTR", "SETATTR", "LOOKUP", "ACCESS", "READLINK", "READ", "WRITE", "CREATE", "MKDIR", "SYMLINK", "MKNOD", "REMOVE",
        "RMDIR", "RENAME", "LINK", "READDIR", "READDIRPLUS", "FSSTAT", "FSINFO", "PATHCONF", "COMMIT"
    };

    /** Pause before a call is repeated. Linux waits 5 s. */
    private static final long JUKEBOX_MILLIS = 500;

    private final ClientOptions options;
    private final List<ServerLink> links;
    private final AtomicInteger turn = new AtomicInteger();

    /** Connects with the first call. */
    public Nfs3Client(ClientOptions options) {
        this.options = options;
        links = IntStream.range(0, options.connections())
                .mapToObj(i -> new ServerLink(options, options.server().getPort(), Nfs3.PROGRAM, Nfs3.VERSION)).toList();
    }

    /** The transport of each connection at this moment; connects those that are not connected. */
    public List<RpcTransport> transports() throws IOException {
        List<RpcTransport> transports = new ArrayList<>();
        for (ServerLink link : links) {
            transports.add(link.transport());
        }
        return transports;
    }

    /** Connections made so far. */
    public long connects() {
        return links.stream().mapToLong(ServerLink::connects).sum();
    }

    /** Calls repeated so far because their reply was lost. */
    public long repeats() {
        return links.stream().mapToLong(ServerLink::repeats).sum();
    }

    private <T> Answer<T> call(int procedure, Supplier<? extends XdrAble> arguments, Decoded.Reader<T> reader) throws IOException {
        return links.get(Math.floorMod(turn.getAndIncrement(), links.size())).call(procedure, arguments, reader);
    }

    /** Calls until the status is not NFS3ERR_JUKEBOX, or the time is up. */
    private <T> Answer<T> answer(int procedure, Supplier<? extends XdrAble> arguments, Decoded.Reader<T> reader, Function<T,
            NfsStat3> status)
            throws IOException {
        long deadline = System.nanoTime() + options.giveUpAfter().toNanos();
        boolean repeated = false;
        while (true) {
            Answer<T> answer = call(procedure, arguments, reader);
            repeated |= answer.repeated();
            if (status.apply(answer.value()) != NfsStat3.NFS3ERR_JUKEBOX || System.nanoTime() - deadline >= 0) {
                return new Answer<>(answer.value(), repeated);
            }
            try {
                TimeUnit.MILLISECONDS.sleep(JUKEBOX_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw (IOException) new InterruptedIOException(NAMES[procedure] + ": interrupted while waiting after NFS3ERR_JUKEBOX")
                        .initCause(e);
            }
        }
    }

    /** The result of a call whose status must be NFS3_OK. */
    private <T> T ok(int procedure, Supplier<? extends XdrAble> arguments, Decoded.Reader<T> reader, Function<T, NfsStat3> status)
            throws IOException {
        T value = answer(procedure, arguments, reader, status).value();
        require(procedure, status.apply(value));
        return value;
    }

    private static void require(int procedure, NfsStat3 status) throws NfsException {
        if (status != NfsStat3.NFS3_OK) {
            throw new NfsException(NAMES[procedure], status);
        }
    }

    // ---- procedures that may be executed twice

    public void ping() throws IOException {
        call(Nfs3.NULL, () -> XdrVoid.XDR_VOID, xdr -> XdrVoid.XDR_VOID);
    }

    public Fattr3 getattr(FileHandle object) throws IOException {
        return ok(Nfs3.GETATTR, () -> object, Getattr3Res::decode, Getattr3Res::status).attributes();
    }

    /** @param guard the ctime that the object must have; null for no guard */
    public WccData setattr(FileHandle object, Sattr3 attributes, NfsTime3 guard) throws IOException {
        return ok(Nfs3.SETATTR, () -> new Setattr3Args(object, attributes, guard), Wcc3Res::decode, Wcc3Res::status).wcc();
    }

    public Node lookup(FileHandle directory, NfsText name) throws IOException {
        Lookup3Res found = ok(Nfs3.LOOKUP, () -> new DirOpArgs3(directory, name), Lookup3Res::decode, Lookup3Res::status);
        return new Node(found.object(), found.attributes());
    }

    /**
     * @param bits {@code ACCESS3_…} asked for
     * @return those that are allowed
     */
    public int access(FileHandle object, int bits) throws IOException {
        return ok(Nfs3.ACCESS, () -> new Access3Args(object, bits), Access3Res::decode, Access3Res::status).access();
    }

    public NfsText readlink(FileHandle link) throws IOException {
        return ok(Nfs3.READLINK, () -> link, Readlink3Res::decode, Readlink3Res::status).path();
    }

    /**
     * The data is not copied where the connection allows it, and is the caller's to keep.
     *
     * @param offset bytes
     * @param count most bytes to read
     */
    public Read3Res read(FileHandle file, long offset, int count) throws IOException {
        return ok(Nfs3.READ, () -> new Read3Args(file, offset, count), Read3Res::decode, Read3Res::status);
    }

    /**
     * Writes the buffer's remaining bytes, which are copied; its position stays.
     *
     * @param stable UNSTABLE, DATA_SYNC or FILE_SYNC of {@link Nfs3}
     */
    public Write3Res write(FileHandle file, long offset, int stable, ByteBuffer data) throws IOException {
        return write(file, offset, stable, data, BulkData::copied).value();
    }

    /**
     * The same without a copy.
     *
     * @return if repeated, an earlier attempt may still be sending the data, which must never change then
     */
    Answer<Write3Res> writeShared(FileHandle file, long offset, int stable, ByteBuffer data) throws IOException {
        return write(file, offset, stable, data, BulkData::shared);
    }

    private Answer<Write3Res> write(FileHandle file, long offset, int stable, ByteBuffer data, Function<ByteBuffer, BulkData> how)
            throws IOException {
        Answer<Write3Res> answer = answer(Nfs3.WRITE, () -> new Write3Args(file, offset, data.remaining(), stable, how.apply(data)),
                Write3Res::decode,
                Write3Res::status);
        require(Nfs3.WRITE, answer.value().status());
        return answer;
    }

    /**
     * @param count bytes; 0 for all to the end
     * @return the write verifier
     */
    public long commit(FileHandle file, long offset, int count) throws IOException {
        return ok(Nfs3.COMMIT, () -> new Commit3Args(file, offset, count), Commit3Res::decode, Commit3Res::status).verf();
    }

    /**
     * One answer of READDIR.
     *
     * @param cookie of the entry to go on after; 0 for the start
     * @param verifier as it came with the cookie; 0 with cookie 0
     */
    public Readdir3Res<Entry3> readdir(FileHandle directory, long cookie, long verifier, int count) throws IOException {
        return ok(Nfs3.READDIR, () -> new Readdir3Args(directory, cookie, verifier, count), Readdir3Res::decode, Readdir3Res::status);
    }

    /** One answer of READDIRPLUS; as {@link #readdir}. */
    public Readdir3Res<EntryPlus3> readdirplus(FileHandle directory, long cookie, long verifier, int dircount, int maxcount)
            throws IOException {
        return ok(Nfs3.READDIRPLUS, () -> new Readdirplus3Args(directory, cookie, verifier, dircount, maxcount), Readdir3Res::decodePlus,
                Readdir3Res::status);
    }

    public Fsstat3Res fsstat(FileHandle root) throws IOException {
        return ok(Nfs3.FSSTAT, () -> root, Fsstat3Res::decode, Fsstat3Res::status);
    }

    public Fsinfo3Res fsinfo(FileHandle root) throws IOException {
        return ok(Nfs3.FSINFO, () -> root, Fsinfo3Res::decode, Fsinfo3Res::status);
    }

    public Pathconf3Res pathconf(FileHandle object) throws IOException {
        return ok(Nfs3.PATHCONF, () -> object, Pathconf3Res::decode, Pathconf3Res::status);
    }

    // ---- procedures that make or remove names

    /** CREATE UNCHECKED: a file that exists is taken as it is, but for the attributes given. */
    public Node create(FileHandle directory, NfsText name, Sattr3 attributes) throws IOException {
        DirOpArgs3 where = new DirOpArgs3(directory, name);
        return made(Nfs3.CREATE, where, () -> Create3Args.of(where, CreateMode3.UNCHECKED, attributes), existing -> false);
    }

    /** CREATE GUARDED: a file that exists is an error. */
    public Node createGuarded(FileHandle directory, NfsText name, Sattr3 attributes) throws IOException {
        DirOpArgs3 where = new DirOpArgs3(directory, name);
        long size = attributes.size() == null ? 0 : attributes.size();
        return made(Nfs3.CREATE, where, () -> Create3Args.of(where, CreateMode3.GUARDED, attributes),
                existing -> isA(FileType3.NF3REG, existing) && existing.attributes().size() == size);
    }

    /**
     * CREATE EXCLUSIVE: a file that exists is an error, unless this very call made it. Attributes are to be set afterwards.
     *
     * @param verifier never used before by any client; a server keeps it until the attributes are set
     */
    public Node createExclusive(FileHandle directory, NfsText name, long verifier) throws IOException {
        DirOpArgs3 where = new DirOpArgs3(directory, name);
        return made(Nfs3.CREATE, where, () -> Create3Args.exclusive(where, verifier), existing -> false);
    }

    public Node mkdir(FileHandle directory, NfsText name, Sattr3 attributes) throws IOException {
        DirOpArgs3 where = new DirOpArgs3(directory, name);
        return made(Nfs3.MKDIR, where, () -> new Mkdir3Args(where, attributes), existing -> isA(FileType3.NF3DIR, existing));
    }

    public Node symlink(FileHandle directory, NfsText name, Sattr3 attributes, NfsText path) throws IOException {
        DirOpArgs3 where = new DirOpArgs3(directory, name);
        return made(Nfs3.SYMLINK, where, () -> new Symlink3Args(where, attributes, path),
                existing -> isA(FileType3.NF3LNK, existing) && readlink(existing.handle()).equals(path));
    }

    /** Tells whether what exists was made by a call whose reply was lost. */
    private interface Recognition {
        boolean isOurs(Node existing) throws IOException;
    }

    private Node made(int procedure, DirOpArgs3 where, Supplier<? extends XdrAble> arguments, Recognition recognition) throws IOException {
        Answer<Create3Res> answer = answer(procedure, arguments, Create3Res::decode, Create3Res::status);
        Create3Res result = answer.value();
        if (result.status() == NfsStat3.NFS3ERR_EXIST && answer.repeated()) {
            Node existing = lookup(where.dir(), where.name());
            if (recognition.isOurs(withAttributes(existing))) {
                return existing;
            }
        }
        require(procedure, result.status());
        return result.object() != null ? new Node(result.object(), result.attributes()) : lookup(where.dir(), where.name());
    }

    private Node withAttributes(Node node) throws IOException {
        return node.attributes() != null ? node : new Node(node.handle(), getattr(node.handle()));
    }

    private static boolean isA(FileType3 type, Node node) {
        return node.attributes().type() == type;
    }

    public void link(FileHandle file, FileHandle directory, NfsText name) throws IOException {
        DirOpArgs3 where = new DirOpArgs3(directory, name);
        Answer<Link3Res> answer = answer(Nfs3.LINK, () -> new Link3Args(file, where), Link3Res::decode, Link3Res::status);
        NfsStat3 status = answer.value().status();
        if (status == NfsStat3.NFS3ERR_EXIST && answer.repeated()
                && withAttributes(lookup(directory, name)).attributes().fileid() == getattr(file).fileid()) {
            return;
        }
        require(Nfs3.LINK, status);
    }

    public void remove(FileHandle directory, NfsText name) throws IOException {
        removed(Nfs3.REMOVE, new DirOpArgs3(directory, name));
    }

    public void rmdir(FileHandle directory, NfsText name) throws IOException {
        removed(Nfs3.RMDIR, new DirOpArgs3(directory, name));
    }

    private void removed(int procedure, DirOpArgs3 where) throws IOException {
        Answer<Wcc3Res> answer = answer(procedure, () -> where, Wcc3Res::decode, Wcc3Res::status);
        if (answer.value().status() != NfsStat3.NFS3ERR_NOENT || !answer.repeated()) {
            require(procedure, answer.value().status());
        }
    }

    public void rename(FileHandle fromDirectory, NfsText from, FileHandle toDirectory, NfsText to) throws IOException {
        Rename3Args arguments = new Rename3Args(new DirOpArgs3(fromDirectory, from), new DirOpArgs3(toDirectory, to));
        Answer<Rename3Res> answer = answer(Nfs3.RENAME, () -> arguments, Rename3Res::decode, Rename3Res::status);
        if (answer.value().status() == NfsStat3.NFS3ERR_NOENT && answer.repeated()) {
            lookup(toDirectory, to);
            return;
        }
        require(Nfs3.RENAME, answer.value().status());
    }

    @Override
    public void close() {
        links.forEach(ServerLink::close);
    }
}
