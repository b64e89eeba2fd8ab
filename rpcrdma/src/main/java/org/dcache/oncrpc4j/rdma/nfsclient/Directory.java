// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfsclient;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.dcache.oncrpc4j.rdma.nfs3.EntryPlus3;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;
import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;
import org.dcache.oncrpc4j.rdma.nfs3.results.Readdir3Res;

/** Reads whole directories. Any thread. */
public final class Directory {

    /** How often reading a directory begins again at most. */
    private static final int RESTARTS = 10;

    private final Nfs3Client client;
    private final FileHandle handle;

    public Directory(Nfs3Client client, FileHandle handle) {
        this.client = client;
        this.handle = handle;
    }

    /**
     * All entries, with attributes and handles where the server sends them, and with {@code .} and {@code ..} if the server sends them. If
     * cookies became invalid (NFS3ERR_BAD_COOKIE), reading begins again.
     *
     * @param maxcount most bytes of one answer
     */
    public List<EntryPlus3> entries(int maxcount) throws IOException {
        for (int restart = 0; ; restart++) {
            try {
                return once(maxcount);
            } catch (NfsException e) {
                if (e.status() != NfsStat3.NFS3ERR_BAD_COOKIE || restart == RESTARTS) {
                    throw e;
                }
            }
        }
    }

    private List<EntryPlus3> once(int maxcount) throws IOException {
        List<EntryPlus3> entries = new ArrayList<>();
        Set<Long> pages = new HashSet<>();
        long cookie = 0;
        long verifier = 0;
        while (true) {
            Readdir3Res<EntryPlus3> answer = client.readdirplus(handle, cookie, verifier, maxcount, maxcount);
            entries.addAll(answer.entries());
            if (answer.eof()) {
                return entries;
            }
            if (answer.entries().isEmpty()) {
                throw new IOException("READDIRPLUS: expected entries or the end of the directory, got neither");
            }
            cookie = answer.entries().get(answer.entries().size() - 1).cookie();
            if (!pages.add(cookie)) {
                throw new IOException("READDIRPLUS: expected to go on behind cookie " + cookie + ", got a page that ends with it again");
            }
            verifier = answer.cookieverf();
        }
    }
}
