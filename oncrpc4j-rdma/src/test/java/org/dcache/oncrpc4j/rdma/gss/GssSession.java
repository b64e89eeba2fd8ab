// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.gss;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.PrivilegedActionException;
import java.security.PrivilegedExceptionAction;
import java.util.Arrays;
import java.util.concurrent.ThreadLocalRandom;
import javax.security.auth.Subject;
import javax.security.auth.login.LoginException;
import org.ietf.jgss.GSSContext;
import org.ietf.jgss.GSSCredential;
import org.ietf.jgss.GSSException;
import org.ietf.jgss.GSSManager;
import org.ietf.jgss.GSSName;
import org.ietf.jgss.MessageProp;
import org.ietf.jgss.Oid;

/**
 * A client's side of RPCSEC_GSS with Kerberos (RFC 2203): makes the calls of one context as whole messages, which may then go over any
 * {@link Wire}, and checks what comes back. It can also make the messages that no client should. One thread.
 */
public final class GssSession {

    private static final int GSS = 6;

    private final int program;
    private final int version;
    private final GSSContext context;
    private byte[] handle;
    private int sequence;
    private int xid = ThreadLocalRandom.current().nextInt();

    /**
     * A call ready to be sent.
     *
     * @param sequence of its credential
     */
    public record Request(int xid, int sequence, GssService service, byte[] message) {}

    private GssSession(int program, int version, GSSContext context) {
        this.program = program;
        this.version = version;
        this.context = context;
    }

    /** Makes a context as {@link Kdc#USER}; the tokens go over this wire. */
    public static GssSession establish(Kdc kdc, Wire wire, int program, int version) throws IOException, GSSException {
        GssSession session = begin(kdc, program, version);
        session.negotiate(wire);
        return session;
    }

    /** A context that is still to be negotiated. */
    public static GssSession begin(Kdc kdc, int program, int version) throws GSSException {
        try {
            return new GssSession(program, version, initiator(kdc.user()));
        } catch (LoginException e) {
            throw new AssertionError("the user gets no ticket", e);
        }
    }

    @SuppressWarnings("removal")
    private static GSSContext initiator(Subject user) throws GSSException {
        Oid kerberos = new Oid("1.2.840.113554.1.2.2");
        Oid principal = new Oid("1.2.840.113554.1.2.2.1");
        GSSManager manager = GSSManager.getInstance();
        try {
            return Subject.doAs(user, (PrivilegedExceptionAction<GSSContext>) () -> {
                GSSCredential credential = manager.createCredential(manager.createName(Kdc.USER, principal), GSSCredential.DEFAULT_LIFETIME,
                        kerberos, GSSCredential.INITIATE_ONLY);
                GSSName service = manager.createName(Kdc.SERVICE, principal);
                GSSContext made = manager.createContext(service, kerberos, credential, GSSContext.DEFAULT_LIFETIME);
                made.requestMutualAuth(true);
                made.requestConf(true);
                made.requestInteg(true);
                return made;
            });
        } catch (PrivilegedActionException e) {
            throw (GSSException) e.getCause();
        }
    }

    private void negotiate(Wire wire) throws IOException, GSSException {
        byte[] token = token();
        int gssProcedure = GssMessage.INIT;
        handle = new byte[0];
        while (true) {
            Answer answer = Answer.of(wire.exchange(negotiation(gssProcedure, handle, token)));
            assertThat(answer.status()).isEqualTo(Answer.SUCCESS);
            ByteBuffer in = ByteBuffer.wrap(answer.results());
            handle = Answer.opaque(in);
            int major = in.getInt();
            in.getInt();
            int window = in.getInt();
            byte[] back = Answer.opaque(in);
            assertThat(in.hasRemaining()).isFalse();
            assertThat(major).as("COMPLETE or CONTINUE_NEEDED").isBetween(0, 1);
            token = context.isEstablished() ? null : context.initSecContext(back, 0, back.length);
            if (major == 0) {
                assertThat(context.isEstablished()).isTrue();
                assertThat(window).isPositive();
                verify(answer, window);
                return;
            }
            gssProcedure = GssMessage.CONTINUE_INIT;
        }
    }

    /** The first token of a context that is not established yet. */
    public byte[] token() throws GSSException {
        return context.initSecContext(new byte[0], 0, 0);
    }

    /** INIT with a token; a handle makes it CONTINUE_INIT. */
    public byte[] negotiation(byte[] ofHandle, byte[] token) {
        return negotiation(ofHandle.length == 0 ? GssMessage.INIT : GssMessage.CONTINUE_INIT, ofHandle, token);
    }

