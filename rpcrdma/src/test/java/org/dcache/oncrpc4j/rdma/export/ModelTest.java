// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.dcache.oncrpc4j.rdma.export.Mounted.in;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.lifecycle.AfterTry;
import org.dcache.oncrpc4j.rdma.export.tree.DirectoryTree;
import org.dcache.oncrpc4j.rdma.export.tree.memory.MemoryTree;
import org.dcache.oncrpc4j.rdma.nfs3.CreateMode3;
import org.dcache.oncrpc4j.rdma.nfs3.Fattr3;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;
import org.dcache.oncrpc4j.rdma.nfs3.FileType3;
import org.dcache.oncrpc4j.rdma.nfs3.Nfs3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsText;
import org.dcache.oncrpc4j.rdma.nfs3.NfsTime3;
import org.dcache.oncrpc4j.rdma.nfs3.Sattr3;
import org.dcache.oncrpc4j.rdma.nfs3.SetTime3;
import org.dcache.oncrpc4j.rdma.nfs3.args.Create3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Link3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Mkdir3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Rename3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Setattr3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Symlink3Args;
import org.dcache.oncrpc4j.rdma.nfs3.results.Create3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Link3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Lookup3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Read3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Readlink3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Rename3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Wcc3Res;

/**
 * The export against a model of a file system that shares nothing with it: what a random sequence of procedures answers, and what the files
 * are after it. Where several things are wrong with a call, the answer may be any of them. A failure says the seed and the last steps.
 */
class ModelTest {

    private static final int STEPS = 150;
    private static final String[] NAMES = {"a", "b", "c", "d", "e"};

    /** A file as it should be; gone when it has no links. */
    private static final class Expected {
        private final FileType3 type;
        private final FileHandle handle;
        private final long fileid;
        private final Map<String, Expected> names = new TreeMap<>();
        private Expected parent;
        private byte[] data = {};
        private int mode;
        private int links = 1;
        /** Null if it is not known. */
        private NfsTime3 mtime;

        private Expected(FileHandle handle, Fattr3 attributes) {
            this.handle = handle;
            this.type = attributes.type();
            this.fileid = attributes.fileid();
            this.mode = attributes.mode();
        }

        private boolean isDirectory() {
            return type == FileType3.NF3DIR;
        }

        private boolean isIn(Expected directory) {
            return this == directory || parent != this && parent.isIn(directory);
        }

        private int nlink() {
            return isDirectory() ? 2 + (int) names.values().stream().filter(Expected::isDirectory).count() : links;
        }
    }

    private final List<Expected> files = new ArrayList<>();
    private final List<String> steps = new ArrayList<>();
    private Random random;
    private Mounted nfs;
    private Path directory;

    @Property(tries = 5, shrinking = ShrinkingMode.OFF)
    void theFilesAreAsTheModelHasThem(@ForAll long seed, @ForAll boolean memory) throws IOException {
        random = new Random(seed);
        directory = memory ? null : Files.createTempDirectory("model");
        nfs = Mounted.asRoot(memory ? new MemoryTree(64 << 20) : new DirectoryTree(directory, false, false));
        Expected root = new Expected(nfs.root, nfs.attributes(nfs.root));
        root.parent = root;
        files.add(root);
        for (int i = 0; i < STEPS; i++) {
            step(NAMES[random.nextInt(NAMES.length)], any(), any());
        }
        for (Expected file : files) {
            look(file);
        }
    }

