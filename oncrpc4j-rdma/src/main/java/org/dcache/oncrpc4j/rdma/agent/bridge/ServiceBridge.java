// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.agent.bridge;

import java.util.Iterator;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import org.dcache.oncrpc4j.portmap.OncRpcPortmap;
import org.dcache.oncrpc4j.rdma.agent.hook.LoaderHook;
import org.dcache.oncrpc4j.rdma.agent.hook.ServiceFields;
import org.dcache.oncrpc4j.rdma.agent.hook.ServiceHook;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.config.Settings;
import org.dcache.oncrpc4j.rdma.spi.ReplyWaiter;
import org.dcache.oncrpc4j.rdma.spi.RpcEndpoint;
import org.dcache.oncrpc4j.rdma.spi.RpcTransportProvider;
import org.dcache.oncrpc4j.rdma.spi.ServiceContext;
import org.dcache.oncrpc4j.rdma.spi.TransportStream;
import org.dcache.oncrpc4j.rdma.spi.XdrFactory;
import org.dcache.oncrpc4j.rpc.OncRpcProgram;
import org.dcache.oncrpc4j.rpc.OncRpcSvc;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.rpc.RpcDispatchable;
import org.dcache.oncrpc4j.rpc.gss.GssSessionManager;
import org.dcache.oncrpc4j.xdr.Xdr;
import org.glassfish.grizzly.PortRange;
import org.glassfish.grizzly.nio.transport.TCPNIOTransport;

/**
 * Opens the other transport for the services of one class loader. Made with the first of them; owns the transport provider, which it finds
 * in its own loader. Any thread.
 *
 * <p>Left alone are services without TCP and portmappers (port 111 or program 100000), which others must find where they expect them;
 * clients of this JVM reach these over TCP on whatever port they are.
 */
public final class ServiceBridge implements LoaderHook {

    private final Configuration config;
    private final RpcTransportProvider provider;
    private final DeviceRule devices;

    /**
     * @param settings all that were given, as they were when the agent checked them
     * @throws IllegalStateException the transport has no provider
     */
    public ServiceBridge(Map<String, String> settings) {
        config = Configuration.of(settings);
        devices = DeviceRule.of(config);
        if (config.get(Settings.DEBUG)) {
            DebugLines.switchOn();
        }
        Iterator<RpcTransportProvider> found =
                ServiceLoader.load(RpcTransportProvider.class, ServiceBridge.class.getClassLoader()).iterator();
        if (!found.hasNext()) {
            throw new IllegalStateException("oncrpc4j-rdma: the agent jar names no " + RpcTransportProvider.class.getName());
        }
        provider = found.next();
    }

    @Override
    public ServiceHook open(Object service, ServiceFields fields) {
        if (fields.transports().stream().noneMatch(TCPNIOTransport.class::isInstance)) {
            return null;
        }
        Consumer<RpcCall> interceptor = cast(fields.interceptor());
        if (isPortmapper(fields)) {
            return new PortmapperService((OncRpcSvc) service, interceptor);
        }
        RpcEndpoint endpoint = provider.open(context(fields, interceptor), config);
        return new WovenService((OncRpcSvc) service, fields, interceptor, endpoint);
    }

    @Override
    public Object newCallXdr(Object transport, int size) {
        return transport instanceof XdrFactory factory ? factory.newCallXdr(size) : new Xdr(size);
    }

    @Override
    public void abandonCallXdr(Object xdr) {
        if (xdr instanceof TransportStream) {
            ((Xdr) xdr).close();
        }
    }

    @Override
    public void waits(Object transport, Future<?> reply) {
        if (transport instanceof ReplyWaiter waiter) {
            waiter.waits(reply);
        }
    }

    @Override
    public byte[] deviceAddress(Object stream, int layoutType, byte[] body) {
        return stream instanceof TransportStream ? DeviceAddress.withRdma(body, layoutType, devices) : body;
    }

    /** Also when the program was registered after construction. */
    static boolean hasPortmapProgram(Map<?, ?> programs) {
        return programs.keySet().stream().anyMatch(p -> ((OncRpcProgram) p).getNumber() == OncRpcPortmap.PORTMAP_PROGRAMM);
    }

    private static boolean isPortmapper(ServiceFields fields) {
        if (fields.client()) {
            return false;
        }
        PortRange range = (PortRange) fields.portRange();
        boolean port = range != null && range.getLower() <= OncRpcPortmap.PORTMAP_PORT && OncRpcPortmap.PORTMAP_PORT <= range.getUpper();
        return port || hasPortmapProgram(fields.programs());
    }

    private static ServiceContext context(ServiceFields fields, Consumer<RpcCall> interceptor) {
        PortRange range = (PortRange) fields.portRange();
        Map<OncRpcProgram, RpcDispatchable> programs = cast(fields.programs());
        return new ServiceContext(fields.name(), fields.client(), programs, fields.executor(), (GssSessionManager) fields.gss(),
                fields.subjectPropagation(), interceptor, range == null ? 0 : range.getLower(), range == null ? 0 : range.getUpper(),
                fields.bindAddress(), fields.backlog(), fields.publish(), fields.sslContext() != null);
    }

    /** From the erased types that the hook speaks to those that OncRpcSvc declares. */
    @SuppressWarnings("unchecked")
    static <T> T cast(Object erased) {
        return (T) erased;
    }
}
