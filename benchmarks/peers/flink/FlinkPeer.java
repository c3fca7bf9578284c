// Flink's own keyed state backends as one side of a comparison: does what it is told on standard input, one command a
// line, and answers each with one line of JSON.
//
//   fixture <value|string|list|map>        makes the state that the operations of a suite run on
//   round <operation> <ms> <callsMax>      runs it for so long, or so many calls; answers calls, wallMs, cpuMs
//   snapshot <entries>                     a full checkpoint, one without changes, one after 1 % of the entries changed
//   restore <entries>                      restores what `snapshot` left
//   exit
//
// Arguments: HEAP or ROCKSDB, the number of keys, the seed. Keys come from the same generator as on the other side
// (src/workloads/sequences.ts). A round begins with a garbage collection and a run without a clock, and ends with undoing
// what it added.

import com.sun.management.OperatingSystemMXBean;
import java.io.BufferedReader;
import java.io.File;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.RunnableFuture;
import java.util.stream.Stream;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.state.CheckpointListener;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.State;
import org.apache.flink.api.common.state.StateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.base.DoubleSerializer;
import org.apache.flink.api.common.typeutils.base.LongSerializer;
import org.apache.flink.api.common.typeutils.base.StringSerializer;
import org.apache.flink.core.fs.CloseableRegistry;
import org.apache.flink.core.fs.local.LocalFileSystem;
import org.apache.flink.runtime.checkpoint.CheckpointOptions;
import org.apache.flink.runtime.jobgraph.JobVertexID;
import org.apache.flink.runtime.metrics.groups.UnregisteredMetricGroups;
import org.apache.flink.runtime.operators.testutils.MockEnvironmentBuilder;
import org.apache.flink.runtime.query.KvStateRegistry;
import org.apache.flink.runtime.state.CheckpointableKeyedStateBackend;
import org.apache.flink.runtime.state.KeyGroupRange;
import org.apache.flink.runtime.state.KeyedStateBackend;
import org.apache.flink.runtime.state.KeyedStateBackendParametersImpl;
import org.apache.flink.runtime.state.KeyedStateHandle;
import org.apache.flink.runtime.state.SharedStateRegistry;
import org.apache.flink.runtime.state.SharedStateRegistryImpl;
import org.apache.flink.runtime.state.SnapshotResult;
import org.apache.flink.runtime.state.StateBackend;
import org.apache.flink.runtime.state.VoidNamespace;
import org.apache.flink.runtime.state.VoidNamespaceSerializer;
import org.apache.flink.runtime.state.filesystem.FsCheckpointStreamFactory;
import org.apache.flink.runtime.state.hashmap.HashMapStateBackend;
import org.apache.flink.runtime.state.ttl.TtlTimeProvider;
import org.apache.flink.state.rocksdb.EmbeddedRocksDBStateBackend;

public final class FlinkPeer {
    private static final int KEY_GROUPS = 128;
    private static final int MAP_KEYS = 10;
    private static final int LIST_VALUES = 100;
    private static final int HOT_KEYS = 1000;
    private static final long MANAGED_MEMORY_BYTES = 322_122_552L;
    /** Calls between two looks at the clock. */
    private static final int CHUNK = 200;

    /** Makes `count` calls from call number `first` on. */
    private interface Operation {
        long run(int first, int count) throws Exception;
    }

    /** Takes back what calls 0 to `calls` of a round left. */
    private interface Undo {
        void run(int calls) throws Exception;
    }

    private record Workload(Operation operation, Undo undo) {}

    private final String backendName;
    private final int keys;
    private final int[] known;
    private final int[] fresh;
    private final Path directory;
    private final Map<String, Workload> workloads = new LinkedHashMap<>();
    private final OperatingSystemMXBean system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    private CheckpointableKeyedStateBackend<?> backend;
    private KeyedStateHandle lastSnapshot;
    private long consumed;

    private FlinkPeer(String backendName, int keys, int seed) throws Exception {
        this.backendName = backendName;
        this.keys = keys;
        this.known = shuffled(keys, 0, seed);
        this.fresh = shuffled(keys, keys, seed + 1);
        this.directory = Files.createTempDirectory("flink-peer");
    }