    @AfterTry
    void stop() throws IOException {
        nfs.close();
        files.clear();
        steps.clear();
        if (directory != null) {
            try (var tree = Files.walk(directory)) {
                for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(path);
                }
            }
        }
    }

    /** A directory more often than it would be by chance, sometimes a file that is gone. */
    private Expected any() {
        Expected file = files.get(random.nextInt(files.size()));
        return file.isDirectory() && file.links > 0 || random.nextInt(3) == 0 ? file : files.get(random.nextInt(files.size()));
    }

    /** For data: one of few files most of the time, so that each is written, cut and made longer again and again. */
    private Expected forData(Expected other) {
        List<Expected> few = files.stream().filter(file -> file.type == FileType3.NF3REG && file.links > 0).limit(3).toList();
        return few.isEmpty() || random.nextInt(4) == 0 ? other : few.get(random.nextInt(few.size()));
    }

    private void step(String name, Expected first, Expected two) throws IOException {
        int kind = random.nextInt(13);
        Expected one = kind >= 8 && kind <= 11 ? forData(first) : first;
        steps.add(kind + " " + files.indexOf(one) + " " + name + " " + files.indexOf(two));
        switch (kind) {
            case 0 -> made(one, name, null, nfs.nfs(Nfs3.MKDIR, new Mkdir3Args(in(one.handle, name), Sattr3.ofMode(0750)),
                    Create3Res::decode), 0750);
            case 1 -> made(one, name, "to/" + name, nfs.nfs(Nfs3.SYMLINK, new Symlink3Args(in(one.handle, name), Sattr3.NONE,
                    NfsText.of("to/" + name)), Create3Res::decode), -1);
            case 2, 3 -> create(one, name);
            case 4 -> remove(one, name);
            case 5 -> rmdir(one, name);
            case 6 -> rename(one, name, two, NAMES[random.nextInt(NAMES.length)]);
            case 7 -> link(one, two, name);
            case 8, 9 -> write(one, random.nextInt(5000), new byte[1 + random.nextInt(3000)]);
            case 10, 11 -> setattr(one, random.nextInt(7000) / 3 * 3 + (random.nextBoolean() ? 0 : random.nextInt(3)));
            default -> {
                look(one);
                lookup(one, name);
            }
        }
    }

    /** @return whether it should have worked and has */
    private boolean worked(NfsStat3 status, Set<NfsStat3> errors) {
        if (errors.isEmpty()) {
            errors.add(NfsStat3.NFS3_OK);
        }
        assertThat(errors).as(this::story).contains(status);
        return status == NfsStat3.NFS3_OK;
    }

    /** Kind, file, name and other file of each step, by their place among all files there were. */
    private String story() {
        return "step " + steps.size() + " of " + steps.subList(Math.max(0, steps.size() - 40), steps.size());
    }

    private static Set<NfsStat3> directoryErrors(Expected... directories) {
        Set<NfsStat3> errors = EnumSet.noneOf(NfsStat3.class);
        for (Expected directory : directories) {
            if (directory.links == 0) {
                errors.add(NfsStat3.NFS3ERR_STALE);
            } else if (!directory.isDirectory()) {
                errors.add(NfsStat3.NFS3ERR_NOTDIR);
            }
        }
        return errors;
    }

    /** Of reading, writing and setting the size. */
    private static Set<NfsStat3> dataErrors(Expected file) {
        Set<NfsStat3> errors = EnumSet.noneOf(NfsStat3.class);
        if (file.links == 0) {
            errors.add(NfsStat3.NFS3ERR_STALE);
        } else if (file.type != FileType3.NF3REG) {
            errors.add(file.isDirectory() ? NfsStat3.NFS3ERR_ISDIR : NfsStat3.NFS3ERR_INVAL);
        }
        return errors;
    }

    private void made(Expected dir, String name, String target, Create3Res result, int mode) {
        Set<NfsStat3> errors = directoryErrors(dir);
        if (dir.names.containsKey(name)) {
            errors.add(NfsStat3.NFS3ERR_EXIST);
        }
        if (worked(result.status(), errors)) {
            Expected file = new Expected(result.object(), result.attributes());
            assertThat(files).as(this::story).noneMatch(f -> f.handle.equals(file.handle) || f.links > 0 && f.fileid == file.fileid);
            file.mode = mode;
            file.data = target == null ? file.data : NfsText.of(target).bytes();
            file.parent = dir;
            files.add(file);
            dir.names.put(name, file);
        }
    }

    private void create(Expected dir, String name) throws IOException {
        CreateMode3 how = random.nextBoolean() ? CreateMode3.GUARDED : CreateMode3.UNCHECKED;
        Sattr3 attributes = new Sattr3(0640, null, null, 0L, SetTime3.DONT_CHANGE, SetTime3.DONT_CHANGE);
        Create3Res result = nfs.nfs(Nfs3.CREATE, Create3Args.of(in(dir.handle, name), how, attributes), Create3Res::decode);
        Expected existing = dir.links > 0 ? dir.names.get(name) : null;
        if (existing == null || how == CreateMode3.GUARDED) {
            made(dir, name, null, result, 0640);
        } else if (existing.type != FileType3.NF3REG) {
            worked(result.status(), EnumSet.of(existing.isDirectory() ? NfsStat3.NFS3ERR_ISDIR : NfsStat3.NFS3ERR_EXIST));
        } else {
            worked(result.status(), EnumSet.noneOf(NfsStat3.class));
            assertThat(result.object()).as(this::story).isEqualTo(existing.handle);
            existing.data = new byte[0];
            existing.mtime = null;
        }
    }

    private void remove(Expected dir, String name) throws IOException {
        Set<NfsStat3> errors = directoryErrors(dir);
        Expected victim = dir.names.get(name);
        if (errors.isEmpty() && (victim == null || victim.isDirectory())) {
            errors.add(victim == null ? NfsStat3.NFS3ERR_NOENT : NfsStat3.NFS3ERR_ISDIR);
        }
        if (worked(nfs.nfs(Nfs3.REMOVE, in(dir.handle, name), Wcc3Res::decode).status(), errors)) {
            dir.names.remove(name).links--;
        }
    }

    private void rmdir(Expected dir, String name) throws IOException {
        Set<NfsStat3> errors = directoryErrors(dir);
        Expected victim = dir.names.get(name);
        if (errors.isEmpty() && (victim == null || !victim.isDirectory())) {
            errors.add(victim == null ? NfsStat3.NFS3ERR_NOENT : NfsStat3.NFS3ERR_NOTDIR);
        } else if (errors.isEmpty() && !victim.names.isEmpty()) {
            errors.add(NfsStat3.NFS3ERR_NOTEMPTY);
        }
        if (worked(nfs.nfs(Nfs3.RMDIR, in(dir.handle, name), Wcc3Res::decode).status(), errors)) {
            dir.names.remove(name).links--;
        }
    }

    private void rename(Expected from, String name, Expected to, String newName) throws IOException {
        steps.add("to " + newName);
        Set<NfsStat3> errors = directoryErrors(from, to);
        Expected moved = from.names.get(name);
        Expected replaced = to.names.get(newName);
        if (errors.isEmpty()) {
            if (moved == null) {
                errors.add(NfsStat3.NFS3ERR_NOENT);
            } else if (to.isIn(moved)) {
                errors.add(NfsStat3.NFS3ERR_INVAL);
            }
            if (moved != null && replaced != null && replaced != moved && moved.isDirectory() != replaced.isDirectory()) {
                errors.add(NfsStat3.NFS3ERR_EXIST);
            } else if (moved != null && replaced != null && replaced != moved && !replaced.names.isEmpty()) {
                errors.add(NfsStat3.NFS3ERR_NOTEMPTY);
            }
        }
        Rename3Args arguments = new Rename3Args(in(from.handle, name), in(to.handle, newName));
        if (worked(nfs.nfs(Nfs3.RENAME, arguments, Rename3Res::decode).status(), errors) && replaced != moved) {
            if (replaced != null) {
                replaced.links--;
            }
            from.names.remove(name);
            to.names.put(newName, moved);
            moved.parent = to;
        }
    }

    private void link(Expected file, Expected dir, String name) throws IOException {
        Set<NfsStat3> errors = directoryErrors(dir);
        if (file.links == 0) {
            errors.add(NfsStat3.NFS3ERR_STALE);
        } else if (file.isDirectory()) {
            errors.add(NfsStat3.NFS3ERR_INVAL);
        }
        if (dir.names.containsKey(name)) {
            errors.add(NfsStat3.NFS3ERR_EXIST);
        }
        if (worked(nfs.nfs(Nfs3.LINK, new Link3Args(file.handle, in(dir.handle, name)), Link3Res::decode).status(), errors)) {
            dir.names.put(name, file);
            file.links++;
        }
    }

    private void write(Expected file, int offset, byte[] data) throws IOException {
        random.nextBytes(data);
        int stable = random.nextInt(8) == 0 ? Nfs3.FILE_SYNC : Nfs3.UNSTABLE;
        if (worked(nfs.write(file.handle, offset, data, stable).status(), dataErrors(file))) {
            file.data = Arrays.copyOf(file.data, Math.max(file.data.length, offset + data.length));
            System.arraycopy(data, 0, file.data, offset, data.length);
            file.mtime = null;
        }
    }

    private void setattr(Expected file, int number) throws IOException {
        Set<NfsStat3> errors = dataErrors(file);
        NfsTime3 time = new NfsTime3(1_000_000_000 + number, number);
        boolean size = number % 3 == 0;
        if (!size) {
            errors.remove(NfsStat3.NFS3ERR_ISDIR);
            errors.remove(NfsStat3.NFS3ERR_INVAL);
        }
        Sattr3 change = size ? Sattr3.ofSize(number) : number % 3 == 1 ? Sattr3.ofMode(0700 | number & 07)
                : Sattr3.ofTimes(SetTime3.DONT_CHANGE, SetTime3.to(time));
        if (worked(nfs.nfs(Nfs3.SETATTR, new Setattr3Args(file.handle, change, null), Wcc3Res::decode).status(), errors)) {
            file.data = size ? Arrays.copyOf(file.data, number) : file.data;
            file.mode = number % 3 == 1 ? 0700 | number & 07 : file.mode;
            file.mtime = number % 3 == 2 && file.type == FileType3.NF3REG ? time : size ? null : file.mtime;
        }
    }

    private void lookup(Expected dir, String name) throws IOException {
        Set<NfsStat3> errors = directoryErrors(dir);
        if (errors.isEmpty() && !dir.names.containsKey(name)) {
            errors.add(NfsStat3.NFS3ERR_NOENT);
        }
        Lookup3Res found = nfs.lookup(dir.handle, name);
        if (worked(found.status(), errors)) {
            assertThat(found.object()).as(this::story).isEqualTo(dir.names.get(name).handle);
        }
    }

    /** All that can be seen of a file. */
    private void look(Expected file) throws IOException {
        if (file.links == 0) {
            worked(nfs.getattr(file.handle).status(), EnumSet.of(NfsStat3.NFS3ERR_STALE));
            return;
        }
        Fattr3 attributes = nfs.attributes(file.handle);
        assertThat(attributes.type()).as(this::story).isEqualTo(file.type);
        assertThat(attributes.fileid()).as(this::story).isEqualTo(file.fileid);
        assertThat(attributes.nlink()).as(this::story).isEqualTo(file.nlink());
        if (file.type != FileType3.NF3LNK) {
            assertThat(attributes.mode()).as(this::story).isEqualTo(file.mode);
        }
        if (file.mtime != null) {
            assertThat(attributes.mtime()).as(this::story).isEqualTo(file.mtime);
        }
        if (file.isDirectory()) {
            Set<String> names = new HashSet<>(file.names.keySet());
            names.addAll(List.of(".", ".."));
            assertThat(Pages.names(nfs, file.handle).stream().map(NfsText::toString)).as(this::story)
                    .containsExactlyInAnyOrderElementsOf(names);
            assertThat(nfs.lookup(file.handle, "..").object()).as(this::story).isEqualTo(file.parent.handle);
        } else if (file.type == FileType3.NF3LNK) {
            assertThat(nfs.nfs(Nfs3.READLINK, file.handle, Readlink3Res::decode).path().bytes()).as(this::story).isEqualTo(file.data);
        } else {
            assertThat(attributes.size()).as(this::story).isEqualTo(file.data.length);
            int from = random.nextInt(file.data.length + 1);
            int count = 1 + random.nextInt(20_000);
            Read3Res read = nfs.read(file.handle, from, count);
            int end = Math.min(from + count, file.data.length);
            assertThat(read.data().toArray()).as(this::story).isEqualTo(Arrays.copyOfRange(file.data, from, end));
            assertThat(read.eof()).as(this::story).isEqualTo(end == file.data.length);
        }
    }
}
