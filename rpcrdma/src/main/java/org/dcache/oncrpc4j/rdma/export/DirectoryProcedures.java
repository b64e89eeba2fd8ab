// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.dcache.oncrpc4j.rdma.export.tree.Failures;
import org.dcache.oncrpc4j.rdma.export.tree.FileName;
import org.dcache.oncrpc4j.rdma.export.tree.Listing;
import org.dcache.oncrpc4j.rdma.export.tree.Nfs3Exception;
import org.dcache.oncrpc4j.rdma.export.tree.Node;
import org.dcache.oncrpc4j.rdma.export.tree.TreeLocks;
import org.dcache.oncrpc4j.rdma.nfs3.Entry3;
import org.dcache.oncrpc4j.rdma.nfs3.EntryPlus3;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;
import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsText;
import org.dcache.oncrpc4j.rdma.nfs3.args.Readdir3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Readdirplus3Args;
import org.dcache.oncrpc4j.rdma.nfs3.results.Readdir3Res;

/**
 * READDIR and READDIRPLUS (RFC 1813, sections 3.3.16, 3.3.17): pages of a {@link Listing}. Any thread.
 *
 * <p>A cookie is made of the name alone, so it stays valid when other names come and go, when its own name goes, and across a restart. The
 * verifier is therefore 0, as the RFC has it for cookies that are always valid; a cookie with another verifier is rejected. Any other value
 * would cost calls: Linux takes it for a changed one on its first READDIR of a directory, throws away all but the first page of its cache,
 * and asks for most of the names again.
 *
 * <p>What a client asks for at most counts on its share of the memory for replies until the reply has left.
 */
final class DirectoryProcedures {

    static final long VERIFIER = 0;

    /** The status, which the limits of the calls do not count. */
    private static final int STATUS = Integer.BYTES;

    /** A page ends behind so many names that cannot be looked at, since each may take long, and others wait for the tree meanwhile. */
    private static final int BROKEN_IN_A_PAGE = 16;

    private final Export export;
    private final ReadBuffers memory;
    private final ExportCounters counters;

    DirectoryProcedures(Export export, ReadBuffers memory, ExportCounters counters) {
        this.export = export;
        this.memory = memory;
        this.counters = counters;
    }

    Readdir3Res<Entry3> readdir(Readdir3Args arguments, Request request) {
        Wcc directory = new Wcc(export.tree());
        try (TreeLocks.Held held = export.locks().shared()) {
            try {
                Node dir = directory(directory, arguments.dir(), arguments.cookie(), arguments.cookieverf(), request.caller());
                Page<Entry3> page = new Page<>(Integer.MAX_VALUE, arguments.count(), Readdir3Res.OVERHEAD - STATUS);
                boolean eof = fill(page, dir, arguments.cookie(), request,
                        (entry, node) -> page.add(new Entry3(fileid(entry, node), entry.name(), entry.cookie()), 0,
                        Entry3.size(entry.name())));
                return Readdir3Res.ok(directory.attributes(), VERIFIER, page.entries, eof);
            } catch (IOException e) {
                return Readdir3Res.failed(Failures.status(e), directory.attributes());
            }
        }
    }

    Readdir3Res<EntryPlus3> readdirplus(Readdirplus3Args arguments, Request request) {
        Wcc directory = new Wcc(export.tree());
        try (TreeLocks.Held held = export.locks().shared()) {
            try {
                Node dir = directory(directory, arguments.dir(), arguments.cookie(), arguments.cookieverf(), request.caller());
                Page<EntryPlus3> page = new Page<>(arguments.dircount(), arguments.maxcount(), Readdir3Res.OVERHEAD - STATUS);
                boolean eof = fill(page, dir, arguments.cookie(), request, (entry, node) -> {
                    EntryPlus3 plus = new EntryPlus3(fileid(entry, node), entry.name(), entry.cookie(), node == null ? null
                            : node.attributes(), node == null ? null : node.handle());
                    return page.add(plus, Entry3.size(entry.name()), plus.size());
                });
                return Readdir3Res.ok(directory.attributes(), VERIFIER, page.entries, eof);
            } catch (IOException e) {
                return Readdir3Res.failed(Failures.status(e), directory.attributes());
            }
        }
    }

