// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.agent.weave;

import net.bytebuddy.asm.Advice;
import org.dcache.oncrpc4j.rdma.agent.hook.OncRpcHook;

/**
 * The code that is copied into {@code RpcCall.callInternal}: however it ends, the hook hears of it, and the memory of a call that was not
 * sent goes back.
 */
final class CallAdvice {

    private CallAdvice() {}

    @Advice.OnMethodExit(onThrowable = Throwable.class)
    static void exit(@Advice.Thrown Throwable thrown) {
        OncRpcHook.callEncoded(thrown);
    }
}
