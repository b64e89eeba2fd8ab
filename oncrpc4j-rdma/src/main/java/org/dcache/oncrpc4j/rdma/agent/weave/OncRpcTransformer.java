// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.agent.weave;

import java.lang.instrument.ClassFileTransformer;
import java.security.ProtectionDomain;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import net.bytebuddy.ByteBuddy;
import net.bytebuddy.asm.AsmVisitorWrapper;
import net.bytebuddy.description.type.TypeDescription;
import net.bytebuddy.dynamic.ClassFileLocator;
import net.bytebuddy.dynamic.DynamicType;
import net.bytebuddy.pool.TypePool;

/**
 * Weaves the two classes of oncrpc4j, and those of nfs4j that settings ask for, while they are loaded or retransformed; every other class
 * costs one look into a small map.
 *
 * <p>Called by whatever thread loads a class, perhaps several at once; changes nothing of its own. The JVM swallows what a transformer
 * throws and goes on with the class as it was, which would be TCP without a word: every failure therefore goes to {@code fatal}, which does
 * not return.
 */
final class OncRpcTransformer implements ClassFileTransformer {

    private static final Map<String, Function<TypeDescription, AsmVisitorWrapper>> ONCRPC4J = Map.of(
            "org/dcache/oncrpc4j/rpc/OncRpcSvc", ServiceWeave::of,
            "org/dcache/oncrpc4j/rpc/RpcCall", CallWeave::of);

    private final Map<String, Function<TypeDescription, AsmVisitorWrapper>> weaves = new HashMap<>(ONCRPC4J);
    private final Consumer<Throwable> fatal;

    /** @param nfs4j weaves of nfs4j's classes that settings ask for, by internal name */
    OncRpcTransformer(Map<String, Function<TypeDescription, AsmVisitorWrapper>> nfs4j, Consumer<Throwable> fatal) {
        weaves.putAll(nfs4j);
        this.fatal = fatal;
    }

    boolean concerns(String className) {
        return weaves.containsKey(className.replace('.', '/'));
    }

    @Override
    public byte[] transform(Module module, ClassLoader loader, String name, Class<?> redefined, ProtectionDomain domain, byte[] bytes) {
        if (name == null) {
            return null;
        }
        Function<TypeDescription, AsmVisitorWrapper> weave = weaves.get(name);
        if (weave == null) {
            return null;
        }
        try {
            return weave(name.replace('/', '.'), weave, loader, bytes);
        } catch (Throwable e) {
            String expected = ONCRPC4J.containsKey(name) ? ", is this oncrpc4j 3.4? "
                    : ", which the settings oncrpc.rdma.nfs4j.… ask for, is this nfs4j 0.27? ";
            fatal.accept(new IllegalStateException("cannot weave " + name.replace('/', '.') + expected
                    + (e instanceof IllegalStateException ? e.getMessage() : e.toString()), e));
            return null;
        }
    }

    private static byte[] weave(String name, Function<TypeDescription, AsmVisitorWrapper> weave, ClassLoader loader, byte[] bytes) {
        ClassFileLocator locator = new ClassFileLocator.Compound(
                ClassFileLocator.Simple.of(name, bytes), ClassFileLocator.ForClassLoader.of(loader));
        TypeDescription type = TypePool.Default.of(locator).describe(name).resolve();
        try (DynamicType.Unloaded<?> woven = new ByteBuddy().decorate(type, locator).visit(weave.apply(type)).make()) {
            return woven.getBytes();
        }
    }
}
