package dev.lethe.unlearn.influence;

import dev.lethe.unlearn.influence.InfluenceSweep.Item;
import dev.lethe.unlearn.objective.Row;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/** The most helpful and the most harmful of many rows; ties by their ids, so that any split of the rows gives the same. */
final class TopInfluences {

    private static final Comparator<Item> LEAST_HELPFUL_FIRST =
            Comparator.comparingDouble(Item::influence).thenComparing(Item::id, Comparator.reverseOrder());

    private static final Comparator<Item> LEAST_HARMFUL_FIRST = Comparator.<Item>comparingDouble(
                    item -> -item.influence())
            .thenComparing(Item::id, Comparator.reverseOrder());

    private final int top;
    private final PriorityQueue<Item> helpful = new PriorityQueue<>(LEAST_HELPFUL_FIRST);
    private final PriorityQueue<Item> harmful = new PriorityQueue<>(LEAST_HARMFUL_FIRST);

    TopInfluences(int top) {
        this.top = top;
    }

    /** An influence of 0 or NaN is neither. */
    void offer(String id, Row row, double influence) {
        if (influence > 0) {
            offer(helpful, LEAST_HELPFUL_FIRST, id, row, influence);
        } else if (influence < 0) {
            offer(harmful, LEAST_HARMFUL_FIRST, id, row, influence);
        }
    }

    private void offer(PriorityQueue<Item> kept, Comparator<Item> order, String id, Row row, double influence) {
        if (top == 0) {
            return;
        }
        Item item = new Item(id, row, influence);
        if (kept.size() < top) {
            kept.add(item);
        } else if (order.compare(item, kept.peek()) > 0) {
            kept.poll();
            kept.add(item);
        }
    }

    List<Item> helpful() {
        return helpful.stream().sorted(LEAST_HELPFUL_FIRST.reversed()).toList();
    }

    List<Item> harmful() {
        return harmful.stream().sorted(LEAST_HARMFUL_FIRST.reversed()).toList();
    }
}
