// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.html;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.StringReader;
import javax.xml.parsers.DocumentBuilderFactory;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.dcache.oncrpc4j.rdma.tool.TextTable;
import org.w3c.dom.Element;
import org.xml.sax.InputSource;

class HtmlPageTest {

    /** Looked at by an XML parser: what a browser forgives, it does not. */
    @Property(tries = 200)
    void foreignTextStaysText(@ForAll String text) throws Exception {
        String body = new HtmlPage("t").heading(text).text(text).table(new TextTable(text)).raw(new BarChart(text).bar(text, text, 1).svg())
                .render().replaceFirst("(?s)^.*<body>", "<body>").replaceFirst("(?s)</body>.*$", "</body>");
        Element parsed = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(new InputSource(new StringReader(body)))
                .getDocumentElement();
        for (String element : new String[] {"h2", "p", "th"}) {
            assertThat(parsed.getElementsByTagName(element).getLength()).as(element).isEqualTo(1);
        }
        assertThat(parsed.getElementsByTagName("*").getLength()).isEqualTo(12);
    }
}
