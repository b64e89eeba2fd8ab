// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.html;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.dcache.oncrpc4j.rdma.tool.TextTable;

/**
 * A page in one file. Every text that is given to it is escaped, since names in a capture or on a command line are others' words; {@link
 * #raw} alone takes HTML, from code of this tool that escaped what it put in. The page forbids itself scripts and anything from elsewhere.
 * One thread.
 */
public final class HtmlPage {

    private static final String STYLE = """
            :root { color-scheme: light dark; }
            body { font: 15px/1.45 system-ui, sans-serif; margin: 1.5rem auto; max-width: 1100px; padding: 0 1rem; }
            h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
            .scroll { overflow-x: auto; }
            table { border-collapse: collapse; font-size: 13px; }
            th, td { padding: .2rem .6rem; text-align: right; white-space: nowrap; border-bottom: 1px solid #8884; }
            th { vertical-align: bottom; } th:first-child, td:first-child { text-align: left; }
            svg { max-width: 100%; height: auto; display: block; margin: .6rem 0; }
            """;

    private final String title;
    private final StringBuilder style = new StringBuilder(STYLE);
    private final StringBuilder body = new StringBuilder();

    public HtmlPage(String title) {
        this.title = title;
        body.append("<h1>").append(escape(title)).append("</h1>\n");
    }

    public HtmlPage heading(String text) {
        body.append("<h2>").append(escape(text)).append("</h2>\n");
        return this;
    }

    public HtmlPage text(String text) {
        body.append("<p>").append(escape(text)).append("</p>\n");
        return this;
    }

    /** The first row is the head. */
    public HtmlPage table(TextTable table) {
        String cell = "th";
        body.append("<div class=\"scroll\"><table>\n");
        for (List<String> row : table.rows()) {
            body.append("<tr>");
            for (String text : row) {
                body.append('<').append(cell).append('>').append(escape(text)).append("</").append(cell).append('>');
            }
            body.append("</tr>\n");
            cell = "td";
        }
        body.append("</table></div>\n");
        return this;
    }

    /** @param html whole elements, with all foreign text in it escaped */
    public HtmlPage raw(String html) {
        body.append(html);
        return this;
    }

    /** More of the style sheet. */
    public HtmlPage style(String css) {
        style.append(css);
        return this;
    }

    public String render() {
        return """
                <!DOCTYPE html>
                <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
                <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
                <title>""" + escape(title) + "</title>\n<style>\n" + style + "</style></head>\n<body>\n" + body + "</body></html>\n";
    }

    public void write(Path file) throws IOException {
        Files.writeString(file, render());
    }

    /** Text as it may stand in an element or in an attribute's quotes. What XML cannot hold becomes U+FFFD. */
    public static String escape(String text) {
        StringBuilder escaped = new StringBuilder(text.length() + 16);
        text.codePoints().forEach(c -> {
            switch (c) {
                case '<' -> escaped.append("&lt;");
                case '>' -> escaped.append("&gt;");
                case '&' -> escaped.append("&amp;");
                case '"' -> escaped.append("&quot;");
                case '\'' -> escaped.append("&#39;");
                default -> escaped.appendCodePoint(c < ' ' && c != '\n' && c != '\t' || c >= 0xd800 && c < 0xe000 ? 0xfffd : c);
            }
        });
        return escaped.toString();
    }
}
