package flywheel;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.elasticsearch.common.logging.LogConfigurator;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.env.Environment;
import org.elasticsearch.node.SingleNode;
import org.elasticsearch.transport.netty4.Netty4Plugin;

/**
 * Runs one node on loopback: {@code Main PORT FOLDER}. Says "ready" when it answers and ends with its standard input, so
 * that it never outlives who started it.
 */
public final class Main {
    public static void main(String[] arguments) throws Exception {
        Path home = Path.of(arguments[1]).toAbsolutePath();
        Files.createDirectories(home.resolve("config"));
        Settings settings = Settings.builder()
            .put("cluster.name", "flywheel-test")
            .put("node.name", "node")
            .put("path.home", home.toString())
            .put("network.host", "127.0.0.1")
            .put("http.port", arguments[0])
            .put("transport.port", "0")
            .put("http.type", "netty4")
            .put("transport.type", "netty4")
            .put("discovery.type", "single-node")
            .put("node.store.allow_mmap", false)
            .put("cluster.routing.allocation.disk.threshold_enabled", false)
            .build();
        System.setProperty("es.logs.base_path", home.resolve("logs").toString());
        LogConfigurator.configureESLogging();
        LogConfigurator.configureWithoutConfig(settings);
        SingleNode node = new SingleNode(
            new Environment(settings, home.resolve("config")), List.of(new Netty4Plugin(), new RootCall()));
        node.start();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> close(node)));
        System.out.println("ready");
        while (System.in.read() >= 0) {
            continue;
        }
        System.exit(0);
    }

    private static void close(SingleNode node) {
        try {
            node.close();
        } catch (IOException error) {
            System.err.println(error);
        }
    }
}
