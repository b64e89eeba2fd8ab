// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class JsonTest {

    @Test
    void membersKeepTheirOrder() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("b", 1);
        map.put("a", Arrays.asList(true, null, -2.5, 1L << 40));
        map.put("c", Map.of());
        assertThat(Json.of(map)).isEqualTo("{\"b\": 1, \"a\": [true, null, -2.5, 1099511627776], \"c\": {}}");
    }

    @Test
    void whatJsonForbidsInAStringIsEscaped() {
        assertThat(Json.of("say \"a\\b\"\n\t\u0000\u001f/é€")).isEqualTo("\"say \\\"a\\\\b\\\"\\u000a\\u0009\\u0000\\u001f/é€\"");
    }

    @Test
    void onlyHalfACharacterIsEscaped() {
        assertThat(Json.of("\ud83d\ude00")).isEqualTo("\"\ud83d\ude00\"");
        assertThat(Json.of("\ud83dx\ude00")).isEqualTo("\"\\ud83dx\\ude00\"");
    }

    @Test
    void noNumberIsNull() {
        assertThat(Json.of(List.of(Double.NaN, Float.POSITIVE_INFINITY))).isEqualTo("[null, null]");
    }

    @Test
    void otherThingsAreTheirText() {
        assertThat(Json.of(new InetSocketAddress("127.0.0.1", 7))).isEqualTo("\"/127.0.0.1:7\"");
    }

    @Test
    void namesAreEscapedToo() {
        assertThat(Json.of(Map.of("a\"b", 1))).isEqualTo("{\"a\\\"b\": 1}");
    }
}
