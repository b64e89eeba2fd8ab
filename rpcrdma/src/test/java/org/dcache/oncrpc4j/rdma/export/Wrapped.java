// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;

/** A tree, or an open file of one, of which a test has each result before the export gets it. */
final class Wrapped {

    private Wrapped() {}

    /** What becomes of a result. */
    interface After {

        Object returned(Method method, Object[] arguments, Object result) throws Exception;
    }

    static <T> T of(Class<T> type, T real, After after) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> {
            try {
                return after.returned(method, arguments, method.invoke(real, arguments));
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
        }));
    }
}
