// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.dcache.oncrpc4j.rdma.export.Kerberos;
import org.dcache.oncrpc4j.rdma.export.SecurityFlavor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** What the Kerberos options of {@code rpcrdma serve} mean together. */
class KerberosOptionsTest {

    private final KerberosOptions options = new KerberosOptions();
    private CommandLine line;

    private KerberosOptions parsed(String text) {
        CommandLine.Model.CommandSpec spec = CommandLine.Model.CommandSpec.create();
        spec.addMixin("kerberos", CommandLine.Model.CommandSpec.forAnnotatedObject(options));
        line = new CommandLine(spec);
        line.parseArgs(text.isEmpty() ? new String[0] : text.split(" "));
        return options;
    }

    @Test
    void withoutThemThereIsNoKerberos() {
        assertThat(parsed("").kerberos(line.getCommandSpec())).isNull();
        assertThat(options.flavors(line.getCommandSpec())).containsExactly(SecurityFlavor.SYS);
    }

    @Test
    void aKeytabBringsKerberosAndNothingElseIsTaken() {
        parsed("--krb5 /keys --principal nfs/host@R --user a@R=1:2 --user b/c@R=3:4");
        assertThat(options.kerberos(line.getCommandSpec())).isEqualTo(new Kerberos("/keys", "nfs/host@R",
                List.of(new Kerberos.User("a@R", 1, 2), new Kerberos.User("b/c@R", 3, 4))));
        assertThat(options.flavors(line.getCommandSpec())).containsExactly(SecurityFlavor.KRB5, SecurityFlavor.KRB5I, SecurityFlavor.KRB5P);
    }

    @Test
    void flavorsKeepTheirOrder() {
        parsed("--krb5 /keys --principal nfs/host@R --sec krb5p:sys:krb5p");
        assertThat(options.flavors(line.getCommandSpec())).containsExactly(SecurityFlavor.KRB5P, SecurityFlavor.SYS);
    }

    @ParameterizedTest
    @CsvSource({"--krb5 /keys, --krb5 needs --principal nfs/HOST@REALM", "--krb5 /keys --principal nfs/host, got nfs/host",
        "--principal nfs/host@R, --principal needs --krb5", "--user a@R=1:1, --user needs --krb5", "--sec krb5i, --sec krb5i needs --krb5",
        "--sec sys:krb5, --sec sys:krb5 needs --krb5", "--sec none, '--sec is of sys, krb5, krb5i and krb5p'", "--sec krb5:, got krb5:",
        "--krb5 /keys --principal nfs/h@R --user alice=1:1, expected PRINCIPAL@REALM=UID:GID"})
    void whatDoesNotGoTogetherIsTold(String text, String message) {
        parsed(text);
        assertThatThrownBy(() -> {
            options.kerberos(line.getCommandSpec());
            options.flavors(line.getCommandSpec());
        }).isInstanceOf(ParameterException.class).hasMessageContaining(message);
    }
}
