// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import org.dcache.oncrpc4j.rdma.metrics.ConnectionMXData;
import org.dcache.oncrpc4j.rdma.xprt.ConnectionReport;
import org.dcache.oncrpc4j.rdma.xprt.RdmaConnection;

/** An established connection as JMX shows it; what it agreed on is read once, the rest when it is asked for. */
final class ConnectionView implements ConnectionMXData {

    private final RdmaConnection connection;
    private final ConnectionReport report;

    ConnectionView(RdmaConnection connection) {
        this.connection = connection;
        this.report = connection.report();
    }

    @Override
    public String getRemote() {
        return report.remote().toString();
    }

    @Override
    public String getLocal() {
        return report.local().toString();
    }

    @Override
    public String getProvider() {
        return report.provider();
    }

    @Override
    public int getInlineSend() {
        return report.inlineSend();
    }

    @Override
    public int getInlineReceive() {
        return report.inlineReceive();
    }

    @Override
    public int getCredits() {
        return report.credits();
    }

    @Override
    public boolean isCrc() {
        return report.crc();
    }

    @Override
    public int getCallsPending() {
        return connection.callsPending();
    }

    @Override
    public int getCallsServed() {
        return connection.callsServed();
    }

    @Override
    public long getMessagesReceived() {
        return connection.messagesReceived();
    }

    @Override
    public long getUptime() {
        return connection.uptime();
    }

    @Override
    public long getSilence() {
        return connection.silence();
    }
}
