// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.agent.weave;

import static net.bytebuddy.matcher.ElementMatchers.named;

import net.bytebuddy.asm.Advice;
import net.bytebuddy.asm.AsmVisitorWrapper;
import net.bytebuddy.description.type.TypeDescription;

/**
 * The weave points of {@code org.dcache.oncrpc4j.rpc.RpcCall}: the Xdr that a call is encoded into, the end of encoding and sending, and
 * the wait of a synchronous call for its reply.
 */
final class CallWeave {

    private static final WeavePoint CALL = new WeavePoint("callInternal", named("callInternal"));
    private static final String TRANSPORT = "_transport";

    private CallWeave() {}

    static AsmVisitorWrapper of(TypeDescription type) {
        if (type.getDeclaredFields().filter(named(TRANSPORT)).size() != 1) {
            throw new IllegalStateException("expected the field " + TRANSPORT);
        }
        AsmVisitorWrapper newXdr = new AsmVisitorWrapper.ForDeclaredMethods().method(CALL.in(type),
                (instrumented, method, visitor, context, pool, writerFlags, readerFlags) ->
                        new NewXdrVisitor(visitor, instrumented.getInternalName(), TRANSPORT));
        AsmVisitorWrapper waits = new AsmVisitorWrapper.ForDeclaredMethods().method(named("call"),
                (instrumented, method, visitor, context, pool, writerFlags, readerFlags) ->
                        new ReplyWaitVisitor(visitor, instrumented.getInternalName(), TRANSPORT));
        return new AsmVisitorWrapper.Compound(newXdr, waits, Advice.to(CallAdvice.class).on(CALL.in(type)));
    }
}
