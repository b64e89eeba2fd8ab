// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code rpcrdma serve --nfs4j} where there is no nfs4j, and where its options make no sense. */
@Timeout(60)
class ServeWithoutNfs4jIT {

    @TempDir
    private Path folder;

    @Test
    void withoutNfs4jItFailsAndSaysWhatToGive() throws Exception {
        Tool.Result result = Tool.run("serve", "--nfs4j", folder.toString());
        assertThat(result.output()).contains("nfs4j is not on the class path").contains("--nfs4j-jar").contains("--class-path");
        assertThat(result.status()).isOne();
    }

    @Test
    void aJarThatIsNotThereIsNamed() throws Exception {
        Tool.Result result = Tool.run("serve", "--nfs4j", "--nfs4j-jar", folder.resolve("no.jar").toString(), folder.toString());
        assertThat(result.output()).contains("there is no " + folder.resolve("no.jar"));
        assertThat(result.status()).isOne();
    }

    @Test
    void optionsThatWouldBePassedOverAreAWrongCommandLine() throws Exception {
        assertThat(Tool.run("serve", "--class-path", "x.jar", folder.toString()))
                .isEqualTo(new Tool.Result(2, "--class-path needs --nfs4j\nSee 'rpcrdma serve --help'.\n"));
        assertThat(Tool.run("serve", "--nfs4j", "--squash=all", folder.toString()))
                .isEqualTo(new Tool.Result(2, "--squash means nothing with --nfs4j\nSee 'rpcrdma serve --help'.\n"));
    }
}