    public static void main(String[] arguments) throws Exception {
        FlinkPeer peer = new FlinkPeer(arguments[0], Integer.parseInt(arguments[1]), Integer.parseInt(arguments[2]));
        try {
            BufferedReader input = new BufferedReader(new InputStreamReader(System.in));
            for (String line = input.readLine(); line != null && !line.equals("exit"); line = input.readLine()) {
                answer(peer.execute(line.split(" ")));
            }
        } finally {
            peer.dispose();
            try (Stream<Path> paths = Files.walk(peer.directory)) {
                paths.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
            }
        }
        System.exit(0);
    }

    private static void answer(Map<String, Double> figures) {
        StringBuilder line = new StringBuilder("{");
        for (Map.Entry<String, Double> figure : figures.entrySet()) {
            if (line.length() > 1) line.append(',');
            line.append(String.format(Locale.ROOT, "\"%s\":%.4f", figure.getKey(), figure.getValue()));
        }
        System.out.println(line.append('}'));
        System.out.flush();
    }

    private Map<String, Double> execute(String[] command) throws Exception {
        switch (command[0]) {
            case "fixture":
                makeFixture(command[1]);
                return Map.of("ready", 1.0);
            case "round":
                return round(command[1], Double.parseDouble(command[2]), Integer.parseInt(command[3]));
            case "snapshot":
                return snapshot(Integer.parseInt(command[1]));
            case "restore":
                return restore(Integer.parseInt(command[1]));
            default:
                throw new IllegalArgumentException(command[0]);
        }
    }

    private Map<String, Double> round(String name, double ms, int callsMax) throws Exception {
        Workload workload = workloads.get(name);
        System.gc();
        timeCalls(workload, ms, callsMax);
        return timeCalls(workload, ms, callsMax);
    }

    private Map<String, Double> timeCalls(Workload workload, double ms, int callsMax) throws Exception {
        int calls = 0;
        long startCpu = system.getProcessCpuTime();
        long start = System.nanoTime();
        long end = start + (long) (ms * 1e6);
        long now;
        do {
            int count = Math.min(CHUNK, callsMax - calls);
            consumed += workload.operation.run(calls, count);
            calls += count;
            now = System.nanoTime();
        } while (now < end && calls < callsMax);
        long cpu = system.getProcessCpuTime() - startCpu;
        if (workload.undo != null) workload.undo.run(calls);
        Map<String, Double> figures = new LinkedHashMap<>();
        figures.put("calls", (double) calls);
        figures.put("wallMs", (now - start) / 1e6);
        figures.put("cpuMs", cpu / 1e6);
        figures.put("consumed", (double) (consumed & 7));
        return figures;
    }

    // --- the suites ---

    private void makeFixture(String name) throws Exception {
        dispose();
        workloads.clear();
        switch (name) {
            case "value" -> makeValues();
            case "string" -> makeStrings();
            case "list" -> makeLists();
            case "map" -> makeMaps();
            default -> throw new IllegalArgumentException(name);
        }
    }

    private void makeValues() throws Exception {
        CheckpointableKeyedStateBackend<Long> b = create(LongSerializer.INSTANCE, List.of());
        ValueState<Long> state = state(b, new ValueStateDescriptor<>("value", LongSerializer.INSTANCE));
        for (long key = 0; key < keys; key++) {
            b.setCurrentKey(key);
            state.update(key);
        }
        add("valueGet", (first, count) -> {
            long sum = 0;
            for (int call = first; call < first + count; call++) {
                b.setCurrentKey((long) known[call % keys]);
                sum += state.value();
            }
            return sum;
        });
        add("valueUpdate", (first, count) -> {
            for (int call = first; call < first + count; call++) {
                b.setCurrentKey((long) known[call % keys]);
                state.update((long) call);
            }
            return 0;
        });
        add("valueReadModifyWrite", (first, count) -> {
            for (int call = first; call < first + count; call++) {
                b.setCurrentKey((long) known[call % keys]);
                state.update(state.value() + 1);
            }
            return 0;
        });
        add("hotReadModifyWrite", (first, count) -> {
            for (int call = first; call < first + count; call++) {
                b.setCurrentKey((long) known[call % HOT_KEYS]);
                state.update(state.value() + 1);
            }
            return 0;
        });
        add("valueAdd", (first, count) -> {
            for (int call = first; call < first + count; call++) {
                b.setCurrentKey((long) fresh[call % keys]);
                state.update((long) call);
            }
            return 0;
        }, calls -> clear(b, state, fresh, calls));
    }

