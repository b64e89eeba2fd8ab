// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.agent.weave;

import java.lang.instrument.Instrumentation;
import java.lang.reflect.InvocationTargetException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import net.bytebuddy.asm.AsmVisitorWrapper;
import net.bytebuddy.description.type.TypeDescription;
import org.dcache.oncrpc4j.rdma.agent.hook.LoaderHook;
import org.dcache.oncrpc4j.rdma.agent.hook.Nfs4jHook;
import org.dcache.oncrpc4j.rdma.agent.hook.OncRpcHook;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.config.Settings;

/**
 * Second step: puts the factory of bridges into the hook, then the transformer into the JVM, then weaves what is loaded already.
 *
 * <p>Called once, by the thread that loads the agent. Bridges are made later, by application threads, in a transport loader of their own.
 */
public final class Installer {

    private static final String BRIDGE = "org.dcache.oncrpc4j.rdma.agent.bridge.ServiceBridge";
    private static final String PROVIDER = "org.dcache.oncrpc4j.rdma.spi.RpcTransportProvider";

    private Installer() {}

    /**
     * @param settings all that were given, checked
     * @param transportLoaders makes the transport's loader for a given parent
     * @param fatal takes a failed weave, and halts the JVM
     */
    public static void install(Instrumentation instrumentation, Map<String, String> settings,
            Function<ClassLoader, ClassLoader> transportLoaders, Consumer<Throwable> fatal) throws Exception {
        Configuration config = Configuration.of(settings);
        Map<String, Function<TypeDescription, AsmVisitorWrapper>> nfs4j = Nfs4jWeave.of(config);
        Integer transferSize = config.get(Settings.NFS4J_TRANSFER_SIZE);
        if (transferSize != null) {
            Nfs4jHook.install(transferSize);
        }
        OncRpcHook.install(type -> {
            Nfs4jWeave.check(nfs4j.keySet(), type.getClassLoader());
            return bridge(transportLoaders.apply(type.getClassLoader()), settings);
        });
        OncRpcTransformer transformer = new OncRpcTransformer(nfs4j, fatal);
        instrumentation.addTransformer(transformer, true);
        List<Class<?>> loaded = new ArrayList<>();
        for (Class<?> type : instrumentation.getAllLoadedClasses()) {
            if (transformer.concerns(type.getName())) {
                loaded.add(type);
            }
        }
        if (!loaded.isEmpty()) {
            instrumentation.retransformClasses(loaded.toArray(Class<?>[]::new));
            System.err.println("oncrpc4j-rdma: attached; services built from now on use RDMA, services built before keep what they have");
        }
    }

    private static LoaderHook bridge(ClassLoader loader, Map<String, String> settings) {
        try {
            ApplicationsCopy.check(loader, Installer.class.getPackage().getImplementationVersion(), List.of(BRIDGE, PROVIDER));
            return (LoaderHook) Class.forName(BRIDGE, true, loader).getConstructor(Map.class).newInstance(settings);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new IllegalStateException("oncrpc4j-rdma: the transport cannot be loaded: " + e.getCause(), e.getCause());
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("oncrpc4j-rdma: the transport cannot be loaded: " + e, e);
        }
    }
}
