// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.dcache.oncrpc4j.rdma.nfs3.Entry3;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;
import org.dcache.oncrpc4j.rdma.nfs3.Nfs3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsText;
import org.dcache.oncrpc4j.rdma.nfs3.args.Readdir3Args;
import org.dcache.oncrpc4j.rdma.nfs3.results.Readdir3Res;

/** Reads a directory page by page. */
final class Pages {

    private Pages() {}

    /** What happens between two pages. */
    interface Between {

        void pages() throws IOException;
    }

    /** All names, with "." and "..". */
    static List<NfsText> names(Mounted nfs, FileHandle dir) throws IOException {
        return names(nfs, dir, 4096, () -> {});
    }

    static List<NfsText> names(Mounted nfs, FileHandle dir, int count, Between between) throws IOException {
        List<NfsText> names = new ArrayList<>();
        long cookie = 0;
        long verifier = 0;
        while (true) {
            Readdir3Res<Entry3> page = nfs.nfs(Nfs3.READDIR, new Readdir3Args(dir, cookie, verifier, count), Readdir3Res::decode);
            assertThat(page.status()).isEqualTo(NfsStat3.NFS3_OK);
            for (Entry3 entry : page.entries()) {
                names.add(entry.name());
                cookie = entry.cookie();
            }
            verifier = page.cookieverf();
            if (page.eof()) {
                return names;
            }
            assertThat(page.entries()).isNotEmpty();
            between.pages();
        }
    }
}