    private void makeStrings() throws Exception {
        CheckpointableKeyedStateBackend<String> b = create(StringSerializer.INSTANCE, List.of());
        ValueState<Long> state = state(b, new ValueStateDescriptor<>("value", LongSerializer.INSTANCE));
        String[] names = new String[keys];
        for (int index = 0; index < keys; index++) {
            names[index] = "user-" + known[index];
            b.setCurrentKey(names[index]);
            state.update((long) index);
        }
        add("stringGet", (first, count) -> {
            long sum = 0;
            for (int call = first; call < first + count; call++) {
                b.setCurrentKey(names[call % keys]);
                sum += state.value();
            }
            return sum;
        });
        add("stringReadModifyWrite", (first, count) -> {
            for (int call = first; call < first + count; call++) {
                b.setCurrentKey(names[call % keys]);
                state.update(state.value() + 1);
            }
            return 0;
        });
    }

    private void makeLists() throws Exception {
        CheckpointableKeyedStateBackend<Long> b = create(LongSerializer.INSTANCE, List.of());
        ListState<Long> state = state(b, new ListStateDescriptor<>("list", LongSerializer.INSTANCE));
        for (long key = 0; key < keys; key++) {
            b.setCurrentKey(key);
            state.add(key);
        }
        List<Long> hundred = new ArrayList<>();
        for (long value = 0; value < LIST_VALUES; value++) hundred.add(value);
        Undo shorten = calls -> {
            for (int call = 0; call < Math.min(calls, keys); call++) {
                b.setCurrentKey((long) known[call]);
                state.update(Collections.singletonList((long) call));
            }
        };
        add("listUpdate", (first, count) -> {
            for (int call = first; call < first + count; call++) {
                b.setCurrentKey((long) known[call % keys]);
                state.update(Collections.singletonList((long) call));
            }
            return 0;
        });
        add("listAdd", (first, count) -> {
            for (int call = first; call < first + count; call++) {
                b.setCurrentKey((long) fresh[call % keys]);
                state.update(Collections.singletonList((long) call));
            }
            return 0;
        }, calls -> clear(b, state, fresh, calls));
        add("listAppend", (first, count) -> {
            for (int call = first; call < first + count; call++) {
                b.setCurrentKey((long) known[call % keys]);
                state.add((long) call);
            }
            return 0;
        }, shorten);
        add("listGet", (first, count) -> {
            long found = 0;
            for (int call = first; call < first + count; call++) {
                b.setCurrentKey((long) known[call % keys]);
                if (state.get() != null) found++;
            }
            return found;
        });
        add("listGetAndIterate", (first, count) -> {
            long sum = 0;
            for (int call = first; call < first + count; call++) {
                b.setCurrentKey((long) known[call % keys]);
                for (Long value : state.get()) sum += value;
            }
            return sum;
        });
        add("listAddAll", (first, count) -> {
            for (int call = first; call < first + count; call++) {
                b.setCurrentKey((long) known[call % keys]);
                state.addAll(hundred);
            }
            return 0;
        }, shorten);
    }

