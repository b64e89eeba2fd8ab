// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.agent.weave;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import net.bytebuddy.ByteBuddy;
import net.bytebuddy.asm.MemberRemoval;
import net.bytebuddy.jar.asm.ClassReader;
import net.bytebuddy.jar.asm.ClassVisitor;
import net.bytebuddy.jar.asm.MethodVisitor;
import net.bytebuddy.matcher.ElementMatchers;
import net.bytebuddy.utility.OpenedClassReader;
import org.dcache.oncrpc4j.rpc.OncRpcSvc;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The weave on the bytes of the oncrpc4j release we are built against, and on changed ones. */
class OncRpcTransformerTest {

    private final List<Throwable> fatal = new ArrayList<>();
    private final OncRpcTransformer transformer = new OncRpcTransformer(Map.of(), fatal::add);

    @ParameterizedTest
    @ValueSource(classes = {OncRpcSvc.class, RpcCall.class})
    void addsNoMemberSoThatALoadedClassCanBeWoven(Class<?> type) throws Exception {
        Class<?> woven = define(type, transform(type, bytesOf(type)));

        assertThat(fatal).isEmpty();
        assertThat(woven.getDeclaredFields()).hasSameSizeAs(type.getDeclaredFields());
        assertThat(woven.getDeclaredMethods()).hasSameSizeAs(type.getDeclaredMethods());
        assertThat(woven.getDeclaredConstructors()).hasSameSizeAs(type.getDeclaredConstructors());
    }

    @ParameterizedTest
    @ValueSource(strings = {"start", "stop", "connect", "getInetSocketAddress", "toString"})
    void aMissingMethodIsFatal(String method) throws Exception {
        byte[] changed = without(OncRpcSvc.class, new MemberRemoval().stripMethods(ElementMatchers.named(method)));

        assertThat(transform(OncRpcSvc.class, changed)).isNull();
        assertThat(fatal).singleElement()
                .satisfies(e -> assertThat(e).hasMessageContaining("cannot weave org.dcache.oncrpc4j.rpc.OncRpcSvc")
                .hasMessageContaining(method).hasMessageContaining("got 0"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"_programs", "_requestExecutor", "_callInterceptor", "_transports", "_boundConnections", "_sslContextProvider"})
    void aMissingFieldIsFatal(String field) throws Exception {
        byte[] changed = without(OncRpcSvc.class, new MemberRemoval().stripFields(ElementMatchers.named(field)));

        assertThat(transform(OncRpcSvc.class, changed)).isNull();
        assertThat(fatal).singleElement().satisfies(e -> assertThat(e).hasMessageContaining(field));
    }

    @Test
    void aCallWithoutItsXdrIsFatal() throws Exception {
        byte[] changed = without(RpcCall.class, new MemberRemoval().stripMethods(ElementMatchers.named("callInternal")));

        assertThat(transform(RpcCall.class, changed)).isNull();
        assertThat(fatal).singleElement().satisfies(e -> assertThat(e).hasMessageContaining("expected one callInternal"));
    }

    @Test
    void aSynchronousCallTellsTheHookOfItsReplyRightBeforeItWaits() throws Exception {
        String wait = "java/util/concurrent/Future.get()Ljava/lang/Object;";
        assertThat(invocations(bytesOf(RpcCall.class))).containsOnlyOnce(wait).noneMatch(invoked -> invoked.contains(".waits("));

        assertThat(invocations(transform(RpcCall.class, bytesOf(RpcCall.class)))).containsOnlyOnce(wait)
                .containsSequence(NewXdrVisitor.HOOK + ".waits(Ljava/util/concurrent/Future;Ljava/lang/Class;Ljava/lang/Object;)V", wait);
    }

    /** What the methods of a class invoke, in order. */
    private static List<String> invocations(byte[] bytes) {
        List<String> invocations = new ArrayList<>();
        new ClassReader(bytes).accept(new ClassVisitor(OpenedClassReader.ASM_API) {
            @Override
            public MethodVisitor visitMethod(int access, String name, String descriptor, String signature, String[] exceptions) {
                return new MethodVisitor(OpenedClassReader.ASM_API) {
                    @Override
                    public void visitMethodInsn(int opcode, String owner, String name, String descriptor, boolean ofInterface) {
                        invocations.add(owner + '.' + name + descriptor);
                    }
                };
            }
        }, 0);
        return invocations;
    }

    @Test
    void bytesThatAreNoClassAreFatal() {
        assertThat(transform(RpcCall.class, new byte[] {1, 2, 3})).isNull();
        assertThat(fatal).hasSize(1);
    }

    @Test
    void otherClassesAreLeftAlone() throws Exception {
        assertThat(transform(String.class, bytesOf(String.class))).isNull();
        assertThat(transformer.transform(null, null, null, null, null, new byte[0])).as("hidden class").isNull();
        assertThat(fatal).isEmpty();
    }

    private byte[] transform(Class<?> type, byte[] bytes) {
        return transformer.transform(type.getModule(), type.getClassLoader(), type.getName().replace('.', '/'), null, null, bytes);
    }

    private static byte[] without(Class<?> type, MemberRemoval removal) {
        return new ByteBuddy().redefine(type).visit(removal).make().getBytes();
    }

    private static byte[] bytesOf(Class<?> type) throws IOException {
        try (InputStream in = type.getResourceAsStream("/" + type.getName().replace('.', '/') + ".class")) {
            return in.readAllBytes();
        }
    }

    /** Links, verifies and initialises it, in a loader that has that package of its own. */
    private static Class<?> define(Class<?> original, byte[] bytes) throws ClassNotFoundException {
        ClassLoader parent = original.getClassLoader();
        ClassLoader loader = new ClassLoader(parent) {
            @Override
            protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
                Class<?> known = findLoadedClass(name);
                if (known != null) {
                    return known;
                }
                if (!name.startsWith(original.getPackageName())) {
                    return super.loadClass(name, resolve);
                }
                try {
                    byte[] own = name.equals(original.getName()) ? bytes : bytesOf(Class.forName(name, false, parent));
                    return defineClass(name, own, 0, own.length);
                } catch (IOException e) {
                    throw new ClassNotFoundException(name, e);
                }
            }
        };
        return Class.forName(original.getName(), true, loader);
    }
}
