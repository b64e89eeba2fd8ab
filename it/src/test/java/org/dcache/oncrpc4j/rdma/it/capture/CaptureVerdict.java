// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.capture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.dcache.oncrpc4j.rdma.it.Tool;

/**
 * What two decoders find in a capture: ours ({@code rpcrdma decode --strict}) and Wireshark, which reads a copy with a TCP segment for each
 * FPDU, because it decodes only the first Send of a segment. Immutable.
 *
 * @param name of the file
 * @param clean whether ours found nothing wrong
 * @param own counts of ours, by name; none if it could not read the file
 * @param output what ours printed
 * @param goodCrc FPDUs whose CRC Wireshark finds right
 * @param badCrc FPDUs whose CRC Wireshark finds wrong
 * @param messages RPC-over-RDMA messages that Wireshark finds, by type
 * @param malformed lines by which Wireshark says that it could not read a protocol to its end; not those about NFS, because Wireshark does
 *        not put the data of a Write chunk back into a reply
 */
public record CaptureVerdict(String name, boolean clean, Map<String, Long> own, String output, long goodCrc, long badCrc, Map<String,
        Integer> messages, List<String> malformed) {

    private static final Pattern FIGURE = Pattern.compile("\"([a-z_]+)\": ([0-9]+)");
    private static final Pattern MALFORMED = Pattern.compile("\\[Malformed Packet: ([^\\]]*)\\]");
    private static final String RDMA_MSG = "0";
    private static final String RDMA_NOMSG = "1";

    static CaptureVerdict of(Path file) throws IOException, InterruptedException {
        Tool.Result own = Tool.run("decode", "--strict", "--json", file.toString());
        Map<String, Long> figures = new TreeMap<>();
        for (Matcher figure = FIGURE.matcher(own.output()); figure.find(); ) {
            figures.put(figure.group(1), Long.parseLong(figure.group(2)));
        }
        if (own.status() != 0) {
            return new CaptureVerdict(file.getFileName().toString(), false, figures, own.output(), 0, 0, Map.of(), List.of());
        }
        Path copy = file.resolveSibling(file.getFileName().toString().replace(".pcap", "-segment-per-fpdu.pcap"));
        SegmentPerFpdu.copy(file, copy);
        long good = 0;
        long bad = 0;
        List<String> malformed = new ArrayList<>();
        for (String line : Tshark.text(copy)) {
            good += line.contains("Good CRC32") ? 1 : 0;
            bad += line.contains("Bad CRC32") ? 1 : 0;
            Matcher found = MALFORMED.matcher(line);
            if (found.find() && !found.group(1).equals("NFS")) {
                malformed.add(line.strip());
            }
        }
        Map<String, Integer> messages = Tshark.values(copy, "rpcordma.msg_type").get("rpcordma.msg_type");
        return new CaptureVerdict(file.getFileName().toString(), true, figures, own.output(), good, bad, messages, malformed);
    }

    /** Fails unless both find the same messages and nothing wrong, and neither end reported an error: no RDMA_ERROR, no Terminate. */
    public CaptureVerdict check() {
        assertThat(clean).as("clean by our decoder: %s", output).isTrue();
        assertThat(figure("connections")).as("connections in %s", name).isPositive();
        assertThat(figure("rdma_error")).as("RDMA_ERROR in %s", name).isZero();
        assertThat(figure("terminate")).as("Terminates in %s", name).isZero();
        assertThat(badCrc).as("FPDUs with a wrong CRC in %s", name).isZero();
        assertThat(goodCrc).as("FPDUs with a right CRC in %s", name).isEqualTo(figure("crc_checked"));
        assertThat(malformed).as("what is malformed in %s", name).isEmpty();
        assertThat((long) messages.getOrDefault(RDMA_MSG, 0)).as("RDMA_MSG in %s", name).isEqualTo(figure("rdma_msg"));
        assertThat((long) messages.getOrDefault(RDMA_NOMSG, 0)).as("RDMA_NOMSG in %s", name).isEqualTo(figure("rdma_nomsg"));
        return this;
    }

    /** A count of our decoder. */
    public long figure(String of) {
        assertThat(own).as("counts of %s: %s", name, output).containsKey(of);
        return own.get(of);
    }

    /** Whether CRC was negotiated on every connection. */
    public boolean withCrc() {
        return figure("crc_checked") == figure("mpa_fpdus");
    }

    @Override
    public String toString() {
        return name + ": " + (clean ? "clean" : "NOT CLEAN " + output.strip()) + ' ' + own + "; Wireshark: right CRCs " + goodCrc
                + ", wrong " + badCrc + ", messages by type " + messages
                + ", malformed " + malformed;
    }
}