    private void makeMaps() throws Exception {
        CheckpointableKeyedStateBackend<Long> b = create(LongSerializer.INSTANCE, List.of());
        MapState<Long, Double> state =
                state(b, new MapStateDescriptor<>("map", LongSerializer.INSTANCE, DoubleSerializer.INSTANCE));
        double[] values = new double[MAP_KEYS];
        Map<Long, Double> ten = new HashMap<>();
        for (int index = 0; index < MAP_KEYS; index++) {
            values[index] = index * 1.5 + 0.25;
            ten.put((long) index, values[index]);
        }
        for (long key = 0; key < keys; key++) {
            b.setCurrentKey(key);
            for (int index = 0; index < MAP_KEYS; index++) state.put((long) index, values[index]);
        }
        add("mapGet", (first, count) -> {
            double sum = 0;
            for (int call = first; call < first + count; call++) {
                b.setCurrentKey((long) known[call % keys]);
                sum += state.get((long) (call % MAP_KEYS));
            }
            return (long) sum;
        });
        add("mapContains", (first, count) -> {
            long found = 0;
            for (int call = first; call < first + count; call++) {
                b.setCurrentKey((long) known[call % keys]);
                if (state.contains((long) (call % MAP_KEYS) << 1)) found++;
            }
            return found;
        });
        add("mapIsEmpty", (first, count) -> {
            long found = 0;
            for (int call = first; call < first + count; call++) {
                b.setCurrentKey((long) known[call % keys]);
                if (state.isEmpty()) found++;
            }
            return found;
        });
        add("mapKeys", (first, count) -> {
            long sum = 0;
            for (int call = first; call < first + count; call++) {
                b.setCurrentKey((long) known[call % keys]);
                for (Long key : state.keys()) sum += key;
            }
            return sum;
        });
        add("mapValues", (first, count) -> {
            double sum = 0;
            for (int call = first; call < first + count; call++) {
                b.setCurrentKey((long) known[call % keys]);
                for (Double value : state.values()) sum += value;
            }
            return (long) sum;
        });
        add("mapEntries", (first, count) -> {
            double sum = 0;
            for (int call = first; call < first + count; call++) {
                b.setCurrentKey((long) known[call % keys]);
                for (Map.Entry<Long, Double> entry : state.entries()) sum += entry.getKey() + entry.getValue();
            }
            return (long) sum;
        });
        add("mapIterator", (first, count) -> {
            double sum = 0;
            for (int call = first; call < first + count; call++) {
                b.setCurrentKey((long) known[call % keys]);
                Iterator<Map.Entry<Long, Double>> entries = state.iterator();
                while (entries.hasNext()) {
                    Map.Entry<Long, Double> entry = entries.next();
                    sum += entry.getKey() + entry.getValue();
                }
            }
            return (long) sum;
        });
        add("mapUpdate", (first, count) -> {
            for (int call = first; call < first + count; call++) {
                b.setCurrentKey((long) known[call % keys]);
                state.put((long) (call % MAP_KEYS), values[(call + 1) % MAP_KEYS]);
            }
            return 0;
        });
        add("mapPutAll", (first, count) -> {
            for (int call = first; call < first + count; call++) {
                b.setCurrentKey((long) known[call % keys]);
                state.putAll(ten);
            }
            return 0;
        });
        add("mapAdd", (first, count) -> {
            for (int call = first; call < first + count; call++) {
                b.setCurrentKey((long) fresh[call % keys]);
                state.put((long) (call % MAP_KEYS), values[call % MAP_KEYS]);
            }
            return 0;
        }, calls -> clear(b, state, fresh, calls));
        add("mapRemove", (first, count) -> {
            for (int call = first; call < first + count; call++) {
                b.setCurrentKey((long) known[call % keys]);
                state.remove((long) (call % MAP_KEYS));
            }
            return 0;
        }, calls -> {
            for (int call = 0; call < Math.min(calls, keys); call++) {
                b.setCurrentKey((long) known[call]);
                state.put((long) (call % MAP_KEYS), values[call % MAP_KEYS]);
            }
        });
    }

    private static void clear(KeyedStateBackend<Long> backend, State state, int[] keys, int calls) {
        for (int call = 0; call < Math.min(calls, keys.length); call++) {
            backend.setCurrentKey((long) keys[call]);
            state.clear();
        }
    }

    // --- snapshot and restore ---

    private Map<String, Double> snapshot(int entries) throws Exception {
        dispose();
        CheckpointableKeyedStateBackend<Long> b = create(LongSerializer.INSTANCE, List.of());
        ValueState<Long> state = state(b, new ValueStateDescriptor<>("value", LongSerializer.INSTANCE));
        for (long key = 0; key < entries; key++) {
            b.setCurrentKey(key);
            state.update(key * 31);
        }
        Path checkpoints = Files.createTempDirectory(directory, "checkpoints");
        var uri = new org.apache.flink.core.fs.Path(checkpoints.toUri());
        FsCheckpointStreamFactory streams =
                new FsCheckpointStreamFactory(LocalFileSystem.getSharedInstance(), uri, uri, 20 * 1024, 4096);
        SharedStateRegistry registry = new SharedStateRegistryImpl();
        Map<String, Double> figures = new LinkedHashMap<>();
        String[] stages = {"full", "idle", "onePercent"};
        for (int stage = 0; stage < stages.length; stage++) {
            if (stages[stage].equals("onePercent")) {
                for (int index = 0; index < entries / 100; index++) {
                    b.setCurrentKey((long) index * 97 % entries);
                    state.update((long) index);
                }
            }
            long checkpoint = stage + 1;
            System.gc();
            long start = System.nanoTime();
            RunnableFuture<SnapshotResult<KeyedStateHandle>> future = b.snapshot(
                    checkpoint, checkpoint, streams, CheckpointOptions.forCheckpointWithDefaultLocation());
            long frozen = System.nanoTime();
            future.run();
            lastSnapshot = future.get().getJobManagerOwnedSnapshot();
            long written = System.nanoTime();
            lastSnapshot.registerSharedStates(registry, checkpoint);
            ((CheckpointListener) b).notifyCheckpointComplete(checkpoint);
            figures.put(stages[stage] + "SyncMs", (frozen - start) / 1e6);
            figures.put(stages[stage] + "AsyncMs", (written - frozen) / 1e6);
            figures.put(stages[stage] + "Bytes", (double) lastSnapshot.getCheckpointedSize());
        }
        return figures;
    }

