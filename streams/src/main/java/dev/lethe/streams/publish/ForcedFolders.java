package dev.lethe.streams.publish;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/** Which folders below a root are known to survive a crash. Safe for several threads. */
final class ForcedFolders {
    /** Folders that are remembered; another is forced again, at worst. */
    private static final int REMEMBERED = 1_000;

    private final Path root;
    private final Sync sync;
    private final Set<Path> forced =
            Collections.newSetFromMap(Collections.synchronizedMap(new LinkedHashMap<>(REMEMBERED, 0.75f, true) {
                private static final long serialVersionUID = 1L;

                @Override
                protected boolean removeEldestEntry(Map.Entry<Path, Boolean> eldest) {
                    return size() > REMEMBERED;
                }
            }));

    ForcedFolders(Path root, Sync sync) {
        this.root = root;
        this.sync = sync;
    }

    /**
     * Makes the names in these folders survive a crash, and the names of the folders themselves where they are new. What
     * several of them have in common is forced once.
     */
    void force(Collection<Path> folders) throws IOException {
        Set<Path> all = new LinkedHashSet<>(folders);
        for (Path folder : folders) {
            for (Path at = folder; !at.equals(root) && !forced.contains(at); at = at.getParent()) {
                all.add(at.getParent());
            }
        }
        for (Path folder : all) {
            sync.force(folder);
        }
        for (Path folder : folders) {
            for (Path at = folder; !at.equals(root); at = at.getParent()) {
                forced.add(at);
            }
        }
    }

    /** This folder was removed: if it comes back its name is new. */
    void forget(Path folder) {
        forced.remove(folder);
    }
}
