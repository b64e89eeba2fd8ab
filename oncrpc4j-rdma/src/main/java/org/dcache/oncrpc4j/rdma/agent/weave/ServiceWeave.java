// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.agent.weave;

import static net.bytebuddy.matcher.ElementMatchers.isConstructor;
import static net.bytebuddy.matcher.ElementMatchers.named;
import static net.bytebuddy.matcher.ElementMatchers.takesArguments;
import static net.bytebuddy.matcher.ElementMatchers.takesNoArguments;

import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.TimeUnit;
import net.bytebuddy.asm.Advice;
import net.bytebuddy.asm.AsmVisitorWrapper;
import net.bytebuddy.description.type.TypeDescription;

/**
 * The weave points of {@code org.dcache.oncrpc4j.rpc.OncRpcSvc}. The one-argument {@code connect} delegates to the one woven here.
 * No member is added, so that a class which is loaded already can be woven as well.
 */
final class ServiceWeave {

    private record Woven(Class<?> advice, WeavePoint point) {}

    private static final List<Woven> POINTS = List.of(
            new Woven(ServiceAdvice.Constructor.class, new WeavePoint("constructor", isConstructor())),
            new Woven(ServiceAdvice.Start.class, new WeavePoint("start()", named("start").and(takesNoArguments()))),
            new Woven(ServiceAdvice.Stop.class, new WeavePoint("stop()", named("stop").and(takesNoArguments()))),
            new Woven(ServiceAdvice.StopGracefully.class, new WeavePoint("stop(long, TimeUnit)",
                    named("stop").and(takesArguments(long.class, TimeUnit.class)))),
            new Woven(ServiceAdvice.Connect.class, new WeavePoint("connect(InetSocketAddress, long, TimeUnit)",
                    named("connect").and(takesArguments(InetSocketAddress.class, long.class, TimeUnit.class)))),
            new Woven(ServiceAdvice.Address.class, new WeavePoint("getInetSocketAddress(int)",
                    named("getInetSocketAddress").and(takesArguments(int.class)))),
            new Woven(ServiceAdvice.Text.class, new WeavePoint("toString()", named("toString").and(takesNoArguments()))));

    private ServiceWeave() {}

    static AsmVisitorWrapper of(TypeDescription type) {
        return new AsmVisitorWrapper.Compound(POINTS.stream()
                .<AsmVisitorWrapper>map(woven -> Advice.to(woven.advice()).on(woven.point().in(type)))
                .toList());
    }
}