    private Node directory(Wcc watched, FileHandle handle, long cookie, long verifier, Caller caller) throws IOException {
        Node dir = watched.resolve(handle);
        if (!dir.attributes().isDirectory()) {
            throw new Nfs3Exception(NfsStat3.NFS3ERR_NOTDIR, "expected a directory, got " + dir.attributes().type());
        }
        Rights.require(caller, dir, Rights.READ);
        if (cookie != 0 && verifier != VERIFIER || cookie < 0) {
            throw new Nfs3Exception(NfsStat3.NFS3ERR_BAD_COOKIE, "expected a cookie of this server and verifier " + VERIFIER
                    + ", got cookie " + cookie + " and verifier " + verifier);
        }
        return dir;
    }

    /** What cannot be looked at has none that is known; its cookie is not that of another name. */
    private static long fileid(Listing.Entry entry, Node node) {
        return node == null ? entry.cookie() : node.attributes().fileid();
    }

    /** Adds an entry to a page; false when it does not fit. */
    private interface Adder {

        /** @param node null if it cannot be looked at */
        boolean add(Listing.Entry entry, Node node) throws IOException;
    }

    /** @return whether the directory has no more */
    private boolean fill(Page<?> page, Node dir, long cookie, Request request, Adder adder) throws IOException {
        ReadBuffers.Lease lease = ReadBuffers.require(memory.count((int) Math.max(0, page.bytes), request.transport()), counters);
        try {
            boolean eof = fill(page, dir, cookie, adder);
            request.releaseWhenSent(lease);
            return eof;
        } catch (IOException | RuntimeException | Error e) {
            lease.release();
            throw e;
        }
    }

    private boolean fill(Page<?> page, Node dir, long cookie, Adder adder) throws IOException {
        Listing listing = export.tree().list(dir);
        int broken = 0;
        for (int i = listing.after(cookie); i < listing.size(); i++) {
            Listing.Entry entry = listing.get(i);
            Found found = find(dir, entry.name());
            if (found.listed && !adder.add(entry, found.node)) {
                if (page.entries.isEmpty()) {
                    throw new Nfs3Exception(NfsStat3.NFS3ERR_TOOSMALL, "not even one entry fits");
                }
                return false;
            }
            broken += found.unexplained ? 1 : 0;
            if (broken == BROKEN_IN_A_PAGE) {
                return false;
            }
        }
        page.requireRoom();
        return true;
    }

    /**
     * @param node null if it cannot be looked at
     * @param unexplained that is for a reason that may take long to find out
     */
    private record Found(boolean listed, Node node, boolean unexplained) {

        private Found(Node node) {
            this(true, node, false);
        }
    }

    /**
     * Not listed is a name that has gone since the directory was read, or leads into another file system, which is not exported. One that
     * fails otherwise (a broken inode, a dead mount, no right to look) is listed without attributes, as a local listing has it: who looks
     * it up is told why, and all other names can be seen.
     *
     * @throws IOException for want of file descriptors: the client shall come again
     */
    private Found find(Node dir, NfsText name) throws IOException {
        if (name.equals(FileName.DOT)) {
            return new Found(dir);
        }
        try {
            return new Found(name.equals(FileName.DOT_DOT) ? export.tree().parent(dir) : export.tree().lookup(dir, name));
        } catch (IOException e) {
            NfsStat3 status = Failures.known(e);
            if (status == NfsStat3.NFS3ERR_JUKEBOX) {
                throw e;
            }
            boolean elsewhere = e instanceof Nfs3Exception && status == NfsStat3.NFS3ERR_ACCES;
            return new Found(status != NfsStat3.NFS3ERR_NOENT && !elsewhere, null, status == null);
        }
    }

    /** Entries up to the limits of the call. */
    private static final class Page<T> {

        final List<T> entries = new ArrayList<>();
        private long names;
        private long bytes;

        /**
         * @param maxNames most bytes of ids, names and cookies, unsigned
         * @param maxBytes most bytes of the result behind the status, unsigned
         * @param overhead bytes of a result without entries
         */
        Page(int maxNames, int maxBytes, int overhead) {
            names = Integer.toUnsignedLong(maxNames);
            bytes = Math.min(Integer.toUnsignedLong(maxBytes), Limits.DIRECTORY_MAX) - overhead;
        }

        /** The first entry may be longer than the limit for names, else a client that sets it too low would never get any. */
        boolean add(T entry, int nameBytes, int entryBytes) {
            if (entryBytes > bytes || nameBytes > names && !entries.isEmpty()) {
                return false;
            }
            names -= nameBytes;
            bytes -= entryBytes;
            entries.add(entry);
            return true;
        }

        void requireRoom() throws Nfs3Exception {
            if (bytes < 0) {
                throw new Nfs3Exception(NfsStat3.NFS3ERR_TOOSMALL, "not even a result without entries fits");
            }
        }
    }
}
