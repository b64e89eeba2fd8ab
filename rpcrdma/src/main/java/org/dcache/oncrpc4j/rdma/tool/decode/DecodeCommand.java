// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.decode;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.dcache.oncrpc4j.rdma.capture.HoldBudget;
import org.dcache.oncrpc4j.rdma.capture.PcapFile;
import org.dcache.oncrpc4j.rdma.tool.Json;
import org.dcache.oncrpc4j.rdma.tool.RpcRdma;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code rpcrdma decode}: see the package. */
@Command(
        name = "decode",
        description = "Shows the RPC-over-RDMA messages in a capture of iWARP traffic: pcap or pcapng, plain or gzipped.",
        footer = {"", "A line is: seconds since the first frame, > to the server or < to the client, XID, RDMA procedure, credits, the RPC "
        + "call or"
                + " reply, its chunks with segments as handle:length@offset, and the FPDUs it came in."},
        exitCodeList = {" 0:decoded", " 1:with --strict: anything but a clean capture of RPC-over-RDMA",
            " 2:wrong command line, a file that cannot be read as a capture, or one for --html that cannot be written"})
public final class DecodeCommand implements Callable<Integer> {

    private static final int MAX_PORT = 65535;

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "FILE", description = "The capture.")
    private Path file;

    @Option(names = "--json", description = "One JSON object with counts over the whole file, and nothing else.")
    private boolean json;

    @Option(names = "--html", paramLabel = "FILE", description = "Write the messages as ladders of arrows to this file, one page that "
            + "needs nothing else; the terminal gets the counts.")
    private Path html;

    @Option(names = {"-p", "--port"}, paramLabel = "N", defaultValue = "0",
            description = "Only TCP connections with this port, all of which must be iWARP. Without it, iWARP is found on any port by the "
                    + "MPA Request.")
    private int port;

    @Option(names = "--strict",
            description = "Exit status 1 when a byte could not be decoded, a CRC is wrong, a rule is broken, the file is damaged, or"
            + " there is no iWARP connection in it.")
    private boolean strict;

    @Override
    public Integer call() {
        if (port < 0 || port > MAX_PORT) {
            throw new ParameterException(spec.commandLine(), "--port is 1 to " + MAX_PORT);
        }
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        if (html != null && isSame(html, file)) {
            err.println("--html: " + html + " is the capture itself, which it would overwrite; name another file");
            err.flush();
            return RpcRdma.USAGE;
        }
        LadderPage ladders = html == null ? null : new LadderPage(file.getFileName().toString());
        Listing listing = ladders != null ? ladders : json ? null : new ConnectionListing(out);
        Decoding decoding = new Decoding(port, listing, HoldBudget.ofHeap());
        try (PcapFile capture = PcapFile.open(file)) {
            decoding.run(capture);
        } catch (IOException e) {
            err.println(file + ": " + (e instanceof NoSuchFileException ? "no such file" : e.getMessage()));
            err.flush();
            return RpcRdma.USAGE;
        }
        decoding.faults().forEach(fault -> err.println(file + ": " + fault));
        err.flush();
        Figures figures = decoding.figures();
        if (ladders != null) {
            try {
                ladders.write(html, figures.sentences());
            } catch (IOException e) {
                err.println("--html: cannot write " + html + ": " + e);
                err.flush();
                return RpcRdma.USAGE;
            }
        }
        if (json) {
            out.println(Json.of(figures.members()));
        } else {
            summary(out, figures);
        }
        out.flush();
        return strict && !(figures.isClean() && decoding.faults().isEmpty()) ? RpcRdma.FAILED : RpcRdma.OK;
    }

    private static boolean isSame(Path one, Path other) {
        try {
            return Files.isSameFile(one, other);
        } catch (IOException e) {
            // One of them is not there.
            return false;
        }
    }

    private static void summary(PrintWriter out, Figures figures) {
        figures.sentences().forEach(out::println);
    }
}
