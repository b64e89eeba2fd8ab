// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfsclient;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.List;
import org.dcache.oncrpc4j.rdma.nfs3.EntryPlus3;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;
import org.dcache.oncrpc4j.rdma.nfs3.Nfs3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsText;
import org.dcache.oncrpc4j.rdma.nfs3.args.Readdirplus3Args;
import org.dcache.oncrpc4j.rdma.nfs3.results.Readdir3Res;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Directories of servers that make no sense. */
@Timeout(60)
class DirectoryTest {

    private static EntryPlus3 entry(String name, long cookie) {
        return new EntryPlus3(cookie, NfsText.of(name), cookie, null, null);
    }

    @Test
    void aServerThatRepeatsItsPagesForEverIsFoundOut() throws IOException {
        try (ScriptedServer server = new ScriptedServer(0)) {
            server.on(Nfs3.READDIRPLUS, Readdirplus3Args::decode, arguments -> Readdir3Res.ok(null, 0,
                    arguments.cookie() == 1 ? List.of(entry("b", 2)) : List.of(entry("a", 1)), false));
            try (Nfs3Client client = server.client()) {
                Directory directory = new Directory(client, new FileHandle(new byte[8]));
                assertThatThrownBy(() -> directory.entries(4096)).isInstanceOf(IOException.class)
                        .hasMessage("READDIRPLUS: expected to go on behind cookie 1, got a page that ends with it again");
            }
        }
    }
}
