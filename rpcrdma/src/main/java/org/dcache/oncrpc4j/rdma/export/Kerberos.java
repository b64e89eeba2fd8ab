// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export;

import com.sun.security.auth.UnixNumericGroupPrincipal;
import com.sun.security.auth.UnixNumericUserPrincipal;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import javax.security.auth.Subject;
import javax.security.auth.kerberos.KerberosPrincipal;
import javax.security.auth.kerberos.KeyTab;
import org.dcache.oncrpc4j.rpc.RpcLoginService;
import org.dcache.oncrpc4j.rpc.gss.GssSessionManager;
import org.ietf.jgss.GSSContext;
import org.ietf.jgss.GSSException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The Kerberos identity of a server, and who its callers are. A principal that is mapped calls as its user, any other principal of the key
 * distribution centre as the anonymous user. Immutable.
 *
 * @param keytab file with the key of {@code principal}
 * @param principal of the server: {@code nfs/HOST@REALM}
 * @param users principals that are mapped
 */
public record Kerberos(String keytab, String principal, List<User> users) {

    private static final Logger LOG = LoggerFactory.getLogger(Kerberos.class);

    /** @param principal as the key distribution centre writes it: {@code alice@REALM} */
    public record User(String principal, int uid, int gid) {

        /** @throws IllegalArgumentException if it is not {@code PRINCIPAL=UID:GID} */
        public static User parse(String text) {
            int equals = text.lastIndexOf('=');
            if (!text.matches(".+@.+=[^=]*") || !UserIds.isOne(text.substring(equals + 1))) {
                throw new IllegalArgumentException("expected PRINCIPAL@REALM=UID:GID, got " + text);
            }
            UserIds ids = UserIds.parse(text.substring(equals + 1));
            return new User(text.substring(0, equals), ids.uid(), ids.gid());
        }

        /** For {@link #parse}. */
        @Override
        public String toString() {
            return principal + "=" + new UserIds(uid, gid);
        }

        private Subject subject() {
            Subject subject = new Subject();
            subject.getPrincipals().add(new UnixNumericUserPrincipal(Integer.toUnsignedLong(uid)));
            subject.getPrincipals().add(new UnixNumericGroupPrincipal(Integer.toUnsignedLong(gid), true));
            return subject;
        }
    }

    /**
     * What oncrpc4j needs to serve RPCSEC_GSS. Sets the JAAS configuration of the whole JVM, as oncrpc4j does.
     *
     * @throws IOException if the keytab cannot be read or has no key of the principal
     */
    GssSessionManager sessions() throws IOException {
        if (!Files.isReadable(Path.of(keytab))) {
            throw new IOException("cannot read the keytab " + keytab);
        }
        // Looked at here, because the JDK would fail only at the first call.
        KerberosPrincipal self = new KerberosPrincipal(principal);
        if (KeyTab.getInstance(self, new File(keytab)).getKeys(self).length == 0) {
            throw new IOException("no key of " + principal + " in the keytab " + keytab);
        }
        Map<String, User> byPrincipal = users.stream()
                .collect(Collectors.toUnmodifiableMap(User::principal, Function.identity(), (first, second) -> second));
        RpcLoginService logins = (transport, context) -> login(byPrincipal, context);
        try {
            return new GssSessionManager(logins, principal, keytab);
        } catch (GSSException e) {
            throw new IOException("Kerberos does not work with the key of " + principal + " in the keytab " + keytab + ": "
                    + e.getMessage(), e);
        }
    }

    private static Subject login(Map<String, User> users, GSSContext context) {
        try {
            User user = users.get(context.getSrcName().toString());
            return user == null ? new Subject() : user.subject();
        } catch (GSSException e) {
            LOG.warn("a security context does not name its caller, who is taken for the anonymous user: {}", e.getMessage());
            return new Subject();
        }
    }
}
