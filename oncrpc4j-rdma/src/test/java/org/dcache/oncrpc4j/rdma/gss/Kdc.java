// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.gss;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import javax.security.auth.Subject;
import javax.security.auth.login.AppConfigurationEntry;
import javax.security.auth.login.AppConfigurationEntry.LoginModuleControlFlag;
import javax.security.auth.login.Configuration;
import javax.security.auth.login.LoginContext;
import javax.security.auth.login.LoginException;
import org.apache.kerby.kerberos.kerb.KrbException;
import org.apache.kerby.kerberos.kerb.server.SimpleKdcServer;

/**
 * A Kerberos key distribution centre in this JVM: Apache Kerby, on TCP of 127.0.0.1, with an NFS service and a user. The JDK's Kerberos has
 * one configuration for the whole JVM, so there is one of these for all tests; it lives as long as the JVM. Any thread.
 */
public final class Kdc {

    public static final String REALM = "EXAMPLE.TEST";
    /** Who serves. */
    public static final String SERVICE = "nfs/localhost@" + REALM;
    /** Who calls. */
    public static final String USER = "alice@" + REALM;

    private static Kdc shared;

    private final SimpleKdcServer server;
    private final Path directory;
    private final int port;
    private final Path configuration;
    private final Path serviceKeytab;
    private final Path userKeytab;

    private Kdc() throws IOException, KrbException {
        directory = Files.createTempDirectory("kdc");
        configuration = directory.resolve("client.conf");
        serviceKeytab = directory.resolve("service.keytab");
        userKeytab = directory.resolve("user.keytab");
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        server = new SimpleKdcServer();
        server.setWorkDir(directory.toFile());
        server.setKdcHost("127.0.0.1");
        server.setKdcRealm(REALM);
        server.setAllowUdp(false);
        server.setAllowTcp(true);
        server.setKdcTcpPort(port);
        server.init();
        server.start();
        server.createAndExportPrincipals(serviceKeytab.toFile(), SERVICE);
        server.createAndExportPrincipals(userKeytab.toFile(), USER);
        Files.writeString(configuration, """
                [libdefaults]
                  default_realm = %1$s
                  udp_preference_limit = 1
                  dns_lookup_kdc = false
                  dns_lookup_realm = false
                  kdc_timeout = 30000
                [realms]
                  %1$s = {
                    kdc = 127.0.0.1:%2$d
                  }
                """.formatted(REALM, port));
        System.setProperty("java.security.krb5.conf", configuration.toString());
        Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(server, directory)));
    }

    /** Started when it is first asked for. */
    public static synchronized Kdc shared() throws IOException {
        if (shared == null) {
            try {
                shared = new Kdc();
            } catch (KrbException e) {
                throw new IOException("the key distribution centre did not start", e);
            }
        }
        return shared;
    }

    private static void stop(SimpleKdcServer server, Path directory) {
        try (var files = Files.walk(directory)) {
            server.stop();
            for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (KrbException e) {
            throw new IllegalStateException(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** For {@code java.security.krb5.conf} of another JVM; this one has it already. */
    public Path configuration() {
        return configuration;
    }

    /** Where it listens: a TCP port of 127.0.0.1. */
    public int port() {
        return port;
    }

    /** Makes a principal of its own for somebody, who must be new; the file holds the key. */
    public synchronized Path keytab(String principal) throws IOException {
        Path keytab = directory.resolve(principal.replace('/', '-') + ".keytab");
        try {
            server.createAndExportPrincipals(keytab.toFile(), principal);
        } catch (KrbException e) {
            throw new IOException("cannot make " + principal, e);
        }
        return keytab;
    }

    /** Holds the key of {@link #SERVICE}. */
    public Path serviceKeytab() {
        return serviceKeytab;
    }

    /** {@link #USER} with a ticket, as after kinit. */
    public Subject user() throws LoginException {
        Map<String, String> options = Map.of("useKeyTab", "true", "keyTab", userKeytab.toString(), "principal", USER, "doNotPrompt", "true",
                "refreshKrb5Config", "true");
        LoginContext login = new LoginContext("user", new Subject(), null, new Configuration() {
            @Override
            public AppConfigurationEntry[] getAppConfigurationEntry(String name) {
                return new AppConfigurationEntry[] {
                    new AppConfigurationEntry("com.sun.security.auth.module.Krb5LoginModule", LoginModuleControlFlag.REQUIRED, options)
                };
            }
        });
        login.login();
        return login.getSubject();
    }
}