    private Map<String, Double> restore(int entries) throws Exception {
        if (lastSnapshot == null) snapshot(entries);
        dispose();
        System.gc();
        long start = System.nanoTime();
        CheckpointableKeyedStateBackend<Long> b = create(LongSerializer.INSTANCE, List.of(lastSnapshot));
        ValueState<Long> state = state(b, new ValueStateDescriptor<>("value", LongSerializer.INSTANCE));
        b.setCurrentKey(5L);
        consumed += state.value();
        double firstMs = (System.nanoTime() - start) / 1e6;
        // Flink's heap has everything by now, and RocksDB has its files.
        Map<String, Double> figures = new LinkedHashMap<>();
        figures.put("firstRecordMs", firstMs);
        figures.put("allMs", firstMs);
        return figures;
    }

    // --- the backend ---

    @SuppressWarnings("unchecked")
    private <K> CheckpointableKeyedStateBackend<K> create(
            TypeSerializer<K> keySerializer, Collection<KeyedStateHandle> restored) throws Exception {
        StateBackend factory;
        if (backendName.equals("HEAP")) {
            factory = new HashMapStateBackend();
        } else {
            EmbeddedRocksDBStateBackend rocks = new EmbeddedRocksDBStateBackend(true);
            rocks.setDbStoragePath(Files.createTempDirectory(directory, "rocksdb").toString());
            factory = rocks;
        }
        var environment = new MockEnvironmentBuilder()
                .setManagedMemorySize(MANAGED_MEMORY_BYTES)
                .setMaxParallelism(KEY_GROUPS)
                .build();
        var created = (CheckpointableKeyedStateBackend<K>) factory.createKeyedStateBackend(
                new KeyedStateBackendParametersImpl<>(
                        environment,
                        new JobID(),
                        "peer",
                        keySerializer,
                        KEY_GROUPS,
                        KeyGroupRange.of(0, KEY_GROUPS - 1),
                        new KvStateRegistry().createTaskRegistry(new JobID(), new JobVertexID()),
                        TtlTimeProvider.DEFAULT,
                        UnregisteredMetricGroups.createUnregisteredOperatorMetricGroup(),
                        (name, value) -> {},
                        restored,
                        new CloseableRegistry(),
                        1.0));
        backend = created;
        return created;
    }

    private static <S extends State, T> S state(KeyedStateBackend<?> backend, StateDescriptor<S, T> descriptor)
            throws Exception {
        return backend.getPartitionedState(VoidNamespace.INSTANCE, VoidNamespaceSerializer.INSTANCE, descriptor);
    }

    private void dispose() {
        if (backend != null) backend.dispose();
        backend = null;
    }

    private void add(String name, Operation operation) {
        add(name, operation, null);
    }

    private void add(String name, Operation operation, Undo undo) {
        workloads.put(name, new Workload(operation, undo));
    }

    /** The integers from `first` on in an order that the seed decides. */
    private static int[] shuffled(int count, int first, int seed) {
        int[] order = new int[count];
        for (int index = 0; index < count; index++) order[index] = first + index;
        int random = seed;
        for (int index = count - 1; index > 0; index--) {
            random = random * 1_664_525 + 1_013_904_223;
            int other = (random >>> 8) % (index + 1);
            int held = order[index];
            order[index] = order[other];
            order[other] = held;
        }
        return order;
    }
}
