// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.security.auth.UnixNumericGroupPrincipal;
import com.sun.security.auth.UnixNumericUserPrincipal;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.dcache.oncrpc4j.rdma.export.tree.memory.MemoryTree;
import org.dcache.oncrpc4j.rdma.gss.Answer;
import org.dcache.oncrpc4j.rdma.gss.TcpWire;
import org.dcache.oncrpc4j.rdma.nfs3.Nfs3;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.rpc.gss.RpcAuthGss;
import org.dcache.oncrpc4j.xdr.Xdr;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What an export does with callers by how they prove who they are; with real tickets see the whole-system tests. */
class SecurityFlavorTest {

    private static final String TOO_WEAK = "AUTH_ERROR 5";
    private static final List<SecurityFlavor> KERBEROS = List.of(SecurityFlavor.KRB5P, SecurityFlavor.KRB5I);

    @TempDir
    private Path directory;

    private static Mounted mounted(List<SecurityFlavor> flavors) throws Exception {
        return new Mounted(new MemoryTree(1 << 20), ExportOptions.DEFAULT.withFlavors(flavors));
    }

    /** Status of the answer to a call with AUTH_NONE, or with RPCSEC_GSS of nobody and for nothing. */
    private static String status(Mounted mounted, int procedure, boolean gss) throws Exception {
        byte[] handle = mounted.root.bytes();
        ByteBuffer call = ByteBuffer.allocate(200).putInt(7).putInt(0).putInt(2).putInt(Nfs3.PROGRAM).putInt(Nfs3.VERSION)
                .putInt(procedure);
        if (gss) {
            call.putInt(6).putInt(20).putInt(1).putInt(0).putInt(1).putInt(1).putInt(0);
        } else {
            call.putLong(0);
        }
        call.putLong(0).putInt(handle.length).put(handle).position(call.position() + 3 & ~3);
        byte[] message = new byte[call.position()];
        call.flip().get(message);
        try (TcpWire wire = new TcpWire(new InetSocketAddress(InetAddress.getLoopbackAddress(), mounted.server.port()))) {
            return Answer.of(wire.exchange(message)).status();
        }
    }

    @Test
    void anExportForKerberosRefusesAllElseButTellsOfItselfToWhoMounts() throws Exception {
        try (Mounted mounted = mounted(KERBEROS)) {
            assertThat(mounted.mount("/").flavors()).containsExactly(390005, 390004);
            for (int procedure : new int[] {Nfs3.GETATTR, Nfs3.LOOKUP, Nfs3.READ, Nfs3.WRITE, Nfs3.READDIRPLUS, Nfs3.FSSTAT, Nfs3.COMMIT}) {
                assertThat(status(mounted, procedure, false)).isEqualTo(TOO_WEAK);
            }
            assertThatThrownBy(() -> mounted.getattr(mounted.root)).as("of AUTH_SYS").hasMessageContaining("AUTH_ERROR");
            assertThat(mounted.export.counters().get(ExportCounter.WEAK_FLAVOR)).isEqualTo(8);
            assertThat(status(mounted, Nfs3.NULL, false)).isEqualTo(Answer.SUCCESS);
            assertThat(status(mounted, Nfs3.FSINFO, false)).isEqualTo(Answer.SUCCESS);
        }
    }

    /** oncrpc4j lets such calls pass where a service has no sessions. */
    @Test
    void withoutKerberosNobodyIsBelievedThatHeHasIt() throws Exception {
        try (Mounted mounted = mounted(List.of(SecurityFlavor.SYS))) {
            assertThat(mounted.mount("/").flavors()).containsExactly(1);
            assertThat(status(mounted, Nfs3.GETATTR, true)).isEqualTo(TOO_WEAK);
            assertThat(status(mounted, Nfs3.GETATTR, false)).isEqualTo(Answer.SUCCESS);
        }
    }

    @Test
    void whoIsMappedIsThatUserUnlessHeIsSquashed() {
        RpcAuthGss credential = new RpcAuthGss();
        RpcCall call = new RpcCall(0, Nfs3.PROGRAM, Nfs3.VERSION, 0, credential, new Xdr(0), null);
        assertThat(ids(Squash.NONE.caller(call, 7, 8))).as("not mapped").containsExactly(7, 8);
        credential.getSubject().getPrincipals().addAll(List.of(new UnixNumericUserPrincipal(0), new UnixNumericGroupPrincipal(0, true),
                new UnixNumericGroupPrincipal(20, false)));
        assertThat(ids(Squash.NONE.caller(call, 7, 8))).containsExactly(0, 0, 20);
        assertThat(ids(Squash.ROOT.caller(call, 7, 8))).containsExactly(7, 8, 20);
        assertThat(ids(Squash.ALL.caller(call, 7, 8))).containsExactly(7, 8);
    }

    private static int[] ids(Caller caller) {
        return IntStream.concat(IntStream.of(caller.uid(), caller.gid()), IntStream.of(caller.groups())).toArray();
    }

    @Test
    void theServiceOfACallIsItsFlavor() {
        for (int service = 1; service <= 3; service++) {
            RpcAuthGss credential = new RpcAuthGss();
            credential.setService(service);
            RpcCall call = new RpcCall(0, Nfs3.PROGRAM, Nfs3.VERSION, 0, credential, new Xdr(0), null);
            assertThat(SecurityFlavor.of(call).number()).isEqualTo(390002 + service);
        }
    }

    @Test
    void aKeytabWithoutTheKeyIsToldBeforeAnybodyCalls() throws Exception {
        Path none = directory.resolve("none");
        assertThatThrownBy(() -> new Kerberos(none.toString(), "nfs/host@EXAMPLE.TEST", List.of()).sessions())
                .isInstanceOf(IOException.class)
                .hasMessage("cannot read the keytab " + none);
        Path empty = Files.createFile(directory.resolve("empty"));
        assertThatThrownBy(() -> new Kerberos(empty.toString(), "nfs/host@EXAMPLE.TEST", List.of()).sessions())
                .isInstanceOf(IOException.class)
                .hasMessage("no key of nfs/host@EXAMPLE.TEST in the keytab " + empty);
    }

    @Test
    void usersAreReadAsTheyAreWritten() {
        Kerberos.User user = Kerberos.User.parse("nfs/host=1@EXAMPLE.TEST=1000:100");
        assertThat(user).isEqualTo(new Kerberos.User("nfs/host=1@EXAMPLE.TEST", 1000, 100));
        assertThat(Kerberos.User.parse(user.toString())).isEqualTo(user);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "alice", "alice=1:1", "alice@R", "alice@R=1", "alice@R=:", "alice@R=-1:1", "alice@R=1:9999999999"})
    void whatIsNoUserIsRefused(String text) {
        assertThatThrownBy(() -> Kerberos.User.parse(text)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("PRINCIPAL@REALM=UID:GID");
    }
}
