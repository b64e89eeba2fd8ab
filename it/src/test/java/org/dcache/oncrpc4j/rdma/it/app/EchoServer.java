// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.app;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import org.dcache.oncrpc4j.rpc.OncRpcProgram;
import org.dcache.oncrpc4j.rpc.OncRpcSvc;
import org.dcache.oncrpc4j.rpc.OncRpcSvcBuilder;
import org.dcache.oncrpc4j.rpc.net.IpProtocolType;

/**
 * Serves {@link EchoService} until {@code stop}, {@code stop MILLIS} or the end of stdin. Arguments: port (0 for any), and {@code tcp},
 * {@code udp} or {@code tcp+udp}, {@code same} or {@code worker} for the threads that read, {@code jmx} for Grizzly's beans, and
 * {@code tls} for TLS with the JVM's own key store. Prints {@code READY address} and {@code SERVICE text}, or {@code FAILED exception}, and
 * in the end {@code STOPPED}.
 */
public final class EchoServer {

    private EchoServer() {}

    public static void main(String[] args) throws Exception {
        int port = args.length > 0 ? Integer.parseInt(args[0]) : 0;
        String protocols = args.length > 1 ? args[1] : "tcp";
        OncRpcSvc service = null;
        try {
            service = build(EchoService.PROGRAM, port, protocols, args.length > 2 ? args[2] : "same",
                    Arrays.asList(args).contains("jmx"), Arrays.asList(args).contains("tls") ? SSLContext.getDefault() : null);
            service.start();
            System.out.println("READY "
                    + service.getInetSocketAddress(protocols.contains("tcp") ? IpProtocolType.TCP : IpProtocolType.UDP));
            System.out.println("SERVICE " + service);
        } catch (IOException | RuntimeException e) {
            System.out.println("FAILED " + e);
        }
        String line = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)).readLine();
        if (service != null && line != null && line.startsWith("stop ")) {
            service.stop(Long.parseLong(line.substring(5)), TimeUnit.MILLISECONDS);
        } else if (service != null) {
            service.stop();
        }
        System.out.println("STOPPED");
        System.exit(0);
    }

    static OncRpcSvc build(OncRpcProgram program, int port, String protocols) {
        return build(program, port, protocols, "same", false, null);
    }

    private static OncRpcSvc build(OncRpcProgram program, int port, String protocols, String threads, boolean jmx, SSLContext tls) {
        OncRpcSvcBuilder builder = new OncRpcSvcBuilder()
                .withServiceName("echo")
                .withoutAutoPublish()
                .withBindAddress("127.0.0.1")
                .withRpcService(program, new EchoService());
        if (port != 0) {
            builder.withPort(port);
        }
        if (jmx) {
            builder.withJMX();
        }
        if (tls != null) {
            builder.withSSLContext(tls);
        }
        if (threads.equals("worker")) {
            builder.withWorkerThreadIoStrategy();
        }
        if (protocols.contains("tcp")) {
            builder.withTCP();
        }
        if (protocols.contains("udp")) {
            builder.withUDP();
        }
        return builder.build();
    }
}
