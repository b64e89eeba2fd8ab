// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.serve;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.dcache.oncrpc4j.rdma.export.Kerberos;
import org.dcache.oncrpc4j.rdma.export.SecurityFlavor;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The options of {@code rpcrdma serve} that are about Kerberos. */
final class KerberosOptions {

    @Option(names = "--krb5", paramLabel = "KEYTAB", description = "Serve sec=krb5, krb5i and krb5p with the key in this file.")
    private Path keytab;

    @Option(names = "--principal", paramLabel = "NAME", description = "With --krb5: whose key it is, nfs/HOST@REALM.")
    private String principal;

    @Option(names = "--user", paramLabel = "PRINCIPAL=UID:GID",
            description = "With --krb5: who a principal is here. May be repeated; all others are the anonymous user.")
    private List<String> users = new ArrayList<>();

    @Option(names = "--sec", paramLabel = "FLAVORS",
            description = "Security flavors to take, of sys, krb5, krb5i and krb5p, with colons between. Default: sys; with --krb5 "
                    + "krb5:krb5i:krb5p.")
    private String flavors;

    /** Null without Kerberos. */
    Kerberos kerberos(CommandSpec spec) {
        if (keytab == null) {
            if (principal != null || !users.isEmpty()) {
                throw usage(spec, (principal != null ? "--principal" : "--user") + " needs --krb5");
            }
            return null;
        }
        if (principal == null || !principal.matches("[^/@]+/[^/@]+@[^/@]+")) {
            throw usage(spec, "--krb5 needs --principal nfs/HOST@REALM" + (principal == null ? "" : ", got " + principal));
        }
        try {
            return new Kerberos(keytab.toAbsolutePath().toString(), principal, users.stream().map(Kerberos.User::parse).toList());
        } catch (IllegalArgumentException e) {
            throw usage(spec, "--user: " + e.getMessage());
        }
    }

    List<SecurityFlavor> flavors(CommandSpec spec) {
        if (flavors == null) {
            return keytab == null ? List.of(SecurityFlavor.SYS) : List.of(SecurityFlavor.KRB5, SecurityFlavor.KRB5I, SecurityFlavor.KRB5P);
        }
        List<SecurityFlavor> wanted;
        try {
            wanted = Arrays.stream(flavors.split(":", -1)).map(name -> SecurityFlavor.valueOf(name.toUpperCase(Locale.ROOT))).distinct()
                    .toList();
        } catch (IllegalArgumentException e) {
            throw usage(spec, "--sec is of sys, krb5, krb5i and krb5p, with colons between; got " + flavors);
        }
        if (keytab == null && !wanted.equals(List.of(SecurityFlavor.SYS))) {
            throw usage(spec, "--sec " + flavors + " needs --krb5");
        }
        return wanted;
    }

    private static ParameterException usage(CommandSpec spec, String message) {
        return new ParameterException(spec.commandLine(), message);
    }
}
