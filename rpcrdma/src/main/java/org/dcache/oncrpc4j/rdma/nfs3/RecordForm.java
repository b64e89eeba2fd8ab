// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3;

import java.io.IOException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;
import org.dcache.oncrpc4j.xdr.XdrEncodingStream;

/**
 * How one class of {@link XdrRecord} is encoded and decoded: looked up by reflection when the class is first used, then by method handles.
 * Immutable.
 */
final class RecordForm {

    private static final ClassValue<RecordForm> FORMS = new ClassValue<>() {
        @Override
        protected RecordForm computeValue(Class<?> type) {
            try {
                return new RecordForm(type);
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException(type + ": expected a public record whose components can be decoded, got " + e, e);
            }
        }
    };

    private final MethodHandle constructor;
    private final Field[] fields;

    private RecordForm(Class<?> type) throws ReflectiveOperationException {
        RecordComponent[] components = type.getRecordComponents();
        Class<?>[] types = Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
        constructor = MethodHandles.publicLookup().findConstructor(type, MethodType.methodType(void.class, types))
                .asSpreader(Object[].class, types.length).asType(MethodType.methodType(Object.class, Object[].class));
        fields = new Field[components.length];
        for (int i = 0; i < fields.length; i++) {
            fields[i] = Field.of(components[i]);
        }
    }

    static RecordForm of(Class<?> type) {
        return FORMS.get(type);
    }

    void encode(XdrEncodingStream xdr, Object value) throws IOException {
        Object first = null;
        for (Field field : fields) {
            Object part = call(field.getter, value);
            first = first == null ? part : first;
            if (!field.ifOk || first == NfsStat3.NFS3_OK) {
                field.encode(xdr, part);
            }
        }
    }

    Object decode(XdrDecodingStream xdr) throws IOException {
        Object[] parts = new Object[fields.length];
        for (int i = 0; i < parts.length; i++) {
            parts[i] = !fields[i].ifOk || parts[0] == NfsStat3.NFS3_OK ? fields[i].decode(xdr) : fields[i].absent();
        }
        return call(constructor, parts);
    }

    private static Object call(MethodHandle handle, Object argument) throws IOException {
        try {
            return handle.invoke(argument);
        } catch (IOException | RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("expected an IOException at most, got " + e, e);
        }
    }

    /** A component; {@code reader} is the static {@code decode} of types other than numbers and booleans. */
    private record Field(Class<?> type, MethodHandle getter, MethodHandle reader, boolean optional, boolean ifOk) {

        static Field of(RecordComponent component) throws ReflectiveOperationException {
            Class<?> type = MethodType.methodType(component.getType()).wrap().returnType();
            MethodHandle reader = XdrValue.class.isAssignableFrom(type) ? MethodHandles.publicLookup().findStatic(type,
                    component.isAnnotationPresent(XdrRecord.Path.class) ? "decodePath" : "decode",
                    MethodType.methodType(type, XdrDecodingStream.class)).asType(MethodType.methodType(Object.class, Object.class)) : null;
            MethodHandle getter = MethodHandles.publicLookup().unreflect(component.getAccessor());
            return new Field(type, getter.asType(MethodType.methodType(Object.class, Object.class)), reader,
                    component.isAnnotationPresent(XdrRecord.Optional.class), component.isAnnotationPresent(XdrRecord.IfOk.class));
        }

        void encode(XdrEncodingStream xdr, Object part) throws IOException {
            if (optional) {
                xdr.xdrEncodeBoolean(part != null);
            }
            if (part instanceof Integer number) {
                xdr.xdrEncodeInt(number);
            } else if (part instanceof Long number) {
                xdr.xdrEncodeLong(number);
            } else if (part instanceof Boolean truth) {
                xdr.xdrEncodeBoolean(truth);
            } else if (part != null || !optional) {
                ((XdrValue) part).xdrEncode(xdr);
            }
        }

        Object decode(XdrDecodingStream xdr) throws IOException {
            if (optional && !xdr.xdrDecodeBoolean()) {
                return null;
            }
            if (reader != null) {
                return call(reader, xdr);
            }
            return type == Integer.class ? (Object) xdr.xdrDecodeInt()
                    : type == Long.class ? (Object) xdr.xdrDecodeLong() : (Object) xdr.xdrDecodeBoolean();
        }

        Object absent() {
            return reader != null ? null : type == Integer.class ? (Object) 0 : type == Long.class ? (Object) 0L : (Object) false;
        }
    }
}
