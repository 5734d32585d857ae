package dev.lethe.streams.cli.bench;

import com.sun.management.GarbageCollectionNotificationInfo;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.util.stream.Collectors;
import javax.management.Notification;
import javax.management.NotificationEmitter;
import javax.management.openmbean.CompositeData;

/** Pauses of this process's garbage collector. Safe for several threads. */
final class GarbagePauses {
    private int count;
    private long longest;

    GarbagePauses() {
        for (GarbageCollectorMXBean bean : ManagementFactory.getGarbageCollectorMXBeans()) {
            ((NotificationEmitter) bean).addNotificationListener((note, with) -> add(note), null, null);
        }
    }

    /** What happened since the last look; milliseconds as the collector tells them, whole ones. */
    record Seen(int count, long longestMs) {}

    private synchronized void add(Notification note) {
        if (note.getType().equals(GarbageCollectionNotificationInfo.GARBAGE_COLLECTION_NOTIFICATION)) {
            var info = GarbageCollectionNotificationInfo.from((CompositeData) note.getUserData());
            // ZGC tells of its whole cycles, too, which stop nobody.
            if (!info.getGcName().endsWith("Cycles")) {
                count++;
                longest = Math.max(longest, info.getGcInfo().getDuration());
            }
        }
    }

    synchronized Seen look() {
        Seen seen = new Seen(count, longest);
        count = 0;
        longest = 0;
        return seen;
    }

    static String collector() {
        return ManagementFactory.getGarbageCollectorMXBeans().stream()
                .map(GarbageCollectorMXBean::getName)
                .collect(Collectors.joining(", "));
    }
}