    private byte[] negotiation(int gssProcedure, byte[] ofHandle, byte[] token) {
        byte[] header = GssMessage.header(++xid, program, version, 0, gssProcedure, 0, 1, ofHandle);
        return GssMessage.message(header, null, GssMessage.opaque(token));
    }

    public byte[] handle() {
        return handle.clone();
    }

    /** A call with arguments in XDR, protected as the service says. */
    public Request request(int procedure, GssService service, byte[] arguments) throws GSSException {
        int number = ++sequence;
        return withBody(procedure, number, service, protect(service, number, arguments));
    }

    /** A call whose body is what it is. */
    public Request withBody(int procedure, int number, GssService service, byte[] body) throws GSSException {
        byte[] header = GssMessage.header(++xid, program, version, procedure, GssMessage.DATA, number, service.number(), handle);
        return new Request(xid, number, service, GssMessage.message(header, mic(header), body));
    }

    /** A call with these words in the credential, correctly signed. */
    public Request odd(int gssProcedure, int service, byte[] ofHandle, byte[] body) throws GSSException {
        byte[] header = GssMessage.header(++xid, program, version, 0, gssProcedure, ++sequence, service, ofHandle);
        return new Request(xid, sequence, GssService.NONE, GssMessage.message(header, mic(header), body));
    }

    /** A call whose verifier signs something else. */
    public Request badlySigned(int gssProcedure) throws GSSException {
        byte[] header = GssMessage.header(++xid, program, version, 0, gssProcedure, ++sequence, 1, handle);
        return new Request(xid, sequence, GssService.NONE, GssMessage.message(header, mic(new byte[] {1, 2, 3}), new byte[0]));
    }

    /** The call that ends the context. */
    public Request destruction() throws GSSException {
        return odd(GssMessage.DESTROY, 1, handle, new byte[0]);
    }

    /** Arguments as they go over the wire. */
    public byte[] protect(GssService service, int number, byte[] arguments) throws GSSException {
        byte[] numbered = GssMessage.joined(GssMessage.word(number), arguments);
        return switch (service) {
            case NONE -> arguments;
            case INTEGRITY -> GssMessage.joined(GssMessage.opaque(numbered), GssMessage.opaque(mic(numbered)));
            case PRIVACY -> GssMessage.opaque(context.wrap(numbered, 0, numbered.length, new MessageProp(true)));
        };
    }

    private byte[] mic(byte[] bytes) throws GSSException {
        return context.getMIC(bytes, 0, bytes.length, new MessageProp(true));
    }

    /** Results of a successful reply, in XDR; everything that the server signed is verified. */
    public byte[] results(Request request, byte[] reply) throws GSSException {
        Answer answer = Answer.of(reply);
        assertThat(answer.xid()).isEqualTo(request.xid());
        assertThat(answer.status()).isEqualTo(Answer.SUCCESS);
        verify(answer, request.sequence());
        if (request.service() == GssService.NONE) {
            return answer.results();
        }
        ByteBuffer in = ByteBuffer.wrap(answer.results());
        byte[] body = Answer.opaque(in);
        if (request.service() == GssService.INTEGRITY) {
            byte[] checksum = Answer.opaque(in);
            context.verifyMIC(checksum, 0, checksum.length, body, 0, body.length, new MessageProp(true));
        } else {
            MessageProp how = new MessageProp(false);
            body = context.unwrap(body, 0, body.length, how);
            assertThat(how.getPrivacy()).as("sealed").isTrue();
        }
        assertThat(in.hasRemaining()).isFalse();
        assertThat(ByteBuffer.wrap(body).getInt()).as("sequence number of the results").isEqualTo(request.sequence());
        return Arrays.copyOfRange(body, 4, body.length);
    }

    /** Whether the server knows the context: its verifier signs this sequence number. */
    public void verify(Answer answer, int number) throws GSSException {
        assertThat(answer.flavor()).isEqualTo(GSS);
        byte[] signed = GssMessage.word(number);
        context.verifyMIC(answer.verifier(), 0, answer.verifier().length, signed, 0, signed.length, new MessageProp(true));
    }

    /** A whole call. */
    public byte[] call(Wire wire, int procedure, GssService service, byte[] arguments) throws IOException, GSSException {
        Request request = request(procedure, service, arguments);
        return results(request, wire.exchange(request.message()));
    }
}
