// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore.ffi;

import java.lang.foreign.SymbolLookup;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.NativeFunction.Result;

/**
 * librdmacm. Functions that give an int return 0, or -1 with {@link NativeFunction#errno()}; see rdma_*(3). Some block in the kernel
 * ({@link #connect} on software iWARP makes a TCP connection, {@link #destroyId} waits for the acknowledgement of the id's events), so only
 * {@link #getCmEvent} and {@link #ackCmEvent} are called on the thread of the events.
 */
public final class ConnectionManager {

    private final NativeFunction getDevices;
    private final NativeFunction freeDevices;
    private final NativeFunction createEventChannel;
    private final NativeFunction destroyEventChannel;
    private final NativeFunction createId;
    private final NativeFunction destroyId;
    private final NativeFunction setOption;
    private final NativeFunction bindAddr;
    private final NativeFunction listen;
    private final NativeFunction resolveAddr;
    private final NativeFunction resolveRoute;
    private final NativeFunction createQp;
    private final NativeFunction destroyQp;
    private final NativeFunction connect;
    private final NativeFunction accept;
    private final NativeFunction reject;
    private final NativeFunction disconnect;
    private final NativeFunction notify;
    private final NativeFunction getCmEvent;
    private final NativeFunction ackCmEvent;

    ConnectionManager(SymbolLookup library) {
        getDevices = NativeFunction.of(library, "rdma_get_devices", Result.LONG, 1);
        freeDevices = NativeFunction.of(library, "rdma_free_devices", Result.NOTHING, 1);
        createEventChannel = NativeFunction.of(library, "rdma_create_event_channel", Result.LONG, 0);
        destroyEventChannel = NativeFunction.of(library, "rdma_destroy_event_channel", Result.NOTHING, 1);
        createId = NativeFunction.of(library, "rdma_create_id", Result.INT, 4);
        destroyId = NativeFunction.of(library, "rdma_destroy_id", Result.INT, 1);
        setOption = NativeFunction.of(library, "rdma_set_option", Result.INT, 5);
        bindAddr = NativeFunction.of(library, "rdma_bind_addr", Result.INT, 2);
        listen = NativeFunction.of(library, "rdma_listen", Result.INT, 2);
        resolveAddr = NativeFunction.of(library, "rdma_resolve_addr", Result.INT, 4);
        resolveRoute = NativeFunction.of(library, "rdma_resolve_route", Result.INT, 2);
        createQp = NativeFunction.of(library, "rdma_create_qp", Result.INT, 3);
        destroyQp = NativeFunction.of(library, "rdma_destroy_qp", Result.NOTHING, 1);
        connect = NativeFunction.of(library, "rdma_connect", Result.INT, 2);
        accept = NativeFunction.of(library, "rdma_accept", Result.INT, 2);
        reject = NativeFunction.of(library, "rdma_reject", Result.INT, 3);
        disconnect = NativeFunction.of(library, "rdma_disconnect", Result.INT, 1);
        notify = NativeFunction.of(library, "rdma_notify", Result.INT, 2);
        getCmEvent = NativeFunction.of(library, "rdma_get_cm_event", Result.INT, 2);
        ackCmEvent = NativeFunction.of(library, "rdma_ack_cm_event", Result.INT, 1);
    }

    /** Array of the contexts that this library opened, ended by 0; to be given to {@link #freeDevices}. 0: none, see errno. */
    public long getDevices(long count) {
        return getDevices.call(count);
    }

    public void freeDevices(long list) {
        freeDevices.call(list);
    }

    public long createEventChannel() {
        return createEventChannel.call();
    }

    public void destroyEventChannel(long channel) {
        destroyEventChannel.call(channel);
    }

    /** A reliable connection's id in the port space that TCP's numbers are in. @param id where its address goes */
    public int createId(long channel, long id, long context) {
        return (int) createId.call(channel, id, context, CmLayout.Id.PS_TCP);
    }

    public int destroyId(long id) {
        return (int) destroyId.call(id);
    }

    public int setOption(long id, int option, long value, int length) {
        return (int) setOption.call(id, CmLayout.Option.LEVEL_ID, option, value, length);
    }

    public int bindAddr(long id, long address) {
        return (int) bindAddr.call(id, address);
    }

    public int listen(long id, int backlog) {
        return (int) listen.call(id, backlog);
    }

    public int resolveAddr(long id, long source, long destination, int millis) {
        return (int) resolveAddr.call(id, source, destination, millis);
    }

    public int resolveRoute(long id, int millis) {
        return (int) resolveRoute.call(id, millis);
    }

    public int createQp(long id, long pd, long initAttr) {
        return (int) createQp.call(id, pd, initAttr);
    }

    public void destroyQp(long id) {
        destroyQp.call(id);
    }

    public int connect(long id, long connParam) {
        return (int) connect.call(id, connParam);
    }

    public int accept(long id, long connParam) {
        return (int) accept.call(id, connParam);
    }

    public int reject(long id, long privateData, int length) {
        return (int) reject.call(id, privateData, length);
    }

    public int disconnect(long id) {
        return (int) disconnect.call(id);
    }

    public int notify(long id, int asyncEvent) {
        return (int) notify.call(id, asyncEvent);
    }

    /** Never blocks on a channel whose descriptor is non-blocking. @param event where its address goes */
    public boolean getCmEvent(long channel, long event) {
        return getCmEvent.call(channel, event) == 0;
    }

    public void ackCmEvent(long event) {
        ackCmEvent.call(event);
    }
}
