// SPDX-License-Identifier: Apache-2.0
/**
 * Self-contained HTML pages: one file that needs no network, no script and no other file. {@code HtmlPage} is the page, {@code BarChart} a
 * picture in it. Uses the tables of {@code tool} alone.
 */
package org.dcache.oncrpc4j.rdma.tool.html;
